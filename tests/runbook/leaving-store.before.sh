allclear clock set 2026-03-11T20:00:00+08:00 --dir hq
events 9 9 | sed 's/2026-03-01/2026-03-11/' > too-late.jsonl
allclear publish tuesday.jsonl --dir shop
