#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the built program for what its help promises: exit statuses, one line per error, files whole or not there at all.
# usage: cli.sh PROGRAM; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
unset NO_COLOR
export LC_ALL=C TERM=xterm
out=$tmp/out err=$tmp/err
small='nodes=2 each=256M cpus=2'
: >"$out"
: >"$err"

run() {
  "$memboot" "$@" >"$out" 2>"$err" </dev/null
  status=$?
}

lines() {
  wc -l <"$1"
}

# refused STATUS WORDS ARGUMENT...: exits so with exactly one line that has the words, nothing on stdout, nothing new here.
refused() {
  local want=$1 words=$2 before reason=
  shift 2
  before=$(ls -A)
  run "$@"
  if [ "$status" -ne "$want" ]; then
    reason="expected status $want"
  elif [ "$(lines "$err")" -ne 1 ]; then
    reason="expected one line of stderr"
  elif ! grep -q '^memboot: ' "$err" || ! grep -qF -- "$words" "$err"; then
    reason="expected '$words'"
  elif [ -s "$out" ]; then
    reason="expected nothing on stdout"
  elif [ "$(ls -A)" != "$before" ]; then
    reason="left files behind: $(ls -A)"
  fi
  verdict "refused: ${*//$'\n'/ }" "$reason"
}

# fine WORDS ARGUMENT...: exits 0 with nothing on stderr and the words on stdout.
fine() {
  local words=$1 reason=
  shift
  run "$@"
  if [ "$status" -ne 0 ]; then
    reason="expected status 0"
  elif [ -s "$err" ]; then
    reason="expected nothing on stderr"
  elif [ -n "$words" ] && ! grep -qF -- "$words" "$out"; then
    reason="expected '$words'"
  fi
  verdict "fine: $*" "$reason"
}

json() {
  python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    value = value[key]
print(value)' "$1" "$2"
}

# runs FILE KIND: name and status of the runs of a kind.
runs() {
  python3 -c 'import json, sys
for run in json.load(open(sys.argv[1]))["runs"]:
    if run["kind"] == sys.argv[2]:
        print(run["name"], run["status"])' "$1" "$2"
}

usage() {
  refused 2 "a command is missing"
  refused 2 "did you mean 'boot'?" boto
  refused 2 "'memboot --help' lists the commands" xyzzy
  refused 2 "did you mean '--policy'?" boot --polcy eager
  refused 2 "did you mean '--help'?" --hlep
  refused 2 "option '-Z' is unknown" boot -Z
  refused 2 "takes eager, deferred or lazy" boot --policy lazyy
  refused 2 "takes 6.1, 6.12 or 6.18" boot --kernel 5.10
  refused 2 "needs an argument" boot --machine
  refused 2 "whole number from 1" boot -r 0
  refused 2 "whole number from 1" boot -r many
  refused 2 "whole number from 1" boot --threads -3
  refused 2 "takes a size" boot --max-memory 12Q
  refused 2 "takes no argument" boot --check=yes
  refused 2 "belongs to another command: memboot boot --policy" topo --policy eager
  refused 2 "exclude each other" boot --machine "$small" --machine-file x
  refused 2 "argument 'more' is one too many" boot more
  refused 2 "argument 'more' is one too many" topo more
  refused 2 "argument 'more' is one too many" list stages more
  refused 2 "argument 'more' is one too many" --version more
  refused 2 "did you mean 'stages'?" list stage
  refused 2 "did you mean 'boot'?" help boto
  refused 2 'x\x0ay' boot $'--x\ny'
}

help_and_lists() {
  local name
  fine "usage: memboot COMMAND" --help
  holds "the help has every exit status" test "$(grep -cE '^  (0|1|2|3|4|130) ' "$out")" -eq 6
  fine "usage: memboot boot" boot --help
  fine "usage: memboot boot" help boot
  holds "the help says what spread is" grep -q 'median absolute deviation' "$out"
  fine "usage: memboot COMMAND" help
  fine "jansson" --version
  fine "libarchive" --version
  fine "stages" list
  while read -r name _; do
    fine "usage: memboot $name" "$name" --help
  done < <("$memboot" list commands | tail -n +2)
  while read -r name _; do
    fine '' list "$name"
    holds "list $name has rows" test "$(lines "$out")" -gt 1
  done < <("$memboot" list | tail -n +2)
  fine "memblock" list stages
}

# too_small MACHINE...: each is refused while it boots; after the plan nothing is shown, and no file is touched.
too_small() {
  local machine
  for machine in "$@"; do
    echo keep >x.json
    run boot --machine "$machine" -o x.json
    holds "$machine: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
    holds "$machine: no tables" test -z "$(grep -E '^(failed|Phases|Totals)' "$out")"
    holds "$machine: the old file is left" is "$(cat x.json)" keep
    run boot --machine "$machine" --format json
    holds "$machine: no result on stdout" test "$status" -eq 2 -a ! -s "$out"
    rm -f x.json
  done
}

machines() {
  refused 2 "machine text" boot --machine 'node0=12Q'
  refused 2 "machine text" boot --machine 'nodes=0'
  refused 2 "passes the last 64-bit address" boot --machine 'node0=18446744073709551615'
  refused 2 "100% is the most" boot --machine "$small" --cmdline movablecore=200%
  refused 2 "--sysroot no-such-tree: No such file" boot --sysroot no-such-tree
  refused 2 "machine text" boot --machine '# nothing'
  refused 2 "machine text" boot --machine 'node0=1G@0 node1=1G@512M'
  refused 2 "machine text" boot --machine 'colour=red'
  refused 2 "machine text" topo --machine 'colour=red'
  refused 2 "No such file" boot --machine-file "$tmp/none"
  refused 2 "Is a directory" boot --machine-file /
  printf '# a comment\nnodes=2 each=256M\nhole=xx\n' >"$tmp/machine.txt"
  refused 2 "machine file 'machine.txt': line 3: hole=xx is not" boot --machine-file machine.txt
  run boot -q --machine 'node0=1M'
  holds "too small a machine: status 2" is "$status" 2
  holds "too small a machine: one line" is "$(lines "$err")" 1
  holds "too small a machine: what to do" grep -q '; give the machine more memory, or less of it reserved or hotpluggable$' "$err"
  too_small 'node0=4K@4G' 'nodes=1 each=1M' 'node0=64M reserve=1G@0' 'node0=1'
  refused 2 "'mem=0' is wrong; it takes mem=SIZE" boot --machine "$small" --cmdline 'quiet mem=0'
  refused 2 "takes movablecore=4G or movablecore=25%" boot --machine "$small cmdline='movablecore=lots'"
  refused 2 "'memmap=exactmap' leaves no memory" boot --machine "$small arch=x86_64" --cmdline memmap=exactmap
  refused 2 "numa=off; other values are not simulated" topo --machine "$small" --cmdline numa=fake=4
  refused 2 "holds byte 0xa" topo --cmdline $'a\nb'
  fine "1 node, 4 CPUs, 512.0 MiB" topo --machine "$small" --cmdline numa=off
  fine "command line: mem=384M" boot --check --machine "$small cmdline='mem=300M'" --cmdline mem=384M
  fine "Movable" boot --check --machine 'arch=x86_64 nodes=2 each=512M cpus=1' --cmdline 'kernelcore=50%'
  fine "  no effect: movablcore=2G (not known here)" boot --dry-run --machine "$small" --cmdline movablcore=2G
  fine "  no effect: kernelcore=9G (leaves no movable zone)" boot --dry-run --machine "$small cmdline='kernelcore=9G'"
  fine "(--policy chooses that)" boot --dry-run --cmdline deferred_init=lazy
  run boot --dry-run
  holds "what a kernel was started with is no concern" test -z "$(grep 'no effect' "$out")"
  fine "Machine" topo --cmdline ''
  printf '# a comment\nnodes=2 each=256M\ncpus=2\n' >"$tmp/machine.txt"
  fine "2 nodes, 4 CPUs" boot --machine-file machine.txt
  fine '' topo --machine-file machine.txt
  "$memboot" boot --machine-file - <machine.txt >"$out" 2>"$err"
  status=$?
  holds "machine from standard input" grep -q "2 nodes, 4 CPUs" "$out"
  rm machine.txt
  "$memboot" boot --machine 'what=1' -v >"$out" 2>"$err"
  status=$?
  holds "-v names the source line" grep -qE '\[.*\.c:[0-9]+\]$' "$err"
}

