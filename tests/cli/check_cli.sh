#!/bin/sh
# check_cli.sh - the command line as a user meets it: answers, exit codes, error lines
set -u
cli=$OUT/mlcycle
work=$OUT/tests/cli
rm -rf "$work" && mkdir -p "$work"
data=tests/data/birdstrikes.csv.gz
bad=0

# wants CODE PATTERN argument...: the exit code, and the pattern in what is printed
wants() {
    code=$1 pattern=$2
    shift 2
    said=$("$cli" "$@" 2>&1 </dev/null)
    got=$?
    if [ $got -ne "$code" ]; then
        echo "mlcycle $*: exit $got, wanted $code: $said"
        bad=1
    elif ! printf '%s' "$said" | grep -q -- "$pattern"; then
        echo "mlcycle $*: said '$said', wanted '$pattern'"
        bad=1
    fi
}

# wants_line CODE PATTERN argument...: the same, and it is one line
wants_line() {
    wants "$@"
    [ "$(printf '%s\n' "$said" | wc -l)" -eq 1 ] || { echo "more than a line: $said"; bad=1; }
}

# usage: what was found, what was wanted, the nearest name
wants_line 2 'a verb is wanting'
wants_line 2 "there is no verb 'trian'; did you mean 'train'?" trian
wants_line 2 "'profile' is not in this version" profile a
wants_line 2 "there is no option '--traget'; did you mean '--target'?" train "$data" --traget x
wants_line 2 '--target COL is wanting' train "$data"
wants_line 2 '--target wants a value' train "$data" --target
wants_line 2 '--target stands twice' train "$data" --target a --target b
wants_line 2 'an argument is wanting' train --target a
wants_line 2 'one argument too many' train "$data" b --target a
wants_line 2 "is '3 trees'; it must be" train "$data" --target a --threads '3 trees'
wants_line 2 "did you mean 'trees'?" train "$data" --target a --set tree=3
wants_line 2 'it must lie in' train "$data" --target a --set learning_rate=3
wants_line 2 "must be name=value" train "$data" --target a --set trees
wants_line 2 "did you mean 'impute'?" train "$data" --target a --step inpute
wants_line 2 'a parameter is wanting' train "$data" --target a --step impute,age
wants_line 2 "did you mean 'gbdt'?" train "$data" --target a --algorithm gbtd
wants_line 2 'wants --valid' train "$data" --target a --accept 'auc > 0.5'
wants_line 2 '-o OUT is wanting' predict m.mlcm "$data"
wants_line 2 "did you mean 'gbdt'?" help gbd
wants_line 1 "did you mean 'Origin State'?" train "$data" --target 'Origin Stat'
wants_line 1 'no-such-file' train no-such-file.csv --target a
wants_line 1 'no-such-model' predict no-such-model.mlcm "$data" -o "$work/out.csv"

# help comes from the tables
wants 0 'algorithms' help
wants 0 'learning_rate' help gbdt
wants 0 'convention' help standardize
wants 0 'missing_markers' train --help
wants 0 '^mlcycle [0-9]' --version

# one turn
wants 0 'outputs' train "$data" --target 'Wildlife Size' --ignore 'Wildlife Species' \
    --set trees=5 -o "$work/size.mlcm"
wants 0 '"hash"' train "$data" --target 'Wildlife Size' --ignore 'Wildlife Species' \
    --set trees=5 --json -o "$work/again.mlcm" --threads 3
cmp -s "$work/size.mlcm" "$work/again.mlcm" || { echo "lanes changed the model"; bad=1; }
wants 1 'seen' evaluate "$work/size.mlcm" "$data"
wants 0 '"accuracy"' evaluate "$work/size.mlcm" "$data" --allow-seen --json
wants 3 'not accepted' evaluate "$work/size.mlcm" "$data" --allow-seen --accept 'accuracy > 0.99'
wants 0 'accepted' evaluate "$work/size.mlcm" "$data" --allow-seen --accept 'accuracy > 0.4'
wants_line 2 "did you mean 'accuracy'?" evaluate "$work/size.mlcm" "$data" --allow-seen \
    --accept 'acuracy > 0.4'
wants 0 'answered' predict "$work/size.mlcm" "$data" -o "$work/out.csv"
[ "$(wc -l <"$work/out.csv")" -eq 10001 ] || { echo "predict: not one row a record"; bad=1; }
head -n 1 "$work/out.csv" | grep -q '^prediction,probability_Large,.*flags$' ||
    { echo "predict: $(head -n 1 "$work/out.csv")"; bad=1; }

# drift: a model's own rows have none, others do, and a column is read as it was before
wants 0 'no drift' drift "$work/size.mlcm" "$data"
wants 0 '"drifted":false' drift "$data" "$data" --json --check
seq 1 400 | awk 'BEGIN {print "x,k"} {print $1 % 97 "," $1 % 5}' >"$work/then.csv"
seq 1 400 | awk 'BEGIN {print "x,k"} {print ($1 % 9 ? $1 % 97 + 30 : "N/A") "," $1 % 5}' \
    >"$work/now.csv"
