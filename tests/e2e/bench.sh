#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the options of `memboot bench` promise: which rows are run, how often, in which order of options; that every row
# runs or says why not; and that Google's compare.py takes two of its files.
# usage: bench.sh PROGRAM BUILDTYPE; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
buildtype=$2
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export LC_ALL=C TERM=dumb
out=$tmp/out err=$tmp/err

bench() {
  "$memboot" bench "$@" >"$out" 2>"$err" </dev/null
  status=$?
}

# refused WORDS OPTION...: exits 2 with one line that has the words.
refused() {
  local words=$1
  shift
  bench "$@"
  holds "$*: refused" test "$status" -eq 2 -a ! -s "$out" -a "$(wc -l <"$err")" -eq 1
  holds "$*: why" grep -qF -- "$words" "$err"
}

# column NAME FILE: that column of a CSV file, without its heading.
column() {
  python3 -c 'import csv, sys
for row in csv.DictReader(open(sys.argv[2], newline="")):
    print(row[sys.argv[1]])' "$1" "$2"
}

# shape FILE: for each row of the result its name and how many repetitions it has.
shape() {
  column name "$1" | sort | uniq -c | awk '{ print $2, $1 }'
}

names() {
  refused "--quick' and '--full' exclude each other" --quick --full
  refused "REGEX and '--filter' say the same" --filter boot pageinit
  refused "'--filter'" --filter ''
  bench --list --filter '^boot/m'
  cp "$out" some
  holds "--list --filter" test "$status" -eq 0 -a "$(grep -c . some)" -gt 1 -a "$(grep -vc '^boot/m' some)" -eq 0
  bench --list '^boot/m'
  holds "REGEX is the same" cmp some "$out"
  bench --benchmark_list_tests --benchmark_filter='^boot/m'
  holds "Google Benchmark's flags are the same" cmp some "$out"
  bench --list --filter '-^boot/m'
  holds "a leading '-' turns it around" test "$(grep -c '^boot/m' "$out")" -eq 0 -a "$(grep -c '^boot/' "$out")" -gt 1
  "$memboot" list benches >all
  refused "leave -o out" --list -o x.json
  refused "leave --counters out" --list --counters bogus
  refused "would both be on standard output" --benchmark_format=json -o - pageinit
  refused "would both be on standard output" --benchmark_format=console --format csv pageinit
  refused "the warm fills of 'limit'" '^zonelist/' -o x.xml
  refused "'memboot bench --list' has their names" 'threads:every'
  bench --list
  holds "--list: all of them" test "$(grep -c / "$out")" -ge "$(grep -c '^ *[a-z_]*/' all)"
}

presets() {
  bench '^boot/(memblock|node)$' --quick --format csv -o x.csv -q
  holds "--quick: once" is "$(shape x.csv)" $'boot/memblock 1\nboot/node 1'
  bench '^boot/(memblock|node)$' --quick -r 2 --format csv -o x.csv -q
  holds "--quick -r" is "$(shape x.csv)" $'boot/memblock 2\nboot/node 2'
  bench '^boot/(memblock|node)$' --full --benchmark_min_time=0.001 -o x.csv -q
  holds "--full: fifteen times, interleaved" is "$(shape x.csv)" $'boot/memblock 15\nboot/node 15'
  bench '^boot/(memblock|node)$' --full --min-time 0.001 --benchmark_repetitions=3 -o x.csv -q
  holds "flags win over --full" is "$(shape x.csv)" $'boot/memblock 3\nboot/node 3'
  bench '^boot/(memblock|node)$' --interleave -r 3 --min-time 0.001 -o x.csv -q
  holds "--interleave: rows in their order" is "$(column name x.csv | uniq | tr '\n' ' ')" 'boot/memblock boot/node '
}