# Every memory model holds a very large machine, or says why not.
models() {
  local model
  for model in sparse extreme vmemmap; do
    fine "every invariant held" boot --check --dry-run --machine 'nodes=16 each=4T' --model "$model"
    fine "every invariant held" boot --check --dry-run --machine 'node0=1G@0+1G@64T phys-bits=48' --model "$model"
  done
  fine "every invariant held" boot --check --dry-run --machine 'node0=64T' --model flat
  refused 2 "model flat cannot hold this machine: it is one array for one node" \
    boot --check --dry-run --machine 'nodes=16 each=4T' --model flat
  refused 2 "model flat cannot hold this machine: its one array describes holes too" \
    boot --check --dry-run --machine 'node0=1G@0+1G@64T' --model flat
  refused 2 "model sparse cannot hold this machine: its static table of 2^26 sections" \
    boot --check --dry-run --machine 'arch=x86_64 node0=1G section=64M phys-bits=52' --model sparse
  fine "every invariant held" boot --check --dry-run --machine 'arch=x86_64 node0=1G section=64M phys-bits=52' --model extreme
}

# Threads are counted by user, and not for root.
few_threads() {
  local as=() most
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=54321 --regid=54321 --clear-groups)
  if ! (ulimit -u 1 && exec "${as[@]}" "$memboot" --version) >/dev/null 2>&1; then
    skip "no more threads" "no other user can run the program, or it has threads of its own, as with sanitizers"
    return
  fi
  for most in 1 2; do # none for the program's own, none for workers
    (ulimit -u "$most" && exec "${as[@]}" "$memboot" boot -q --machine "$small") >"$out" 2>"$err"
    status=$?
    holds "$most threads at most: status 4" is "$status" 4
    holds "$most threads at most: one line" is "$(lines "$err")" 1
    holds "$most threads at most: what to do" grep -q '; raise ulimit -u' "$err"
  done
}

memory_limit() {
  refused 4 "--max-memory" boot --machine 'nodes=16 each=4T cpus=8'
  refused 2 "use --max-memory " boot --machine "$small" --max-memory 1M
  refused 4 "more than this host has available" boot --machine "$small" --max-memory 1000T
  fine "--max-memory; " boot --machine "$small" --max-memory 64M
  fine "dry run" boot --dry-run --machine 'nodes=16 each=4T cpus=8'
  holds "a dry run's zones have no managed pages" grep -qE '^ *15 +Normal +[0-9 ,]+ +- +- +- +- +-$' "$out"
  holds "a dry run makes no memmap" grep -qE '^ *sparse_init .* - +[0-9.]+ %$' "$out"
  # Address space that is too small: the host is unfit. Sanitizers need more of it than that to start at all.
  if (ulimit -v 600000 && exec "$memboot" --version) >/dev/null 2>&1; then
    (ulimit -v 600000 && exec "$memboot" boot --machine 'nodes=1 each=64G cpus=1') >"$out" 2>"$err"
    status=$?
    holds "no address space: status 4" is "$status" 4
    holds "no address space: one line" is "$(lines "$err")" 1
    holds "no address space: what to do" grep -q '; use a smaller machine or --dry-run, or raise ulimit -v$' "$err"
  else
    skip "no address space" "the program needs more to start"
  fi
  few_threads
}

boots() {
  local machine
  fine "to first allocation" boot --machine "$small"
  for words in "to first kmalloc" "to all memory" "fault, beside them" deferred_init "worker 0" Zones "host node"; do
    holds "the tables have '$words'" grep -qF "$words" "$out"
  done
  holds "lines fit 100 columns" test -z "$(grep -E '^.{101}' "$out")"
  fine "spread" boot --machine "$small" -r 3
  fine "spread" boot --machine "$small" -r 2 --min-time 0.01 --counters page-faults -o x.json
  holds "--min-time: as many boots as need so long, and their mean" python3 -c 'import json
runs = json.load(open("x.json"))["runs"]
whole = next(run["samples"] for run in runs if run["name"] == "all_phases")
assert len(whole["rounds"]) == 2
assert all(ns * rounds > 0.999e7 for ns, rounds in zip(whole["wall_ns"], whole["rounds"]))
assert all(run["counts"]["page-faults"][1] is not None for run in runs if run["kind"] == "stage")
assert all(run["samples"]["rounds"] == whole["rounds"] for run in runs if run["kind"] == "stage")'
  rm -f x.json
  refused 2 "'--min-time'" boot --min-time never --machine "$small"
  fine "deferred_init" boot --machine "$small" --filter 'deferred|all_phases' -o x.json
  holds "--filter: what is shown" test -z "$(grep -E 'memmap_init|Zones|to all memory' "$out")" -a -n "$(grep 'all phases' "$out")"
  holds "--filter: what is stored" is "$(runs x.json stage) $(runs x.json total) $(runs x.json zone)" 'deferred_init ok all_phases ok '
  rm -f x.json
  refused 2 "nothing matches 'no-such-phase'; 'memboot list stages' has the names" boot --filter no-such-phase --machine "$small"
  refused 2 "is no regular expression: " boot --filter '(' --machine "$small"
  refused 2 "'--filter'" boot --filter '' --machine "$small"
  run boot --filter Movable --machine "$small" -o x.json -q
  holds "--filter: nothing came of it" test "$status" -eq 2 -a ! -e x.json
  fine "policy eager" boot --machine "$small" --policy eager
  fine "policy lazy" boot --machine "$small" --policy lazy
  fine "Growth on demand" boot --machine "nodes=1 each=1G cpus=1" --policy lazy
  fine "rules of Linux 6.12" boot --machine "$small" --kernel 6.12
  for words in $("$memboot" list struct-pages | awk 'NR > 1 { print $1 }'); do
    fine "struct page of $words bytes" boot --check --machine "$small" --struct-page "$words"
  done
  fine '"struct_page_bytes": "72"' boot --dry-run --machine "$small" --struct-page 72 -o -
  fine "workers: at most 1 a node" boot --machine "$small" --threads 1
  for machine in 'nodes=1 each=256M cpus=1' 'nodes=4 each=256M cpus=1' 'nodes=8 each=128M cpus=2' \
    'node0=1G@0 node0.cpus=0 node1=128M@4G' 'node0=40M@0 node0.cpus=0' 'node0=256M node0.cpus=0 node1.cpus=1' \
    'node0=512M@0 node0.cpus=0 hole=3M@65M'; do
    fine "every invariant held" boot --check --machine "$machine"
  done
  holds "the checks say what is counted" grep -q '^  free blocks with slabs and pagesets returned, order 0 up: ' "$out"
  fine "reserved before boot: 1.5 MiB in 2 ranges" boot --machine "$small reserve=1M@1M reserve=512K@32M"
  fine "0x000002000000-0x00000207ffff" boot -v --dry-run --machine "$small reserve=1M@1M reserve=512K@32M"
  fine "0:10 1:31" topo -v --machine "$small dist=10,31;21,10"
  run boot -q --machine "$small"
  holds "-q is quiet" test ! -s "$out" -a ! -s "$err" -a "$status" -eq 0
  run boot --color always --machine "$small"
  holds "--color always colours" grep -q $'\033' "$out"
  NO_COLOR=1 run boot --machine "$small"
  holds "no colours in a file" test -z "$(grep $'\033' "$out")"
}

