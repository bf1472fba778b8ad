# The second PC tells another amount under a number that the first has told.
sed 's/"gross_fen":400/"gross_fen":100/; s/"amount_fen":400/"amount_fen":100/' tuesday.jsonl > other.jsonl
clone_tells other.jsonl
