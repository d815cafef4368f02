#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `memboot gate` and `memboot noise` promise: an exit status for each outcome, one line for each failure, nothing half-written. Programs
# are the real one on a tiny arena, and scripts that speak as it does and say what a round took.
# usage: gate.sh PROGRAM; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp" || exit 1
export LC_ALL=C TERM=dumb MEMBOOT_NOISE=$tmp/noise.json
out=$tmp/out err=$tmp/err

# run ARGUMENT...: the program's status, in $status.
run() {
  "$memboot" "$@" >"$out" 2>"$err" </dev/null
  status=$?
}

# refused WORDS ARGUMENT...: exits 2 with one line that has the words.
refused() {
  local words=$1
  shift
  run "$@"
  holds "$*: refused" test "$status" -eq 2 -a ! -s "$out" -a "$(wc -l <"$err")" -eq 1
  holds "$*: why" grep -qF -- "$words" "$err"
}

# says NAME TIME CLOSING: a program whose rounds take what the shell's words TIME give, in nanoseconds; CLOSING is what it does when a row ends.
says() {
  cat >"$1" <<EOT
#!/bin/sh
echo 'memboot-paced 1 1'
echo 'row 0 group/row'
n=0
while read -r word rest; do
  case \$word in
  open) echo "opened \$rest" ;;
  turn) n=\$((n + 1)); ns=\$(($2)); echo "took \$ns \$((rest * ns))" ;;
  close) $3 ;;
  *) exit ;;
  esac
done
EOT
  chmod +x "$1"
}

gate() {
  run gate --no-progress --base ./base --new ./new --budget 20 "$@" -- bench row
}

# Times that are off by up to 7 of 1000, so that no interval is a point.
statuses() {
  says base '100000 + n * 7 % 10 * 100' 'echo closed 1 2 3'
  says new '100000 + n * 3 % 10 * 100' 'echo closed 1 2 3'
  gate
  holds "the same: 0" test "$status" -eq 0
  holds "the same: said" grep -q '1 same' "$out"
  says new '130000 + n * 3 % 10 * 100' 'echo closed 1 2 3'
  gate -o gate.json
  holds "slower: 1, or 4 where the host spoils figures" test "$status" -eq 1 -o "$status" -eq 4
  holds "slower: the row" grep -q 'worse .*group/row' "$out"
  holds "slower: the file" grep -q '"worse"' gate.json
  gate --threshold 50%
  holds "slower by less than the threshold: 0" test "$status" -eq 0
  says new '80000 + n * 3 % 10 * 100' 'echo closed 1 2 3'
  gate
  holds "faster: 0" test "$status" -eq 0
  # Between processes, for a pair of them is one sample.
  says new '50000 + $$ * 37 % 101 * 1000' 'echo closed 1 2 3'
  run gate --no-progress --base ./base --new ./new --budget 0.5 -- bench row
  holds "inconclusive after the budget: 3, or 4" test "$status" -eq 3 -o "$status" -eq 4
  says new '100000' 'echo closed 1 7 3'
  gate
  holds "another amount of work: 3, or 4" test "$status" -eq 3 -o "$status" -eq 4
  holds "another amount of work: why" grep -q 'a round of base is 2 operations, one of new 7' "$out"
  says new '100000' 'echo "failed skipped no node 5"'
  gate
  holds "what new cannot do: 3" test "$status" -eq 3
  holds "what new cannot do: why" grep -q 'new: no node 5' "$out"
  says new '100000' 'echo closed 1 7 3'
  sed -i 's/echo "opened.*;;/echo "failed skipped no node 5" ;;/' new
  says base '100000' 'echo failed error nothing ran'
  gate
  holds "what new cannot begin: 3, whatever base would say of a row that never ran" test "$status" -eq 3
}

