# Ma proposes a claim, and nobody has approved it yet.
allclear operator add ma --role maker --dir hq
allclear operator add chen --role checker --dir hq
allclear operator add wang --role maker,operator --dir hq
allclear adjust --debtor A --creditor B --amount 12.34 --reason 'fee of February' --as ma --dir hq
