# SPDX-License-Identifier: Apache-2.0
"""An initramfs (cpio, newc) with a program, the shared libraries that it needs, and a shell."""
import errno
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

from guests.profile import Missing

INIT = """#!/bin/busybox sh
# First process: runs /command, sends what it prints and its status to the serial ports, and switches off.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for port in {out} {err} {status}; do stty -F /dev/$port raw -echo; done
mkfifo /out /err # the command sees pipes, no terminals
cat /out >/dev/{out} &
cat /err >/dev/{err} &
cd /root
sh /command </dev/null >/out 2>/err
status=$?
wait
echo $status >/dev/{status}
poweroff -f
"""


def needed(path):
    """(libraries by name, interpreter or None) of an ELF file; nothing for any other file."""
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            return [], None
    if not shutil.which("readelf"):
        raise Missing("readelf is needed: package binutils")
    done = subprocess.run(["readelf", "-dlW", path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          errors="surrogateescape", check=False)
    if done.returncode:
        raise OSError(errno.EINVAL, "is a broken ELF file", str(path))
    interpreter = re.search(r"program interpreter: ([^\]]+)", done.stdout)
    return re.findall(r"\(NEEDED\).*\[(.+)\]", done.stdout), interpreter and interpreter[1]


class Initramfs:
    def __init__(self, library_folders):
        self.files = {}  # path in the guest: (mode, content or path here)
        self.library_folders = library_folders
        for name in ("bin", "dev", "lib", "proc", "root", "sys", "tmp"):
            self.add_folder(f"/{name}")
        self.files["/dev/console"] = (stat.S_IFCHR | 0o600, b"")

    def add_folder(self, path):
        for parent in [*reversed(Path(path).parents), Path(path)]:
            if str(parent) != "/":
                self.files.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))

    def add(self, path, content, mode=0o644):
        """Content is bytes, or the path of a file here, which brings its libraries along."""
        if path in self.files:
            return
        self.add_folder(Path(path).parent)
        self.files[path] = (stat.S_IFREG | mode, content)
        if isinstance(content, bytes):
            return
        libraries, interpreter = needed(content)
        for name in libraries:
            self.add(f"/lib/{name}", self.find(name), 0o755)
        if interpreter:
            self.add(interpreter, self.find(Path(interpreter).name), 0o755)

    def add_tree(self, path, source):
        """A file, or a folder with all below it."""
        if source.is_file():
            self.add(path, source, source.stat().st_mode & 0o777)
            return
        if not source.is_dir():
            raise OSError(errno.EINVAL, "is neither a file nor a folder", str(source))
        self.add_folder(path)
        for entry in sorted(source.iterdir()):
            self.add_tree(f"{path}/{entry.name}", entry)

    def find(self, name):
        for folder in self.library_folders:
            if (folder / name).exists():
                return folder / name
        raise Missing(f"the shared library {name} is in none of {', '.join(map(str, self.library_folders))}")

    def write(self, path):
        with open(path, "wb") as file:
            for number, name in enumerate(sorted(self.files), 1):
                mode, content = self.files[name]
                data = content if isinstance(content, bytes) else Path(content).read_bytes()
                write_entry(file, number, name.lstrip("/"), mode, data)
            write_entry(file, 0, "TRAILER!!!", 0, b"")


def write_entry(file, number, name, mode, data):
    name = os.fsencode(name)
    device = (5, 1) if stat.S_ISCHR(mode) else (0, 0)
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name + b"\0"
    file.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
