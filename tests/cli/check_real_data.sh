#!/bin/sh
# check_real_data.sh - raw files of the real world: one `train` and one `evaluate` each
#
# Cut by row (every fifth is a test row) unless the file comes in two parts. The bars are
# measured reference scores of other libraries on the same rows, less a margin for noise.
set -u
[ -d "$MLC_DATA/tabular" ] || { echo "no folder $MLC_DATA/tabular"; exit 77; }
work=$OUT/tests/real
rm -rf "$work" && mkdir -p "$work"
cli=$OUT/mlcycle
bad=0

# cut FILE HEADER(1|0) NAME: NAME-train.csv and NAME-test.csv
cut_rows() {
    case $1 in *.gz) gzip -dc "$1" ;; *) cat "$1" ;; esac |
        awk -v h="$2" -v a="$work/$3-train.csv" -v b="$work/$3-test.csv" '
            NR == 1 && h { print >a; print >b; next }
            { i = NR - 1 - h; if (i % 5 == 4) print >b; else print >a }'
}

# bar NAME METRIC OP VALUE: the metric's value in the JSON of the last evaluate
bar() {
    value=$(sed -n "s/.*\"$2\": *{\"value\": *\([-0-9.e+]*\).*/\1/p" "$work/$1.json")
    if [ -n "$value" ] && awk "BEGIN {exit !($value $3 $4)}"; then
        echo "$1: $2 $value ($3 $4)"
    else
        echo "$1: $2 is '$value'; wanted $3 $4"
        bad=1
    fi
}

# judge NAME TRAIN TEST option...
judge() {
    name=$1 train=$2 test=$3
    shift 3
    if "$cli" train "$train" -o "$work/$name.mlcm" --quiet "$@" >"$work/$name.log" 2>&1 &&
        "$cli" evaluate "$work/$name.mlcm" "$test" --json --quiet >"$work/$name.json" 2>"$work/$name.log"; then
        return 0
    fi
    echo "$name: $(tail -n 1 "$work/$name.log")"
    bad=1
    return 1
}

tabular=$MLC_DATA/tabular
judge adult "$tabular/adult-train.csv.gz" "$tabular/adult-test.csv.gz" --target c15 \
    --step standardize,columns=c15,strip=. --read 'missing_markers=?' && bar adult auc '>=' 0.925

cut_rows "$tabular/california_housing.csv" 1 california
judge california "$work/california-train.csv" "$work/california-test.csv" \
    --target median_house_value && bar california rmse '<=' 49417.1

cut_rows "$tabular/diamonds.csv.gz" 1 diamonds
judge diamonds "$work/diamonds-train.csv" "$work/diamonds-test.csv" --target price &&
    bar diamonds rmse '<=' 578.6

cut_rows "$tabular/penguins.csv" 1 penguins
judge penguins "$work/penguins-train.csv" "$work/penguins-test.csv" --target species &&
    bar penguins accuracy '>=' 0.94

cut_rows "$tabular/titanic.csv" 1 titanic
judge titanic "$work/titanic-train.csv" "$work/titanic-test.csv" --target survived \
    --ignore alive,class,who,adult_male,embark_town,alone && bar titanic auc '>=' 0.85

cut_rows "$tabular/mammography.csv" 0 mammography
judge mammography "$work/mammography-train.csv" "$work/mammography-test.csv" --target c7 &&
    bar mammography auc '>=' 0.90
exit $bad