# Every row runs once, or has a reason why not.
smoke() {
  if [ "$buildtype" != release ]; then
    skip "every row runs" "in the release build alone: it takes half a minute"
    return
  fi
  bench --quick --counters page-faults --require-counters -o x.csv -q
  holds "every row runs, and is counted" test "$status" -eq 0 -a ! -s "$err"
  column name x.csv | uniq >ran
  "$memboot" bench --list >listed
  holds "no row is missing" cmp ran listed
  column status x.csv | sort -u >statuses
  holds "a row is ok or skipped" test -z "$(grep -vxE 'ok|skipped' statuses)"
  paste -d: <(column status x.csv) <(column reason x.csv) >reasons
  holds "a skipped row has a reason" test -z "$(grep -x 'skipped:' reasons)"
  bench --quick '^questions/'
  holds "every question's benches run" test "$status" -eq 0 -a "$(grep -cE '(skipped|error): ' "$out")" -eq 0
  holds "every question is answered" test "$(grep -cE '^  Q[0-9]+  ' "$out")" -eq "$("$memboot" list questions | grep -c '^Q')"
}

# What benches of questions say below the table and in the result.
questions() {
  bench 'questions/policies/(eager|lazy)/memory:(512M|1G)' --quick
  holds "questions: the answer" grep -qE '^  Q11  eager, deferred or lazy' "$out"
  holds "questions: its figures" grep -qE '^ +from 512M to 1G a boot waits [0-9]' "$out"
  holds "questions: no other answer" test "$(grep -cE '^  Q[0-9]+  ' "$out")" -eq 1
  bench 'questions/policies/eager/memory:(512M|1G)' -o x.json -q
  holds "questions: the fact" python3 -c 'import json, sys
facts = {f["name"]: f["value"] for f in json.load(open("x.json"))["facts"]}
sys.exit(not facts["answer_Q11"].startswith("from 512M to 1G"))'
  holds "questions: six times each" python3 -c 'import json, sys
runs = json.load(open("x.json"))["runs"]
sys.exit([len(run["samples"]["wall_ns"]) for run in runs] != [6, 6])'
  bench 'questions/policies/eager/memory:512M' -r 2 --format csv -o x.csv -q
  bench 'questions/(kexec/policy:eager|movable/movablecore:0|(reserved/6.1|holes)/percent:50)' --quick -o y.csv -q
  for key in first_allocation_ns serial_percent reserved_ns reserved_pages hole_ns hole_pages; do
    holds "questions: $key is a metric" grep -qE '^[0-9]+([.][0-9]+)?$' <(column $key y.csv)
  done
  holds "questions: as often as is said" is "$(shape x.csv)" 'questions/policies/eager/memory:512M 2'
  bench '^boot/memblock$'
  holds "no question, no answer" test "$(grep -c '^Answers' "$out")" -eq 0
}

