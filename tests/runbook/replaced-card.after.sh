allclear balance 6200000099 --json --dir shop | grep -q '"principal_fen":10000' || die "the new card has nothing"
allclear balance 6200000017 --dir shop && die "the old card goes on"
allclear clock set 2026-03-02T20:00:00+08:00 --as op --dir hq
echo '{"type":"sale","terminal":"2","number":3,"at":"2026-03-02T11:00:00+08:00","member":"6200000017","gross_fen":100,"pay":[{"with":"stored_value","product":"card","amount_fen":100}]}' > old.jsonl
told old.jsonl shop > told.json || true
grep -q CARD_REPLACED told.json || die "the old card pays"