# Which CPUs work, and for whom. CPU 8191 is on no host that runs this.
workers() {
  local cpu
  cpu=$(taskset -cp $$ 2>/dev/null | sed 's/.*: *//; s/[-,].*//')
  refused 2 "takes cores or all, or a whole number from 1" boot --threads many
  refused 2 "takes on or off" topo --smt maybe
  refused 2 "takes node or spread" boot --bind far
  refused 2 "takes a list such as 0-7,16" topo --cpus 3-1
  refused 2 "takes a list such as 0-7,16" boot --cpus ,
  refused 4 "option '--cpus': CPU 8191 cannot be used" boot --machine "$small" --cpus 0,8191
  fine "workers: one for each CPU of their node" boot --check --machine "$small" --threads all
  fine "workers: spread over all host nodes" boot --check --machine "$small" --bind spread
  fine '"bind": "spread"' boot --machine "$small" --bind spread -o -
  fine "Machine" topo --bind spread
  if [ -n "$cpu" ]; then
    fine "workers: on CPUs $cpu" boot --check --machine "$small" --cpus "$cpu"
    holds "all workers on that CPU" test -z "$(grep -E 'worker [0-9]+, ' "$out" | grep -v "CPU $cpu ")"
    fine '"worker_placement": "verified"' boot --machine "$small" --cpus "$cpu" -o -
  else
    skip "one CPU" "taskset is not installed"
  fi
  if "$memboot" --version | grep -q '^hwloc *absent'; then
    refused 2 "option '--threads cores': the CPUs of a core are not known: built without hwloc (libhwloc-dev)" \
      boot --machine "$small" --threads cores
    refused 2 "option '--smt off': the CPUs of a core are not known" boot --machine "$small" --smt off
    return
  fi
  fine "workers: one for each core of their node" boot --check --machine "$small" --threads cores
  fine "workers: on one CPU of each core" boot --check --machine "$small" --smt off
}

# This host, and another one to plan with.
topology() {
  local xml=${MB_TEST_DATA:-}/topo/2-packages-cxl.xml
  fine "Control groups" topo
  holds "topo lines fit 100 columns" test -z "$(grep -E '^.{101}' "$out" | grep -v 'command line: ')"
  refused 2 "belongs to another command: memboot topo" boot --topology 'node:4 core:2 pu:2'
  if "$memboot" --version | grep -q '^hwloc *absent'; then
    refused 2 "option '--topology': built without hwloc (libhwloc-dev)" topo --topology 'node:4 core:2 pu:2'
    return
  fi
  fine "caches: L1d" topo
  refused 2 "--topology 'x y': is neither a file nor a text such as" topo --topology 'x y'
  refused 2 "--topology 'none.xml': No such file" topo --topology none.xml
  refused 2 "--topology '/dev/null': is no hwloc XML file" topo --topology /dev/null
  refused 2 "--topology '/etc/passwd'" topo --topology /etc/passwd
  refused 2 "has 9000 objects of a level below one" topo --topology 'node:1 core:9000 pu:1'
  fine "nothing can be bound to it" topo --topology 'node:4 core:2 pu:2'
  fine "4 nodes, 8 cores, 16 usable CPUs, SMT" topo --topology 'node:4 core:2 pu:2'
  fine "CPUs 1,3,5,7 do not work: SMT is off" topo --topology 'node:2 core:2 pu:2' --smt off
  fine "node 1 has no CPUs that may work: those of the nearest node work for it" topo --topology 'node:2 core:2 pu:1' --cpus 0-1
  HWLOC_SYNTHETIC='node:2 core:2 pu:2' run boot -q --machine "$small"
  holds "boot: a variable that describes another machine is named" grep -q '; unset HWLOC_SYNTHETIC$' "$err"
  refused 2 "option '--smt off' with --topology 'node:2 pu:2': the CPUs of a core are not known: it describes none" \
    topo --topology 'node:2 pu:2' --smt off
  refused 2 "option '--cpus': CPU 9 cannot be used: there is none" topo --topology 'node:2 pu:2' --cpus 9
  run topo --topology 'node:2 core:2 pu:2' --bind spread --machine "$small"
  holds "topo --bind spread: each node has CPUs of both" test "$(grep -cE '^ +[01] .* 0-1,6-7 |^ +[01] .* 2-5 ' "$out")" -eq 2
  if [ -e "$xml" ]; then
    sed 's/local_memory="[0-9]*"/local_memory="0"/' "$xml" >bare.xml
    refused 2 "--topology 'bare.xml': none of its nodes has memory" topo --topology bare.xml
    rm bare.xml
    fine "node 3 has no CPUs: those of node 2 work for it, its nearest as the description says" topo --topology "$xml"
    fine "node 3 has no CPUs: those of all nodes work for it" topo --topology "$xml" --bind spread
    holds "topo: another machine has no free memory" test -z "$(grep -E '^ *host node .*(free|available)' "$out")"
    fine "CPU 1 does not work: offline, or not allowed" topo --topology "${xml%/*}/4-packages-cpu-offline.xml"
    fine "CXL-DRAM, 20000 MiB/s, 250 ns" topo --topology "$xml"
  else
    skip "an XML file" "no test data"
  fi
}

