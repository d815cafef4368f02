#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""memboot, cross-compiled, in an arm64 guest of 2 nodes whose time is instructions.

  arm64_pmu.py KERNEL BUILD      BUILD is where the program is cross-compiled to; prints TAP
"""
import guest


def main():
    kernel, build, _ = guest.arguments()
    boot = guest.Guest("arm64-pmu", kernel, build)
    boot.step("topo", "memboot topo")
    boot.step("validate", "memboot validate")
    boot.step("boot", "memboot boot --check -o b.json --no-progress")
    steps = boot.boot()
    tap = guest.Tap()
    guest.check_topo(tap, steps["topo"], boot.profile)
    guest.check_validate(tap, steps["validate"])
    guest.check_boot(tap, "boot", steps["boot"], guest.cpus_of(boot.profile), range(len(boot.profile.nodes)))
    tap.done()


if __name__ == "__main__":
    main()
