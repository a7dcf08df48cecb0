#!/bin/sh
# check_fuzz_seeds.sh - every fuzz target over its committed seeds; each target has some
set -u
ls tests/fuzz/fuzz_*.c >/dev/null 2>&1 || { echo "no fuzz target"; exit 77; }
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    seeds=tests/fuzz/seeds/${name#fuzz_}
    [ -n "$(ls "$seeds" 2>/dev/null)" ] || { echo "$name has no seeds in $seeds"; exit 1; }
    echo "$name"
    "$OUT/replay/$name" "$seeds"/* || exit 1
done
