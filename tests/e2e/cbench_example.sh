#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the example of cbench's use by another program: every kind of line that it promises, and its exit statuses.
# Then it is compiled again in a folder of its own, as another project would.
# usage: cbench_example.sh PROGRAM SOURCES VERSION NUMBER CC CXX; prints TAP, exits 1 when a case fails.
set -u

example=$(realpath "$1")
sources=$(realpath "$2")
version=$3 number=$4 cc=$5 cxx=$6
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
out=$tmp/out
unset CBENCH_EXAMPLE_FILE
export LC_ALL=C
count=0 failed=0 status=0

# expect NAME STATUS PATTERN...: the last run ended so, and each pattern has a line that is all of it.
expect() {
  local name=$1 want=$2 reason='' pattern
  shift 2
  [ "$status" -eq "$want" ] || reason="status $status, expected $want"
  for pattern in "$@"; do
    grep -qxE -- "$pattern" "$out" || reason="no line '$pattern'"
  done
  count=$((count + 1))
  if [ -z "$reason" ]; then
    echo "ok $count - $name"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $count - $name"
  echo "# $reason"
  sed 's/^/# /' "$out"
}

run() {
  "$example" --benchmark_min_time=0.001 "$@" >"$out" 2>&1 </dev/null
  status=$?
}

figure='[0-9.e+-]+'
measured="time $figure ns, CPU $figure ns, [0-9]+ iterations"
run
# A batch loop goes on in steps of 16; what a comparison costs is 1 ns by the example's own clock.
expect "a batch loop with rates and a counter" 0 \
  "example/sum/words:256 $measured, $figure bytes/s, $figure items/s, words 256"
expect "pause, resume and a fit" 0 "example/sort/n:4096 $measured" "example/sort BigO $figure ns \* n log n" \
  "example/sort RMS $figure %"
expect "manual time and its curve" 0 'example/search/n:65536 time 16 ns, CPU .*, 100 iterations' \
  'example/search BigO 1 ns \* log n' 'example/search RMS 0\.0 %'
expect "a skip has a reason" 0 'example/read skipped: CBENCH_EXAMPLE_FILE names no file to read'

CBENCH_EXAMPLE_FILE=$example run --benchmark_filter=read --benchmark_repetitions=2
expect "repetitions and aggregates" 0 "example/read $measured" "example/read mean $figure ns" "example/read cv $figure %"
CBENCH_EXAMPLE_FILE=$tmp/none run --benchmark_filter=read
expect "an error has a reason" 1 'example/read error: No such file or directory'
run --benchmark_list_tests
expect "a list" 0 'example/sum/words:16' 'example/read'
run --benchmark_filter=nothing
expect "nothing matches" 2 'cbench_example: nothing matches'
run --benchmark_repetitions=few
expect "a wrong flag" 2 "cbench_example: 'few' is no value for --benchmark_repetitions"
run --benchmark_filter='sum/words:16$' --benchmark_out="$tmp/x.json"
expect "the library's own file" 0
grep -q '"name": "example/sum/words:16"' "$tmp/x.json"
status=$?
expect "the file has the row" 0
run foo
expect "an argument that is no flag" 2 "cbench_example: 'foo' is no --benchmark_\* flag"

# Three files, the library and a C compiler; compilers may be several words.
alone() {
  local library
  mkdir "$tmp/alone" && cp "$sources"/cbench{.h,_fit.h,.cc,_example.c} "$tmp/alone" && cd "$tmp/alone" || return
  library=$(pkg-config --cflags --libs benchmark 2>/dev/null) || library=-lbenchmark
  # shellcheck disable=SC2086
  $cc -std=gnu17 -c cbench_example.c &&
    $cxx -std=c++17 "-DCBENCH_LIBRARY_VERSION=$number" "-DCBENCH_LIBRARY_VERSION_TEXT=\"$version\"" \
      -o alone cbench.cc cbench_example.o $library -pthread
}
(alone) >"$out" 2>&1
status=$?
expect "the header and one file compile on their own" 0
example=$tmp/alone/alone
run --benchmark_filter='sum/words:16$'
expect "and run" 0 "example/sum/words:16 $measured, .*"
echo "1..$count"
[ "$failed" -eq 0 ]
