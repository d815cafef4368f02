# SPDX-License-Identifier: Apache-2.0
"""Debian packages of any architecture for an ordinary user: apt has all its state in a folder of ours."""
import os
import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

from guests.profile import Missing

LISTS_SECONDS = 24 * 3600  # package lists are fetched again when they are older
KEPT_SECONDS = 7 * 24 * 3600  # a package that was unpacked is looked for again when that was longer ago


def os_release():
    text = Path("/etc/os-release").read_text(encoding="utf-8") if Path("/etc/os-release").exists() else ""
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in text.splitlines())}


def run(command, **options):
    """Its standard output; Missing with its first error when it fails: what apt says later follows from that."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()[-1:]
        raise Missing(f"{command[0]}: {lines[0] if lines else f'status {done.returncode}'}")
    return done.stdout


def archive():
    """(address, suite) of the Debian archive that this host's apt uses."""
    release = os_release()
    suite = release.get("VERSION_CODENAME", "")
    if release.get("ID") != "debian" or not shutil.which("apt-get"):
        raise Missing("guests are made of Debian packages, and this host is no Debian")
    targets = run(["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"])
    for line in targets.splitlines():
        words = line.split()  # a source may be without a component
        if words[1:] == [suite, "main"]:
            return words[0], suite
    raise Missing(f"apt on this host has no source for {suite} main")


def younger(path, limit):
    return path.exists() and 0 <= time.time() - path.stat().st_mtime < limit


class Suite:
    """One suite of the archive for one architecture."""

    def __init__(self, cache, site, name, arch):
        self.folder = cache / "apt" / f"{name}-{arch}"
        self.site, self.name, self.arch = site, name, arch
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").touch()
        (self.folder / "sources.list").write_text(f"deb {site} {name} main\n", encoding="utf-8")
        settings = {
            "Dir::State": self.folder / "state", "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache", "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null", "APT::Architecture": arch, "APT::Architectures": arch,
            "Acquire::Languages": "none", "APT::Sandbox::User": "", "APT::Install-Recommends": "0",
            "APT::Update::Error-Mode": "any", "pkgCacheGen::Essential": "none", "Debug::NoLocking": "1",
        }
        self.options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def apt(self, program, *arguments, **options):
        return run([program, *self.options, "-q", *arguments], **options)

    def update(self):
        stamp = self.folder / "updated"
        if younger(stamp, LISTS_SECONDS):
            return
        try:
            self.apt("apt-get", "update")
        except Missing as failure:
            raise Missing(f"the Debian archive {self.site} cannot be read for {self.name}: {failure}") from None
        stamp.touch()

    def versions(self, package):
        """Newest first."""
        found = self.apt("apt-cache", "madison", package)
        return [line.split("|")[1].strip() for line in found.splitlines()]

    def first_dependency(self, package, version):
        """What a meta-package stands for."""
        shown = self.apt("apt-cache", "show", f"{package}={version}")
        return re.search(r"^Depends: ([^\s,(|]+)", shown, re.M)[1]

    def download(self, package):
        """The path of its .deb file, the only one in the folder: what an interrupted run left there goes."""
        for left in self.folder.glob("*.deb"):
            left.unlink()
        self.apt("apt-get", "download", package, cwd=self.folder)
        for deb in self.folder.glob("*.deb"):
            return deb
        raise Missing(f"{package} was not downloaded")

    def download_all(self, packages):
        """Paths of the .deb files of these and all that they depend on."""
        self.apt("apt-get", "--download-only", "-y", "install", *packages)
        return sorted((self.folder / "cache" / "archives").glob("*.deb"))


def member(deb, pattern, path):
    """Writes the first file of a package whose name matches to a path, or nothing at all."""
    found = False
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tar:
            for entry in tar:
                if entry.isfile() and re.fullmatch(pattern, entry.name):
                    part = path.with_suffix(".part")
                    with tar.extractfile(entry) as source, part.open("wb") as target:
                        shutil.copyfileobj(source, target)
                    os.replace(part, path)
                    found = True
                    break
        unpack.stdout.close()
        unpack.kill()
    if not found:
        raise Missing(f"{deb.name} has no {pattern}")


def keep(path, find):
    """
    Has a file of a package at a path, with package and version beside it. find gives (suite, package, version, pattern of
    the file). After KEPT_SECONDS it is asked again; what is there stays when the archive cannot be read then.
    """
    stamp = path.with_name(f"{path.name}.package")
    if path.exists() and younger(stamp, KEPT_SECONDS):
        return path
    try:
        suite, package, version, pattern = find()
        had = stamp.read_text(encoding="utf-8") if path.exists() and stamp.exists() else ""
        if had != f"{package} {version}":
            deb = suite.download(f"{package}={version}")
            member(deb, pattern, path)
            deb.unlink()
        stamp.write_text(f"{package} {version}", encoding="utf-8")
    except Missing:
        if not path.exists():
            raise
        stamp.touch()
    return path


def kernel(cache, arch, release):
    """The image of the newest kernel of a release, from the first suite that has one."""
    folder = cache / "kernels" / f"{release}-{arch}"
    folder.mkdir(parents=True, exist_ok=True)
    return keep(folder / "vmlinuz", lambda: find_kernel(cache, arch, release))


def find_kernel(cache, arch, release):
    site, ours = archive()
    meta = f"linux-image-cloud-{arch}"
    failures = []
    for name in (ours, f"{ours}-backports", "stable", "oldstable"):
        suite = Suite(cache, site, name, arch)
        try:
            suite.update()
        except Missing as failure:
            if name == ours:
                raise
            failures.append(str(failure))  # not every suite has backports
            continue
        for version in suite.versions(meta):
            if version.startswith(f"{release}."):
                return suite, suite.first_dependency(meta, version), version, r"\./boot/vmlinuz-.*"
    reasons = "".join(f"; {failure}" for failure in failures)
    raise Missing(f"no suite of this host's Debian archive has {meta} of Linux {release}{reasons}")


def busybox(cache, arch):
    return keep(cache / f"busybox-{arch}", lambda: find_busybox(cache, arch))


def find_busybox(cache, arch):
    site, ours = archive()
    suite = Suite(cache, site, ours, arch)
    suite.update()
    package = "busybox-static"
    versions = suite.versions(package)
    if not versions:
        raise Missing(f"{ours} of {site} has no {package}")
    return suite, package, versions[0], r"\./(usr/)?bin/busybox"


def sysroot(cache, arch, packages):
    """A folder with these packages and the libraries that they need, unpacked."""
    folder = cache / f"sysroot-{arch}"
    listed = folder / "packages"
    wanted = "\n".join(sorted(packages))
    if not listed.exists() or listed.read_text(encoding="utf-8") != wanted:
        site, ours = archive()
        suite = Suite(cache, site, ours, arch)
        suite.update()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for deb in suite.download_all(packages):
            if re.match(r"lib(?!perl)|zlib|linux-libc-dev", deb.name):
                run(["dpkg-deb", "-x", deb, folder])
            deb.unlink()
        listed.write_text(wanted, encoding="utf-8")
    return folder
