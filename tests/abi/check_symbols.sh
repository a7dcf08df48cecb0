#!/bin/sh
# check_symbols.sh - the symbol rules and the size bound, on the plain build
[ -z "$SAN" ] || { echo "a sanitizer's own symbols stand in this build"; exit 77; }
sh tests/abi/symbols.sh "$OUT/libmlcycle.so.1" "$OUT/libmlcycle.a" || exit 1
sh tests/abi/size.sh "$OUT/libmlcycle.so.1" || exit 1

# each rule can be broken
work=$OUT/tests/abi
rm -rf "$work" && mkdir -p "$work"
refused() {
    echo "$2" >"$work/bad.c"
    $CC -shared -fPIC -o "$work/bad.so" "$work/bad.c" && $CC -c -fPIC -O1 -o "$work/bad.o" "$work/bad.c" || exit 1
    rm -f "$work/bad.a"
    ar rcs "$work/bad.a" "$work/bad.o"
    sh tests/abi/symbols.sh "$work/bad.so" "$work/bad.a" >"$work/out" &&
        { echo "let through: $2"; exit 1; }
    grep -q "^$1" "$work/out" || { echo "other words than '$1':"; cat "$work/out"; exit 1; }
}
refused 'exported' 'void other(void) {} void mlc_f(void) {}'
refused 'variables' 'static int n; int mlc_f(void) { return n++; }'
refused 'variables' 'static _Thread_local int n = 3; int mlc_f(void) { return n++; }'
refused 'calls' 'double exp(double); double mlc_f(double x) { return exp(x); }'
refused 'calls' 'int printf(const char *, ...); void mlc_f(int x) { printf("%d", x); }'
refused 'the allocator' '#include <stdlib.h>
void *mlc_f(void) { return malloc(3); }'
# and a constant table of pointers is fine
echo 'static const char *const t[] = {"a", "b"}; const char *mlc_f(int i) { return t[i]; }' >"$work/good.c"
$CC -shared -fPIC -o "$work/good.so" "$work/good.c" && $CC -c -fPIC -o "$work/good.o" "$work/good.c"
rm -f "$work/good.a"
ar rcs "$work/good.a" "$work/good.o"
sh tests/abi/symbols.sh "$work/good.so" "$work/good.a"
