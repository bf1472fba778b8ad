cp -r shop image
allclear publish tuesday.jsonl --dir shop
rm -r shop
mv image shop
