#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program that people get has nothing of benches/slow.h; the one for tests does.
# usage: hooks.sh PROGRAM HOOKED-PROGRAM; prints TAP, exits 1 when a case fails.
set -u

memboot=$(realpath "$1")
hooked=$(realpath "$2")
out=/dev/null err=/dev/null
# shellcheck source=tests/e2e/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

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

holds "the program knows no variable that slows it" texts "$memboot"
holds "the one for tests does" none texts "$hooked"
if command -v nm >/dev/null; then
  holds "the program has no such function" symbols "$memboot"
  holds "the one for tests does have it" none symbols "$hooked"
else
  skip "functions" "no nm"
fi
plan