failures() {
  says base 100000 'echo closed 1 2 3'
  says new 100000 'echo "failed error page 7 is wrong"'
  rm -f gate.json
  gate -o gate.json
  holds "new is wrong: 1" test "$status" -eq 1 -a "$(cat "$err")" = "memboot: gate: new: page 7 is wrong"
  holds "new is wrong: nothing is written" test ! -e gate.json
  says new 100000 'echo ouch >&2; kill -SEGV $$'
  gate
  holds "new dies: 2" test "$status" -eq 2
  holds "new dies: why" test "$(cat "$err")" = "memboot: gate: new died of signal 11, Segmentation fault: ouch"
  gate --base /nowhere/memboot
  holds "no program: 2" test "$status" -eq 2 -a "$(wc -l <"$err")" -eq 1
  printf '#!/bin/sh\necho "memboot: bench: option --paced is unknown" >&2\nexit 2\n' >base
  gate
  holds "an old program: 2" test "$status" -eq 2
  holds "an old program: said" grep -q 'too old for gates' "$err"
  says base 100000 'echo closed 1 2 3'
  rm -f gate.json
  mkfifo begun
  printf '#!/bin/sh\necho yes >begun\nexec sleep 1000\n' >new
  chmod +x new
  "$memboot" gate --base ./base --new ./new --budget 600 -o gate.json -- bench row >"$out" 2>"$err" </dev/null &
  read -r -t 60 _ <>begun
  kill -INT $!
  wait $!
  status=$?
  holds "interrupted: 130, and nothing is written" test "$status" -eq 130 -a ! -e gate.json -a ! -s "$out"
}

usage() {
  unset MEMBOOT_HISTORY
  refused "needs --base" gate --new "$memboot" -- bench x
  refused "needs --new" gate --base "$memboot" -- bench x
  refused "which benches?" gate --base "$memboot" --new "$memboot"
  refused "which benches?" gate --base "$memboot" --new "$memboot" -- pageinit
  refused "no regular expression: " gate --base "$memboot" --new "$memboot" -- bench '('
  refused "no benchmark matches" gate --base "$memboot" --new "$memboot" -- bench '^nothing$'
  refused "takes a time" gate --budget soon
  refused "a gate judges times alone" gate --metric instructions --base "$memboot" --new "$memboot" -- bench x
  refused "no noise is stored" noise --show
  refused "'--show' measures nothing" noise --show -- bench x
  refused "which benches?" noise
  refused "from 5 to" noise --gates 1
  run bench --help
  holds "--paced is not in the help" test "$status" -eq 0 -a "$(grep -c paced "$out")" -eq 0
}

# repeats NAME FILE SCALE: a program that prints FILE, however it is asked for benches, with times of so many per cent that are off by up to 7 of
# 1000 from run to run.
repeats() {
  python3 - "$@" <<'EOT'
import re, sys
name, file, scale = sys.argv[1:]
text = open(file).read()
for i in range(8):
    factor = int(scale) / 100 * (1 + i / 1000)
    times = r'("(?:wall_ns|ns_per_operation)": \[)([0-9.e+]+)'
    with open(f'{name}.{i}', 'w') as out:
        out.write(re.sub(times, lambda m: m[1] + repr(float(m[2]) * factor), text))
EOT
  cat >"$1" <<EOT
#!/bin/sh
echo "\$*" >>asked
read -r n <runs
echo \$((n + 1)) >runs
exec cat "$tmp/$1.\$((n * 3 % 8))"
EOT
  chmod +x "$1"
  echo 0 >runs
}

by_history() {
  run gate --no-progress --history h.db --new ./new --budget "$1" -- bench "$row"
}