# Page faults of getrusage(2) count everywhere.
counters() {
  refused "event 'cylces' is unknown; did you mean 'cycles'?" --counters cylces '^boot/node$'
  refused "'--require-counters' needs '--counters'" --require-counters '^boot/node$'
  bench '^boot/fault$' --counters page-faults --require-counters -r 2 --quick -o x.json
  holds "--counters: a table" test "$status" -eq 0 -a "$(grep -cE '^  boot/fault .* [0-9.]+ k' "$out")" -eq 2
  holds "--counters: the first touch counts all of its faults, each worker its own" python3 -c 'import json, os
result = json.load(open("x.json"))
whole, *parts = [run for run in result["runs"] if run["name"] == "boot/fault"]
counts, pages = whole["counts"]["page-faults"], whole["samples"]["pages"]
assert whole["kind"] == "bench" and len(counts) == 2 and parts
assert all(run["kind"] == "worker" and run["counts"]["page-faults"][0] > 0 for run in parts)
assert whole["samples"]["page_faults"] == counts
assert all(count >= sum(part) for count, part in zip(counts, zip(*(run["counts"]["page-faults"] for run in parts))))
assert "page-faults" in [event["name"] for event in result["counters"]]
assert "counter_read_cost" in [fact["name"] for fact in result["facts"]]'
  bench '^(boot/node|memblock/free/regions:10)$' --counters page-faults,task-clock --quick -o x.csv -q
  holds "--counters: columns" grep -qF 'counter:page-faults,share:page-faults,reason:page-faults,counter:task-clock' x.csv
  holds "--counters: every row" test -z "$(column counter:page-faults x.csv | grep -vxE '[0-9.e+-]+')"
  "$memboot" list counters >"$out"
  if grep -qE '^ +cycles .* counts$' "$out"; then
    bench '^boot/node$' --counters cycles,instructions --require-counters --quick
    holds "--counters: instructions per cycle" test "$status" -eq 0 -a -n "$(grep ' IPC ' "$out")"
    return
  fi
  bench '^boot/node$' --counters cycles --require-counters
  holds "--require-counters" test "$status" -eq 4 -a ! -s "$out" -a "$(wc -l <"$err")" -eq 1
  bench --compare-variant kernel,mine --counters cycles --require-counters
  holds "--compare-variant: --require-counters" test "$status" -eq 4 -a ! -s "$out" -a "$(wc -l <"$err")" -eq 1
  bench '^boot/node$' --counters cycles,page-faults --quick -o x.csv
  holds "what does not count is said" grep -q '^  not counted: cycles: ' "$out"
  holds "what does not count is no 0" is "$(column counter:cycles x.csv)" ''
}

# Bands are computed from forty passes on; with fewer it is said that there is none.
noise() {
  refused "exclude each other" --quick --noise
  bench '^zonelist/build/nodes:[24]$' --noise --min-time 0.0001 -o x.csv --no-progress
  holds "--noise: forty passes" is "$(shape x.csv)" $'zonelist/build/nodes:2 40\nzonelist/build/nodes:4 40'
  holds "--noise: a band for each row" is "$(column band_percent x.csv | grep -c .)" 2
  holds "--noise: a column and a line" test "$(grep -cE ' band( |$)' "$out")" -eq 1 -a "$(grep -c 'of 2 rows unsteady$' "$out")" -eq 1
  bench '^zonelist/build/nodes:2$' --noise -r 39 --min-time 0.0001 -o x.csv --no-progress
  holds "--noise -r 39: none" test -z "$(column band_percent x.csv | tr -d '\n')" -a "$(grep -c 'band' "$out")" -eq 1
  holds "--noise -r 39: why" grep -qx '  no band: it takes 40 passes, and there were 39' "$out"
}

