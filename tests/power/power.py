#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How often a gate cries wolf, and how often it finds a slowdown: many gates, one line of CSV each.

  power.py run --memboot PROGRAM --hooked PROGRAM --out FILE.csv [--aa 100] [--slow 50] [--percents 5,10,20]
               [--each-stage] [--budget 20s] [--seed N] [--until HH:MM]
  power.py summary FILE.csv

A gate is `memboot gate` with the hooked program (tests/memboot_hooked) on both sides; on the new one a stage does so many percent
more of its own work (MEMBOOT_SLOW), or nothing more at all. Their order is random by the seed, so that what the host
does falls on all kinds alike. The line of a gate is written when it ends; the same command with the same file goes on where
it stopped. No gate is run again. --slow gates are for each percentage, the stages taking turns; with --each-stage for each
percentage of each stage.
"""
import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# What MEMBOOT_SLOW knows, and the row that shows it.
STAGES = {
    "pageinit": "pageinit/kernel/threads:1",
    "handoff": "buddy/handoff/largest/threads:1",
    "memblock": "memblock/alloc/top/regions:1000",
}
OF_ROW = ["verdict", "ratio", "low", "high", "bar", "samples"]
COLUMNS = ["gate", "study_seed", "seed", "stage", "percent", "budget", "status", "seconds",
           *(f"{stage}_{what}" for stage in STAGES for what in OF_ROW)]
# Of so many gates: percent, found at least, of 50; and of 100 with nothing slower.
GOALS = {20: 48, 10: 40}
GOAL_QUIET, GOAL_ALARMS = 90, 2


def plan(options):
    """[(stage or "", percent, seed of the gate)] in the order in which they run."""
    rng = random.Random(options.seed)
    kinds = [("", 0)] * options.aa
    stages = list(STAGES)
    for percent in options.percents:
        if options.each_stage:
            kinds += [(stage, percent) for stage in stages for _ in range(options.slow)]
        else:
            kinds += [(stages[i % len(stages)], percent) for i in range(options.slow)]
    rng.shuffle(kinds)
    return [(*kind, rng.randrange(1, 2**31)) for kind in kinds]


def write_wrapper(path, program, slow):
    """A program that is the hooked one, as slow as this; never what the caller's environment says."""
    setting = f"MEMBOOT_SLOW={slow} exec" if slow else "unset MEMBOOT_SLOW\nexec"
    path.write_text(f'#!/bin/sh\n{setting} "{program}" "$@"\n', encoding="utf-8")
    path.chmod(0o755)


