# SPDX-License-Identifier: Apache-2.0
"""The program for a guest: this host's own, or one that is cross-compiled against packages in a folder."""
import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from guests import debian
from guests.profile import Missing

TOP = Path(__file__).resolve().parents[2]
ELF_MACHINES = {62: "x86_64", 183: "aarch64"}  # e_machine of elf(5): as `uname -m` has it


def libraries():
    """The packages of scripts/packages that the program is built with: those with headers."""
    lines = (TOP / "scripts/packages").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return [row[0] for row in rows if row[1] == "run" and row[2].split(":")[0] in ("pc", "header")]


def machine_of(program):
    """What a program is for, None where that is unknown."""
    if not program.exists():
        return None
    with program.open("rb") as file:
        head = file.read(20)
    order = "big" if head[5:6] == b"\2" else "little"
    return ELF_MACHINES.get(int.from_bytes(head[18:20], order)) if head[:4] == b"\x7fELF" else None


def default_folder(profile):
    return TOP / (f"build-{profile.arch}" if profile.compiler else "build")


def check(profile, folder):
    """Missing when this folder has another machine's build: before it is touched, and before anything is fetched."""
    folder = folder or default_folder(profile)
    program = folder / "cli/memboot"
    if profile.compiler and ((folder / "cross.ini").exists() or not (folder / "build.ninja").exists()):
        return  # a folder of cross() or to be one
    if not profile.compiler and not program.exists():
        raise Missing(f"{program} is not built: scripts/quickstart builds it, --build DIR takes another folder")
    if machine_of(program) != profile.machine:
        raise Missing(f"{folder} is a build for {machine_of(program) or 'another machine'}, not for {profile.machine}: "
                      "--build DIR takes another folder")


def native(folder):
    program = folder / "cli/memboot"
    tools = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    found = {str(Path(word).parent) for word in tools.stdout.split() if word.startswith("/")}
    return program, [Path(name) for name in sorted(found)]


def cross_file(profile, sysroot):
    triplet = profile.compiler.rstrip("-")
    option = f"'--sysroot={sysroot}'"
    return f"""[binaries]
c = '{profile.compiler}gcc'
cpp = '{profile.compiler}g++'
ar = '{profile.compiler}ar'
strip = '{profile.compiler}strip'
pkgconfig = 'pkg-config'
[properties]
sys_root = '{sysroot}'
pkg_config_libdir = '{sysroot}/usr/lib/{triplet}/pkgconfig:{sysroot}/usr/share/pkgconfig'
[built-in options]
c_args = [{option}]
cpp_args = [{option}]
c_link_args = [{option}]
cpp_link_args = [{option}]
[host_machine]
system = 'linux'
cpu_family = '{profile.machine}'
cpu = '{profile.machine}'
endian = 'little'
"""


def cross(profile, folder, sysroot):
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "cross.ini"
    with open(folder / "cross.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "build.ninja").exists():
            file.write_text(cross_file(profile, sysroot), encoding="utf-8")
            make(["meson", "setup", "--cross-file", file, "--buildtype=release", "-Dtests=disabled", folder, TOP])
        make(["ninja", "--quiet", "-C", folder, "cli/memboot"])
    triplet = profile.compiler.rstrip("-")
    return folder / "cli/memboot", [sysroot / part / triplet for part in ("lib", "usr/lib")] + [sysroot / "lib"]


def make(command):
    environment = {key: value for key, value in os.environ.items() if key not in ("CC", "CXX")}  # they are this host's
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, env=environment)
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command))} failed:\n{done.stdout}")


def prepare(profile, cache):
    """What the program is built against: None when that is this host."""
    if not profile.compiler:
        return None
    for tool in ("gcc", "g++"):
        if not shutil.which(profile.compiler + tool):
            raise Missing(f"{profile.compiler}{tool} is needed: package {tool}-{profile.compiler.rstrip('-')}")
    for tool, package in (("meson", "meson"), ("ninja", "ninja-build"), ("pkg-config", "pkg-config")):
        if not shutil.which(tool):
            raise Missing(f"{tool} is needed: package {package}")
    return debian.sysroot(cache, profile.arch, libraries())


def program(profile, folder, sysroot):
    """(path, folders of its libraries)."""
    folder = folder or default_folder(profile)
    return cross(profile, folder, sysroot) if sysroot else native(folder)
