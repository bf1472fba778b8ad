test "$(allclear approve --json --dir hq | grep -c '"id"')" = 0 || die "the proposal is still there"
if allclear adjust --debtor A --creditor B --amount 1.00 --reason again --as ma --dir hq 2> left.txt; then
    die "one who left still acts"
fi
grep -q HAS_LEFT left.txt
