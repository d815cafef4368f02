# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Cases in TAP, for the scripts beside this file: they set $out and $err, where a command's words are, and $status.
count=0 failed=0 status=0

# verdict NAME REASON: the case passed when there is no reason why not.
verdict() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    echo "ok $count - $1"
    return
  fi
  failed=$((failed + 1))
  echo "not ok $count - $1"
  echo "# $2; status $status"
  sed 's/^/# stdout: /' "${out:?}" | head -n 8
  sed 's/^/# stderr: /' "${err:?}" | head -n 5
}

# holds NAME COMMAND...: the case passes when the command does.
holds() {
  local name=$1 reason=
  shift
  "$@" >/dev/null 2>&1 || reason="not so: $*"
  verdict "$name" "${reason//$'\n'/ }"
}

is() {
  [ "$1" = "$2" ]
}

# skip NAME WHY
skip() {
  count=$((count + 1))
  echo "ok $count - $1 # SKIP $2"
}

# plan: the line that ends the cases; fails when one of them did.
plan() {
  echo "1..$count"
  [ "$failed" -eq 0 ]
}
