#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What instructions.py says, of figures made up and of loops that MEMBOOT_SLOW makes slower.

usage: test_instructions.py LOOPS BUILD; a unittest program.
"""
import contextlib
import functools
import io
import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import instructions

LOOPS, BUILD = None, None
KEY = {"arch": "x86_64", "compiler": "gcc 12.2.0", "flags": "-O3"}

GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b",
       "GIT_CONFIG_GLOBAL": "/dev/null"}


def said(function, *args, **more):
    """Its result and what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = function(*args, **more)
    return result, out.getvalue()


class Figures(unittest.TestCase):
    def test_difference_of_two_sizes(self):
        lines = ["way libc 2", "loop a 100", "loop a 200", "loop b 10", "loop b 20", ""]
        self.assertEqual(instructions.figures(lines, [1007, 2007, 50, 75]), {"a": 10.0, "b": 2.5})
        with self.assertRaises(RuntimeError):
            instructions.figures(lines, [1007, 2007, 50])
        with self.assertRaises(RuntimeError):
            instructions.figures([], [])

    def test_verdicts(self):
        for was, now, word in [(100, 100, "same"), (100, 100.4, "same"), (100, 100.6, "worse"), (100, 99.4, "better"),
                               (None, 1, "new"), (1, None, "gone")]:
            self.assertEqual(instructions.verdict(was, now), word)

    def test_key(self):
        with self.assertRaisesRegex(instructions.NotComparable, "no baseline is stored"):
            instructions.entry_for(KEY, [])
        entry = {"key": KEY, "figures": {}}
        self.assertIs(instructions.entry_for(dict(KEY), [entry]), entry)
        for part, value, words in [("compiler", "gcc 13.1.0", "compiler is gcc 13.1.0, stored is gcc 12.2.0"),
                                   ("flags", "-O2", "flags is -O2, stored are others")]:
            with self.assertRaisesRegex(instructions.NotComparable, words):
                instructions.entry_for(KEY | {part: value}, [entry])


@unittest.skipUnless(instructions.shutil.which("valgrind"), "valgrind is not there")
class Slower(unittest.TestCase):
    """Three loops of the real program against figures of the same build."""
    NAMES = ["pageinit/kernel", "handoff", "memblock/alloc"]

    @classmethod
    def setUpClass(cls):
        try:
            cls.stored = {"key": instructions.key_of(LOOPS, BUILD), "figures": instructions.count(LOOPS, names=cls.NAMES)}
        except instructions.NotComparable as why:
            raise unittest.SkipTest(str(why)) from None
        cls.folder = tempfile.TemporaryDirectory()
        cls.baseline = Path(cls.folder.name) / "b.json"
        cls.baseline.write_text(instructions.text_of([cls.stored]), encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, slow):
        with unittest.mock.patch.object(instructions, "count", functools.partial(instructions.count, names=self.NAMES)):
            return said(instructions.check, LOOPS, BUILD, self.baseline, slow)

    def test_same(self):
        status, text = self.check(None)
        self.assertEqual((status, text.count("  same\n")), (0, 3), text)

    def test_two_percent_more(self):
        for stage, name in zip(["pageinit", "handoff", "memblock"], self.NAMES):
            status, text = self.check(f"{stage}:2")
            row = next(line for line in text.split("\n") if line.startswith(name))
            self.assertEqual((status, text.count("  same\n"), text.count("  worse\n")), (1, 2, 1), text)
            self.assertIn("worse", row)
            self.assertAlmostEqual(float(row.split()[3].rstrip("%")), 2, delta=0.05)

    def test_loops_come_and_go(self):
        other = {"key": self.stored["key"], "figures": self.stored["figures"] | {"gone": 1}}
        self.baseline.write_text(instructions.text_of([other]), encoding="utf-8")
        status, text = self.check(None)
        self.baseline.write_text(instructions.text_of([self.stored]), encoding="utf-8")
        self.assertEqual(status, 1)
        self.assertIn("  gone\n", text)


class Repository(unittest.TestCase):
    """A repository of the test's own."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = Path(self.folder.name)
        self.git("init", "-q")
        self.write("core/a.c", "1")
        self.commit("core/a.c")

    def git(self, *args):
        subprocess.run(["git", "-C", self.root, *args], check=True, env=os.environ | GIT, capture_output=True)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text, encoding="utf-8")

    def commit(self, *names):
        self.git("add", *names)
        self.git("commit", "-qm", "core: more")


class Alone(Repository):
    """instructions.py alone."""

    def test_alone(self):
        self.assertEqual(said(instructions.alone, self.root)[0], 0)
        self.write(instructions.BASELINE, "1")
        self.assertIn("changed by hand", said(instructions.alone, self.root)[1])
        self.commit(instructions.BASELINE)
        self.assertEqual(said(instructions.alone, self.root)[0], 0)

    def test_together(self):
        self.write(instructions.BASELINE, "1")
        self.write("core/a.c", "2")
        self.commit(instructions.BASELINE, "core/a.c")
        status, text = said(instructions.alone, self.root)
        self.assertEqual(status, 1)
        self.assertIn("together with core/a.c", text)

    def test_no_history(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(instructions.NotComparable):
            instructions.alone(folder)


class Rebaseline(Repository):
    """The script, with a stub that counts and one that builds."""

    def setUp(self):
        super().setUp()
        source = Path(__file__).resolve().parents[2]
        for name in ["scripts/rebaseline", "scripts/lib.sh"]:
            self.write(name, (source / name).read_text(encoding="utf-8"))
        self.write("tests/instructions/instructions.py", "#!/bin/sh\necho moved; cat figures >\"$2\"\n")
        self.write("figures", "1\n")
        self.write("stubs/ninja", "#!/bin/sh\nexit 0\n")
        self.write("stubs/valgrind", "#!/bin/sh\nexit 0\n")
        self.write("b/build.ninja", "")
        for name in ["scripts/rebaseline", "tests/instructions/instructions.py", "stubs/ninja", "stubs/valgrind"]:
            (self.root / name).chmod(0o755)
        self.commit(".")

    def rebaseline(self, *args):
        env = os.environ | GIT | {"PATH": f"{self.root}/stubs:{os.environ['PATH']}"}
        ended = subprocess.run([self.root / "scripts/rebaseline", *args], cwd=self.root, env=env, capture_output=True,
                               text=True, check=False)
        return ended.returncode, ended.stdout + ended.stderr

    def test_a_commit_of_its_own(self):
        status, text = self.rebaseline("b")
        self.assertEqual(status, 0, text)
        self.assertIn("committed as", text)
        self.assertEqual((self.root / instructions.BASELINE).read_text(encoding="utf-8"), "1\n")
        self.assertEqual(said(instructions.alone, self.root)[0], 0)
        self.assertIn("nothing to commit", self.rebaseline("b")[1])
        self.write("figures", "2\n")
        self.commit("figures")
        self.assertIn("nothing is stored", self.rebaseline("--dry-run", "b")[1])
        self.assertIn("committed as", self.rebaseline("b")[1])

    def test_refused(self):
        self.write("core/a.c", "2")
        status, text = self.rebaseline("b")
        self.assertEqual(status, 2)
        self.assertIn("commit or undo this first:  M core/a.c", text)
        self.assertFalse((self.root / instructions.BASELINE).exists())
        for args in [["nowhere"], ["--fast"]]:
            self.assertEqual(self.rebaseline(*args)[0], 2)


if __name__ == "__main__":
    LOOPS, BUILD = sys.argv[1:3]
    sys.argv[1:] = []
    unittest.main(verbosity=1)
