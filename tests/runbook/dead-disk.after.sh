allclear publish wednesday.jsonl --dir shop-new
store 'events >= 7 and not frozen' || die "events are missing"