# What --compare-variant stores: SciPy's signed ranks agree with the interval, its ends alone are not rejected or are just so.
variants() {
  "$memboot" list variants >"$out"
  holds "list variants: one's own of each kind" test "$(grep -c ' mine ' "$out")" -eq 3
  refused "did you mean 'kernel'?" --compare-variant kernal,mine
  refused "leave REGEX out" --compare-variant kernel,mine boot
  refused "leave --benchmark_… out" --compare-variant kernel,mine --benchmark_filter=boot
  bench --compare-variant kernel,mine -r 12 -o v.json --no-progress
  holds "--compare-variant: a verdict with one thread" \
    grep -qE "^  mine +1 .* of kernel's time, 9[5-9] % interval [0-9.]+ to [0-9.]+: (faster|slower|no difference seen)$" "$out"
  holds "--compare-variant: exit 0 whatever it says" test "$status" -eq 0 -a ! -s "$err"
  bench --compare-variant kernel,mine -r 2 --counters task-clock -v -o c.json --no-progress
  if grep -q '^  not counted: task-clock' "$out"; then
    skip "--compare-variant: CPU time of each worker" "$(grep 'not counted' "$out")"
  else
    holds "--compare-variant: CPU time of each turn is that of its workers" python3 -c '
import json
runs = json.load(open("c.json"))["runs"]
for run in [run for run in runs if run["kind"] == "bench"]:
    parts = [part for part in runs if part["kind"] == "worker" and part["name"] == run["name"]]
    assert len(parts) == run["threads"]
    times = [part["counts"]["task-clock"] for part in parts]
    assert all(len(time) == 2 and min(time) > 0 for time in times)
    assert all(abs(whole - sum(part)) < 1 for whole, part in zip(run["counts"]["task-clock"], zip(*times)))'
    holds "--compare-variant: a line for each worker" grep -qE '^      worker 0 +[0-9.]+ ' "$out"
  fi
  cat >look.py <<'END'
import json, math, sys
runs = json.load(open("v.json"))["runs"]
for a, b in zip(runs[::2], runs[1::2]):
    logs = [math.log(y / x) for x, y in zip(a["samples"]["wall_ns"], b["samples"]["wall_ns"])]
    walsh = sorted((x + y) / 2 for i, x in enumerate(logs) for y in logs[i:])
    low, centre, high = (math.log(b["samples"]["ratio_" + k][0]) for k in ("low", "estimate", "high"))
    assert len(logs) == 12 and all(math.isclose(math.log(r), d, abs_tol=1e-9) for r, d in zip(b["samples"]["ratio"], logs))
    assert math.isclose(centre, (walsh[38] + walsh[39]) / 2 if len(walsh) % 2 == 0 else walsh[39], abs_tol=1e-9)
    assert low <= centre <= high
    if "scipy" in sys.argv:
        from scipy.stats import wilcoxon
        # Nudged inwards the ends are not rejected at 5 %, nudged outwards they are.
        for end, inward in ((low, 1e-9), (high, -1e-9)):
            assert wilcoxon([d - end - inward for d in logs], mode="exact").pvalue > 0.05
            assert wilcoxon([d - end + inward for d in logs], mode="exact").pvalue <= 0.05
END
  holds "--compare-variant: ratios, estimate and interval are stored" python3 look.py
  if /usr/bin/python3 -c 'import scipy' 2>/dev/null; then
    holds "--compare-variant: SciPy has the same interval" /usr/bin/python3 look.py scipy
  else
    skip "--compare-variant: SciPy" "no SciPy (Debian package python3-scipy)"
  fi
}

# compare FILE FILE: what Google's compare.py says of them.
compare() {
  "$python" /usr/share/benchmark/compare.py --no-color benchmarks "$1" "$2" >"$out" 2>"$err"
  status=$?
}

# Debian's package has it in /usr/share/benchmark; it imports SciPy, which Debian's own Python has.
google_compare() {
  local row='^boot/memblock/temperature:mixed +[+-][0-9.]+ '
  python=/usr/bin/python3
  if [ ! -e /usr/share/benchmark/compare.py ]; then
    skip "compare.py" "no /usr/share/benchmark/compare.py (Debian package libbenchmark-tools)"
    return
  elif ! "$python" -c 'import scipy' 2>/dev/null; then
    skip "compare.py" "it needs SciPy (Debian package python3-scipy)"
    return
  fi
  bench '^boot/(memblock|node)$' -r 9 --min-time 0.001 -o a.gbench.json -q
  bench '^boot/(memblock|node)$' -r 9 --min-time 0.002 --format gbench -o b.json -q
  compare a.gbench.json b.json
  holds "compare.py takes two files" test "$status" -eq 0 -a ! -s "$err"
  holds "compare.py: a row a repetition" test "$(grep -cE "$row" "$out")" -eq 9
  holds "compare.py: its test of both" grep -q '^boot/node/.*_pvalue .*U Test, Repetitions: 9 vs 9' "$out"
  compare a.gbench.json a.gbench.json
  holds "compare.py: a file is like itself" test "$(grep -cE '\+0\.0000 +\+0\.0000' "$out")" -ge 18
}

if "$memboot" --version | grep -q '^Google Benchmark *absent'; then
  echo "1..0 # SKIP built without Google Benchmark"
  exit 77
fi
names
presets
counters
noise
variants
smoke
questions
google_compare
plan
