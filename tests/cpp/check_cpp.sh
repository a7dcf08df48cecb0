#!/bin/sh
# check_cpp.sh - the C++ header: one turn in C++11, with and without exceptions; fields that are
# none do not compile
set -u
[ -z "$SAN" ] || { echo "the library is compiled for sanitizers"; exit 77; }
work=$OUT/tests/cpp
rm -rf "$work" && mkdir -p "$work"
cxx=${CXX:-g++}
libs=$(awk -F':=' '/^LIB_LIBS /{print $2} /^LIB_RPATH /{print $2}' "$BUILD/config.mk" | tr '\n' ' ')
strict="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -Iinclude -Ibindings/cpp"

for how in "-std=c++11" "-std=c++11 -fno-exceptions -fno-rtti" "-std=c++20"; do
    # shellcheck disable=SC2086
    $cxx $how $strict tests/cpp/turn.cpp "$OUT/libmlcycle.a" $libs -o "$work/turn" || exit 1
    rm -f "$work"/trades.db* "$work"/fraud.mlcm "$work"/*.transformer "$work"/*.cleaner
    "$work/turn" "$work" || { echo "with $how"; exit 1; }
done

refused() {
    printf '#include "mlcycle.hpp"\n#include <string>\n%s\nint main() { return (int)%s.storage; }\n' \
        "$1" "$2" >"$work/bad.cpp"
    # shellcheck disable=SC2086
    if $cxx -std=c++11 $strict -fsyntax-only "$work/bad.cpp" 2>"$work/log"; then
        echo "this compiles: $1 $2"
        exit 1
    fi
    grep -q "$3" "$work/log" || { cat "$work/log"; exit 1; }
}
refused 'struct s { double *list; };' 'MLC_CPP_FIELD(s, list)' 'a field is a number'
refused 'struct s { double a; virtual ~s() {} };' 'MLC_CPP_FIELD(s, a)' 'standard layout'
refused 'struct s { double a; };' 'MLC_CPP_FIELD(s, b)' 'b'
echo "C++11 and C++20, with and without exceptions"
