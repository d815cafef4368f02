#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `memboot predict` promises: predictions from stored fits, curves, published tables, one line for each failure, nothing half-written.
# usage: predict.sh PROGRAM DATA; prints TAP, exits 1 when a case fails. DATA: the folder of stored fits and tables.
set -u

memboot=$(realpath "$1")
data=$(realpath "$2")
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export LC_ALL=C TERM=dumb MEMBOOT_COSTMODEL=$tmp/costmodel.json
out=$tmp/out err=$tmp/err
big='arch=x86_64 page=4K nodes=8 each=1536G cpus=16' # as what the fit is of
model=$data/host.json

# run ARGUMENT...: the program's status, in $status.
run() {
  "$memboot" predict "$@" >"$out" 2>"$err" </dev/null
  status=$?
}

# refused STATUS WORDS ARGUMENT...: exits so with one line that has the words, and leaves no file.
refused() {
  local want=$1 words=$2
  shift 2
  run "$@"
  holds "$*: refused" test "$status" -eq "$want" -a ! -s "$out" -a "$(wc -l <"$err")" -eq 1
  holds "$*: why" grep -qF -- "$words" "$err"
  holds "$*: no file" test ! -e x.json -a ! -e "$MEMBOOT_COSTMODEL" -a ! -e new
}

# shows WORDS...: they are on standard output.
shows() {
  local word
  for word in "$@"; do
    holds "shows '$word'" grep -qE -- "$word" "$out"
  done
}

# figure FILE NAME NODE KEY: the first sample of a prediction; NODE is a number or null.
figure() {
  python3 - "$@" <<'EOT'
import json, sys
path, name, node, key = sys.argv[1:]
for run in json.load(open(path))["runs"]:
    if run["kind"] == "prediction" and run["name"] == name and json.dumps(run["node"]) == node:
        print(run["samples"][key][0])
        break
EOT
}

# below A B: of two numbers.
below() {
  python3 -c 'import sys; sys.exit(not float(sys.argv[1]) < float(sys.argv[2]))' "$1" "$2"
}

machines() {
  run --kernel 6.1 --host-model "$model" --machine "$big"
  holds 'another host: fine' test "$status" -eq 0 -a ! -s "$err"
  shows 'fit of another host, AMD EPYC Processor' 'rules of Linux 6.1, policy deferred' '^Phases, predicted' \
    '^    node 7, 16 workers +[0-9.]+ m?s' '^  to first allocation +[0-9.]+ m?s' '^  to all memory +[0-9.]+ m?s' \
    '^  fault .* beside the totals' '^beyond what was fitted: '
  cp "$out" first
  run --kernel 6.1 --host-model "$model" --machine "$big"
  holds 'the same twice' cmp -s first "$out"
  run --kernel 6.1 --host-model "$model" --machine "$big" --policy lazy
  holds 'lazy: fine' test "$status" -eq 0
  shows '^  deferred_grow'
  run --kernel 6.1 --host-model "$model" --machine 'arch=x86_64 page=4K nodes=16 each=4T cpus=8' --explain
  holds '64 TiB: fine' test "$status" -eq 0
  shows '^Terms of the model at this size' '^  memmap_init +early pages +serial ' ' rules$'
  sed 's/"architecture": "x86_64"/"architecture": "aarch64"/' "$model" >arm.json
  run --kernel 6.1 --host-model arm.json --machine "$big"
  shows '^  the machine is x86_64; the boots of such ones were on aarch64$'
  run --kernel 6.1 --host-model "$model" --machine "$big" -q
  holds 'quiet: nothing' test "$status" -eq 0 -a ! -s "$out" -a ! -s "$err"
}

