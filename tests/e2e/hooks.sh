#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program that people get has nothing of benches/slow.h; the one for tests does.
# usage: hooks.sh PROGRAM HOOKED-PROGRAM; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
hooked=$(realpath "$2")
count=0 failed=0

# verdict NAME COMMAND...: the case passes when the command does.
verdict() {
  local name=$1
  shift
  count=$((count + 1))
  if "$@" >/dev/null 2>&1; then
    echo "ok $count - $name"
  else
    failed=$((failed + 1))
    echo "not ok $count - $name"
  fi
}

# symbols PROGRAM: nothing of the hooks is among them.
symbols() {
  ! nm "$1" | grep -q mb_slow
}

# texts PROGRAM: nor is the variable's name in it.
texts() {
  ! grep -q MEMBOOT_SLOW "$1"
}

none() {
  ! "$@"
}

verdict "the program knows no variable that slows it" texts "$memboot"
verdict "the one for tests does" none texts "$hooked"
if command -v nm >/dev/null; then
  verdict "the program has no such function" symbols "$memboot"
  verdict "the one for tests does have it" none symbols "$hooked"
else
  count=$((count + 1))
  echo "ok $count - functions # SKIP no nm"
fi
echo "1..$count"
((failed == 0))
