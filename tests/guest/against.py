#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The engine against the kernel that runs it, in a guest whose time is instructions and that has one CPU.

  against.py PROFILE KERNEL BUILD      prints TAP

With one CPU the kernel's threads of all nodes take turns on one clock, and so do the engine's workers. With more, turns are
dealt by QEMU, and neither time repeats.
"""
import sys

import guest

LEAST_KERNEL_NS = 100e6  # below, ticks of the kernel's timer are too coarse
RATIO = (0.7, 1.4)


def check_node(tap, run):
    node, ratio, args = run["node"], run["samples"]["ratio"][0], {fact["name"]: fact["value"] for fact in run["args"]}
    tap.check(f"node {node}: the engine against the kernel", RATIO[0] <= ratio <= RATIO[1], run)
    tap.equal(f"node {node}: workers", (args["kernel_workers"], run["threads"]), ("1", 1), run)
    tap.check(f"node {node}: the kernel's CPU is called emulated", "emulated" in args["kernel_cpu"], run)


def main():
    profile, kernel, build = sys.argv[1:]
    boot = guest.Guest(profile, kernel, build, icount=profile == "x86-4n", cmdline="maxcpus=1")
    # What the kernel still has to do after boot would share the CPU: let it, guest time is cheap while nothing runs.
    boot.step("settle", "sleep 3")
    boot.step("against", f"memboot boot --against-dmesg --kernel {kernel} --no-progress -o b.json")
    against = boot.boot()["against"]
    tap = guest.Tap()
    tap.equal("exit status", against.status, 0, against.out + against.err)
    tap.check("no speed of an emulated CPU", "GB/s" not in against.out, against.out)
    runs = against.json("b.json")["runs"] if not against.status else []
    rows = [run for run in runs if run["kind"] == "kernel"]
    tap.equal("nodes of the kernel's log", [run["node"] for run in rows], list(range(len(boot.profile.nodes))), against.out)
    rows = [run for run in rows if run["samples"].get("kernel_ns", [0])[0] >= LEAST_KERNEL_NS]
    tap.check("nodes that took the kernel long enough", rows, against.out)
    for run in rows:
        print(f"# {profile}, Linux {kernel}, node {run['node']}: ratio {run['samples']['ratio'][0]:.3f}")
        check_node(tap, run)
    tap.done()


if __name__ == "__main__":
    main()