def verdicts(path):
    """{stage: the row's verdict and figures}; empty where the gate came to none. Of several metrics, time counts."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError):
        return {}
    found = {}
    for stage, name in STAGES.items():
        of_name = [r for r in rows if r.get("name") == name]
        of_name.sort(key=lambda r: "ns" not in str(r.get("metric")) and "time" not in str(r.get("metric")))
        if of_name:
            found[stage] = {what: of_name[0].get(what) for what in OF_ROW}
    return found


def run_gate(options, folder, stage, percent, seed):
    """One line of the file, but for its number."""
    base, new, report = folder / "base", folder / "new", folder / "gate.json"
    write_wrapper(base, options.hooked, None)
    write_wrapper(new, options.hooked, f"{stage}:{percent:g}" if stage else None)
    report.unlink(missing_ok=True)
    regex = "^(" + "|".join(STAGES.values()) + ")$"
    begun = time.monotonic()
    ended = subprocess.run([options.memboot, "gate", "--base", base, "--new", new, "--budget", options.budget, "--seed", str(seed),
                            "-o", report, "--", "bench", regex], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True, check=False)
    line = {"study_seed": options.seed, "seed": seed, "stage": stage, "percent": f"{percent:g}", "budget": options.budget,
            "status": ended.returncode, "seconds": f"{time.monotonic() - begun:.1f}"}
    rows = verdicts(report)
    if ended.returncode not in (0, 1, 3, 4) or (not rows and ended.returncode != 4):
        sys.exit(f"power.py: the gate ended with status {ended.returncode}"
                 f"{' and without a verdict' if not rows else ''}: {ended.stderr.strip()}")
    for name, row in rows.items():
        line |= {f"{name}_{what}": value for what, value in row.items()}
    return line


def read_lines(path):
    if not Path(path).exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(options):
    done = read_lines(options.out)
    options.seed = options.seed or (int(done[0]["study_seed"]) if done else random.randrange(1, 2**31))
    if any(int(line["study_seed"]) != options.seed for line in done):
        sys.exit(f"power.py: {options.out} is of another seed: {done[0]['study_seed']}")
    gates = plan(options)
    print(f"{len(gates)} gates of {options.budget}, seed {options.seed}; {len(done)} are done", flush=True)
    ended = {int(line["gate"]) for line in done}
    with open(options.out, "a", newline="", encoding="utf-8") as file, tempfile.TemporaryDirectory() as folder:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not done:
            writer.writeheader()
        for number, gate in enumerate(gates):
            if number in ended:
                continue
            if options.until and time.strftime("%H:%M") >= options.until:
                print(f"it is {options.until}: the same command goes on")
                break
            writer.writerow({"gate": number} | run_gate(options, Path(folder), *gate))
            file.flush()
            os.fsync(file.fileno())
    return 0


# --- the table ---


def found(line):
    """The gate failed, and for the right reason."""
    return line["status"] == "1" and line[f"{line['stage']}_verdict"] == "worse"


def group(lines):
    """{(percent, stage): lines}, and with stage None those of all stages."""
    groups = {}
    for line in lines:
        key = float(line["percent"]) if line["stage"] else 0
        for stage in {None, line["stage"] or None}:
            groups.setdefault((key, stage), []).append(line)
    return groups


def goal_of(percent, stage, lines, hits, better):
    """The goal in words, and whether it is met; for a part of the gates in proportion."""
    if stage:
        return ""
    if not percent:
        quiet = sum(line["status"] == "0" for line in lines)
        alarms = sum(line["status"] == "1" for line in lines)
        met = quiet * 100 >= GOAL_QUIET * len(lines) and alarms * 100 <= GOAL_ALARMS * len(lines)
        return f"{'met' if met else 'missed'}: ≥ {GOAL_QUIET} of 100 exit 0, ≤ {GOAL_ALARMS} exit 1"
    least = GOALS.get(percent)
    met = not better and hits * 50 >= (least or 0) * len(lines)
    return f"{'met' if met else 'missed'}: " + (f"≥ {least} of 50, " if least else "") + "never better"


def summary(options):
    lines = read_lines(options.file)
    if not lines:
        sys.exit(f"power.py: {options.file} has no gates")
    budgets = sorted({line["budget"] for line in lines})
    print(f"{len(lines)} gates of {', '.join(budgets)}, seed {', '.join(sorted({line['study_seed'] for line in lines}))}")
    print(f"{'slower':>7}  {'stage':<9}{'gates':>6}{'exit 0':>8}{'exit 1':>8}{'exit 3':>8}{'exit 4':>8}{'found':>7}{'better':>8}  goal")
    for (percent, stage), some in sorted(group(lines).items(), key=lambda g: (g[0][0], g[0][1] or "")):
        exits = Counter(line["status"] for line in some)
        hits = sum(map(found, some)) if percent else 0
        better = sum(line[f"{line['stage']}_verdict"] == "better" for line in some) if percent else \
            sum(line[f"{name}_verdict"] == "better" for line in some for name in STAGES)
        goal = goal_of(percent, stage, some, hits, better)
        print(f"{percent:>5g} %  {stage or 'all':<9}{len(some):>6}" + "".join(f"{exits[str(i)]:>8}" for i in (0, 1, 3, 4))
              + f"{hits if percent else '-':>7}{better:>8}  {goal}".rstrip())
    seconds = sorted(float(line["seconds"]) for line in lines)
    print(f"a gate took {seconds[len(seconds) // 2]:.1f} s in the median, {seconds[-1]:.1f} s at most")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("run")
    one.set_defaults(call=run)
    for name in ["--memboot", "--hooked", "--out"]:
        one.add_argument(name, required=True, type=os.path.abspath)
    one.add_argument("--aa", type=int, default=100)
    one.add_argument("--slow", type=int, default=50)
    one.add_argument("--percents", default=[5.0, 10.0, 20.0], type=lambda t: [float(p) for p in t.split(",")])
    one.add_argument("--each-stage", action="store_true")
    one.add_argument("--budget", default="20s")
    one.add_argument("--seed", type=int)
    one.add_argument("--until")
    two = commands.add_parser("summary")
    two.set_defaults(call=summary)
    two.add_argument("file")
    options = parser.parse_args()
    sys.exit(options.call(options))


if __name__ == "__main__":
    main()