wants 0 'drifted: 1 of 2' drift "$work/then.csv" "$work/now.csv"
wants 0 '"test":"ks"' drift "$work/then.csv" "$work/now.csv" --json
wants 3 '"current_missing":0.11' drift "$work/then.csv" "$work/now.csv" --json --check
wants 0 'no drift' drift "$work/then.csv" "$work/now.csv" --set effects=0.9
wants_line 2 "did you mean 'effects'?" drift "$work/then.csv" "$work/now.csv" --quiet --set effect=1
wants 0 'Kolmogorov' help ks
wants 0 'false_alarms' help drift

# cleaning tells what it did and what it did not know
printf 'id,country\n1,US\n2,U.S.A.\n3,united states of america\n4,Atlantis\n5,Deutschland\n' \
    >"$work/countries.csv"
wants 0 'Atlantis' clean "$work/countries.csv" -o "$work/clean.csv" \
    --step standardize,columns=country,convention=country,to=name
[ "$(grep -c 'United States$' "$work/clean.csv")" -eq 3 ] ||
    { echo "clean: $(cat "$work/clean.csv")"; bad=1; }
wants 0 '"unknown"' clean "$work/countries.csv" -o "$work/clean.csv" --json \
    --step standardize,columns=country,convention=country,to=alpha2

printf 'id,age\n1,20\n1,20\n2,200\n' >"$work/twice.csv"
wants 0 '"dropped":1' clean "$work/twice.csv" --step deduplicate --step range,most=120 --json \
    -o "$work/once.csv" --journal "$work/journal.csv"
[ "$(wc -l <"$work/once.csv") $(wc -l <"$work/journal.csv")" = "3 3" ] ||
    { echo "journal: $(cat "$work/journal.csv")"; bad=1; }

# one store: data, a model, who is in production
store=$work/store.db
head -n 3 "$work/countries.csv" >"$work/part-1.csv"
(head -n 1 "$work/countries.csv"; tail -n 3 "$work/countries.csv") >"$work/part-2.csv"
wants 0 'places@1: 5 rows; 2 files' fetch "$store" places "$work/part-?.csv"
wants 0 '"version": 2, "rows": 5, "rejected": 0' fetch "$store" places "$work/part-2.csv" --json
wants 0 'places@3: 2 rows' fetch "$store" places "$work/part-1.csv" --mode replace
wants 0 'clean@1\|5 rows' clean "$store#places@2" -o "$store#clean" \
    --step standardize,columns=country,convention=country,to=name
wants 0 '"name": "clean", "version": 1, "rows": 5, "columns": 2' list "$store" --json
wants 0 'part-2.csv' log "$store" places
wants 0 '10000 rows' fetch "$store" birds "$data"
wants 0 'outputs' train "$store#birds" --target 'Wildlife Size' --ignore 'Wildlife Species' \
    --set trees=5 -o "$work/stored.mlcm"
wants 1 'seen' evaluate "$work/stored.mlcm" "$data" # the rows are the same, whichever way
wants_line 2 '--accept wants --valid' publish "$store" size "$work/size.mlcm" --accept 'auc > 0'
wants 0 'size@1 published' publish "$store" size "$work/size.mlcm"
wants 0 '{"name": "size", "version": 2}' publish "$store" size "$work/stored.mlcm" --json
wants_line 1 'nothing in stage' predict "$store#size" "$data" -o "$work/out.csv"
wants 0 'size@1 is in production' promote "$store" size 1 --why 'the first'
wants 0 '"stage": "production"' promote "$store" size 2 --json
wants 0 'size@1 is in production' rollback "$store" size
wants_line 1 'had nothing in stage' rollback "$store" size
wants_line 1 'its last is 2' promote "$store" size 7
wants_line 2 'is no version' promote "$store" size two
wants 0 '(the first)' log "$store" size
wants 0 '"what": "rollback", "version": 1, "stage": "production"' log "$store" size --json
wants 0 '"production": 1' list "$store" --json
wants 0 '"accuracy"' evaluate "$store#size@2" "$store#birds" --allow-seen --json
wants 0 'answered' predict "$store#size" "$store#birds" -o "$work/stored.csv"
cmp -s "$work/stored.csv" "$work/out.csv" || { echo "predict: stored rows differ"; bad=1; }
wants_line 1 "did you mean 'birds'?" train "$store#bird" --target a
wants_line 1 'has no version 9' train "$store#birds@9" --target a
wants_line 1 'there is no store' list "$work/none.db"
wants_line 1 'no store' list "$data"
wants 0 'removed' remove "$store" clean
wants 0 'all is as it was written' verify "$store"
wants 0 '{"faults": \[\]}' verify "$store" --json
# a flipped bit is named: the last page is one of the model's or the data's
size=$(wc -c <"$store")
printf '\377' | dd of="$store" bs=1 seek=$((size - 9000)) conv=notrunc 2>/dev/null
wants 1 'not as\|damaged' verify "$store"

# a model is whole or not there; a file that is no model says so
wants 1 'No such file\|cannot' train "$data" --target 'Wildlife Size' --set trees=1 \
    -o "$work/no/such/folder.mlcm"
wants_line 1 '' evaluate "$data" "$data"
exit $bad