# A memmap through windows: the same machine, more than there is memory for, and what does not go with it.
windows() {
  local digest large='nodes=2 each=12G cpus=2'
  refused 2 "takes auto or off, or a size such as" boot --window 12Q
  refused 2 "takes auto or off, or a size such as" boot --window 0
  refused 2 "--window goes with model vmemmap alone, not with --model sparse" boot --window auto --model sparse
  refused 2 "leave one of them out" boot --window 64M --dry-run --machine "$small"
  refused 2 "--window 64 KiB is too small: the workers of node 0 need 1 MiB; use --window auto" \
    boot --window 64K --threads 1 --machine 'nodes=1 each=8G cpus=1'
  fine "" boot --window auto --machine "$small" -o backed.json
  holds "what fits is backed" grep -q '"memmap_window_bytes": null' backed.json
  fine "every invariant held" boot --check --machine "$large" --window off -o off.json
  digest=$(grep '"descriptor_digest"' off.json)
  for policy in eager deferred lazy; do
    fine "times include reading each block" boot --check --machine "$large" --window 8M --threads 2 --policy "$policy" -o on.json
    holds "$policy: as large a window as asked for" grep -q '"memmap_window_bytes": "8388608"' on.json
    holds "$policy: the digest of the backed memmap" grep -qF -- "$digest" on.json
    holds "$policy: a fact for each node" grep -q '"name": "memmap_window:1"' on.json
  done
  fine "memmap through windows: 128.0 MiB" boot --machine 'nodes=1 each=64G cpus=2' --window auto --max-memory 300M
  run report on.json -o on.csv
  holds "the size is in rows of CSV" sh -c 'head -1 on.csv | grep -q ,memmap_window_bytes, && grep -q ,8388608,complete, on.csv'
  refused 2 ", --window auto or --dry-run" boot --machine 'nodes=1 each=64G cpus=2' --max-memory 300M
  refused 2 "use --max-memory " boot --machine 'nodes=4 each=16G cpus=2' --window auto --max-memory 8M
  enough=$(sed -n 's/.*use --max-memory \([0-9]*[KMG]\).*/\1/p' "$err")
  fine "through windows" boot --machine 'nodes=4 each=16G cpus=2' --window auto --max-memory "$enough"
  fine "room for all of it" boot --machine 'nodes=2 each=8G cpus=4' --window 1G --max-memory 400M --threads 1
  holds "no window is larger than its memmap" grep -q '^windows: .* through 128.0 MiB, used [1-9]' "$out"
  fine "of real memory for each node's" boot --machine 'nodes=1 each=8G cpus=1' --window 1M --threads 1
  if "$memboot" topo | grep -q '^ *caches: '; then
    holds "a window in the cache: said" grep -q 'times may be those of the cache' "$out"
  fi
  fine "used again and again" boot --machine 'nodes=64 each=2G' --window auto --max-memory 512M
  rm -f backed.json off.json on.json on.csv
}

# What the memmap is made of, who touches it first, and what it costs to touch it again.
pages() {
  local pools=/sys/kernel/mm/hugepages/hugepages-2048kB
  refused 2 "takes 4k, thp, 2m or 1g" boot --pages 3m
  refused 2 "takes parallel or serial" boot --fault never
  fine "in base pages; asked for: 4k" boot --check --machine "$small" --pages 4k
  holds "the second touch is beside the totals" grep -qE '^  second_touch .* beside the totals$' "$out"
  fine "asked for: thp" boot --check --machine "$small" --pages thp
  fine "every invariant held" boot --check --machine "$small" --fault serial
  fine '"host_pages": "thp"' boot --machine "$small" --pages thp -o -
  holds "the result has what was got" grep -q '"base_page_bytes":' "$out"
  fine "dry run" boot --dry-run --machine "$small" --pages 2m
  refused 2 "no node's memmap fills a page of 1 GiB" boot --machine "$small" --pages 1g
  if [ "$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)" -lt 60000000 ]; then # 1 GiB of memmap is for 64 GiB
    refused 4 "no node's memmap fills a page of 1 GiB" boot --pages 1g
  else
    skip "huge pages that this host is too small for" "it is large"
  fi
  if [ "$(cat "$pools/free_hugepages" 2>/dev/null)" = 0 ]; then
    refused 4 "4 pages of 2 MiB are needed, 0 are free; as root: echo " \
      boot --machine 'nodes=1 each=512M cpus=1' --pages 2m
    refused 4 "64 pages of 2 MiB are needed" \
      boot --machine 'nodes=1 each=8G cpus=1' --pages 2m --max-memory 40M
  else
    skip "missing huge pages" "this host has some, or no pool"
  fi
}

# small_file ARGUMENT...: runs where a file may not grow beyond 1000 bytes. Not with ulimit: what bash says of it counts, too.
small_file() {
  python3 -c 'import resource, subprocess, sys
limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.exit(abs(subprocess.run(sys.argv[1:], preexec_fn=limit).returncode))' \
    "$memboot" "$@"
}

outputs() {
  local name extension
  refused 2 "cannot write 'none/x.json'" boot --machine "$small" -o none/x.json
  refused 2 "cannot write '/'" boot --machine "$small" -o /
  refused 2 "cannot write '.': is a directory" boot --machine "$small" -o .
  refused 2 "cannot write 'x/': is a directory" boot --machine "$small" -o x/
  refused 2 "another name needs --format" boot --machine "$small" -o x.strange
  refused 2 "cannot write '/proc/x.json': no file can be made" boot --machine 'nodes=1 each=16G cpus=1' -o /proc/x.json
  run boot --machine "$small" -o x
  holds "a name without an extension is JSON" is "$(json x status)" complete
  rm -f x
  small_file boot -q --machine "$small" -o x.json >"$out" 2>"$err"
  status=$?
  holds "a file that may not grow: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  holds "a file that may not grow: nothing is left" is "$(ls -A)" $'err\nout'
  refused 2 "takes json" boot --machine "$small" -o x --format strange
  if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 555 locked
    refused 2 "cannot write 'locked/x.json'" boot --machine "$small" -o locked/x.json
    rmdir locked
  fi
  refused 2 "format hwloc holds what 'memboot bench' measures" boot --machine "$small" -o x.xml
  while read -r name extension _; do
    [ "$name" != hwloc ] || continue
    run boot --machine "$small" -o "x$extension"
    holds "-o x$extension" test "$status" -eq 0 -a -s "x$extension" -a ! -s "$err"
    run boot --machine "$small" --format "$name"
    holds "--format $name on stdout, without tables" test "$status" -eq 0 -a -s "$out"
    holds "--format $name: no table" test -z "$(grep '^Phases' "$out")"
    rm -f "x$extension"
  done < <("$memboot" list formats | tail -n +2)
  run boot --machine "$small" -r 2 -o - -q
  holds "-o - is JSON" is "$(json "$out" status)" complete
  run boot --machine "$small" -r 2 -o x.json
  holds "the result is complete" is "$(json x.json status)" complete
  holds "nothing else is written" is "$(ls -A)" $'err\nout\nx.json'
  echo keep >x.json
  refused 2 "machine text" boot --machine 'node0=' -o x.json
  holds "a refused run leaves the old file" is "$(cat x.json)" keep
  rm x.json
}

