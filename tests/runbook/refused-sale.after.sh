allclear suspense list --json --dir hq | grep -q '"count":0' || die "something hangs"
allclear explain A:1:5 --dir hq | grep -q 'HQ owes A 3.00' || die "who bears it is not said"
allclear explain A:1:4 --dir hq | grep -q 'Outcome: ACCEPTED' || die "the retried one is not accepted"
