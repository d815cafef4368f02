#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Breaks one rule of the engine at a time and sees that `memboot validate` notices.

usage: mutation.py SOURCE-ROOT CAPTURES

facts.txt beside this script has the mutations. The sources are copied to a scratch folder and built there, without
optimisation or optional libraries. Unchanged, the program must find every fact of every capture equal; with a mutation, the
fact that it names must be different (exit status 1). Every fact must have a mutation. Prints TAP; exits 1 when a case
fails, 77 where there is nothing to build with.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).with_name("facts.txt")
HEADING = re.compile(r"(?P<fact>F\d+) (?P<capture>\S+) (?P<source>core/\S+\.c): (?P<rule>.+)")
BUILT = ["meson.build", "meson_options.txt", "core", "numa", "reports", "benches", "cli"]
OPTIONS = ["-Dauto_features=disabled", "-Dbuildtype=plain", "-Dc_args=-O0"]
SECONDS = 20  # until a mutant that does not end is stopped


class Mutation:
    """One entry of the table."""

    def __init__(self, lines):
        match = HEADING.fullmatch(lines[0])
        if not match or len(lines) != 3 or lines[1][:2] != "- " or lines[2][:2] != "+ ":
            sys.exit(f"{TABLE.name}: not a heading, a line '- …' and a line '+ …': {lines[0]}")
        vars(self).update(match.groupdict())
        self.old, self.new = lines[1][2:], lines[2][2:]

    def name(self):
        return f"{self.fact} {self.capture}, {self.source}: {self.rule}"


def read_table():
    text = "\n".join(line for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return [Mutation(block.splitlines()) for block in text.strip().split("\n\n")]


class Engine:
    """The program, built from a copy of the sources that can be changed."""

    def __init__(self, root, scratch):
        self.source, self.build = Path(scratch) / "source", Path(scratch) / "build"
        self.program = self.build / "cli" / "memboot"
        self.source.mkdir()
        for name in BUILT:
            if (root / name).is_dir():
                shutil.copytree(root / name, self.source / name)
            else:
                shutil.copy2(root / name, self.source)
        self.run(["meson", "setup", *OPTIONS, self.build, self.source])

    @staticmethod
    def run(command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}")

    def make(self):
        self.run(["ninja", "-C", self.build, "cli/memboot"])

    def facts(self):
        done = subprocess.run([self.program, "list", "facts"], stdout=subprocess.PIPE, text=True, check=True)
        return re.findall(r"^ *(F\d+)\b", done.stdout, re.MULTILINE)

    def validate(self, capture, *options):
        """Exit status, and what was printed."""
        command = [self.program, "validate", "--color", "never", "--sysroot", capture, *options]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS,
                                  check=False)
        except subprocess.TimeoutExpired:
            return None, f"did not end within {SECONDS} s"
        return done.returncode, done.stdout


def unchanged(engine, capture):
    """None, or why a capture is not equal in every fact."""
    status, said = engine.validate(capture)
    return None if status == 0 else f"exit status {status} without a mutation\n{said}"


def noticed(engine, captures, mutation):
    """None, or why a mutation was not seen by its fact."""
    path = engine.source / mutation.source
    if not path.is_file() or not (captures / mutation.capture).is_dir():
        return f"there is no {mutation.source}, or no capture {mutation.capture}: update {TABLE.name}"
    text = path.read_text(encoding="utf-8")
    found = text.count(mutation.old)
    if found != 1:
        return f"{mutation.source} has this text {found} times, not once; update {TABLE.name}: {mutation.old}"
    try:
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
        engine.make()
        status, said = engine.validate(captures / mutation.capture, "--facts", mutation.fact)
    except RuntimeError as error:
        return str(error)
    finally:
        path.write_text(text, encoding="utf-8")
    return None if status == 1 else f"exit status {status}, not 1: {mutation.fact} does not notice\n{said}"


def main(root, captures):
    missing = [tool for tool in ("meson", "ninja") if not shutil.which(tool)]
    if missing:
        print(f"skipped: no {' and no '.join(missing)} to build with")
        return 77
    table, results = read_table(), []

    def case(name, why):
        results.append(why is None)
        print(f"{'ok' if why is None else 'not ok'} {len(results)} - {name}", flush=True)
        for line in (why or "").splitlines():
            print(f"# {line}")

    with tempfile.TemporaryDirectory(prefix="memboot-mutation-") as scratch:
        engine = Engine(root, scratch)
        engine.make()
        for capture in sorted(captures.iterdir()):
            case(f"{capture.name} is equal without a mutation", unchanged(engine, capture))
        for fact in engine.facts():
            has = any(mutation.fact == fact for mutation in table)
            case(f"{fact} has a mutation", None if has else f"none in {TABLE.name}")
        for mutation in table:
            case(mutation.name(), noticed(engine, captures, mutation))
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except RuntimeError as error:
        sys.exit(str(error))