broken_stdout() {
  "$memboot" boot --machine "$small" >/dev/full 2>"$err"
  status=$?
  : >"$out"
  holds "full stdout: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  "$memboot" boot --machine "$small" -o - >/dev/full 2>"$err"
  status=$?
  holds "full stdout with -o -: the reason once" grep -q 'standard output: No space left on device$' "$err"
  holds "full stdout with -o -: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  "$memboot" list stages >&- 2>"$err"
  status=$?
  holds "closed stdout: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  "$memboot" boot --machine "$small" -q >&- 2>"$err"
  status=$?
  holds "closed stdout and nothing to say" test "$status" -eq 0 -a ! -s "$err"
  # Longer than a pipe holds, and read by nobody.
  "$memboot" boot --machine 'nodes=400 each=32M cpus=1' --dry-run -o - 2>"$err" | true
  status=${PIPESTATUS[0]}
  holds "a reader that goes away: no message" test "$status" -eq 0 -a ! -s "$err"
}

# interrupt SIGNAL FILE: a run that would take minutes gets it once the plan is printed.
interrupt() {
  local pid
  : >"$out"
  # Who runs this may ignore a signal, as nohup does, and so would the program.
  env "--default-signal=$1" "$memboot" boot --machine "$small" -r 10000 -o "$2" >"$out" 2>"$err" &
  pid=$!
  until grep -q '^Boot' "$out"; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill "-$1" "$pid"
  wait "$pid"
  status=$?
}

interrupted() {
  interrupt "$1" partial.json
  holds "SIG$1: status 130, one line" test "$status" -eq 130 -a "$(lines "$err")" -eq 1
  holds "SIG$1: what ended is shown" grep -q '^Totals' "$out"
  holds "SIG$1: the tables are marked" test -n "$(grep -A2 '^partial: interrupted.*; what is shown had ended$' "$out" | grep '^Phases')"
  holds "SIG$1: the result is valid and partial" is "$(json partial.json status)" partial
  holds "SIG$1: nothing else is left" is "$(ls -A)" $'err\nout\npartial.json'
  rm -f partial.json
}

# A format that cannot say that a result is partial.
interrupted_refused() {
  interrupt INT partial.bmf.json
  holds "refused: status 130" test "$status" -eq 130
  holds "refused: why" grep -q "cannot write 'partial.bmf.json': the result is partial" "$err"
  holds "refused: no file is promised" test -z "$(grep 'is in' "$err")"
  holds "refused: nothing is left" is "$(ls -A)" $'err\nout'
}

# On a terminal: colours, and a progress line that is wiped. script(1) makes the terminal.
terminal() {
  local pid
  if ! command -v script >/dev/null; then
    skip "terminal" "script is not installed"
    return
  fi
  script -qec "'$memboot' boot --machine '$small' --no-progress" typescript >"$out" 2>"$err" </dev/null
  holds "colours on a terminal" grep -q $'\033\[' typescript
  TERM='' script -qec "'$memboot' boot --machine '$small' --no-progress" typescript >"$out" 2>"$err" </dev/null
  holds "no TERM on a terminal" test -z "$(grep $'\033' typescript)"
  NO_COLOR=1 script -qec "'$memboot' boot --machine '$small' --no-progress" typescript >"$out" 2>"$err" </dev/null
  holds "NO_COLOR on a terminal" test -z "$(grep $'\033' typescript)"
  : >typescript
  TERM=xterm script -qfec "sh -c 'echo \$\$ >pid; exec \"$memboot\" boot --machine \"$small\" -r 10000 --color never'" \
    typescript >"$out" 2>"$err" </dev/null &
  pid=$!
  until grep -qE 'of 10000: .*%' typescript; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill -TERM "$(cat pid)"
  wait "$pid"
  holds "a progress line" grep -qE '\[[#.]+\] +[0-9]+ %' typescript
  holds "the progress line is wiped" grep -q $'\r\033\[K' typescript
  rm -f typescript pid
}

manual() {
  run --print-man
  cp "$out" memboot.1
  if command -v mandoc >/dev/null; then
    mandoc -Tlint memboot.1 >"$out" 2>&1
    status=$?
    holds "mandoc has no complaint" test ! -s "$out"
  else
    skip "mandoc" "mandoc is not installed"
  fi
  rm memboot.1
}

# complete WORD...: what bash offers for the last word, in one line.
complete_words() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _memboot
  echo "${COMPREPLY[*]}"
}

completion() {
  run --print-completion
  cp "$out" memboot.bash
  # shellcheck source=/dev/null
  . ./memboot.bash
  holds "completes commands" is "$(complete_words memboot bo)" boot
  holds "completes options" is "$(complete_words memboot boot --dry)" --dry-run
  holds "completes values" is "$(complete_words memboot boot --policy '')" "eager deferred lazy"
  holds "completes values after =" is "$(complete_words memboot boot --policy = e)" eager
  holds "completes values right after =" is "$(complete_words memboot boot --policy =)" "eager deferred lazy"
  holds "completes releases" is "$(complete_words memboot boot --kernel 6.18)" 6.18
  holds "completes topics" is "$(complete_words memboot list stag)" stages
  holds "completes commands of help" is "$(complete_words memboot help top)" topo
  holds "completes files" is "$(complete_words memboot boot -o memboot.b)" memboot.bash
  holds "completes operands that are files" is "$(complete_words memboot report memboot.b)" memboot.bash
  holds "options of others are not offered" is "$(complete_words memboot topo --pol)" ''
  rm memboot.bash
}

benches() {
  refused 2 "" bench --min-time never
  if "$memboot" --version | grep -q '^Google Benchmark *absent'; then
    refused 2 "libbenchmark-dev" bench
    return
  fi
  refused 2 "'(' is no regular expression: " bench '('
  fine "pageinit/kernel" bench --benchmark_list_tests
  refused 2 "'no-such-bench'; 'memboot bench --list' has their names" bench no-such-bench
  refused 2 "" bench --benchmark_nonsense=1
  refused 2 "" bench runner --benchmark_out=library.json --benchmark_nonsense=1
  refused 2 "'no-such-bench'; 'memboot bench --list'" bench no-such-bench --benchmark_out=library.json
  refused 2 "bench: '/nonexistent/x' cannot be written" bench runner --benchmark_out=/nonexistent/x
  holds "a file that cannot be written is no name of a bench" test -z "$(grep 'has their names' "$err")"
  refused 2 "--counters counts events" bench runner --benchmark_perf_counters=CYCLES
  run bench '^pageinit/kernel/threads:' --min-time 0.001 -o x.json
  holds "bench runs a row" test "$status" -eq 0 -a -s x.json
  holds "bench shows a row" grep -q 'pageinit/kernel' "$out"
  holds "bench writes a complete result" is "$(json x.json status)" complete
  rm -f x.json
  run bench '^boot/dry_run' --min-time 0.001
  holds "bench shows a goal with its unit" grep -qE '[0-9.]+ [mu]?s, goal 1\.00 s (met|missed)$' "$out"
}

# What `meson install` puts where; only when the tests say which build this is.
installed() {
  local file
  if [ -z "${MB_BUILD_ROOT:-}" ] || ! command -v meson >/dev/null; then
    skip "install" "not run by meson test"
    return
  fi
  meson install --quiet --no-rebuild -C "$MB_BUILD_ROOT" --destdir "$tmp/root" >"$out" 2>"$err"
  status=$?
  holds "meson install" test "$status" -eq 0
  for file in bin/memboot share/man/man1/memboot.1 share/bash-completion/completions/memboot; do
    holds "installs $file" test -n "$(find root -path "*/$file" -size +0)"
  done
  rm -rf root
}

