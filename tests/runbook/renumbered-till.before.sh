allclear till add 1 --dir shop > token
sed 's/T10:40/T15:40/' monday.jsonl > again.jsonl # other receipts under the numbers 1 to 3
if told again.jsonl shop > reused.json; then die "numbers are used twice"; else test $? = 65; fi
grep -q NUMBER_REUSED reused.json
