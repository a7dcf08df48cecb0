#!/bin/sh
# bench.sh BENCH... - run each bench, one after another, nothing beside it
for bench in "$@"; do
    case $bench in */*) ;; *) bench=$OUT/bench/bench_${bench#bench_} ;; esac
    echo "== $(basename "$bench")"
    "$bench" || exit 1
done
