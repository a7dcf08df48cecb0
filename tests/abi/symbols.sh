#!/bin/sh
# symbols.sh SHARED STATIC - what the library shows, holds and calls
#
# Exported: mlc_* alone. No variable that can change, in the archive's own objects (constant
# tables, also relocated ones, are fine). No call that a guest does not make. The allocator is
# asked in lib/base only.
set -u
shared=$1 static=$2 bad=0
tell() {
    if [ -n "$2" ]; then
        echo "$1:"
        echo "$2" | sed 's/^/    /'
        bad=1
    fi
}

exported=$(nm -D --defined-only "$shared" | awk '$2 != "A" {print $3}' | sed 's/@.*//')
tell "exported beside mlc_*" "$(echo "$exported" | grep -v '^mlc_[a-z0-9_]*$')"
[ -n "$exported" ] || tell "exported" "nothing at all"

tell "variables that can change (in .data, .bss, .tdata, .tbss or common)" "$(
    objdump -t "$static" | awk '
        /file format/ {object = $1}
        match($0, /(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/) {
            n = split($0, half, "\t")
            m = split(half[1], left, " "); split(half[2], right, " ")
            section = left[m]
            if (section ~ /^(\.data\.rel\.ro|\.data\.rel\.ro\..*)$/) next
            if (section !~ /^(\.data|\.bss|\.tdata|\.tbss)(\.|$)|^\*COM\*$/) next
            if (right[1] ~ /^0+$/) next
            if (right[n = split(half[2], right, " ")] ~ /^(__asan|__ubsan|__tsan|\.L)/) next
            print object, section, right[n]
        }')"

# Undefined in each object: "object symbol"
calls=$(nm -A -u "$static" 2>/dev/null |
    awk '{split($1, where, ":"); sub(/@.*/, "", $NF); print where[2], $NF}')
never='abort|_?_?exit|_Exit|quick_exit|atexit|__assert_fail'
never="$never|v?f?printf|__v?f?printf_chk|f?puts|f?putc|putchar|perror|psignal"
never="$never|getenv|secure_getenv|setenv|putenv|setlocale|uselocale|newlocale"
never="$never|signal|sigaction|raise|kill|omp_.*|GOMP_.*|__kmpc_.*"
never="$never|strtod|strtof|strtold|atof|v?s?f?scanf|__isoc99_.*scanf|strtok|rand|srand|random"
never="$never|localtime|localtime_r|mktime|tzset|system|popen"
never="$never|(exp|exp2|exp10|expm1|log|log2|log10|log1p|pow|tanh|sinh|cosh|lgamma|tgamma)[fl]?"
never="$never|lgamma_r|(sin|cos|tan|asin|acos|atan|atan2|erf|erfc|cbrt|hypot)[fl]?|sincosf?"
tell "calls that a guest does not make" "$(echo "$calls" | grep -E " ($never)\$")"

base=$(for f in lib/base/*.c; do basename "$f" .c; done | sed 's/$/.o/' | paste -sd '|')
heap='malloc|calloc|realloc|aligned_alloc|posix_memalign|memalign|strdup|strndup|asprintf'
tell "the allocator is asked outside lib/base" \
    "$(echo "$calls" | grep -E " ($heap)\$" | grep -vE "^($base) ")"
exit $bad
