#!/bin/sh
# Answers each line of standard input; prints one JSON object a line.
#
#   printf 'What is 2 + 2?\nName a colour.\n' | crates/ml-cli/examples/answers.sh --model smol
#
# A prompt that fails gives an object with `error`, and the script goes on.
while IFS= read -r prompt; do
    [ -n "$prompt" ] || continue
    printf '%s' "$prompt" | ml generate --json "$@" - || true
done
