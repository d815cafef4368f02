#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes of scripts/ci on a small repository of their own: what each does for a commit that is fine, slower, or undecided.

Building takes minutes and judging takes one, so scripts/quickstart is a stub there, and what it builds is one too: it is as
slow as the file "speed" of its revision says. Everything else is the real thing: git, shells, the scripts of scripts/ci.
"""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

DEBIANS = "/usr/bin/python3"

try:
    import recipes
except ImportError as missing:
    if sys.executable != DEBIANS and Path(DEBIANS).exists():
        os.execv(DEBIANS, [DEBIANS, *sys.argv])  # which has what packages bring
    print(f"skipped: {missing.name} is not there for {sys.executable}")
    sys.exit(77)

QUICKSTART = """#!/bin/sh
pwd >>"$MB_BUILDS"
[ "$(cat speed)" != broken ] || exit 2
mkdir -p build/cli
sed "s/@SPEED@/$(cat speed)/" stub >build/cli/memboot
chmod +x build/cli/memboot
"""
# 10 is as slow as always, 20 slower, 11 cannot be told from 10.
STUB = """#!/bin/sh
speed=@SPEED@
option() { # what follows it
  wanted=$1; shift
  while [ $# -gt 0 ]; do [ "$1" != "$wanted" ] || { echo "$2"; return; }; shift; done
}
case "$1 $2" in
"speed ") echo "$speed" ;;
"gate --base")
  base=$("$(option --base "$@")" speed) new=$("$(option --new "$@")" speed)
  [ "$(option --budget "$@") $(option --threshold "$@")" = "60s 5%" ] || exit 2
  echo "verdict" >"$(option -o "$@")"
  echo "base $base new $new"
  [ "$new" -le "$base" ] || [ "$new" -le 11 ] || exit 1
  [ "$new" -le "$base" ] || exit 3 ;;
"bench "*) echo "$speed" >"$(option -o "$@")" ;;
"history add") echo "$(option --rev "$@") $(cat "$3")" >>"$MEMBOOT_HISTORY" ;;
"history check") cat "$MEMBOOT_HISTORY" ;;
"report --history") cp "$3" "$(option -o "$@")" ;;
*) echo "stub: $*"; exit 2 ;;
esac
"""
GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
       "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


class World:
    """A repository "origin", and the checkout ~/memboot of whoever runs the job."""

    def __init__(self, folder):
        self.origin, self.checkout, self.builds = folder / "origin", folder / "memboot", folder / "builds"
        self.env = {"PATH": recipes.PATH, "HOME": str(folder), "MB_BUILDS": str(self.builds), **GIT}
        self.git(folder, "init", "-q", "-b", "main", self.origin)
        for name, text in [("stub", STUB), ("scripts/quickstart", QUICKSTART), (".gitignore", "/build/\n/.memboot-keep/\n/memboot-ci/\n")]:
            self.write(name, text)
        for script in ["steps", "nightly"]:
            self.write(f"scripts/ci/{script}", (recipes.CI / script).read_text(encoding="utf-8"))
        self.first = self.commit("10")
        self.git(folder, "clone", "-q", self.origin, self.checkout)

    def git(self, folder, *args):
        return subprocess.run(["git", *args], cwd=folder, check=True, env=self.env, capture_output=True, text=True).stdout.strip()

    def write(self, name, text):
        path = self.origin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def commit(self, speed, branch="main"):
        self.git(self.origin, "checkout", "-q", "-B", branch)
        self.write("speed", speed)
        self.git(self.origin, "add", "-A")
        self.git(self.origin, "commit", "-qm", f"core: speed {speed}", "--allow-empty")
        return self.git(self.origin, "rev-parse", "HEAD")

    def run(self, name, base, branch="main"):
        """Status, and the job."""
        if name != "cron":
            self.git(self.checkout, "fetch", "-q", "origin")
            self.git(self.checkout, "checkout", "-q", "--detach", f"origin/{branch}")
        job = recipes.Job(self.checkout, base, branch, self.env)
        status, uploads = recipes.RECIPES[name](job)
        return status, uploads, job

    def built(self):
        return self.builds.read_text(encoding="utf-8").split() if self.builds.exists() else []


def each(test):
    """The test of every recipe, each in a world of its own; cron's begins with the first commit."""
    def run(self):
        for name in recipes.RECIPES:
            with self.subTest(recipe=name), tempfile.TemporaryDirectory() as folder:
                world = World(Path(folder))
                if name == "cron":
                    self.assertEqual(world.run(name, None)[0], 0)
                test(self, name, world)
    return run


