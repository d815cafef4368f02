#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""memboot, cross-compiled, in an arm64 guest of 2 nodes whose time is instructions.

  arm64_pmu.py KERNEL BUILD      BUILD is where the program is cross-compiled to; prints TAP
"""
import re
import subprocess
from pathlib import Path

import guest

LOOP = "init_pages_vmemmap_64"  # the function of core/pageinit.c that the counted boot is in, for descriptors of 64 bytes
REPETITIONS = 10
LEAST_PAGES = 65536
BOOTS_AGREE = 0.0005
LOOP_AGREES = 0.1
COUNTING = ("cpu_cycles", "inst_retired")
NOT_COUNTING = ("ll_cache_miss_rd", "dtlb_walk", "stall_backend")  # QEMU opens them and leaves them at 0


def add_counted_boot(boot):
    """All CPUs share one count of instructions, so the others' would be in it."""
    others = set().union(*guest.cpus_of(boot.profile)) - {0}
    boot.step("alone", "\n".join(f"echo 0 >/sys/devices/system/cpu/cpu{cpu}/online" for cpu in sorted(others)))
    boot.step("counted", f"""memboot boot --policy eager --threads 1 -r {REPETITIONS} --counters {','.join(COUNTING)} \\
        --kernel 6.1 --machine 'arch=arm64 page=4K node0=2G node0.cpus=0' --no-progress -o b.json""")


def add_counted_bench(boot):
    """After the counted boot: the other CPUs are gone."""
    boot.step("bench", f"""memboot bench '^pageinit/kernel/threads:1$' -r 2 --quick --counters {','.join(COUNTING)} \\
        --require-counters --no-progress -o bench.json""")


def check_bench(tap, outcome):
    """Each round the same instructions, all of them the one worker's, and as many a page as a store loop has."""
    tap.equal("counted bench: exit status", outcome.status, 0, outcome.out + outcome.err)
    if outcome.status:
        return
    runs = outcome.json("bench.json")["runs"]
    whole = next(run for run in runs if run["kind"] == "bench")
    worker = next(run for run in runs if run["kind"] == "worker")
    counts = whole["counts"]["inst_retired"]
    tap.equal("counted bench: both repetitions", len(counts), 2, whole)
    tap.check("counted bench: the rounds repeat", max(counts) - min(counts) <= BOOTS_AGREE * min(counts), counts)
    tap.equal("counted bench: its worker's", worker["counts"]["inst_retired"], counts, worker)
    per_page = whole["samples"]["instructions_per_page"]
    tap.check("counted bench: instructions a page", all(4 <= count <= 20 for count in per_page), per_page)


def check_list(tap, outcome):
    """Counters by the names of the CPU's manual, and those that only look as if they counted."""
    tap.equal("list counters: exit status", outcome.status, 0, outcome.err)
    column = outcome.out.partition("\n")[0].find("on this host")
    rows = {line.split()[0]: (line.split()[1], line[column:]) for line in outcome.out.splitlines() if line[column:]}
    for name in COUNTING:
        tap.equal(f"list counters: {name}", rows.get(name), ("libpfm4", "counts"), outcome.out)
    for name in NOT_COUNTING:
        known, state = rows.get(name, ("", ""))
        good = known == "libpfm4" and state.startswith("opens but does not count")
        tap.check(f"list counters: {name}", good, outcome.out)


def per_page(tap, name, outcome):
    """The fewest instructions a page of a counted boot; None when something of it is missing."""
    tap.equal(f"{name}: exit status", outcome.status, 0, outcome.out + outcome.err)
    if outcome.status:
        return None
    runs = outcome.json("b.json")["runs"]
    stage = next(run for run in runs if run["kind"] == "stage" and run["name"] == "memmap_init")
    pages, cycles, instructions = (stage["samples"].get(key, []) for key in ("pages", "cycles", "instructions"))
    whole = [len(samples) == REPETITIONS and min(samples) > 0 for samples in (pages, cycles, instructions)]
    tap.equal(f"{name}: pages, cycles and instructions of each repetition", whole, [True] * 3, stage)
    if not all(whole):
        return None
    tap.check(f"{name}: enough pages", min(pages) >= LEAST_PAGES, pages)
    return min(count / done for count, done in zip(instructions, pages))


def loop_length(listing):
    """Instructions of a function's loop over page frames; None unless it has just one, and that no branch."""
    code = re.findall(r"^ *([0-9a-f]+):\t(\S+)[ \t]*(.*)$", listing, re.M)
    places = {int(address, 16): place for place, (address, _, _) in enumerate(code)}
    branches = {place: re.search(r"\b([0-9a-f]+) <", operands)
                for place, (_, name, operands) in enumerate(code) if re.match(r"(b|br|bl|ret)$|b\.|cbn?z|tbn?z", name)}
    lengths = []
    for last, target in branches.items():
        first = places.get(int(target[1], 16), last + 1) if target else last + 1
        steps = any(name == "add" and re.match(r"(x\d+), \1, #0x1$", operands)
                    for _, name, operands in code[first:last])
        if steps and not any(first <= place < last for place in branches):
            lengths.append(last + 1 - first)
    return lengths[0] if len(lengths) == 1 else None


def check_counted(tap, first, second, listing):
    """The same count in each boot, and it is that of the loop as it was compiled."""
    if first is None or second is None:
        return
    tap.check("counted boots: instructions a page repeat", abs(first - second) <= BOOTS_AGREE * min(first, second),
              f"{first} and {second}")
    length = loop_length(listing)
    tap.check(f"counted boot: {LOOP} has a loop of one page a turn", length, listing)
    if length:
        good = abs(first - length) <= LOOP_AGREES * length
        tap.check("counted boot: instructions a page are those of the loop", good, f"{first}; {length} in\n{listing}")


def main():
    kernel, build, _ = guest.arguments()
    boot, again = (guest.Guest("arm64-pmu", kernel, build) for _ in range(2))
    boot.step("topo", "memboot topo")
    boot.step("validate", "memboot validate")
    boot.step("boot", "memboot boot --check -o b.json --no-progress")
    boot.step("counters", "memboot list counters")
    add_counted_boot(boot)
    add_counted_bench(boot)
    add_counted_boot(again)
    steps = boot.boot()
    tap = guest.Tap()
    guest.check_topo(tap, steps["topo"], boot.profile)
    guest.check_validate(tap, steps["validate"])
    guest.check_boot(tap, "boot", steps["boot"], guest.cpus_of(boot.profile), range(len(boot.profile.nodes)))
    check_list(tap, steps["counters"])
    check_bench(tap, steps["bench"])
    listing = subprocess.run([f"{boot.profile.compiler}objdump", "--no-show-raw-insn", f"--disassemble={LOOP}",
                              Path(build) / "cli/memboot"], stdout=subprocess.PIPE, text=True, check=True).stdout
    check_counted(tap, per_page(tap, "counted boot", steps["counted"]),
                  per_page(tap, "counted boot, again", again.boot()["counted"]), listing)
    tap.done()


if __name__ == "__main__":
    main()
