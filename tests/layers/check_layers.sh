#!/bin/sh
# check_layers.sh - the rules of layers.awk hold, and each of them can be broken
set -u
awk -f tests/layers/layers.awk $(find $(ls -d lib include bindings 2>/dev/null) -name '*.[ch]' | sort) || exit 1

work=$OUT/tests/layers
rm -rf "$work" && mkdir -p "$work"
rules=$PWD/tests/layers/layers.awk
cd "$work" || exit 1
# refused FILE LINE WHAT: a file of that name with that line is told with those words
refused() {
    mkdir -p "$(dirname "$1")"
    echo "$2" >"$1"
    awk -f "$rules" "$1" >out && { echo "let through: $1 with $2"; exit 1; }
    grep -q "$3" out || { echo "other words than '$3':"; cat out; exit 1; }
}
allowed() {
    mkdir -p "$(dirname "$1")"
    echo "$2" >"$1"
    awk -f "$rules" "$1" || { echo "refused: $1 with $2"; exit 1; }
}
refused lib/base/a.c '#include "data/data.h"' 'base may not know data'
refused lib/clean/a.c '#include "train/train.h"' 'clean may not know train'
refused lib/model/a.c '#include "clean/clean.h"' 'model may not know clean'
refused lib/train/a.c '#include "num/sort.h"' 'only the front header'
refused lib/train/a.c '#include "gbdt.h"' 'names folder and file'
refused lib/odd/a.c '' 'not in the house'
refused bindings/cli/a.c '#include "base/base.h"' 'public headers only'
refused include/mlcycle/a.h '#include "data/data.h"' 'public headers only'
allowed lib/train/a.c '#include "train/gbdt.h"'
allowed lib/train/a.c '#include "model/model.h"'
allowed lib/data/a.c '#include "mlcycle/dataset.h"'
allowed lib/mlcycle.c '#include "train/train.h"'
mkdir -p lib/num && cp lib/train/a.c lib/num/a.c
awk -f "$rules" lib/train/a.c lib/num/a.c >out && { echo "two files of one name"; exit 1; }
grep -q 'second source' out