results() {
  run --kernel 6.1 --host-model "$model" --machine "$big" -o y.json
  holds 'a result' test "$status" -eq 0 -a -s y.json
  for name in memmap_init deferred_init to_first_allocation to_all_memory; do
    local ns
    ns=$(figure y.json $name null predicted_ns)
    holds "$name: low" below "$(figure y.json $name null predicted_low_ns)" "$ns"
    holds "$name: high" below "$ns" "$(figure y.json $name null predicted_high_ns)"
  done
  holds 'a node' test -n "$(figure y.json deferred_init 3 predicted_ns)"
  holds 'nothing measured' python3 -c 'import json; assert not any("wall_ns" in r["samples"] for r in json.load(open("y.json"))["runs"])'
  holds 'whose nodes' grep -q '"predicted_nodes", "value": "own"' y.json
  holds 'whose fit' grep -q '"predicted_for", "value": "AMD EPYC' y.json
  for format in csv md html txt; do
    "$memboot" report y.json -o "y.$format" >"$out" 2>"$err"
    status=$?
    holds "report: $format" test "$status" -eq 0 -a -s "y.$format"
  done
  holds 'csv: a column' grep -q predicted_high_ns y.csv
  holds 'html: a section' grep -q '<section id="predictions">' y.html
  holds 'html: no phases' sh -c '! grep -q "<section id=\"phases\">" y.html'
}

curves() {
  run --kernel 6.1 --host-model "$model" --machine "$big" --vary threads=1..128 -o z.json
  holds 'threads: fine' test "$status" -eq 0
  shows '^Curve, predicted' '^ +128 ' '^knee: [0-9]+ threads? a node; ' '#'
  holds 'threads: points' python3 -c 'import json; r = json.load(open("z.json"))["runs"]; assert len(r) == 16, len(r)
assert [a["value"] for x in r[8:] for a in x["args"]] == ["1", "2", "4", "8", "16", "32", "64", "128"]
y = [x["samples"]["predicted_ns"][0] for x in r[8:]]; assert y[0] > 2 * y[3], y'
  run --kernel 6.1 --host-model "$model" --machine "$big" --threads all
  holds 'threads all: fine' test "$status" -eq 0
  shows '^    node 7, 16 workers ' '^  workers: one for each CPU of their node$'
  for vary in chunk=128M..64G each=64G..4T nodes=1,3,9 cpus=1..64; do
    run --kernel 6.1 --host-model "$model" --machine "$big" --vary "$vary"
    holds "$vary: fine" test "$status" -eq 0 -a ! -s "$err"
    shows '^knee: '
  done
}

# Chunks are of whole sections, and are named as what they are.
chunks() {
  run --kernel 6.1 --host-model "$model" --machine "$big" --vary chunk=130M,200M,1G
  holds 'chunks: fine' test "$status" -eq 0
  shows '^ +256 MiB ' '^ +1 GiB '
  holds 'chunks: none twice' test "$(grep -cE '^ +(130|200|128) MiB ' "$out")" -eq 0
}

published() {
  for letter in a b c d e f; do
    run --from-table "$data/jordan-2020-$letter.txt"
    holds "table $letter: fine" test "$status" -eq 0 -a ! -s "$err"
    shows 'fitted on the first 2 of ' 'points that were not fitted: off by '
  done
  "$memboot" predict --from-table - --vary threads=2,99 -o t.csv <"$data/jordan-2020-a.txt" >"$out" 2>"$err"
  status=$?
  holds 'table from standard input' test "$status" -eq 0 -a -s t.csv
  shows '^knee: '
}

