#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Layout of the sources: clang-format, the white space of .editorconfig, shellcheck. A missing tool is a skip."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import house

CLANG_FORMAT = 14  # another release lays some lines out differently
TABS = (".c", ".h", ".cc")  # indented with tabs by .editorconfig; a Makefile would be another
SPACES = (".py", ".sh", ".yml", "meson.build", "meson_options.txt")
LEFT_ALONE = re.compile(r"(^LICENSE$|^tests/data/|^tests/fuzz/corpus/)")


def skip(reason):
    print(reason)
    sys.exit(house.SKIPPED)


def clang_format():
    """The command of the release that the project is laid out with, or a skip."""
    for command in (f"clang-format-{CLANG_FORMAT}", "clang-format"):
        if shutil.which(command):
            version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(rf"version {CLANG_FORMAT}\.", version):
                return command
    skip(f"clang-format {CLANG_FORMAT} is not installed")


def offences(run):
    """The lines of a tool's report that name a place, the first of each source line; all of it when none does."""
    places = {}
    for line in run.stdout.splitlines() + run.stderr.splitlines():
        if place := re.match(r"(.+:\d+):\d+: ", line):
            places.setdefault(place[1], line)
    return list(places.values()) or ([(run.stdout + run.stderr).strip()] if run.returncode else [])


def check_layout(root):
    names = house.sources(root)
    run = subprocess.run([clang_format(), "--dry-run", "-Werror", f"--style=file:{house.ROOT}/.clang-format", *names],
                         cwd=root, capture_output=True, text=True, check=False)
    return offences(run)


def check_shell(root):
    if not shutil.which("shellcheck"):
        skip("shellcheck is not installed")
    names = [n for n in house.files(root) if is_shell(root, n)]
    run = subprocess.run(["shellcheck", "-x", "-f", "gcc", *names],
                         cwd=root, capture_output=True, text=True, check=False)
    return offences(run)


def is_shell(root, name):
    with (Path(root) / name).open("rb") as file:
        head = file.read(200)
    return re.match(rb"#!.*\b(ba)?sh\b", head) is not None or b"# shellcheck shell=" in head


def check_spaces(root):
    found = []
    for name in house.files(root):
        data = (Path(root) / name).read_bytes()
        if LEFT_ALONE.search(name) or b"\0" in data or not data:
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            found.append(f"{name}:1: not UTF-8: {error}")
            continue
        if not text.endswith("\n") or text.endswith("\n\n"):
            found.append(f"{name}:{text.count(chr(10))}: ends with exactly one line feed")
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                found.append(f"{name}:{number}: white space at the end")
            if name.endswith(SPACES) and line.startswith("\t"):
                found.append(f"{name}:{number}: indented with a tab")
            if name.endswith(TABS) and re.match(r" {8}", line):
                found.append(f"{name}:{number}: indented with spaces")
    return found


CASES = {
    "layout": [
        (check_layout, {"core/a.c": "int a(void)\n{\n\treturn 1;\n}\n"}, None),
        (check_layout, {"core/a.c": "int a(void) { return 1; }\n"}, "core/a.c:1:"),
    ],
    "shell": [
        (check_shell, {"scripts/a": "#!/bin/sh\necho hello\n"}, None),
        (check_shell, {"scripts/a": "#!/usr/bin/env bash\necho $1\n"}, "SC2086"),
    ],
    "spaces": [
        (check_spaces, {"core/a.c": "\tint a;\n", "LICENSE": "x \n", "meson.build": "if x\n  y = 1\nendif\n"}, None),
        (check_spaces, {"core/a.c": "int a; \n"}, "core/a.c:1: white space"),
        (check_spaces, {"core/a.c": "int a;"}, "exactly one line feed"),
        (check_spaces, {"core/a.c": "int a;\n\n"}, "exactly one line feed"),
        (check_spaces, {"core/a.c": "        int a;\n"}, "indented with spaces"),
        (check_spaces, {"tests/meson.build": "\tx\n"}, "indented with a tab"),
        (check_spaces, {"README.md": "a\r\n"}, "white space"),
    ],
}

if __name__ == "__main__":
    part = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1] in CASES else None
    if not part:
        sys.exit(f"usage: check_format.py {'|'.join(CASES)} [--self-test]")
    house.main([globals()[f"check_{part}"]], CASES[part], __doc__)
