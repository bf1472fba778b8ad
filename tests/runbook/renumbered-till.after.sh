store 'events == 6' || die "the receipts are missing"
allclear till list --json --dir shop | grep -q '"terminal":"1b"'
if allclear till renumber 1 1c --dir shop; then die "terminal 1 has no token any more"; fi
