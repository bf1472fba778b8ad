# Headquarters `hq`, store A in `shop`, and a day of its till in the ledger.
die() { echo "$*"; exit 1; }
events() { for number in $(seq "$1" "$2"); do
    echo '{"type":"sale","terminal":"1","number":'"$number"',"at":"2026-03-01T10:40:00+08:00","gross_fen":'"$((100 * number))"',"pay":[{"with":"cash","amount_fen":'"$((100 * number))"'}]}'
done; }
told() { allclear publish "$1" --wait 5 --json --dir "$2"; } # what became of a file
store() { allclear status --json --dir hq | python3 -c 'import json, sys
row = next(row for row in json.load(sys.stdin)["stores"] if row["store"] == "A")
sys.exit(not eval(sys.argv[1], {}, row))' "$1"; } # is this true of store A?
# Two PCs run from one folder; both are greeted before either sends: the first tuesday.jsonl, the second a file.
clone_tells() {
    cp -r shop clone
    mkdir first second
    allclear publish first --watch --dir shop 2> first.log &
    one=$!
    allclear publish second --watch --dir clone 2> second.log &
    two=$!
    sleep 1.5
    cp tuesday.jsonl first/
    until store 'events == 5'; do sleep 0.2; done
    cp "$1" second/
    until store frozen; do sleep 0.2; done
    kill $one $two
    wait $one $two || true
}
allclear init --dir hq --sample f1 --test-clock --start 2026-03-01T08:00:00+08:00
allcleard --dir hq --listen tcp://127.0.0.1:7401 2> hq.log &
until test -S hq/run/control; do sleep 0.1; done
allclear clock set 2026-03-01T20:00:00+08:00 --dir hq
allclear invite A --out A.kit.json --dir hq
allclear join A.kit.json --dir shop
allclear key approve A --all-pending --dir hq
events 1 3 > monday.jsonl
events 4 5 > tuesday.jsonl
events 6 7 > wednesday.jsonl
allclear publish monday.jsonl --dir shop
