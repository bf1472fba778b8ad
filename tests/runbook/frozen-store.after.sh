store 'events >= 7 and not frozen' || die "events are missing"
allclear key evidence A --dir hq | tee evidence.txt
grep -q 'Look closer' evidence.txt
grep -q 'taken .*"number":4,.*"gross_fen":400' evidence.txt
grep -q 'refused .*"number":4,.*"gross_fen":100' evidence.txt
