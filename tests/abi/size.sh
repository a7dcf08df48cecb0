#!/bin/sh
# size.sh SHARED - bytes of the stripped library, bounded, and of what the loader brings along
set -u
most=1258291 # 1.2 MiB
stripped=$(dirname "$1")/stripped.so
strip -o "$stripped" "$1"
bytes=$(stat -c %s "$stripped")
echo "libmlcycle, stripped: $bytes bytes (at most $most)"
ldd "$1" | awk '$3 ~ /^\// {print $3}' | while read -r path; do
    echo "  $(stat -L -c %s "$path") $path"
done
[ "$bytes" -le $most ]
