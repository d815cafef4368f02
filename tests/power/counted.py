#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same for instructions: how often their comparison finds 1 %, and how often it finds what is not there.

usage: counted.py LOOPS FILE.csv [SEED [PERCENT [COUNT]]]

COUNT times (50) nothing is slower, and COUNT times each stage by PERCENT (1), in an order that is random by the seed; so is what else
changes from run to run, the size of the environment. Figures stored are those of the first run. One line a run.
"""
import csv
import os
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "instructions"))
import instructions  # pylint: disable=wrong-import-position

STAGES = {"pageinit": "pageinit/kernel", "handoff": "handoff", "memblock": "memblock/alloc"}


def main(loops, out, seed="1", percent="1", count="50"):
    rng = random.Random(int(seed))
    stored = instructions.count(loops, names=STAGES.values())
    gates = [""] * int(count) + [stage for stage in STAGES for _ in range(int(count))]
    rng.shuffle(gates)
    wrong = 0
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["gate", "seed", "stage", "percent", "environment_bytes",
                         *(f"{s}_{what}" for s in STAGES for what in ("stored", "counted", "verdict"))])
        for number, stage in enumerate(gates):
            os.environ["MB_PADDING"] = "x" * rng.randrange(4096)
            now = instructions.count(loops, f"{stage}:{percent}" if stage else None, STAGES.values())
            words = {s: instructions.verdict(stored[n], now[n]) for s, n in STAGES.items()}
            wrong += words != {s: "worse" if s == stage else "same" for s in STAGES}
            writer.writerow([number, seed, stage, percent if stage else 0, len(os.environ["MB_PADDING"]),
                             *(value for s, n in STAGES.items() for value in (stored[n], now[n], words[s]))])
            file.flush()
    print(f"{len(gates)} runs, seed {seed}: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
