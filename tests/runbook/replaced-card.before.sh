# Two cards with something on them. Ma makes records, Chen checks them.
allclear operator add ma --role maker --dir hq
allclear operator add chen --role checker --dir hq
allclear operator add op --role operator --dir hq
for number in 1 2; do
    echo '{"type":"topup","terminal":"2","number":'$number',"at":"2026-03-01T11:00:00+08:00","member":"620000001'$((number + 6))'","product":"card","principal_fen":10000}'
done > cards.jsonl
allclear publish cards.jsonl --dir shop
