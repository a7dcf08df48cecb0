#!/bin/sh
# check_runner.sh - the runner and check.sh tell failures, crashes, timeouts and skips as such
set -u
[ -z "$SAN" ] || { echo "tried on the plain build"; exit 77; }
work=$OUT/tests/selftest
rm -rf "$work" && mkdir -p "$work/tests"
cat >"$work/sample.c" <<'C'
#include "support/support.h"
#include <stdlib.h>
START_TEST(holds) { ck_assert_int_eq(1, 1); }
END_TEST
START_TEST(fails) { ck_assert_int_eq(1, 2); }
END_TEST
START_TEST(crashes) { abort(); }
END_TEST
START_TEST(hangs) { for (volatile int i = 1; i;) ; }
END_TEST
START_TEST(leaves_out) { SKIP("on purpose"); }
END_TEST
static Suite *suite_of(const char *name, int bad)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);
    tcase_set_timeout(t, 1);
    tcase_add_test(t, holds);
    tcase_add_test(t, leaves_out);
    if (bad) {
        tcase_add_test(t, fails);
        tcase_add_test(t, crashes);
        tcase_add_test(t, hangs);
    }
    suite_add_tcase(s, t);
    return s;
}
Suite *suite_fine(void) { return suite_of("fine", 0); }
Suite *suite_poor(void) { return suite_of("poor", 1); }
C
printf 'SUITE(fine)\nSUITE(poor)\n' >"$work/suites.h"
# shellcheck disable=SC2046,SC2086
$CC -std=c11 -D_GNU_SOURCE -I"$work" -Itests -Iinclude $($PKG_CONFIG --cflags check) \
    "$work/sample.c" tests/main/runner.c tests/support/executors.c \
    tests/support/faulty_heap.c tests/support/files.c -o "$work/tests/runner" \
    $($PKG_CONFIG --libs check) -pthread || exit 1

tell() { echo "$1"; cat "$work/out"; exit 1; }
OUT=$work EXAMPLES='' sh tests/main/check.sh poor fine >"$work/out" 2>&1 && tell "no failure told"
[ "$(tail -n 1 "$work/out")" = "2 passed, 3 failed, 2 skipped" ] || tell "another summary"
for word in fails crashes hangs; do
    grep -q "$word" "$work/out" || tell "no word of '$word'"
done
OUT=$work EXAMPLES='' sh tests/main/check.sh fine >"$work/out" 2>&1 || tell "a failure told"
[ "$(tail -n 1 "$work/out")" = "1 passed, 0 failed, 1 skipped" ] || tell "another summary"
OUT=$work EXAMPLES='' sh tests/main/check.sh nothing >"$work/out" 2>&1 && tell "an unknown name runs"
"$work/tests/runner" -fine >"$work/out" 2>&1 && tell "poor was left out"
grep -q '^ok' "$work/out" && tell "fine was run"
exit 0
