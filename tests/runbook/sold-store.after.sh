store 'events == 7' || die "the late events of A are missing"
if told too-late.jsonl shop > refused.json; then die "A is closed on 11 March"; else test $? = 65; fi
grep -q STORE_CLOSED refused.json
allclear status --json --dir hq | python3 -c 'import json, sys
row = next(row for row in json.load(sys.stdin)["stores"] if row["store"] == "A2")
assert (row["participant"], row["events"]) == ("N", 2), row'
echo '{"type":"refund","terminal":"1","number":3,"at":"2026-03-11T12:00:00+08:00","of":"A:1:4","amount_fen":400}' > back.jsonl
allclear publish back.jsonl --dir shop-new # what A sold, taken back at A2
