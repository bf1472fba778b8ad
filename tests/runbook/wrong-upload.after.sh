allclear reverse --upload tuesday.jsonl --store A --check --dir hq > left.txt
grep -q '0 can be undone, 0 are proposed already, 2 were undone before, 0 the ledger has not accepted, 0 cannot' left.txt ||
    die "$(cat left.txt)"
test "$(allclear approve --json --dir hq)" = '{"proposals":[],"sets":[]}' || die "something still waits"
