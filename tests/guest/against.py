#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The engine against the kernel that runs it, in a guest whose time is instructions and that has one CPU.

  against.py PROFILE KERNEL BUILD BOOTS      prints TAP; with several boots, each node's ratio is to be the same in all of them

With one CPU the kernel's threads of all nodes take turns on one clock, and so do the engine's workers. With more, turns are
dealt by QEMU, and neither time repeats.
"""
import sys

import guest

LEAST_KERNEL_NS = 100e6  # below, ticks of the kernel's timer are too coarse
RATIO = (0.7, 1.4)
REPEATS = 0.05  # of a node's lowest ratio


def check_node(tap, run):
    node, ratio, args = run["node"], run["samples"]["ratio"][0], {fact["name"]: fact["value"] for fact in run["args"]}
    tap.check(f"node {node}: the engine against the kernel", RATIO[0] <= ratio <= RATIO[1], run)
    tap.equal(f"node {node}: workers", (args["kernel_workers"], run["threads"]), ("1", 1), run)
    tap.check(f"node {node}: the kernel's CPU is called emulated", "emulated" in args["kernel_cpu"], run)


def against(tap, boot, kernel):
    """One boot: {node: ratio} of the nodes that took the kernel long enough."""
    # What the kernel still has to do after boot would share the CPU: let it, guest time is cheap while nothing runs.
    boot.step("settle", "sleep 3")
    boot.step("against", f"memboot boot --against-dmesg --kernel {kernel} --no-progress -o b.json")
    outcome = boot.boot()["against"]
    tap.equal("exit status", outcome.status, 0, outcome.out + outcome.err)
    tap.check("no speed of an emulated CPU", "GB/s" not in outcome.out, outcome.out)
    runs = outcome.json("b.json")["runs"] if not outcome.status else []
    rows = [run for run in runs if run["kind"] == "kernel"]
    nodes = list(range(len(boot.profile.nodes)))
    tap.equal("nodes of the kernel's log", [run["node"] for run in rows], nodes, outcome.out)
    rows = [run for run in rows if run["samples"].get("kernel_ns", [0])[0] >= LEAST_KERNEL_NS]
    tap.check("nodes that took the kernel long enough", rows, outcome.out)
    for run in rows:
        check_node(tap, run)
    return {run["node"]: run["samples"]["ratio"][0] for run in rows}


def main():
    profile, kernel, build, boots = sys.argv[1:]
    tap = guest.Tap()
    ratios = [against(tap, guest.Guest(profile, kernel, build, icount=profile == "x86-4n", cmdline="maxcpus=1"), kernel)
              for _ in range(int(boots))]
    for node in sorted(set().union(*ratios)):
        seen = [of_boot[node] for of_boot in ratios if node in of_boot]
        print(f"# {profile}, Linux {kernel}, node {node}: ratio {', '.join(f'{ratio:.3f}' for ratio in seen)}")
        tap.check(f"node {node}: the ratio repeats",
                  len(seen) == len(ratios) and max(seen) <= (1 + REPEATS) * min(seen), ratios)
    tap.done()


if __name__ == "__main__":
    main()