# Without --base: NEW makes results of its own, and all that it prints goes away with it.
history_mode() {
  local row='^memblock/alloc/top/regions:100$' i
  run bench "$row" --quick -q -o one.json
  if grep -q 'built without' "$err"; then
    echo "# no benches in this build, so no history of them"
    return
  fi
  repeats again "$tmp/one.json" 100
  for i in 1 2 3 4 5 6 7 8 9 10; do
    ./again >"r$i.json"
    # Byte for byte the same is the same result.
    sed -i "s/\"started_utc\": \".*\"/\"started_utc\": \"2024-06-07T12:00:0$((i - 1))Z\"/" "r$i.json"
    run history add --history h.db --rev "r$i" "r$i.json"
    if grep -q 'built without' "$err"; then
      echo "# no history in this build"
      return
    fi
    holds "history, result $i" test "$status" -eq 0
  done
  mkdir empty
  export TMPDIR=$tmp/empty
  rm -f asked
  repeats new "$tmp/one.json" 100
  by_history 60
  holds "history, the same: 0" test "$status" -eq 0
  holds "history, the same: said" grep -q '1 same' "$out"
  holds "history: asked as the history's were" grep -qxF -- "bench --filter=$row --quick --format=json -o -" asked
  holds "history: nothing is left behind" test -z "$(ls -A empty)"
  repeats new "$tmp/one.json" 130
  by_history 60
  holds "history, slower: 1, or 4" test "$status" -eq 1 -o "$status" -eq 4
  holds "history, slower: the row" grep -q 'worse .*memblock/alloc' "$out"
  repeats new "$tmp/one.json" 70
  by_history 60
  holds "history, faster: 0" test "$status" -eq 0
  printf '#!/bin/sh\n[ -e ran ] && exec sleep 1000\ntouch ran\nexec cat one.json\n' >new
  by_history 2
  holds "history, a small budget: 3, or 4" test "$status" -eq 3 -o "$status" -eq 4
  holds "history, a small budget: 7 more" grep -q 'inconclusive .* 7$' "$out"
  by_history 0.2
  holds "history, no run in the budget: 3" test "$status" -eq 3 -a "$(wc -l <"$err")" -eq 1
  printf '#!/bin/sh\necho ouch >&2\nkill -SEGV $$\n' >new
  by_history 60
  holds "history, new dies: 2" test "$status" -eq 2
  holds "history, new dies: why" test "$(cat "$err")" = "memboot: gate: new died of signal 11, Segmentation fault: ouch"
  printf '#!/bin/sh\necho hello\n' >new
  by_history 60
  holds "history, no result: 2" test "$status" -eq 2 -a "$(wc -l <"$err")" -eq 1
  printf '#!/bin/sh\necho yes >begun\nexec sleep 1000\n' >new
  "$memboot" gate --history h.db --new ./new --budget 600 -o gate.json -- bench "$row" >"$out" 2>"$err" </dev/null &
  read -r -t 60 _ <>begun
  kill -INT $!
  wait $!
  status=$?
  holds "history, interrupted: 130, and nothing is written" test "$status" -eq 130 -a ! -e gate.json -a ! -s "$out"
  holds "history, in all cases: nothing is left behind" test -z "$(ls -A empty)"
  unset TMPDIR
  refused "'--label' takes KEY=VALUE" gate --label kernel --history h.db --new ./new -- bench x
  refused "'--label' chooses results of a history" gate --label kernel=6.1 --base ./new --new ./new -- bench x
  repeats new "$tmp/one.json" 100
  run gate --no-progress --label kernel=none --history h.db --new ./new --budget 60 -- bench "$row"
  holds "history, no such label: 3" test "$status" -eq 3
  holds "history, no such label: said" grep -q 'and these labels' "$out"
  refused "'--arena' needs --base" gate --arena 2M --history h.db --new ./new -- bench x
}

# The real program against itself, through a wrapper that sets its environment. A noisy host may have no verdict.
real() {
  local row='^memblock/alloc/top/regions:100$'
  printf '#!/bin/sh\nSOMETHING=1 exec "%s" "$@"\n' "$memboot" >wrapper
  chmod +x wrapper
  run gate --no-progress --arena 2M --base "$memboot" --new ./wrapper --budget 10 -v -o real.md -- bench "$row"
  holds "itself: no failure" test "$status" -eq 0 -o "$status" -eq 3 -o "$status" -eq 4
  holds "itself: the row" grep -q 'memblock/alloc/top/regions:100' "$out"
  holds "itself: the file" grep -q 'memblock/alloc/top/regions:100' real.md
  holds "itself: the noise is not known" grep -q "noise of this host: not known" "$out"
  run noise --no-progress --arena 2M --budget 8 --gates 5 -- bench "$row"
  holds "noise: no failure" test "$status" -eq 0 -o "$status" -eq 3
  if [ "$status" -eq 3 ]; then
    echo "# no sure ratio on this host now; the rest of noise is left out"
    return
  fi
  run noise --show --arena 2M
  holds "noise --show" test "$status" -eq 0 -a "$(grep -c 'memblock/alloc' "$out")" -eq 1
  run noise --show --arena 4M
  holds "noise --show, other arena" test "$status" -eq 1
  holds "noise --show, what changed" grep -q 'out of date: arena was 2 MiB, is 4 MiB' "$out"
  run gate --no-progress --arena 2M --base "$memboot" --new "$memboot" --budget 10 -- bench "$row"
  holds "gate: the noise is known" test "$(grep -c 'noise of this host' "$out")" -eq 0
}

statuses
failures
usage
history_mode
real
plan