bad_input() {
  refused 2 "threads, chunk, each, nodes or cpus" --machine "$big" --vary size=1
  refused 2 'range is empty' --machine "$big" --vary threads=8..2
  refused 2 'no whole number above 0' --machine "$big" --vary threads=0 -o x.json
  refused 2 "needs a machine text with an item 'each='" --machine 'node0=4G' --vary each=1G..4G
  refused 2 "needs a machine text with an item 'nodes='" --vary nodes=1..4
  refused 2 'whole number from 1' --machine "$big" --threads 0
  refused 2 'which of its CPUs share a core is not known' --machine "$big" --threads cores
  refused 2 'which of that host' --host-model "$model" --threads cores
  refused 2 'which has no workers' --machine "$big" --policy eager --vary threads=1..8
  refused 2 'which has no workers' --machine "$big" --policy lazy --vary chunk=1G,2G
  refused 2 'the least is 128 MiB' --machine "$big" --vary chunk=1,1G --budget 1ms
  refused 2 'each says how many' --machine "$big" --threads 2 --vary threads=1..8
  refused 2 'No such file' --host-model none.json --machine "$big" -o x.json
  refused 2 'does not go with a machine' --from-table t --machine "$big"
  refused 2 'does not go with --host-model' --from-table t --host-model "$model"
  refused 2 'does not go with --refit' --host-model "$model" --refit
  refused 2 'does not go with --here' --host-model "$model" --here
  refused 2 "'--fit-points' needs --from-table" --fit-points 3
  refused 2 "'--fit-points 99': the table has 8 points" --from-table "$data/jordan-2020-b.txt" --fit-points 99 -o x.json
  printf 'pages = 1e18\npeak_gb_s = 1e-300\n1 1000\n2 1\n' >odd.txt
  refused 2 "'pages' takes a number from 1 to 1e+13" --from-table odd.txt -o x.json
  for option in --store=x --budget=1 --max-memory=1G --explain --threads=2 --kernel=6.1 --policy=eager --model=flat \
    --struct-page=64 --page-size=4K --section-size=128M --cmdline=quiet; do
    refused 2 "option '--from-table' does not go with ${option%%=*}: " --from-table t "$option"
  done
  refused 2 'does not go with --max-memory' --host-model "$model" --max-memory 1G
  refused 2 'about threads alone' --from-table t --vary nodes=1..4
  refused 2 'cannot read table' --from-table none.txt -o x.json
  refused 2 "has no fit of boots '6.12 vmemmap 64 x86_64 4K'" --host-model "$model" --kernel 6.12 --machine "$big"
  refused 2 "has no fit of boots '6.1 vmemmap 64 arm64 64K'" --host-model "$model" --kernel 6.1 --machine 'arch=arm64 page=64K nodes=1 each=64G'
  refused 2 'with each=' --host-model "$model" --kernel 6.1 --machine 'nodes=2 each=1G cpus=1' --vary each=64K,1G
  sed 's/"memboot_host_model": [0-9]*/"memboot_host_model": 4711/' "$model" >newer.json
  refused 2 'is of a newer memboot' --host-model newer.json --machine "$big"
  # A table that the curve cannot describe, files without an end, and fits that cannot be.
  printf 'pages = 1000000\nstore_gb_s = 10\n1 1000\n2 1\n' >odd.txt
  refused 4 'unfit: the points lie off the curve' --from-table odd.txt -o x.json
  for file in /dev/zero /dev/random; do
    refused 2 'is larger than' --from-table $file -o x.json
  done
  refused 2 'is larger than' --host-model /dev/zero --machine "$big"
  refused 2 'Is a directory' --from-table .
  refused 2 'Is a directory' --host-model . --machine "$big"
  refused 2 'is empty' --host-model /dev/null --machine "$big"
  refused 2 'has no points' --from-table /dev/null
  sed 's/"residual": [0-9.]*/"residual": 0/' "$model" >absurd.json
  refused 2 'residual is missing or makes no sense' --host-model absurd.json --machine "$big"
  sed 's/"name": "early pages", "ns": [0-9.]*/"name": "early pages", "ns": 1e30/' "$model" >absurd.json
  refused 2 'early pages.ns is missing or makes no sense' --host-model absurd.json --machine "$big"
  sed 's/"residual": [0-9.]*\(, "freedom": \)[0-9.]*/"residual": 1.9\11/g' "$model" >absurd.json
  refused 4 'says nothing of such a boot' --kernel 6.1 --host-model absurd.json --machine "$big"
  sed 's/"ns": [0-9.e+-]*/"ns": 0/g' "$model" >absurd.json
  refused 2 'has no phase that takes any time' --kernel 6.1 --host-model absurd.json --machine "$big"
  sed 's/"memboot_host_model": [0-9]*/"memboot_host_model": 1/' "$model" >older.json
  refused 2 'is of an older memboot' --host-model older.json --machine "$big"
  echo '{' >broken.json
  refused 2 'is not JSON' --host-model broken.json --machine "$big"
  echo '1 x' >broken.txt
  refused 2 'line 1' --from-table broken.txt
  echo '1 100' >small.txt
  refused 2 "cannot use table 'small.txt': does not say what its memory takes: add 'pages' and 'peak_gb_s'" --from-table small.txt -o x.json
  printf '1 100\n2 53\n4 29\n8 18\n' >small.txt
  refused 2 "option '--fit-points 1': table 'small.txt' does not say what its memory takes, and so needs 4" --from-table small.txt --fit-points 1 -o x.json
  printf 'pages = 1000000\n1 100\n2 50\n' >small.txt
  refused 2 "cannot use table 'small.txt': does not say what its memory takes: add 'peak_gb_s'" --from-table small.txt -o x.json
  printf '100000 100\n200000 50\n' >small.txt
  refused 2 "cannot use table 'small.txt': has no time of one thread" --from-table small.txt -o x.json
}

