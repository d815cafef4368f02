# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the scripts beside this file: what of scripts/packages is missing, and installing it where that is possible.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

die() {
  echo "$(basename "$0"): $*" >&2
  exit 2
}

# probe KIND:NAME: true when it is there.
probe() {
  local name=${1#*:}
  case $1 in
  cmd:*) command -v "$name" ;;
  pc:*) pkg-config --exists "$name" ;;
  file:*) [[ -e $name ]] ;;
  header:*) gcc -x c -E - <<<"#include <$name>" ;;
  link:*) gcc -x c "$name" -o "$scratch/probe" - <<<'int main(void) { return 0; }' ;;
  fuzzer:*) clang "$name" -x c -o "$scratch/probe" - <<<'int LLVMFuzzerTestOneInput(void) { return 0; }' ;;
  *) die "scripts/packages: unknown probe $1" ;;
  esac >/dev/null 2>&1
}

# debian_like: true where apt installs what the table names.
debian_like() {
  [[ -r /etc/os-release ]] && (
    # shellcheck source=/dev/null
    . /etc/os-release
    [[ " ${ID:-} ${ID_LIKE:-} " =~ \ (debian|ubuntu)\  ]]
  ) && command -v apt-get >/dev/null
}

# find_missing FOR...: fills missing_packages and missing_names with what these uses need and the host lacks.
find_missing() {
  local package use check name
  missing_packages=()
  missing_names=()
  while read -r package use check name; do
    [[ $package && $package != '#'* && " $* " == *" $use "* ]] || continue
    probe "$check" && continue
    missing_packages+=("$package")
    missing_names+=("$name")
  done <"$top/scripts/packages"
}

# apt_install PACKAGE...: quietly; the package lists are fetched only when the host's own do not do.
apt_install() {
  local as=()
  ((EUID == 0)) || as=(sudo -n)
  as+=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
  echo "installing: $*"
  "${as[@]}" install -y --no-install-recommends "$@" >"$scratch/apt" 2>&1 && return
  "${as[@]}" update >"$scratch/apt" 2>&1 &&
    "${as[@]}" install -y --no-install-recommends "$@" >"$scratch/apt" 2>&1 && return
  cat "$scratch/apt" >&2
  return 1
}

# obtain FOR...: true when everything these uses need is there, or could be installed; else missing_names says what is not.
obtain() {
  find_missing "$@"
  ((${#missing_packages[@]})) || return 0
  debian_like || return 1
  ((EUID == 0)) || sudo -n true 2>/dev/null || return 1
  local packages
  mapfile -t packages < <(printf '%s\n' "${missing_packages[@]}" | sort -u)
  apt_install "${packages[@]}" || return 1
  find_missing "$@"
  ((${#missing_packages[@]} == 0))
}

# require FOR...: afterwards everything these uses need is there; else says what is missing and exits 2.
require() {
  obtain "$@" && return
  local packages
  mapfile -t packages < <(printf '%s\n' "${missing_packages[@]}" | sort -u)
  if ! debian_like; then
    printf 'missing, please install:\n' >&2
    printf '  %s\n' "${missing_names[@]}" >&2
  elif ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
    echo "missing, please run:" >&2
    echo "sudo apt-get install --no-install-recommends ${packages[*]}" >&2
  else
    die "still missing: ${missing_names[*]}; apt-get could not install: ${packages[*]}"
  fi
  exit 2
}

# quietly LOG COMMAND...: runs it with its output in a file, which is shown when it fails.
quietly() {
  local log=$1 status=0
  shift
  "$@" >"$log" 2>&1 </dev/null || status=$?
  ((status == 0)) || cat "$log" >&2
  return "$status"
}

# build DIR [MESON-OPTION...]: configures a new directory, and builds what changed; through a wrapper, where one is set.
wrapper=()
build() {
  local dir=$1
  shift
  if [[ ! -f $dir/build.ninja ]]; then
    quietly "$scratch/setup" meson setup "$@" "$dir" "$top" || return
  fi
  quietly "$scratch/compile" "${wrapper[@]}" ninja -C "$dir"
}
