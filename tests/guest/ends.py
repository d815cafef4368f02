#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How scripts/guest ends when things go wrong: no QEMU, a panic, a guest that hangs, wrong words.

  ends.py BUILD      prints TAP
"""
import os
import subprocess
import sys
import tempfile

import guest

BYTES = bytes(range(256)) * 64


def run(*words, **options):
    command = [sys.executable, guest.ROOT / "scripts/guest", "x86-4n", "--build", sys.argv[1], *words]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, **options)


def without_qemu(tap):
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PATH": empty}
        for status, words in ((2, ()), (guest.SKIPPED, ("--or-skip",))):
            done = run(*words, "--", "true", env=environment)
            tap.equal(f"no QEMU: status {status}", done.returncode, status, done.stderr.decode())
            tap.equal(f"no QEMU: the line, status {status}", done.stderr.decode(),
                      "guest: qemu-system-x86_64 is needed: package qemu-system-x86\n")


def wrong_words(tap):
    for words in (("--kernel", "5.10", "--", "true"), ("--icount", "--kernel", "6.1", "--", "true"), ("--",),
                  ("--timeout", "soon", "--", "true")):
        done = run(*words)
        tap.equal(f"wrong words: {' '.join(words)}", done.returncode, 2, done.stderr.decode())
    done = run("--build", "/nowhere", "--", "true")
    tap.equal("no program: status", done.returncode, 2)
    tap.check("no program: the line", b"/nowhere/cli/memboot is not built" in done.stderr, done.stderr.decode())


def panic(tap):
    with tempfile.NamedTemporaryFile() as file:
        file.write(BYTES)
        file.flush()
        command = f"cat {os.path.basename(file.name)}; sleep 1; echo c >/proc/sysrq-trigger"
        done = run("--timeout", "120", "--add", file.name, "--", "sh", "-c", command)
    said = done.stderr.decode()
    tap.equal("panic: status", done.returncode, 125, said)
    tap.check("panic: the line", "guest: x86-4n with Linux 6.1 ended without a status" in said, said)
    tap.check("panic: the console's end", "Kernel Offset" in said or "Kernel panic" in said, said)
    tap.check("panic: every byte that was printed before", done.stdout == BYTES, f"{len(done.stdout)} bytes")


def late(tap):
    done = run("--timeout", "2", "--", "true")
    said = done.stderr.decode()
    tap.equal("time is up: status", done.returncode, 124, said)
    tap.check("time is up: the line", "x86-4n with Linux 6.1 had not ended after 2 s" in said, said)


def main():
    probe = run("--or-skip", "--", "sh", "-c", "echo out; echo err >&2; exit 42")
    if probe.returncode == guest.SKIPPED:
        print(f"skipped: {probe.stderr.decode().strip().removeprefix('guest: ')}")
        sys.exit(guest.SKIPPED)
    tap = guest.Tap()
    tap.equal("output, errors and status", (probe.returncode, probe.stdout, probe.stderr), (42, b"out\n", b"err\n"))
    without_qemu(tap)
    wrong_words(tap)
    panic(tap)
    late(tap)
    tap.done()


if __name__ == "__main__":
    main()
