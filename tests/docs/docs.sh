#!/bin/sh
# docs.sh - the manual beside the headers
#
# Every function of the public headers stands in a man page with its very prototype; no man
# page names a function that the headers lack; mandoc has nothing to say.
set -u
bad=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
pages=$(ls man/*.1 man/*.3 2>/dev/null)
[ -n "$pages" ] || { echo "docs: no man pages"; exit 1; }

mandoc -Tlint -W warning $pages || bad=1

# prototypes: comments off, one statement a line, blanks off
cat include/mlcycle.h include/mlcycle/*.h | tr '\n' ' ' |
    sed -e 's#/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/# #g' -e 's/MLC_API/\n&/g' | grep '^MLC_API [a-z]' |
    sed -e 's/^MLC_API//' -e 's/;.*/;/' | tr -d ' \t' | sort >"$work/headers"
for page in $pages; do
    mandoc -Tascii -O width=500 "$page" | col -b | tr '\n' ' ' | sed 's/;/;\n/g' | tr -d ' \t'
    echo
done >"$work/manual"
while read -r prototype; do
    grep -qF -- "$prototype" "$work/manual" || {
        echo "no man page has: $prototype"
        bad=1
    }
done <"$work/headers"

sed 's/^[^(]*[^a-z0-9_]\(mlc_[a-z0-9_]*\)(.*/\1/; s/^[^(]*\(mlc_[a-z0-9_]*\)(.*/\1/' \
    "$work/headers" | sort -u >"$work/known"
sed -n 's/^#define \(mlc_[a-z0-9_]*\)(.*/\1/p' include/mlcycle/*.h >>"$work/known"
for page in $pages; do
    mandoc -Tascii -O width=500 "$page" | col -b | grep -oE '\bmlc_[a-z0-9_]+\([^0-9]' | sed 's/(.*//' |
        sort -u | while read -r name; do
        grep -qx "$name" "$work/known" || echo "$page: no header has $name()"
    done
done >"$work/strangers"
[ ! -s "$work/strangers" ] || { cat "$work/strangers"; bad=1; }
[ $bad = 0 ] && echo "docs: $(wc -l <"$work/headers") functions, $(echo $pages | wc -w) pages"
exit $bad
