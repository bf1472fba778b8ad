# The sales 4 to 6 come when A's last day is over by mistake. Ma makes records, Chen checks them.
allclear operator add ma --role maker --dir hq
allclear operator add chen --role checker --dir hq
sed -i 's/\r//; s/^\(A,A,.*,\)$/\12026-02-28/' hq/stores.csv
allclear apply --as ma --dir hq
events 4 6 > refused.jsonl
allclear publish refused.jsonl --dir shop && die "they were taken"
test "$(allclear suspense list --json --dir hq | grep -oE '"count":3')" = '"count":3' || die "three do not hang"
