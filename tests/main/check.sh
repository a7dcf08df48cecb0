#!/bin/sh
# check.sh - everything that `make check` runs, and one line at the end
#
#     check.sh all | NAME...
#
# The runner of tests/*/test_*.c first, then every tests/*/check_*.sh: exit 0 passed, 77
# skipped, else failed. A NAME is a suite, or a script without `check_` and `.sh`.
# From make: BUILD OUT SAN CC CXX MAKE VERSION PKG_CONFIG MLC_DATA.
passed=0 failed=0 skipped=0
log=$OUT/tests/log
mkdir -p "$OUT/tests"

suites= scripts=
if [ "$*" = all ]; then
    suites=all
    scripts=$(ls tests/*/check_*.sh 2>/dev/null)
else
    known=$("$OUT/tests/runner" -l)
    for name in "$@"; do
        script=$(ls tests/*/"check_$name.sh" 2>/dev/null)
        if [ -n "$script" ]; then
            scripts="$scripts $script"
        elif echo "$known" | grep -qx "$name"; then
            suites="$suites $name"
        else
            echo "check: neither a suite nor a script: $name" >&2
            exit 2
        fi
    done
fi

if [ -n "$suites" ]; then
    [ "$suites" = all ] && suites=
    # shellcheck disable=SC2086
    "$OUT/tests/runner" $suites >"$log" 2>&1
    status=$?
    sed '$d' "$log"
    last=$(tail -n 1 "$log")
    counts=$(echo "$last" |
        sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    if [ -n "$counts" ]; then
        # shellcheck disable=SC2086
        set -- $counts
        passed=$1 failed=$2 skipped=$3
    else
        echo "$last"
        echo "FAIL runner: ended with status $status before its last line"
        failed=1
    fi
fi

for script in $scripts; do
    name=$(basename "$script" .sh)
    name=${name#check_}
    began=$(date +%s)
    sh "$script" >"$log" 2>&1 </dev/null
    status=$?
    took=$(($(date +%s) - began))
    case $status in
    0) word=ok passed=$((passed + 1)) ;;
    77) word=skip skipped=$((skipped + 1)) ;;
    *) word=FAIL failed=$((failed + 1)) ;;
    esac
    printf '%-4s %-24s  script    %4d.00 s\n' "$word" "$name" "$took"
    case $word in
    skip) sed 's/^/  /' "$log" | tail -n 1 ;;
    FAIL) sed 's/^/    /' "$log" | tail -n 60 ;;
    esac
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ $((passed + failed)) -gt 0 ]
