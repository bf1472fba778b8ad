allclear publish tuesday.jsonl --dir shop
rm -r shop
