#!/bin/sh
# abi.sh compare|renew SHARED - the binary boundary beside the committed one
#
# Only types of the public headers count. Additions pass; what is taken away or changed fails
# until a commit that says so renews tests/abi/mlcycle.abi (versions 0.N only).
set -u
baseline=tests/abi/mlcycle.abi
describe() {
    abidw --headers-dir include --drop-private-types --no-comp-dir-path --no-corpus-path \
        --no-show-locs --no-elf-needed --exported-interfaces-only "$1"
}
case $1 in
renew)
    describe "$2" >"$baseline.new" && mv "$baseline.new" "$baseline" && echo "$baseline"
    ;;
compare)
    [ -f $baseline ] || { echo "abi: no $baseline; make abi-renew writes it"; exit 1; }
    now=$(dirname "$2")/mlcycle.abi
    describe "$2" >"$now" || exit 1
    abidiff --no-added-syms "$baseline" "$now" || exit 1
    ;;
esac
