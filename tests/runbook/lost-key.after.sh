if told wednesday.jsonl shop; then die "the old key is taken"; else test $? = 75; fi
told wednesday.jsonl shop-new
store 'events >= 7' || die "events are missing"
