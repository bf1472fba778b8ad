! store frozen || die "still frozen"
store 'events >= 7' || die "events are missing"
allclear key evidence A --json --dir hq | tee evidence.json
python3 -c 'import json
found = json.load(open("evidence.json"))
assert (found["judgement"], found["same"], found["different"]) == ("COPY", 1, 0), found
assert found["taken"]["events"] == 2 and found["refused"]["events"] == 1, found
assert found["taken"]["key_id"] == found["refused"]["key_id"], found
assert found["taken"]["body_sha256"] != found["refused"]["body_sha256"], found'
if allclear key evidence B --dir hq; then die "B has done nothing"; else test $? = 65; fi
if allclear key replace Z --dir hq; then die "there is no store Z"; else test $? = 65; fi
