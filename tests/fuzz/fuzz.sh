#!/bin/sh
# fuzz.sh FUZZER... - FUZZ_S seconds of libFuzzer each, on the seeds and on what was found before
#
# A finding is left in $OUT/fuzz; once mended, it belongs into tests/fuzz/seeds/NAME.
passed=0 failed=0
for fuzzer in "$@"; do
    name=$(basename "$fuzzer")
    seeds=tests/fuzz/seeds/${name#fuzz_}
    corpus=$OUT/fuzz/corpus/$name
    mkdir -p "$corpus"
    if "$fuzzer" -max_total_time="$FUZZ_S" -timeout=25 -rss_limit_mb=3000 -max_len=65536 \
        -artifact_prefix="$OUT/fuzz/$name-" "$corpus" "$seeds" >"$OUT/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $name: $(grep -c . "$OUT/fuzz/$name.log") lines, $(grep -E '^Done|DONE' "$OUT/fuzz/$name.log" | tail -n 1)"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        tail -n 40 "$OUT/fuzz/$name.log"
    fi
done
echo "fuzz: $passed passed, $failed failed"
[ $failed -eq 0 ]
