#!/bin/sh
# check_install.sh - an installed prefix serves a host with nothing but pkg-config
#
# A C and a C++ program, shared and static; the program and link line of README; DESTDIR;
# uninstall leaves nothing.
set -u
[ -z "$SAN" ] || { echo "a build under sanitizers is not installed"; exit 77; }
work=$PWD/$OUT/tests/install
case $OUT in /*) work=$OUT/tests/install ;; esac
rm -rf "$work" && mkdir -p "$work"
prefix=$work/prefix
fail() { echo "$*"; exit 1; }
make_it() { env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make --no-print-directory BUILD="$BUILD" "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }

make_it install PREFIX="$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
[ "$(pkg-config --modversion mlcycle)" = "$VERSION" ] || fail "mlcycle.pc tells another version"

cat >"$work/host.c" <<'HOST'
#include <mlcycle.h>
#include <stdio.h>
int main(void)
{
    mlc_error err = MLC_ERROR_INIT;
    mlc_context *ctx = NULL;
    if (mlc_context_create(NULL, &ctx, &err) != MLC_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    mlc_context_destroy(ctx);
    return mlc_version() == MLC_VERSION ? 0 : 2;
}
HOST
cp "$work/host.c" "$work/host.cpp"
cd "$work" || exit 1
$CC -Wall -Werror host.c $(pkg-config --cflags --libs mlcycle) -o shared_c || fail "C, shared"
${CXX:-g++} -Wall -Werror host.cpp $(pkg-config --cflags --libs mlcycle) -o shared_cpp || fail "C++, shared"
for program in shared_c shared_cpp; do
    LD_LIBRARY_PATH=$prefix/lib ./$program || fail "$program does not run"
    LD_LIBRARY_PATH=$prefix/lib ldd ./$program | grep -q 'libmlcycle\.so\.1 => .*prefix' ||
        fail "$program does not name libmlcycle.so.1"
done
mkdir shared && mv "$prefix"/lib/libmlcycle.so* shared/
$CC -Wall -Werror host.c $(pkg-config --static --cflags --libs mlcycle) -o static_c || fail "C, static"
${CXX:-g++} -Wall -Werror host.cpp $(pkg-config --static --cflags --libs mlcycle) -o static_cpp || fail "C++, static"
for program in static_c static_cpp; do
    ./$program || fail "$program does not run"
    ldd ./$program | grep -q libmlcycle && fail "$program still wants libmlcycle.so"
done
mv shared/* "$prefix"/lib/
cd - >/dev/null || exit 1

# CMake, where there is one
if command -v cmake >/dev/null; then
    cat >"$work/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.13)
project(host C CXX)
find_package(mlcycle 0.1 REQUIRED)
add_executable(by_cmake host.c)
target_link_libraries(by_cmake mlcycle::mlcycle)
add_executable(by_cmake_static host.cpp)
target_link_libraries(by_cmake_static mlcycle::static)
CMAKE
    (cmake -S "$work" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" &&
        env -u MAKEFLAGS cmake --build "$work/cmake") >"$work/log" 2>&1 ||
        { cat "$work/log"; fail "CMake"; }
    "$work/cmake/by_cmake" && "$work/cmake/by_cmake_static" || fail "what CMake made does not run"
fi

# README's program, by README's own line
awk '/^    #include/ {on = 1} on {print substr($0, 5)} on && /^    }/ {exit}' README >"$work/first.c"
line=$(sed -n 's/^    \(cc .*pkg-config.*\)$/\1/p' README | head -n 1)
[ -s "$work/first.c" ] && [ -n "$line" ] || fail "README has no program or no link line"
(cd "$work" && eval "$line") || fail "README's program does not compile: $line"
cp tests/data/birdstrikes.csv.gz "$work/"
(cd "$work" && LD_LIBRARY_PATH=$prefix/lib ./first) || fail "README's program fails"

if [ -f "$prefix/bin/mlcycle" ]; then
    "$prefix/bin/mlcycle" help >/dev/null || fail "mlcycle help"
fi

make_it uninstall PREFIX="$prefix"
left=$(find "$prefix" -type f -o -type l)
[ -z "$left" ] || fail "uninstall leaves: $left"

make_it install DESTDIR="$work/stage" PREFIX=/usr
grep -q '^prefix=/usr$' "$work/stage/usr/lib/pkgconfig/mlcycle.pc" || fail "DESTDIR stands in mlcycle.pc"
make_it uninstall DESTDIR="$work/stage" PREFIX=/usr
left=$(find "$work/stage" -type f -o -type l)
[ -z "$left" ] || fail "uninstall with DESTDIR leaves: $left"

make_it dist
archive=$BUILD/mlcycle-$VERSION.tar.gz
tar -tzf "$archive" | grep -q "^mlcycle-$VERSION/configure.ac$" || fail "dist lacks configure.ac"
tar -tzf "$archive" | grep -qE '/build/|\.o$' && fail "dist carries what was built"
exit 0