# Fits of this host: one that was made somewhere else does not hold here, and nothing is kept of what did not come to its end.
fits() {
  sed 's/"memboot_host_model": [0-9]*/"memboot_host_model": 1/' "$model" >older.json
  run --store older.json --machine "$big" --budget 1ms
  holds 'older: said, and made anew' grep -q "older.json' is of an older version of the model; this host is fitted now" "$err"
  holds 'older: kept until then' test "$status" -eq 3 -a -s older.json
  cp "$model" elsewhere.json
  run --store elsewhere.json --kernel 6.1 --machine "$big"
  holds 'out of date: 3' test "$status" -eq 3 -a ! -s "$out"
  holds 'out of date: why' grep -q 'is out of date: host was AMD EPYC.*--refit makes a new one' "$err"
  holds 'out of date: kept' cmp -s "$model" elsewhere.json
  refused 3 'give more --budget' --machine "$big" --budget 1ms
  refused 2 '; use --max-memory ' --machine "$big" --max-memory 1M
  refused 4 'is more than this host has available' --machine "$big" --max-memory 1000T
  # A signal ends it at once where it waits for somebody to write, or to read.
  mkfifo pipe
  for option in --host-model=pipe --store=pipe "--host-model=$model --format=json -o pipe"; do
    # shellcheck disable=SC2086
    timeout -s INT -k 20 2 "$memboot" predict --machine "$big" $option >"$out" 2>"$err" </dev/null
    holds "$option: one signal is enough" test "$?" -eq 124
  done
  rm pipe
  refused 2 "cannot write '/proc/memboot/x.json'" --machine "$big" --store /proc/memboot/x.json
  # What a fit would not help is said before the boots, and a look at the store leaves nothing.
  for format in trace gbench otava; do
    refused 2 'take one of json, csv, prometheus, markdown, html, text' --machine "$big" --budget 1ms --format $format -o x.json
    refused 2 'take one of json, csv, prometheus, markdown, html, text' --from-table "$data/jordan-2020-b.txt" --vary threads=1..128 --format $format -o x.json
  done
  refused 2 "this machine's boot" --machine 'node0=64K' --budget 1ms
  refused 2 'with each=64 KiB' --machine 'nodes=2 each=1G cpus=1' --vary each=64K,1G --budget 1ms
  refused 3 'give more --budget' --machine "$big" --budget 1ms --store new/newer/x.json
  refused 2 'with nodes=2000' --machine 'nodes=2 each=1G cpus=1' --vary nodes=1,2000 --store new/x.json --budget 1ms
}

machines
results
curves
chunks
published
bad_input
fits
plan
