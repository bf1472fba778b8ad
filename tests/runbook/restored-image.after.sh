store 'events >= 7 and not frozen' || die "events are missing"
