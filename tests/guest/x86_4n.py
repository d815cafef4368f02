#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""memboot in a guest of 64 GiB and 4 nodes, the last without CPUs: as it is, CPUs offline, one node allowed, one full.

  x86_4n.py KERNEL [BUILD [PROGRAM...]]      programs of the build's tests run in the guest too; prints TAP
"""
import re
from pathlib import Path

import guest

BOOT = "memboot boot --check -o b.json --no-progress"
SMALL = f"{BOOT} --machine 'nodes=4 each=2G cpus=2'"  # 32 MiB of descriptors a node
NUMASTAT = "cat /sys/devices/system/node/node*/numastat"
OFFLINE = {5, 6, 7}  # one of node 1, all of node 2
FULL_NODE = 3
ALLOWED_NODE, ALLOWED_CPUS = 1, "4-5"
HUGE = f"/sys/devices/system/node/node{FULL_NODE}/hugepages/hugepages-2048kB/nr_hugepages"
GROUP = "/sys/fs/cgroup/one"
REMOTE = "memboot bench '^limit/memset/(remote|between)' --quick -r 1 --no-progress"


def add_steps(boot):
    boot.step("topo", "memboot topo")
    boot.step("validate", "memboot validate")
    boot.step("before", NUMASTAT)
    boot.step("boot", BOOT)
    boot.step("after", NUMASTAT)
    boot.step("remote", REMOTE)
    boot.step("after-remote", NUMASTAT)
    boot.step("offline", "\n".join([*(f"echo 0 >/sys/devices/system/cpu/cpu{cpu}/online" for cpu in OFFLINE), SMALL]))
    boot.step("online", "\n".join(f"echo 1 >/sys/devices/system/cpu/cpu{cpu}/online" for cpu in OFFLINE))
    boot.step("cpuset", f"""echo +cpuset >/sys/fs/cgroup/cgroup.subtree_control
        mkdir {GROUP}
        echo {ALLOWED_NODE} >{GROUP}/cpuset.mems
        echo {ALLOWED_CPUS} >{GROUP}/cpuset.cpus
        echo 0 >{GROUP}/cgroup.procs
        exec {SMALL}""")
    boot.step("cpuset-topo", f"echo 0 >{GROUP}/cgroup.procs; exec memboot topo")
    # Huge pages take a node's memory without touching it.
    boot.step("full", f"echo 100000 >{HUGE}; {SMALL}")
    boot.step("full-elsewhere", f"{BOOT} --machine 'nodes=3 each=2G cpus=2'")
    boot.step("room", f"echo 0 >{HUGE}; {SMALL}")


def misses(outcome):
    return sum(int(n) for n in re.findall(r"^numa_miss (\d+)$", outcome.out, re.M))


def allocations(outcome):
    """Of each node's memory, in the order of the nodes: whoever made them."""
    local, other = (re.findall(rf"^{key} (\d+)$", outcome.out, re.M) for key in ("local_node", "other_node"))
    return [int(a) + int(b) for a, b in zip(local, other)]


def check_remote(tap, steps):
    """Rows on memory of other nodes: it is theirs, as the kernel counts. An arena is 128 MiB at least, 64 huge pages."""
    tap.equal("remote rows: exit status", steps["remote"].status, 0, steps["remote"].out + steps["remote"].err)
    rows = re.findall(r"^ *limit/memset/remote/nonzero/node:(\d) +[\d.]+ .s$", steps["remote"].out, re.M)
    tap.equal("remote rows: one for each other node", rows, ["1", "2", "3"], steps["remote"].out)
    pairs = re.findall(r"^ *limit/memset/between/nonzero/nodes:(\d-\d) +[\d.]+ .s$", steps["remote"].out, re.M)
    wanted = [f"{cpus}-{memory}" for cpus in (1, 2) for memory in range(4)]
    tap.equal("remote rows: every pair of nodes, the first of them with CPUs", pairs, wanted, steps["remote"].out)
    before, after = allocations(steps["after"]), allocations(steps["after-remote"])
    grown = [b - a for a, b in zip(before, after)]
    tap.check("remote rows: memory of nodes 1, 2, 3", min(grown[1:]) >= 64, grown)
    tap.equal("remote rows: allocations that missed their node", misses(steps["after-remote"]) - misses(steps["after"]), 0)


def check_full(tap, steps):
    """A node that has no room: nothing may go elsewhere."""
    full, elsewhere = steps["full"], steps["full-elsewhere"]
    tap.equal("full node: exit status", full.status, 4, full.out + full.err)
    line = rf"^memboot: .*host node {FULL_NODE} has [\d.]+ [KM]iB to give, 32 MiB are needed"
    tap.check("full node: the line that says so", re.search(line, full.err), full.err)
    shown = [word in full.out for word in ("what is shown had ended", "sparse_init", "deferred_init")]
    tap.equal("full node: what had ended is shown, the rest is not", shown, [True, True, False], full.out)
    guest.check_boot(tap, "full node, others asked", elsewhere, guest.cpus_of(guest.PROFILES["x86-4n"]), (0, 1, 2))


def main():
    kernel, build, programs = guest.arguments()
    # Once with CPUs that really run at the same time, once so that it repeats.
    boot = guest.Guest("x86-4n", kernel, build, icount=kernel in guest.PROFILES["x86-4n"].icount)
    add_steps(boot)
    for path in programs:
        boot.program(path)
    steps = boot.boot()
    tap = guest.Tap()
    cpus = guest.cpus_of(boot.profile)
    nodes = range(len(boot.profile.nodes))
    guest.check_topo(tap, steps["topo"], boot.profile)
    guest.check_validate(tap, steps["validate"])
    guest.check_boot(tap, "boot", steps["boot"], cpus, nodes)
    tap.equal("boot: allocations that missed their node", misses(steps["after"]) - misses(steps["before"]), 0)
    check_remote(tap, steps)
    guest.check_boot(tap, "CPUs offline", steps["offline"], guest.cpus_of(boot.profile, frozenset(OFFLINE)), nodes)
    guest.check_boot(tap, "cpuset of one node", steps["cpuset"], [guest.parse_list(ALLOWED_CPUS)] * len(nodes),
                     [ALLOWED_NODE] * len(nodes))
    rows = guest.topo_rows(steps["cpuset-topo"].out)
    good = list(rows) == [ALLOWED_NODE] and 0 < rows[ALLOWED_NODE][0] <= boot.profile.nodes[ALLOWED_NODE][0] << 30
    tap.check("cpuset of one node: that node alone, and its own memory", good, steps["cpuset-topo"].out)
    check_full(tap, steps)
    guest.check_boot(tap, "room again", steps["room"], cpus, nodes)
    for path in programs:
        tap.repeat(Path(path).name, steps[Path(path).name])
    tap.done()


if __name__ == "__main__":
    main()
