# SPDX-License-Identifier: Apache-2.0
"""What can be booted: a row a profile. A node without CPUs is a memory tier of its own."""
from dataclasses import dataclass


class Missing(Exception):
    """This host lacks something; the message names it, and the package that has it."""


@dataclass(frozen=True)
class Profile:
    about: str
    arch: str  # as Debian calls it
    machine: str  # `uname -m`, and the suffix of QEMU's program
    package: str  # that has QEMU
    kernels: tuple  # releases that boot; the first is the default
    system: tuple  # QEMU: machine, CPUs
    icount: tuple  # those of the kernels that start all CPUs where guest time is counted in instructions
    always_icount: bool
    nodes: tuple  # (GiB, CPUs as QEMU takes them) each
    distances: tuple  # a row a node
    cmdline: str  # for the kernel
    ports: tuple  # serial ports for output, errors and status; a serial port carries every byte as it is
    serial: tuple  # QEMU: what has them, from the character devices console, out, err and status
    compiler: str  # prefix of its cross-compiler; "" when the program of this host runs in it


MULTIPORT = "pci-serial-4x,chardev1=out,chardev2=err,chardev3=status,chardev4=rest"

PROFILES = {
    "x86-4n": Profile(
        about="64 GiB, 4 nodes, 8 CPUs with SMT; node 3 has no CPUs",
        arch="amd64", machine="x86_64", package="qemu-system-x86",
        kernels=("6.1", "6.12"),
        # QEMU 7.2 leaves wrong flags behind cmpxchg16b, which SLUB of 6.12 uses: such kernels die within seconds.
        system=("-machine", "q35", "-cpu", "Nehalem,-cx16,+pdpe1gb", "-smp", "8,sockets=4,cores=1,threads=2"),
        # 6.1 waits for its second CPU without sleeping, and QEMU 7.2 lets no other run meanwhile under -icount.
        icount=("6.12",), always_icount=False,
        nodes=((16, "0-3"), (16, "4-5"), (24, "6-7"), (8, None)),
        distances=((10, 21, 31, 28), (21, 10, 21, 17), (31, 21, 10, 24), (28, 17, 24, 10)),
        # Delay loops and clocks that are measured while this host is busy come out wrong, or the boot never ends.
        cmdline="console=ttyS0 lpj=10000000 tsc=reliable nowatchdog", ports=("ttyS1", "ttyS2", "ttyS3"),
        serial=tuple(f"isa-serial,chardev={name}" for name in ("console", "out", "err", "status")),
        compiler=""),
    "arm64-pmu": Profile(
        about="32 GiB, 2 nodes, 4 CPUs (Neoverse N1) with a PMU that counts under -icount",
        arch="arm64", machine="aarch64", package="qemu-system-arm",
        kernels=("6.1", "6.12"),
        system=("-machine", "virt,gic-version=3", "-cpu", "neoverse-n1", "-smp", "4"),
        icount=("6.1", "6.12"), always_icount=True,
        nodes=((16, "0-1"), (16, "2-3")),
        distances=((10, 20), (20, 10)),
        cmdline="console=ttyAMA0", ports=("ttyS0", "ttyS1", "ttyS2"),
        serial=("", MULTIPORT),
        compiler="aarch64-linux-gnu-"),
}
