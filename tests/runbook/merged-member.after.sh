for number in 6200000017 6200000018; do
    allclear balance $number --json --dir shop | grep -q '"principal_fen":20000' || die "$number has not both"
done
