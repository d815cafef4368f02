#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots every machine of tests/data/machines with every invariant checked, eager, lazy and deferred, with several numbers
# of workers and every kernel profile: all of a machine's boots must leave the same descriptors, zones and free blocks.
# Then with every other memory model, which must leave the same zones, but takes memory of its own. Builds that are not
# for release are slow: they boot by one profile, one number of workers and one model. With ThreadSanitizer, slower
# still, they boot the machines whose nodes differ most in what their workers do.
# usage: machines.sh PROGRAM BUILDTYPE SANITIZER; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
release=$([ "$2" = release ] && echo yes)
data=${MB_TEST_DATA:?}/machines
files=("$data"/*.txt)
[ "$3" != thread ] || files=("$data"/{arm64-64k,cpuless-node,eight-nodes,mirror,section-hole,uneven}.txt)
needed_kib=$((10 << 20)) # the largest machine's descriptors and room to spare
count=0 failed=0

# verdict NAME REASON: a case, which is fine without a reason.
verdict() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    echo "ok $count - $1"
  else
    failed=$((failed + 1))
    printf 'not ok %s - %s\n%s\n' "$count" "$1" "${2//$'\n'/; }" | sed '2,$s/^/# /'
  fi
}

skip() {
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

# outcome ARGUMENT...: zones, digest and free blocks of a checked boot, or what went wrong.
outcome() {
  "$memboot" boot --check "${pages[@]}" --max-memory "$((needed_kib / 1024))M" "$@" 2>&1 </dev/null |
    grep -E '^ +[0-9]+  (DMA|DMA32|Normal|Movable) |^  all: |descriptors: digest|free blocks|^memboot:'
}

# memory: of an outcome what does not depend on when zones grew: their marks and pagesets are those of the boot's end.
memory() {
  grep -E 'descriptors: digest|free blocks|^memboot:'
}

# complete NAME OUTCOME: the boot came to its end.
complete() {
  local reason=''
  [[ $2 == *" managed, "*"descriptors: digest"*"free blocks"* ]] || reason="no complete boot: $2"
  verdict "$1" "$reason"
}

# same NAME WANTED OUTCOME: the outcome is that of the eager boot.
same() {
  local reason=''
  [ "$2" = "$3" ] || reason="differs from the eager boot: $3"
  verdict "$1" "$reason"
}

# policies NAME FILE KERNEL: eager, lazy, then deferred with workers of every number. The eager outcome is in want.
policies() {
  local name="$1, $3" threads
  want=$(outcome --machine-file "$2" --policy eager --kernel "$3")
  complete "$name, eager" "$want"
  same "$name, lazy" "$(memory <<<"$want")" "$(outcome --machine-file "$2" --policy lazy --kernel "$3" | memory)"
  for threads in "${workers[@]}"; do
    same "$name, deferred, $threads workers" "$want" \
      "$(outcome --machine-file "$2" --policy deferred --kernel "$3" --threads "$threads")"
  done
}

# spans OUTCOME: node, zone, spanned and present pages of each zone, and present pages over all.
spans() {
  awk -F '  +' 'NF > 8 { print $2, $3, $4, $5 } /^  all: / { sub(/,.*/, ""); print }' <<<"$1"
}

# managed OUTCOME, memmap OUTCOME: over all zones.
managed() { sed -nE 's/^  all: .* present, (.*) managed,.*/\1/p' <<<"$1" | tr -cd 0-9; }
memmap() { sed -nE 's/^  all: .* free; (memmap .*)/\1/p' <<<"$1"; }

# against NAME OUTCOME MODEL: zones of another model than want's, which is vmemmap's. Models with sections have the same
# descriptors. Extreme needs less memory than vmemmap, which has page tables; sparse less than extreme, which has roots.
against() {
  local reason='' more
  more=$(($(managed "$2") - $(managed "$want")))
  [ "$(spans "$2")" = "$(spans "$want")" ] || reason="other zones than with vmemmap: $(spans "$2")"
  if [ "$3" != flat ]; then
    [ "$(memmap "$2")" = "$(memmap "$want")" ] || reason+=" other descriptors than with vmemmap: $(memmap "$2")"
    [ "$more" -gt "$least" ] || reason+=" $more managed pages more than with vmemmap, not more than $least"
    least=$more
  fi
  verdict "$1" "$reason"
}

# models NAME FILE KERNEL: each model but vmemmap, whose eager outcome is in want; flat refuses machines of several nodes.
models() {
  local model eager least=0
  for model in extreme sparse flat; do
    eager=$(outcome --machine-file "$2" --policy eager --kernel "$3" --model "$model")
    if [[ $model == flat && $eager == *"flat cannot hold this machine"*"has nodes up to node "[1-9]* ]]; then
      verdict "$1, flat, refused" ''
      continue
    fi
    complete "$1, $model, eager" "$eager"
    same "$1, $model, deferred" "$eager" \
      "$(outcome --machine-file "$2" --policy deferred --kernel "$3" --threads 2 --model "$model")"
    against "$1, $model, zones" "$eager" "$model"
  done
}

# dry MODEL: sections, zones and counts of a machine whose descriptors fit nowhere.
dry() {
  local got reason=''
  got=$("$memboot" boot --check --dry-run --machine 'nodes=16 each=4T cpus=8' --model "$1" 2>&1 </dev/null)
  if [ "$1" = flat ]; then
    [[ $got == *"flat cannot hold this machine"* ]] || reason="flat holds it: $got"
  else
    [[ $got == *"every invariant held"* ]] || reason=$got
  fi
  verdict "16 nodes of 4 TiB, $1, dry run" "$reason"
}

mapfile -t kernels < <("$memboot" list profiles | awk 'NR > 1 { print $1 }')
workers=(1 2 5)
if [ -z "$release" ]; then
  kernels=("${kernels[0]}")
  workers=(3)
fi
available_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
want=
for file in "${files[@]}"; do
  name=$(basename "$file" .txt)
  pages=(--pages thp) # a small machine boots in half the time
  [ "$name" != big-512g ] || pages=()
  if [ "$name" != big-512g ]; then
    for kernel in "${kernels[@]}"; do
      policies "$name" "$file" "$kernel"
    done
    [ -z "$release" ] || models "$name" "$file" "$kernel"
  elif [ -z "$release" ]; then
    skip "$name" "8 GiB of descriptors are for the release build"
  elif [ "${available_kib:-0}" -lt "$needed_kib" ]; then
    skip "$name" "needs $((needed_kib >> 20)) GiB of free memory, this host has $((${available_kib:-0} >> 20))"
  else
    # Backed once: to touch that much for the first time takes longer than all three boots. Windows have to leave the same.
    want=$(outcome --machine-file "$file")
    complete "$name, deferred" "$want"
    same "$name, eager, through windows" "$want" "$(outcome --machine-file "$file" --policy eager --window auto)"
    same "$name, lazy, through windows" "$(memory <<<"$want")" \
      "$(outcome --machine-file "$file" --policy lazy --window auto | memory)"
  fi
done
for model in vmemmap extreme sparse flat; do
  dry "$model"
done
pages=()
complete "this host" "$(outcome)"
echo "1..$count"
exit "$((failed > 0))"
