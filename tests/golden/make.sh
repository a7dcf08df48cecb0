#!/bin/sh
# make.sh - the golden models of this version: MLCYCLE names the command
#
# A model that was released stays here for ever and answers rows.csv as it did: never write over
# an older one, add the next number.
set -eu
cd "$(dirname "$0")"
mlcycle=${MLCYCLE:-../../build/mlcycle}
n=1
train() {
    name=$1-$n
    shift
    [ ! -e "$name.mlcm" ] || return 0
    "$mlcycle" train rows.csv --quiet -o "$name.mlcm" "$@"
    "$mlcycle" predict "$name.mlcm" rows.csv --quiet -o "$name.csv"
}
train gbdt --target fraud --set trees=6 --set leaves=6 --set min_rows=3 \
    --step standardize,columns=country,convention=country,to=alpha2 --step impute,columns=age \
    --step "derive,name=unit_price,as=price / amount"
train plain --target amount --set trees=4 --set leaves=5 --set min_rows=3 --ignore when
train classes --target kind --set trees=3 --set leaves=4 --set min_rows=3 --step missing
train linear --algorithm linear --target fraud --step impute --step scale \
    --step onehot,columns=country,kind --ignore when
# those above are from before there were baselines
train baseline --target kind --set trees=2 --set leaves=3 --set min_rows=3
[ -e "baseline-$n.drift.json" ] || { head -n 41 rows.csv >"${TMPDIR:-/tmp}/golden-$$.csv"
    "$mlcycle" drift "baseline-$n.mlcm" "${TMPDIR:-/tmp}/golden-$$.csv" --json --quiet \
        --set effects=0 --set times=yes --set answers=yes >"baseline-$n.drift.json"
    rm "${TMPDIR:-/tmp}/golden-$$.csv"; }
# those above are from before there were ranges; learnt from a few rows, so that others lie beyond
[ -e "ranges-$n.mlcm" ] || { few=${TMPDIR:-/tmp}/golden-$$.csv
    head -n 31 rows.csv >"$few"
    "$mlcycle" train "$few" --quiet -o "ranges-$n.mlcm" --target fraud --set trees=3 \
        --set leaves=4 --set min_rows=3 --set baseline=no --step impute,columns=age \
        --step "derive,name=dear,as=price > 300" --ignore price,amount
    "$mlcycle" predict "ranges-$n.mlcm" rows.csv --quiet -o "ranges-$n.csv"
    rm "$few"; }
