#!/bin/sh
# check_headers.sh - each public header alone is C99, C11 and C++11, without a warning
set -u
for header in include/mlcycle.h include/mlcycle/*.h; do
    for std in c99 c11; do
        $CC -std=$std -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror -Iinclude \
            -fsyntax-only -x c "$header" || exit 1
    done
    for std in c++11 c++17; do
        ${CXX:-g++} -std=$std -pedantic-errors -Wall -Wextra -Wconversion -Wshadow -Werror \
            -Iinclude -fsyntax-only -x c++ "$header" || exit 1
    done
done
