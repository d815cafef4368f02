#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/guest and its parts without a guest: what they fetch, keep, put together and refuse. No network, no QEMU."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))
from guests import build, debian  # noqa: E402
from guests.initramfs import Initramfs  # noqa: E402
from guests.profile import PROFILES  # noqa: E402


def load(path):
    """A program as a module: its name has no suffix."""
    loader = importlib.machinery.SourceFileLoader(path.name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.name, loader))
    loader.exec_module(module)
    return module


guest = load(ROOT / "scripts/guest")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)


def options(*words):
    with mock.patch.object(sys, "argv", ["guest", *words]):
        return guest.options()[0]


class Words(Case):
    def refuse(self, *words):
        """The line that says why."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said), self.assertRaises(SystemExit) as end:
            options(*words)
        self.assertEqual((end.exception.code, said.getvalue().count("\n")), (2, 1), said.getvalue())
        return said.getvalue()

    def test_the_command_keeps_its_words(self):
        for words, command in (("-- grep -- -v", "grep -- -v"), ("-- -- -v", "-- -v"), ("-- ls --", "ls --"),
                               ("grep -- -v", "grep -- -v"), ("-- true", "true"), ("--icount --kernel 6.12 -- true --icount --",
                               "true --icount --"), ("memboot topo", "memboot topo"), ("--timeout 5 memboot topo", "memboot topo"),
                               ("-- sh -c --help", "sh -c --help"), ("ls --", "ls --")):
            self.assertEqual(options("x86-4n", *words.split()).command, command.split(), words)

    def test_no_command(self):
        for words in ((), ("--",), ("--icount",), ("--kernel", "6.12", "--")):
            self.assertIn("COMMAND", self.refuse("x86-4n", *words))
        self.assertIn("--cmdline", self.refuse("x86-4n", "--cmdline", "--", "true"))
        self.assertIn("PROFILE", self.refuse("--", "true"))


class Image(Case):
    """What is packed for the guest."""

    @unittest.skipUnless(shutil.which("readelf"), "there is no readelf")
    def test_a_broken_program(self):
        broken = self.folder / "broken"
        broken.write_bytes(b"\x7fELF and no more")
        with self.assertRaises(OSError) as failed:
            Initramfs([]).add_tree("/root/broken", broken)
        self.assertEqual((failed.exception.filename, failed.exception.strerror), (str(broken), "is a broken ELF file"))

    def test_two_of_one_name(self):
        for part in ("a", "b", "c"):
            (self.folder / part).mkdir()
            (self.folder / part / f"{part}.sh").touch()
        (self.folder / "b/a.sh").touch()
        (self.folder / "c/b.sh").symlink_to(self.folder / "b/b.sh")
        paths = [self.folder / name for name in ("a/a.sh", "b/b.sh", "c/b.sh", "a/a.sh", "c")]
        guest.check_added(paths)
        with self.assertRaisesRegex(OSError, f"has the name of {self.folder}/a/a.sh.*: '{self.folder}/b/a.sh'"):
            guest.check_added([*paths, self.folder / "b/a.sh"])

    def test_words_and_names_are_bytes(self):
        name = os.fsencode(self.folder) + b"/\xff"
        with open(name, "wb") as file:
            file.write(b"\xfe")
        given = options("x86-4n", "--add", os.fsdecode(name), "--", "echo", os.fsdecode(b"\xfd"))
        with mock.patch.object(build, "program", lambda *_: (Path(__file__), [])):
            guest.make_initramfs(given, PROFILES["x86-4n"], None, Path(__file__), self.folder / "image")
        image = (self.folder / "image").read_bytes()
        self.assertIn(b"root/\xff\0", image)
        self.assertRegex(image, b"exec echo '?\xfd'?\n")


class Build(Case):
    def make(self, machine, *names):
        (self.folder / "cli").mkdir(exist_ok=True)
        (self.folder / "cli/memboot").write_bytes(b"\x7fELF\2\1\1" + bytes(9) + b"\3\0" + machine.to_bytes(2, "little"))
        for name in names:
            (self.folder / name).touch()

    def check(self, profile):
        build.check(PROFILES[profile], self.folder)

    def refuse(self, profile, why):
        with self.assertRaisesRegex(debian.Missing, why):
            self.check(profile)

    def test_another_machine(self):
        self.make(62, "build.ninja")
        self.check("x86-4n")
        self.refuse("arm64-pmu", f"{self.folder} is a build for x86_64, not for aarch64")
        self.make(183)
        self.check("arm64-pmu")
        self.refuse("x86-4n", "is a build for aarch64, not for x86_64")
        self.make(243)
        self.refuse("x86-4n", "is a build for another machine")
        (self.folder / "cli/memboot").write_text("#!", encoding="utf-8")
        self.refuse("x86-4n", "is a build for another machine")

    def test_not_built(self):
        self.refuse("x86-4n", "cli/memboot is not built")
        self.check("arm64-pmu")
        (self.folder / "build.ninja").touch()
        self.refuse("arm64-pmu", "is a build for another machine")
        (self.folder / "cross.ini").touch()
        self.check("arm64-pmu")

    def test_nothing_is_fetched_or_built_first(self):
        self.make(62, "build.ninja")
        given = options("arm64-pmu", "--build", str(self.folder), "--cache", str(self.folder / "cache"), "--", "true")
        with self.assertRaises(debian.Missing), mock.patch.object(build, "prepare", side_effect=AssertionError):
            guest.prepare(given, PROFILES["arm64-pmu"], self.folder)
        self.assertFalse((self.folder / "cache").exists())


class Archive(Case):
    def find(self, text):
        with mock.patch.object(debian, "os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"}), \
             mock.patch.object(debian.shutil, "which", lambda _: "/x"), mock.patch.object(debian, "run", lambda _: text):
            return debian.archive()

    def test_the_first_that_has_main(self):
        self.assertEqual(self.find("http://flat.test ./ \n\nhttp://a.test bookworm contrib\nhttp://b.test bookworm main\n"),
                         ("http://b.test", "bookworm"))

    def test_none(self):
        with self.assertRaisesRegex(debian.Missing, "no source for bookworm main"):
            self.find("http://flat.test bookworm \n")


class Apt:
    """Stands for apt and dpkg: an archive of {(suite, package): version}; suites that are not there cannot be fetched."""

    def __init__(self, case, packages, reachable=True):
        self.packages, self.reachable = packages, reachable
        self.updates, self.downloads = [], []
        for name, what in (("archive", lambda: ("http://debian.test", "bookworm")), ("run", self.run), ("member", self.member)):
            patch = mock.patch.object(debian, name, what)
            patch.start()
            case.addCleanup(patch.stop)

    def run(self, command, cwd=None, **_):
        program, words = command[0], [word for word in command[1:] if not word.startswith("-")]
        suite = next(word for word in words if word.startswith("Dir::Etc::SourceList=")).split("/")[-2].rpartition("-")[0]
        words = [word for word in words if "::" not in word]
        if words[0] == "update":
            self.updates.append(suite)
            if not self.reachable or not any(name == suite for name, _ in self.packages):
                raise debian.Missing(f"{program}: E: Failed to fetch {suite}")
        if words[0] == "madison":
            return "".join(f"{words[1]} | {version} | x\n" for key, version in self.packages.items() if key == (suite, words[1]))
        if words[0] == "show":
            return f"Package: x\nDepends: linux-image-{words[1].partition('=')[2]} (= 1)\n"
        if words[0] == "download":
            self.downloads.append(words[1])
            (Path(cwd) / f"{words[1].partition('=')[0]}_1.deb").write_text(words[1], encoding="utf-8")
        return ""

    @staticmethod
    def member(deb, _, path):
        path.write_text(deb.read_text(encoding="utf-8"), encoding="utf-8")


class Fetched(Case):
    def test_what_an_interrupted_run_left_is_fetched_again(self):
        Apt(self, {("bookworm", "busybox-static"): "1.35"})
        left = self.folder / "apt/bookworm-amd64/busybox-static_1.deb"
        left.parent.mkdir(parents=True)
        left.write_text("half", encoding="utf-8")
        self.assertEqual(debian.busybox(self.folder, "amd64").read_text(encoding="utf-8"), "busybox-static=1.35")
        self.assertFalse(left.exists())

    def test_what_is_old_is_looked_for_again(self):
        packages = {("bookworm", "linux-image-cloud-amd64"): "6.1.1-1", ("bookworm", "busybox-static"): "1.35"}
        apt = Apt(self, packages)

        def have(kernel, busybox, downloads):
            self.assertEqual(debian.kernel(self.folder, "amd64", "6.1").read_text(encoding="utf-8").partition("=")[2], kernel)
            self.assertEqual(debian.busybox(self.folder, "amd64").read_text(encoding="utf-8").partition("=")[2], busybox)
            self.assertEqual(len(apt.downloads), downloads)

        def age():
            for stamp in [*self.folder.rglob("*.package"), *self.folder.rglob("updated")]:
                os.utime(stamp, (1, 1))

        have("6.1.1-1", "1.35", 2)
        packages["bookworm", "linux-image-cloud-amd64"] = "6.1.2-1"
        have("6.1.1-1", "1.35", 2)
        age()
        have("6.1.2-1", "1.35", 3)
        apt.reachable = False
        packages["bookworm", "busybox-static"] = "1.36"
        have("6.1.2-1", "1.35", 3)
        age()
        updates = len(apt.updates)
        for _ in range(3):
            have("6.1.2-1", "1.35", 3)
        self.assertEqual(len(apt.updates), updates + 2)
        age()
        apt.reachable = True
        have("6.1.2-1", "1.36", 4)

    def test_no_archive(self):
        Apt(self, {("bookworm", "linux-image-cloud-amd64"): "6.1.1-1"}, reachable=False)
        for get in (lambda: debian.kernel(self.folder, "amd64", "6.1"), lambda: debian.busybox(self.folder, "amd64")):
            with self.assertRaisesRegex(debian.Missing, "archive http://debian.test cannot be read .*Failed to fetch bookworm$"):
                get()

    def test_no_backports(self):
        packages = {("bookworm", "linux-image-cloud-amd64"): "6.1.1-1"}
        Apt(self, packages)
        with self.assertRaisesRegex(debian.Missing, "no suite .* has .* Linux 6.12; .*Failed to fetch bookworm-backports"):
            debian.kernel(self.folder, "amd64", "6.12")
        packages["stable", "linux-image-cloud-amd64"] = "6.12.3-1"
        self.assertEqual(debian.kernel(self.folder, "amd64", "6.12").read_text(encoding="utf-8"), "linux-image-6.12.3-1=6.12.3-1")

    def test_the_first_error_is_told(self):
        said = "echo 'W: aged' >&2; echo 'E: no route' >&2; echo 'E: some failed' >&2; exit 100"
        with self.assertRaisesRegex(debian.Missing, "^sh: E: no route$"):
            debian.run(["sh", "-c", said])
        with self.assertRaisesRegex(debian.Missing, "^sh: last$"):
            debian.run(["sh", "-c", "echo first >&2; echo last >&2; exit 1"])
        with self.assertRaisesRegex(debian.Missing, "^sh: status 3$"):
            debian.run(["sh", "-c", "exit 3"])


if __name__ == "__main__":
    unittest.main()
