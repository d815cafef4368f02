#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How scripts/guest ends when things go wrong: no QEMU, a panic, a guest that hangs, wrong words, a reader that leaves.

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
                  ("--timeout", "soon", "--", "true"), ("--timeout", "0", "--", "true"),
                  ("--timeout", "-5", "--", "true")):
        done = run(*words)
        tap.equal(f"wrong words: {' '.join(words)}", done.returncode, 2, done.stderr.decode())
        tap.equal(f"wrong words: {' '.join(words)}: one line", done.stderr.count(b"\n"), 1, done.stderr.decode())
    done = run("--build", "/nowhere", "--", "true")
    tap.equal("no program: status", done.returncode, 2)
    tap.check("no program: the line", b"/nowhere/cli/memboot is not built" in done.stderr, done.stderr.decode())


def wrong_files(tap):
    for words, line in ((("--add", "/nonexistent"), "guest: /nonexistent: No such file or directory\n"),
                        (("--add", "/dev/zero"), "guest: /dev/zero: is neither a file nor a folder\n"),
                        (("--console", "/nonexistent/x"), "guest: /nonexistent/x: No such file or directory\n"),
                        (("--cache", "/dev/null/x"), "guest: /dev/null/x: Not a directory\n")):
        done = run("--or-skip", *words, "--", "true")
        tap.equal(f"{' '.join(words)}: status", done.returncode, 2)
        tap.equal(f"{' '.join(words)}: the line", done.stderr.decode(), line)


def reader_gone(tap):
    """The guest prints more than any pipe holds."""
    command = [sys.executable, guest.ROOT / "scripts/guest", "x86-4n", "--build", sys.argv[1], "--timeout", "120", "--",
               "sh", "-c", "yes | head -c 20000000; sleep 1000"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as here:
        first = here.stdout.read(2)
        here.stdout.close()
        said = here.stderr.read().decode()
    tap.equal("reader gone: what it read", first, b"y\n", said)
    tap.equal("reader gone: status", here.returncode, 141, said)
    tap.equal("reader gone: not a word", said, "")


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
    wrong_files(tap)
    reader_gone(tap)
    panic(tap)
    late(tap)
    tap.done()


if __name__ == "__main__":
    main()
