#!/bin/sh
# check_build.sh - what is made is made once, and made anew when what it was made from changes
set -u
[ -z "$SAN" ] || { echo "tried on the plain build"; exit 77; }
work=$OUT/tests/build
mkdir -p "$work"
again() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory BUILD="$BUILD" CC="$CC" "$@"; }

again all >"$work/first" 2>&1 || { cat "$work/first"; exit 1; }
# processor time, for the machine may be busy
( again all >"$work/second" 2>&1; times >"$work/times" )
[ ! -s "$work/second" ] || { echo "not made for good:"; cat "$work/second"; exit 1; }
tail -n 1 "$work/times" | tr 'ms' '  ' |
    awk '{used = $1 * 60 + $2 + $3 * 60 + $4; print used " s"; exit !(used < 1)}' ||
    { echo "nothing to do takes too long"; exit 1; }

count() { again -n V=1 -o "$OUT/flags" -o "$OUT/members" "$@" all | grep -c -e " -c lib/.*\.c "; }
[ "$(count)" -eq 0 ] || { echo "nothing has changed, yet something is compiled"; exit 1; }
[ "$(count -W lib/base/random.c)" -eq 1 ] || { echo "one source, not one object"; exit 1; }
all=$(ls lib/*.c lib/*/*.c | wc -l)
[ "$(count -W lib/base/base.h)" -gt $((all / 2)) ] || { echo "base.h is not followed"; exit 1; }
[ "$(count -W "$BUILD/config.h")" -eq "$all" ] || { echo "config.h is not followed"; exit 1; }
exit 0