# A captured kernel, as it was and with one of its own figures changed.
validates() {
  local data=${MB_TEST_DATA:-}/captures tree name extension
  tree=$(find "$data" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort | head -n 1)
  if [ -z "$tree" ]; then
    skip "validate" "no captured tree"
    return
  fi
  cp -r "$tree" copy
  run validate --sysroot copy
  holds "validate: all equal" test "$status" -eq 0 -a ! -s "$err"
  holds "validate: closing line" \
    grep -qE '^facts: [1-9][0-9]* equal, 0 different, [0-9]+ not compared; values: [1-9][0-9]* compared$' "$out"
  run validate --sysroot copy --facts F2,f6
  holds "validate: chosen facts" test "$status" -eq 0 -a "$(grep -cE '^  F[0-9]+ ' "$out")" -eq 2
  sed -i 's/^        present  /&1/' copy/proc/zoneinfo
  run validate --sysroot copy --facts F2,F6
  holds "validate: one different" test "$status" -eq 1
  holds "validate: shows the values" grep -q '^  F2 .*present' "$out"
  run validate --sysroot copy --facts F2,F6 -o x.json -q
  holds "validate -o: the answer is the status" test "$status" -eq 1 -a ! -s "$out" -a ! -s "$err"
  holds "validate -o: the kernel" is "$(json x.json compared_kernel)" "$(cut -d' ' -f3 copy/proc/version)"
  holds "validate -o: facts" is "$(runs x.json fact)" $'F2 failed\nF6 ok'
  holds "validate -o: a value that differs" test -n "$(runs x.json value | grep '^node 0 .* present failed$')"
  rm copy/proc/zoneinfo
  run validate --sysroot copy --facts F2,F6
  holds "validate: one not compared" test "$status" -eq 3
  run validate --sysroot copy --facts F2 --format json
  holds "validate -o: one not compared" is "$(runs "$out" fact)" 'F2 skipped'
  while read -r name extension _; do
    case $name in gbench* | trace | bencher | gobench | otava | hwloc) continue ;; esac # benchmarks alone
    run validate --sysroot copy --facts F6 -o "x$extension"
    holds "validate -o x$extension" test "$status" -eq 0 -a -s "x$extension" -a -s "$out" -a ! -s "$err"
    rm -f "x$extension"
  done < <("$memboot" list formats | tail -n +2)
  refused 2 "cannot write 'none/x.json'" validate --sysroot copy -o none/x.json
  run validate --sysroot copy --facts F2,F6 --allow-missing F2
  holds "validate: may be missing" test "$status" -eq 0
  fine "Machine" topo --sysroot copy
  fine "dry run" boot --sysroot copy --dry-run
  fine "1 node, " topo --sysroot copy --cmdline numa=off
  refused 2 "F99" validate --facts F1,F99
  refused 2 "no-such-tree" validate --sysroot no-such-tree
  refused 2 "exclude each other" boot --sysroot copy --machine 'node0=1G'
  rm -r copy
}