class Recipes(unittest.TestCase):
    def check(self, world, name, expected, base, branch="main", published=True):
        status, uploads, job = world.run(name, base, branch)
        self.assertEqual(status, expected, job.output)
        for path in uploads if published else []:
            self.assertTrue(job.published(path), f"{path}\n{job.output}")
        return job

    @each
    def test_fine(self, name, world):
        second = world.commit("10")
        job = self.check(world, name, 0, world.first)
        self.assertEqual((world.checkout / "memboot-ci/gate.txt").read_text(encoding="utf-8"), "base 10 new 10\n", job.output)
        history = (world.checkout / ".memboot-keep/history.db").read_text(encoding="utf-8").split("\n")
        self.assertIn(f"{second} 10", history)
        self.assertTrue((world.checkout / "memboot-ci/history.html").exists())
        if name == "cron":
            self.assertEqual(job.output, "")

    @each
    def test_slower(self, name, world):
        world.commit("20")
        job = self.check(world, name, 1, world.first)
        self.assertIn("base 10 new 20", job.output)

    @each
    def test_slower_branch(self, name, world):
        if name == "cron":
            return  # it knows one branch
        world.commit("20", "topic")
        self.assertIn("base 10 new 20", self.check(world, name, 1, world.first, "topic").output)
        world.commit("9", "topic")
        self.check(world, name, 0, world.first, "topic")
        self.assertFalse((world.checkout / ".memboot-keep/history.db").exists())

    @each
    def test_undecided(self, name, world):
        world.commit("11")
        self.check(world, name, 0, world.first)

    @each
    def test_base_is_kept(self, name, world):
        world.commit("10")
        self.check(world, name, 0, world.first)
        before = len(world.built())
        world.commit("10")
        self.check(world, name, 0, world.first)
        self.assertEqual(len(world.built()) - before, 2 if name in ("cron", "jenkins") else 1)

    @each
    def test_no_base(self, name, world):
        if name in ("cron", "jenkins"):
            return  # theirs is in the checkout
        self.assertIn("no base", self.check(world, name, 0, "0" * 40, published=False).output)

    @each
    def test_does_not_build(self, name, world):
        world.commit("broken")
        self.check(world, name, 2, world.first, published=False)


