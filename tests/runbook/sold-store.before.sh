allclear clock set 2026-03-11T20:00:00+08:00 --dir hq
allclear publish wednesday.jsonl --dir shop
events 1 2 | sed 's/2026-03-01/2026-03-11/' > march-11.jsonl
events 9 9 | sed 's/2026-03-01/2026-03-11/' > too-late.jsonl
sed -i 's/\r//' hq/stores.csv