# A captured tree in a tar archive is the same machine, and what is no such archive is refused with one line.
archives() {
  local data=${MB_TEST_DATA:-}/captures tree pack
  tree=$(find "$data" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort | head -n 1)
  if [ -z "$tree" ] || ! command -v tar >/dev/null; then
    skip "archives" "no captured tree, or no tar"
    return
  fi
  tar -C "$tree" -czf x.tar.gz .
  if "$memboot" --version | grep -q '^libarchive *absent'; then
    refused 2 "libarchive-dev" validate --sysroot x.tar.gz
    rm x.tar.gz
    return
  fi
  run validate --sysroot "$tree"
  cp "$out" wanted
  for pack in "tar.gz gzip" "tar.xz xz" "tar.zst zstd" "tar.bz2 bzip2" "tar cat"; do
    if ! command -v "${pack#* }" >/dev/null; then
      skip "validates a .${pack% *}" "${pack#* } is not installed"
      continue
    fi
    tar -C "$(dirname "$tree")" -cf - "$(basename "$tree")" | "${pack#* }" >"y.${pack% *}"
    run validate --sysroot "y.${pack% *}"
    holds "validates a .${pack% *}, with one folder on top" test "$status" -eq 0 -a ! -s "$err"
    holds "the same facts from a .${pack% *}" cmp -s wanted "$out"
  done
  run validate --sysroot x.tar.gz
  holds "the same facts without a folder on top" cmp -s wanted "$out"
  fine "map from" topo --sysroot x.tar.gz
  fine "that machine runs" boot --sysroot x.tar.gz --dry-run
  rm -f y.tar.*
  holds "an archive leaves nothing behind" is "$(ls -A)" $'err\nout\nwanted\nx.tar.gz\ny.tar'
  ln -s /etc/passwd proc
  tar -cf link.tar proc
  rm proc
  refused 2 "link.tar: entry 'proc' is a symbolic link" validate --sysroot link.tar
  mkdir -p links/proc
  ln -s /etc/passwd links/dmesg
  ln -s /proc/version links/proc/version
  refused 2 "proc/version: is a link that leads out of the tree" topo --sysroot links
  refused 2 "no file that says something about memory" capture --sysroot links -o leak.tar
  rm -r links
  mkdir links
  refused 2 "has no proc/cpuinfo and no proc/version: is it a captured tree" topo --sysroot links
  rmdir links
  refused 2 "format gbench holds benchmarks" validate --sysroot x.tar.gz --format gbench
  mkfifo dmesg
  tar -cf pipe.tar dmesg
  rm dmesg
  refused 2 "pipe.tar: entry 'dmesg' is a pipe" topo --sysroot pipe.tar
  tar --transform 's,^\./,../../,' -C "$tree" -Pcf up.tar ./proc
  refused 2 "leads out of the tree" boot --dry-run --sysroot up.tar
  tar --transform 's,^\./,/,' -C "$tree" -Pcf absolute.tar ./proc
  refused 2 "has an absolute name" validate --sysroot absolute.tar
  tar --hard-dereference -C "$tree" -cf twice.tar dmesg dmesg
  refused 2 "entry 'dmesg' is there twice" validate --sysroot twice.tar --facts F1
  tar -C "$data" -cf several.tar .
  refused 2 "holds no machine tree" validate --sysroot several.tar
  head -c 5000 x.tar.gz >cut.tar.gz
  refused 2 "cut.tar.gz: is damaged or cut off" validate --sysroot cut.tar.gz
  head -c 100000 y.tar >cut.tar
  refused 2 "cut.tar: is damaged or cut off" validate --sysroot cut.tar
  truncate -s 64M dmesg
  tar -czf bomb.tar.gz dmesg
  refused 2 "unpacks to more than 1000 times its size" validate --sysroot bomb.tar.gz
  truncate -s 512M dmesg
  refused 2 "has more than 256 MiB" validate --sysroot dmesg
  : >empty.tar
  refused 2 "empty.tar: is empty" validate --sysroot empty.tar
  refused 2 "wanted: is no tar archive" validate --sysroot wanted
  refused 2 "neither a folder" validate --sysroot /dev/null
  rm -f ./*.tar ./*.tar.gz dmesg wanted
}

# A capture is the machine it was taken of, the same bytes each time, and redacted it has no secret.
captures() {
  local data=${MB_TEST_DATA:-}/captures tree
  refused 2 "give -o FILE.tar.gz" capture
  if "$memboot" --version | grep -q '^libarchive *absent'; then
    refused 2 "libarchive-dev" capture -o x.tar.gz
    return
  fi
  refused 2 "known are .tar.gz .tgz .tar.xz .tar.zst .tar" capture -o x.zip
  refused 2 "cannot write 'none/x.tar.gz'" capture -o none/x.tar.gz
  refused 2 "cannot write '.': is a directory" capture -o .
  refused 2 "no-such-tree" capture --sysroot no-such-tree -o x.tar.gz
  mkdir empty
  refused 2 "empty has no file that says something about memory" capture --sysroot empty -o x.tar.gz
  rmdir empty
  while IFS= read -r tree; do
    run validate --sysroot "$tree"
    cp "$out" wanted
    fine "can compare 15 of 15 facts" capture --sysroot "$tree" -o x.tar.gz
    run validate --sysroot x.tar.gz
    holds "the same facts captured: ${tree##*/}" cmp -s wanted "$out"
    fine "values replaced" capture --redact --sysroot "$tree" -o y.tar.xz
    run validate --sysroot y.tar.xz
    holds "the same facts redacted: ${tree##*/}" cmp -s wanted "$out"
  done < <(find "$data" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort)
  rm -f wanted x.tar.gz y.tar.xz
  tree=$(find "$data" -mindepth 1 -maxdepth 1 -type d 2>/dev/null | sort | head -n 1)
  if [ -z "$tree" ] || ! command -v tar >/dev/null; then
    skip "captures" "no captured tree, or no tar"
    return
  fi
  cp -r "$tree" tree
  chmod -R u+w tree
  printf 'root=UUID=8badf00d rd.password=hunter2 -- hunter2\n' >>tree/proc/cmdline
  printf 'Nov 22 01:00:00 srv17 kernel: [    3.0] Policy zone: Normal\n[    4.0] DMI: SER1AL\n' >>tree/dmesg
  printf 'Linux version 6.1 (root@srv17)\n' >tree/proc/version
  rm tree/proc/iomem
  run capture --redact --sysroot tree -o x.tar.gz
  holds "what is missing is listed" grep -qE '^ +proc/iomem +1 +No such file or directory$' "$out"
  holds "what a host may lack is not" test -z "$(grep cpufreq "$out")"
  holds "and what cannot be compared then" grep -qE '^ +not .*F4.*: .*iomem' "$out"
  mkdir unpacked
  tar -C unpacked -xzf x.tar.gz
  holds "no secret is left" test -z "$(grep -rE 'hunter2|8badf00d|srv17|SER1AL' unpacked)"
  holds "only files and folders" test -z "$(find unpacked -mindepth 1 ! -type f ! -type d)"
  touch tree/proc/* tree/dmesg
  run capture -q --redact --sysroot tree -o y.tar.gz
  holds "capture -q is quiet" test "$status" -eq 0 -a ! -s "$out" -a ! -s "$err"
  holds "the same tree gives the same bytes" cmp x.tar.gz y.tar.gz
  run capture -v --sysroot tree -o - --color never
  holds "-o - is an archive" cmp -s <(gzip -dc "$out" | tar -tf - | sort) <(tar -tzf x.tar.gz | sort)
  holds "-o - tells the rest on stderr" grep -q 'sys/kernel/slab/kmalloc-1k/align' "$err"
  echo keep >y.tar.gz
  small_file capture -q --sysroot tree -o y.tar.gz >"$out" 2>"$err"
  status=$?
  holds "a file that may not grow: status 2, one line" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  holds "a file that may not grow: the old file" is "$(cat y.tar.gz)" keep
  run capture -q --sysroot x.tar.gz -o y.tar.gz
  holds "an archive is captured again" test "$status" -eq 0
  rm -r tree unpacked ./*.tar.gz
  run capture -o x.tar.gz
  holds "captures this host" test "$status" -eq 0 -a ! -s "$err"
  fine "map from" topo --sysroot x.tar.gz
  fine "dry run" boot --dry-run --sysroot x.tar.gz
  run validate --sysroot x.tar.gz
  tail -n 1 "$out" >here
  run validate
  holds "this host's facts are the archive's" cmp -s here <(tail -n 1 "$out")
  holds "a capture leaves nothing behind" is "$(ls -A)" $'err\nhere\nout\nx.tar.gz'
  rm -f x.tar.gz here
}

# noise FILE NAME: verdict of one of the rows about the host's noise.
noise() {
  python3 -c 'import json, sys
for row in json.load(open(sys.argv[1]))["noise"]:
    if row["name"] == sys.argv[2]:
        print(row["verdict"])' "$1" "$2"
}

# A made tree that is quiet, then noisy; this host; and the rows in the result of a boot.
doctors() {
  mkdir -p tree/proc/sys/kernel tree/sys/devices/system/cpu
  echo 0.01 0 0 1/1 1 >tree/proc/loadavg
  echo 0-3 >tree/sys/devices/system/cpu/online
  echo 1 >tree/proc/sys/kernel/numa_balancing
  run doctor --sysroot tree
  holds "doctor: a quiet host" test "$status" -eq 0 -a ! -s "$err"
  holds "doctor: a row" grep -q '^  load average  *fine ' "$out"
  holds "doctor: what would change it" grep -qxF '    echo 0 > /proc/sys/kernel/numa_balancing' "$out"
  holds "doctor: closing line" \
    grep -qE '^checks: 1 fine, 1 may disturb, 0 spoils, [1-9][0-9]* not known; nothing was changed$' "$out"
  echo 9 0 0 1/1 1 >tree/proc/loadavg
  run doctor --sysroot tree -o x.json
  holds "doctor: a noisy host" test "$status" -eq 1 -a ! -s "$err"
  holds "doctor -o" is "$(noise x.json load) $(noise x.json numa_balancing) $(noise x.json ksm)" 'spoils disturbs unknown'
  run doctor --sysroot tree -o x.txt -q
  holds "doctor -q -o x.txt" test "$status" -eq 1 -a ! -s "$out" -a ! -s "$err"
  holds "doctor -o x.txt" grep -q '^  spoils  *load  *9.00 .*should be' x.txt
  refused 2 "format csv has no place" doctor --sysroot tree -o y.csv
  refused 2 "none/x.json" doctor -o none/x.json
  refused 2 "no-such-tree" doctor --sysroot no-such-tree
  rm tree/sys/devices/system/cpu/online
  run doctor --sysroot tree
  holds "doctor: CPUs that are not known are not 0" grep -q 'CPUs not known$' "$out"
  rm -r tree x.json x.txt
  mkdir tree
  refused 2 "--sysroot tree has nothing that tells of a host's state" doctor --sysroot tree
  rmdir tree
  run doctor
  holds "doctor: this host" test "$status" -le 1 -a ! -s "$err" -a "$(grep -c '^checks: ' "$out")" -eq 1
  run boot -q --machine "$small" -o x.json
  holds "boot -o: the host's noise" test -n "$(noise x.json load)" -a "$(noise x.json backing)" = unknown
  rm x.json
}

# A captured kernel's own times beside the engine's; logs that say nothing are undecided.
against() {
  local data=${MB_TEST_DATA:-}/captures/x86-6.1-1n-4g
  if [ ! -d "$data" ]; then
    skip "against" "no captured tree"
    return
  fi
  run boot --sysroot "$data" --against-dmesg -r 2 -o x.json
  holds "--against-dmesg: compared" test "$status" -eq 0 -a ! -s "$err"
  holds "--against-dmesg: the table" grep -qE '^ +0 .* [mu]s +24\.0 ms +[0-9.]+ .*emulated' "$out"
  holds "--against-dmesg -o" is "$(runs x.json kernel)" 'deferred_init ok'
  echo '[    1.0] node 7 initialised, 5 pages in 3ms' >log
  run boot -q --sysroot "$data" --against-dmesg --dmesg log -o x.json
  holds "--dmesg: no node in common" test "$status" -eq 3 -a "$(lines "$err")" -eq 1
  holds "--dmesg: the boot is there all the same" is "$(json x.json status)" complete
  : >log
  run boot -q --sysroot "$data" --against-dmesg --dmesg log
  holds "--dmesg: an empty log" test "$status" -eq 3 -a "$(lines "$err")" -eq 1
  holds "--dmesg: an empty log is said to be empty" grep -q 'log is empty$' "$err"
  echo '6,343,1234,-;node 0 deferred pages initialised in 24ms' >log
  run boot -q --sysroot "$data" --against-dmesg --dmesg log
  holds "--dmesg: what cat /dev/kmsg writes" test "$status" -eq 0 -a ! -s "$err"
  mkfifo fifo
  refused 2 "nobody writes to this pipe" boot --against-dmesg --dmesg fifo
  rm fifo
  run boot -q --against-dmesg --machine "$small"
  holds "--against-dmesg: its own machine" test "$status" -eq 2 -a "$(lines "$err")" -eq 1
  refused 2 "cannot read the log 'none'" boot --against-dmesg --dmesg none
  refused 2 "needs '--against-dmesg'" boot --dmesg log
  rm x.json log
}

# A soft limit of open files is raised; where that is not enough, what was not counted says so, and is no silence with --require-counters.
few_files() {
  local events=task-clock,cs,migrations,cpu-clock many='nodes=8 each=64M cpus=8'
  (ulimit -Sn 24 && "$memboot" boot --counters $events --require-counters --threads 8 --machine "$many" >"$out" 2>"$err")
  status=$?
  holds "the soft limit of open files is raised" test "$status" -eq 0 -a ! -s "$err"
  (ulimit -n 16 && "$memboot" boot --counters $events --machine "$many" -o c.json >"$out" 2>"$err")
  status=$?
  holds "few open files: a boot" test "$status" -eq 0 -a ! -s "$err"
  holds "few open files: a line" grep -q '^  not counted in .* rows: task-clock.*: too many open files: raise ulimit -n$' "$out"
  holds "few open files: a reason in each run" python3 -c 'import json
runs = json.load(open("c.json"))["runs"]
reasons = [run["count_reasons"] for run in runs if run.get("count_reasons")]
assert reasons and all("ulimit -n" in reason["task-clock"] for reason in reasons)'
  (ulimit -n 16 && "$memboot" boot --counters $events --require-counters --machine "$many" >"$out" 2>"$err")
  status=$?
  holds "few open files: --require-counters" test "$status" -eq 4 -a "$(lines "$err")" -eq 1
}

counters() {
  local machine=(--machine "$small")
  refused 2 "event 'cylces' is unknown; did you mean 'cycles'?" boot --counters cylces "${machine[@]}"
  refused 2 "'memboot list counters' has names" boot --counters qqqqqqqqq "${machine[@]}"
  refused 2 "a name is empty" boot --counters cycles,, "${machine[@]}"
  refused 2 "no device 'gpu'" boot --counters gpu/event=1/ "${machine[@]}"
  refused 2 "'--require-counters' needs '--counters'" boot --require-counters "${machine[@]}"
  refused 2 "'--counters-kernel' needs '--counters'" boot --counters-kernel "${machine[@]}"
  fine "Counters" boot --counters default,mem,tlb,branch,numa "${machine[@]}"
  fine "Counters" boot --counters default --counters-kernel --dry-run "${machine[@]}"
  run list counters
  if ! grep -qE '^ +page-faults .* counts$' "$out"; then
    skip "counted page faults" "page-faults does not count here"
    return
  fi
  fine "page faults" boot --counters page-faults --require-counters -r 3 --pages 4k -o c.json "${machine[@]}"
  holds "page faults are counted in every stage, in the first touch all of them" python3 -c 'import json, os
result = json.load(open("c.json"))
runs = {(run["kind"], run["name"]): run for run in result["runs"]}
assert result["counters"][0]["name"] == "page-faults" and result["counters"][0]["value"]
stages = [run for run in result["runs"] if run["kind"] == "stage"]
assert all(len(run["counts"]["page-faults"]) == 3 for run in stages)
assert all(run["samples"]["page_faults"] == run["counts"]["page-faults"] for run in stages)
fault = runs["stage", "fault"]
assert all(count * os.sysconf("SC_PAGESIZE") >= size
           for count, size in zip(fault["counts"]["page-faults"], fault["samples"]["bytes"]))
deferred = runs["stage", "deferred_init"]["counts"]["page-faults"]
parts = [run["counts"]["page-faults"] for run in result["runs"]
         if run["kind"] == "node" and run["name"] == "deferred_init"]
assert all(whole >= sum(part) for whole, part in zip(deferred, zip(*parts)))
assert "counts" not in runs["total", "all_phases"]'
  few_files
  fine "" boot --counters page-faults:u,task-clock -o c.csv "${machine[@]}"
  holds "counters are columns" grep -qF 'counter:page-faults:u,share:page-faults:u,reason:page-faults:u,counter:task-clock' c.csv
  run list counters
  if grep -qE '^ +cycles .* counts$' "$out"; then
    fine "IPC" boot --counters cycles,instructions --require-counters "${machine[@]}"
  else
    refused 4 "--require-counters: " boot --counters cycles --require-counters "${machine[@]}"
    fine "not counted: cycles" boot --counters cycles,page-faults "${machine[@]}"
  fi
  rm -f c.json c.csv
}

host() {
  fine "Machine" topo
  holds "topo does not speak of an unknown model" test -z "$(grep 'model unknown, ' "$out")"
  holds "topo says where the map is from" grep -q 'map from ' "$out"
  fine "every invariant held" boot --check
  run topo -v
  holds "topo -v" test "$status" -eq 0 -a ! -s "$err"
}

for part in usage help_and_lists machines models memory_limit boots workers topology pages windows outputs broken_stdout manual completion terminal benches installed validates archives captures doctors against counters host; do
  $part
done
interrupted TERM
interrupted HUP
interrupted INT
interrupted_refused
plan
