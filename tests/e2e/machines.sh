#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Boots every machine of tests/data/machines with every invariant checked, eager, lazy and deferred, with several numbers
# of workers and every kernel profile: all of a machine's boots must leave the same descriptors and free blocks. Builds
# that are not for release are slow: they boot by one profile and one number of workers.
# usage: machines.sh PROGRAM BUILDTYPE; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
release=$([ "$2" = release ] && echo yes)
data=${MB_TEST_DATA:?}/machines
needed_kib=$((10 << 20)) # the largest machine's descriptors and room to spare
count=0 failed=0

# outcome ARGUMENT...: digest and free blocks of a checked boot, or what went wrong.
outcome() {
  "$memboot" boot --check --max-memory "$((needed_kib / 1024))M" "$@" 2>&1 </dev/null |
    grep -E 'descriptors: digest|free blocks|^memboot:'
}

# same NAME FILE ARGUMENT...: the outcome is the eager boot's of that kernel.
same() {
  local name=$1 file=$2 reason='' got
  shift 2
  count=$((count + 1))
  got=$(outcome --machine-file "$file" "$@")
  [[ $got == *"descriptors: digest"*"free blocks"* ]] || reason=$got
  [ -n "$reason" ] || [ "$got" = "$want" ] || reason="differs from the eager boot: $got"
  if [ -z "$reason" ]; then
    echo "ok $count - $name"
  else
    failed=$((failed + 1))
    printf 'not ok %s - %s\n%s\n' "$count" "$name" "${reason//$'\n'/; }" | sed '2,$s/^/# /'
  fi
}

skip() {
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

# all NAME FILE KERNEL...: eager, lazy, then deferred with workers of every number.
all() {
  local name=$1 file=$2 kernel threads want
  shift 2
  for kernel; do
    want=$(outcome --machine-file "$file" --policy eager --kernel "$kernel")
    same "$name, $kernel, eager" "$file" --policy eager --kernel "$kernel"
    same "$name, $kernel, lazy" "$file" --policy lazy --kernel "$kernel"
    for threads in "${workers[@]}"; do
      same "$name, $kernel, deferred, $threads workers" "$file" --policy deferred --kernel "$kernel" --threads "$threads"
    done
  done
}

mapfile -t kernels < <("$memboot" list profiles | awk 'NR > 1 { print $1 }')
workers=(1 2 5)
if [ -z "$release" ]; then
  kernels=("${kernels[0]}")
  workers=(3)
fi
available_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
want=
for file in "$data"/*.txt; do
  name=$(basename "$file" .txt)
  if [ "$name" != big-512g ]; then
    all "$name" "$file" "${kernels[@]}"
  elif [ -z "$release" ]; then
    skip "$name" "8 GiB of descriptors are for the release build"
  elif [ "${available_kib:-0}" -lt "$needed_kib" ]; then
    skip "$name" "needs $((needed_kib >> 20)) GiB of free memory, this host has $((${available_kib:-0} >> 20))"
  else
    want=$(outcome --machine-file "$file")
    same "$name, eager" "$file" --policy eager
    same "$name, lazy" "$file" --policy lazy
  fi
done
count=$((count + 1))
if outcome | grep -q 'free blocks'; then
  echo "ok $count - this host"
else
  failed=$((failed + 1))
  echo "not ok $count - this host"
fi
echo "1..$count"
exit "$((failed > 0))"
