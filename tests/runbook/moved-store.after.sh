store 'events == 5' || die "it does not go on"
allclear cycle preview --dir hq | grep 'By the river'
