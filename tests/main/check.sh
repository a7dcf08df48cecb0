#!/bin/sh
# check.sh - everything that `make check` runs, and one line at the end
#
#     check.sh all | NAME...
#
# The runner of tests/*/test_*.c first, then every tests/*/check_*.sh, then every example
# without arguments: exit 0 passed, 77 skipped, else failed. A NAME is a suite, a script
# without `check_` and `.sh`, or an example.
# From make: BUILD OUT SAN CC CXX MAKE VERSION PKG_CONFIG MLC_DATA EXAMPLES.
passed=0 failed=0 skipped=0
log=$OUT/tests/log
mkdir -p "$OUT/tests"

suites= others=
if [ "$*" = all ]; then
    suites=all
    others="$(ls tests/*/check_*.sh 2>/dev/null) $EXAMPLES"
else
    known=$("$OUT/tests/runner" -l)
    for name in "$@"; do
        script=$(ls tests/*/"check_$name.sh" 2>/dev/null)
        if [ -n "$script" ]; then
            others="$others $script"
        elif echo "$known" | grep -qx "$name"; then
            suites="$suites $name"
        elif [ -x "$OUT/programs/$name" ]; then
            others="$others $OUT/programs/$name"
        elif [ -x "$OUT/examples/$name" ]; then
            others="$others $OUT/examples/$name"
        else
            echo "check: no suite, script or example '$name'" >&2
            exit 2
        fi
    done
fi

if [ -n "$suites" ]; then
    [ "$suites" = all ] && suites=
    # shellcheck disable=SC2086
    "$OUT/tests/runner" $suites >"$log" 2>&1
    status=$?
    last=$(tail -n 1 "$log")
    counts=$(echo "$last" |
        sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    if [ -n "$counts" ]; then
        sed '$d' "$log"
        # shellcheck disable=SC2086
        set -- $counts
        passed=$1 failed=$2 skipped=$3
    else
        cat "$log"
        echo "FAIL runner: ended with status $status before its last line"
        failed=1
    fi
fi

for path in $others; do
    name=$(basename "$path" .sh)
    name=${name#check_}
    began=$(date +%s)
    case $path in
    *.sh) what=script && sh "$path" >"$log" 2>&1 </dev/null ;;
    */programs/*) what=program && "$path" >"$log" 2>&1 </dev/null ;;
    *) what=example && "$path" >"$log" 2>&1 </dev/null ;;
    esac
    status=$?
    took=$(($(date +%s) - began))
    case $status in
    0) word=ok passed=$((passed + 1)) ;;
    77) word=skip skipped=$((skipped + 1)) ;;
    *) word=FAIL failed=$((failed + 1)) ;;
    esac
    printf '%-4s %-24s %-10s %7d s\n' "$word" "$name" "$what" "$took"
    case $word in
    skip) tail -n 1 "$log" | sed 's/^/  skipped: /' ;;
    FAIL) echo "  exit $status" && tail -n 60 "$log" | sed 's/^/    /' ;;
    esac
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ]