class Cron(unittest.TestCase):
    """What is special about it: mails and what it remembers."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.world = World(Path(folder.name))

    def nightly(self):
        status, _, job = self.world.run("cron", None)
        return status, job.output

    def test_nothing_new(self):
        self.assertEqual(self.nightly(), (0, ""))
        built = self.world.built()
        self.assertEqual(self.nightly(), (0, ""))
        self.assertEqual(self.world.built(), built)

    def test_held_against_what_passed(self):
        self.nightly()
        slow = self.world.commit("20")
        status, mail = self.nightly()
        self.assertEqual(status, 1)
        self.assertIn(f"memboot: revision {slow} against {self.world.first}: exit status 1", mail)
        self.assertEqual(self.nightly(), (0, ""))  # said once
        self.world.commit("20")
        self.assertIn("base 10 new 20", self.nightly()[1])
        self.world.commit("10")
        self.assertEqual(self.nightly(), (0, ""))

    def test_undecided_has_not_passed(self):
        self.nightly()
        sure = self.world.commit("11")
        status, mail = self.nightly()
        self.assertEqual(status, 0)
        self.assertIn(f"memboot: revision {sure} against {self.world.first}: undecided", mail)
        self.world.commit("20")
        self.assertIn("base 10 new 20", self.nightly()[1])  # not 11

    def test_one_at_a_time(self):
        keep = self.world.checkout / ".memboot-keep"
        keep.mkdir()
        with subprocess.Popen(["flock", keep / "lock", "sh", "-c", "echo; read _"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            status, mail = self.nightly()
            other.stdin.close()
        self.assertEqual((status, mail), (1, "nightly: another one still runs\n"))


MEMBOOT = os.environ.get("MB_MEMBOOT", "")


def does(*command):
    return MEMBOOT and subprocess.run([MEMBOOT, *command], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(does("bench", "^runner/empty$", "--min-time", "0.001"), "the program has no benches: they need Google Benchmark")
class Program(unittest.TestCase):
    """The real program takes what the steps say; how it judges is not for a busy host to show."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.world = World(Path(folder.name))
        self.world.write("scripts/quickstart", '#!/bin/sh\nmkdir -p build/cli && cp "$MB_MEMBOOT" build/cli/memboot\n')
        self.world.commit("10")
        self.world.git(self.world.checkout, "pull", "-q")
        self.env = self.world.env | {"MB_MEMBOOT": MEMBOOT, "MEMBOOT_ROWS": "^memblock/alloc/top/regions:1000$", "MEMBOOT_BUDGET": "3s",
                                     "MEMBOOT_UNSURE": "fail"}
        self.run_step("scripts/quickstart")

    def run_step(self, *command, statuses=(0,)):
        ended = subprocess.run(command, cwd=self.world.checkout, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                               check=False)
        self.assertIn(ended.returncode, statuses, ended.stdout + ended.stderr)
        return ended.stdout

    def published(self, name):
        return (self.world.checkout / "memboot-ci" / name).read_text(encoding="utf-8")

    @unittest.skipUnless(does("gate", "--help"), "the program has no gate")
    def test_gate(self):
        self.run_step("scripts/ci/steps", "base", "HEAD")
        said = self.run_step("scripts/ci/steps", "gate", statuses=(0, 1, 3, 4))
        self.assertEqual(self.published("gate.txt"), said)
        self.assertIn("memblock/alloc/top/regions:1000", self.published("gate.xml"))

    @unittest.skipUnless(does("history", "--help"), "the program has no history")
    def test_history(self):
        for revision in ["one", "two"]:
            self.run_step("scripts/ci/steps", "history", revision)
        self.assertIn("memblock/alloc/top/regions:1000", self.published("history.html"))


class Steps(unittest.TestCase):
    def test_no_verdict_is_left_of_another_revision(self):
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            verdict = world.checkout / "memboot-ci/gate.xml"
            verdict.parent.mkdir()
            verdict.write_text("all is well", encoding="utf-8")
            subprocess.run([world.checkout / "scripts/ci/steps", "gate"], env=world.env, check=False, capture_output=True)
            self.assertFalse(verdict.exists())

    def test_usage(self):
        for args, status, words in [(["--help"], 0, "MEMBOOT_KEEP"), ([], 2, "which step"), (["fly"], 2, "which step"),
                                    (["base"], 1, "which revision")]:
            ended = subprocess.run([recipes.CI / "steps", *args], capture_output=True, text=True, check=False)
            self.assertEqual(ended.returncode, status)
            self.assertIn(words, ended.stdout + ended.stderr)

    def test_old_bases_go(self):
        with tempfile.TemporaryDirectory() as folder:
            world = World(Path(folder))
            for speed in range(1, 9):
                sha = world.commit(str(speed))
                world.git(world.checkout, "fetch", "-q")
                subprocess.run([world.checkout / "scripts/ci/steps", "base", sha], env=world.env, check=True, capture_output=True)
            kept = sorted(p.name for p in (world.checkout / ".memboot-keep/base").iterdir())
            self.assertEqual(len(kept), 6)
            self.assertIn(sha, kept)
            self.assertIn("current", kept)


if __name__ == "__main__":
    unittest.main()
