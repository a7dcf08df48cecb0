#!/bin/sh
# check_build.sh - what is made is made once, and made anew when what it was made from changes
#
# Nothing to do takes under a second on the real tree; the rest is tried on a library of two
# files under the same Makefile.
set -u
[ -z "$SAN" ] || { echo "tried on the plain build"; exit 77; }
work=$PWD/$OUT/tests/build
case $OUT in /*) work=$OUT/tests/build ;; esac
rm -rf "$work" && mkdir -p "$work/lib/base" "$work/build" "$work/include/mlcycle"
fail() { echo "$*"; cat "$work/log"; exit 1; }
again() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory "$@" >"$work/log" 2>&1 || fail "make $*"; }

again BUILD="$BUILD" CC="$CC" all
# processor time, for the machine may be busy
(again BUILD="$BUILD" CC="$CC" all; times >"$work/times") || exit 1
[ ! -s "$work/log" ] || fail "not made for good:"
tail -n 1 "$work/times" | tr 'ms' '  ' |
    awk '{used = $1 * 60 + $2 + $3 * 60 + $4; exit !(used < 1)}' || fail "nothing to do takes too long"

cp -p Makefile configure.ac "$work" && cp -p lib/mlcycle.map "$work/lib"
cp -p include/mlcycle/context.h "$work/include/mlcycle"
cp -p "$BUILD/config.mk" "$BUILD/config.h" "$work/build" # newer than configure.ac
cd "$work" || exit 1
echo 'int mlc_one(void);' >lib/base/base.h
printf '#include "base/base.h"\nint mlc_one(void) { return 1; }\n' >lib/base/one.c
printf 'int mlc_two(void);\nint mlc_two(void) { return 2; }\n' >lib/base/two.c
# made WHAT-CHANGED WANTED: so many objects are compiled now
made() {
    what=$1 wanted=$2
    shift 2
    again CC="$CC" "$@" all
    got=$(grep -c '  CC ' log)
    [ "$got" -eq "$wanted" ] || fail "$what: $got objects were made, not $wanted"
}
made "all new" 2
made "nothing" 0
touch lib/base/two.c && made "a source" 1
touch lib/base/base.h && made "a header" 1
touch build/config.h && made "config.h" 2
made "a flag" 2 OPT=-O1
made "the flag again" 2
echo 'int mlc_three(void); int mlc_three(void) { return 3; }' >lib/base/three.c && made "one more" 1
rm lib/base/one.c lib/base/base.h && made "one and its header less" 0
nm -D build/libmlcycle.so.1 | grep -q mlc_one && fail "a source that is gone is still linked"
nm build/libmlcycle.a | grep -q mlc_three || fail "a new source is not in the archive"
exit 0
