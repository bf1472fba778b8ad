if told wednesday.jsonl shop > late.json; then die "a revoked key is taken"; else test $? = 75; fi
store 'key_id is None and events == 5' || die "the key is still there"
