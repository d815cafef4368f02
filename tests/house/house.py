# SPDX-License-Identifier: Apache-2.0
"""What the house checks share: the project's files, C text without comments, the report, the self-test.

A check is a function from the root of a tree to a list of offences, one line each: "path:line: what is wrong".
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77  # what meson takes for a skipped test

TOKENS = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def files(root):
    """Paths, relative to the root, of what is tracked or about to be; a tree without git is walked."""
    git = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False) \
        if (Path(root) / ".git").exists() else None
    if git and git.returncode == 0:
        names = [n for n in git.stdout.split("\0") if n]
    else:
        names = [os.path.relpath(os.path.join(d, n), root) for d, _, some in os.walk(root) for n in some]
    names = [n for n in names if not re.match(r"(build[^/]*/|\.git/)", n) and "__pycache__" not in n]
    return sorted({n for n in names if (Path(root) / n).is_file()})


def sources(root, *folders, suffixes=(".c", ".h", ".cc")):
    """C and C++ files, those of some folders or all."""
    return [n for n in files(root)
            if n.endswith(suffixes) and (not folders or n.split("/", 1)[0] in folders)]


def blank(text, strings=True):
    """The text with comments, and strings too unless told otherwise, as spaces; lines stay where they are."""
    def replace(match):
        token = match.group(0)
        if token[0] in "\"'" and not strings:
            return token
        return re.sub(r"[^\n]", " ", token)
    return TOKENS.sub(replace, text)


def read(root, name):
    return (Path(root) / name).read_text(encoding="utf-8")


def write(root, tree):
    """Writes {path: text} below root."""
    for name, text in tree.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def self_test(cases):
    """
    cases: (check, tree, word). The check must name the word in some offence of the tree, or find nothing where the
    word is None. Returns what did not come out so.
    """
    wrong = []
    for check, tree, word in cases:
        with tempfile.TemporaryDirectory() as root:
            write(root, tree)
            found = check(root)
        if (bool(found) if word is None else not any(word in line for line in found)):
            wrong.append(f"{check.__name__} on {sorted(tree)}: expected {word!r}, got {found}")
    return wrong


def main(checks, cases, description):
    """Runs all checks on the project, or their self-test, prints the offences and exits 1 when there are any."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--self-test", action="store_true", help="feed each check broken trees and see it object")
    found = self_test(cases) if parser.parse_args().self_test else [line for c in checks for line in c(ROOT)]
    print("\n".join(found) if found else "fine")
    sys.exit(1 if found else 0)
