# Store A has published tuesday.jsonl, which it should not have; Ma makes records, Chen checks them.
allclear operator add ma --role maker --dir hq
allclear operator add chen --role checker --dir hq
allclear publish tuesday.jsonl --dir shop
