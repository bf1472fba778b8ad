head -n 1 tuesday.jsonl > half.jsonl
clone_tells half.jsonl
