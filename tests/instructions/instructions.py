#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions of the engine's hot loops, counted by callgrind, against what is stored.

  instructions.py measure LOOPS BUILD             prints what LOOPS needs for each unit, and the key, as JSON
  instructions.py check LOOPS BUILD BASELINE      0: as stored; 1: a loop needs more; 77: not comparable, and why
  instructions.py move BASELINE [LOOPS BUILD]...  stores what these need now; prints what changed
  instructions.py alone ROOT                      each commit that moved the baseline did nothing else: 0, 1, 77

LOOPS is the program tests/loops, BUILD the build directory that it is of. A figure is the difference of two sizes, so that
what a loop needs once is not in it. It repeats to the instruction on one host with one compiler: whatever of the code around
makes up a build (compiler, flags, C library, which of several ways the CPU has) is the key, and other keys are not compared.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
LIMIT = 0.005  # of a figure: more is worse, less is better
BASELINE = "tests/baseline/instructions.json"
SOURCE = "core/pageinit.c"  # whose flags stand for those of the engine
ABOUT = "Instructions a page, block, object or call of the hot loops in tests/instructions/loops.c; scripts/rebaseline writes it."


class NotComparable(Exception):
    """There is nothing to hold the figures against; the text says why."""


def flags(build):
    """What of the engine's compiler flags changes its code."""
    commands = json.loads((Path(build) / "compile_commands.json").read_text(encoding="utf-8"))
    words = next(c["command"] for c in commands if c["file"].endswith(SOURCE)).split()
    return " ".join(w for w in words if re.match(r"-O|-f(?!diagnostics|color)|-m|--coverage|-DNDEBUG|-D_FORTIFY", w))


def under_valgrind(program, args, names, slow=None):
    """The lines of the program."""
    env = {k: v for k, v in os.environ.items() if not re.match("MALLOC_|GLIBC_|LD_|MEMBOOT_SLOW$", k)}
    env |= {"MEMBOOT_SLOW": slow} if slow else {}
    ended = subprocess.run(["valgrind", *args, program, *names], env=env, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{program} ended with status {ended.returncode} under valgrind:\n{ended.stderr.strip()[-2000:]}")
    return ended.stdout.split("\n")


def key_of(program, build):
    """What figures of this build may be held against; valgrind has a CPU of its own."""
    if not shutil.which("valgrind"):
        raise NotComparable("valgrind is not there")
    if re.search("sanitize|coverage", flags(build)):
        raise NotComparable("an instrumented build has other instructions")
    lines = under_valgrind(program, ["--tool=none"], ["none"])
    ways = {w[1]: w[2] for w in (line.split(" ", 2) for line in lines) if w[0] == "way"}
    return {"arch": os.uname().machine, "flags": flags(build), **ways}


def run_loops(program, folder, slow, names):
    """The lines of the program, and the instructions of each loop in their order."""
    out = Path(folder) / "out"
    lines = under_valgrind(program, ["--tool=callgrind", f"--callgrind-out-file={out}", "--toggle-collect=counted",
                                     "--dump-after=counted"], names, slow)
    counts, number = [], 1
    while Path(f"{out}.{number}").exists():
        text = Path(f"{out}.{number}").read_text(encoding="utf-8")
        counts.append(int(re.search(r"^totals: (\d+)$", text, re.MULTILINE)[1]))
        number += 1
    return lines, counts


def figures(lines, counts):
    """{loop: instructions a unit}, of the difference of its two sizes."""
    sizes = [(w[1], int(w[2])) for w in (line.split() for line in lines) if w[:1] == ["loop"]]
    if len(sizes) != len(counts) or not sizes:
        raise RuntimeError(f"{len(sizes)} loops ran, {len(counts)} were counted")
    found = {}
    for i in range(0, len(sizes), 2):
        (name, small), (_, large) = sizes[i], sizes[i + 1]
        found[name] = round((counts[i + 1] - counts[i]) / (large - small), 4)
    return found


def count(program, slow=None, names=()):
    """{loop: figure}; of these loops alone, with names."""
    with tempfile.TemporaryDirectory() as folder:
        return figures(*run_loops(program, folder, slow, names))


def measure(program, build):
    return {"key": key_of(program, build), "figures": count(program)}


def load(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))["baselines"] if Path(path).exists() else []


def entry_for(key, baselines):
    """The stored figures of this key; else says which part of it the nearest one does not share."""
    for entry in baselines:
        if entry["key"] == key:
            return entry
    if not baselines:
        raise NotComparable("no baseline is stored")
    def others(entry):
        return [k for k in key if entry["key"].get(k) != key[k]]
    near = min(baselines, key=lambda entry: len(others(entry)))
    raise NotComparable("no baseline for this build: " + "; ".join(
        f"{k} is {key[k]}, stored {'are others' if k == 'flags' else 'is ' + str(near['key'].get(k))}"
        for k in others(near)))


def verdict(was, now):
    """As memboot compare words it."""
    if was is None or now is None:
        return "new" if was is None else "gone"
    return "worse" if now > was * (1 + LIMIT) else "better" if now < was * (1 - LIMIT) else "same"


def table(was, now):
    """Rows (loop, stored, counted, verdict) of all loops on either side."""
    return [(name, was.get(name), now.get(name), verdict(was.get(name), now.get(name)))
            for name in list(now) + [n for n in was if n not in now]]


def show(rows):
    def figure(value):
        return "-" if value is None else f"{value:.2f}"
    width = max([4] + [len(r[0]) for r in rows])
    print(f"{'loop':{width}}  {'stored':>10}  {'counted':>10}  {'change':>8}")
    for name, was, now, word in rows:
        change = f"{now / was - 1:+.2%}" if was and now else "-"
        print(f"{name:{width}}  {figure(was):>10}  {figure(now):>10}  {change:>8}  {word}")


def check(program, build, baseline, slow=None):
    entry = entry_for(key_of(program, build), load(baseline))
    rows = table(entry["figures"], count(program, slow))
    show(rows)
    words = [r[3] for r in rows]
    if "better" in words:
        print("better than stored: scripts/rebaseline keeps it so")
    if "new" in words or "gone" in words:
        print("other loops than stored: scripts/rebaseline stores those that there are")
    if "worse" in words:
        print(f"more than {LIMIT:.1%} more instructions: mend it, or store them with scripts/rebaseline and say why")
    return 1 if set(words) & {"worse", "new", "gone"} else 0


def text_of(baselines):
    """One figure a line."""
    return json.dumps({"about": ABOUT, "baselines": baselines}, indent=1) + "\n"


def move(baseline, pairs):
    baselines = load(baseline)
    for program, build in pairs:
        now = measure(program, build)
        key = now["key"]
        print(f"{key['compiler']} {key['flags']}, {key['arch']}")
        old = next((e for e in baselines if e["key"] == key), None)
        show(table(old["figures"] if old else {}, now["figures"]))
        if old:
            old["figures"] = now["figures"]
        else:
            baselines.append(now)
    Path(baseline).parent.mkdir(exist_ok=True)
    Path(baseline).write_text(text_of(baselines), encoding="utf-8")
    return 0


def git(root, *args):
    return subprocess.run(["git", "-C", root, *args], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def alone(root):
    """A commit without a parent has moved nothing: it is where a history, or what a shallow clone has of it, begins."""
    if not (Path(root) / ".git").exists() or not shutil.which("git"):
        raise NotComparable("there is no history of the sources here")
    offences = []
    if git(root, "status", "--porcelain", "--", BASELINE):
        offences.append(f"{BASELINE}:1: changed by hand, or not committed: scripts/rebaseline does both")
    for line in git(root, "log", "--no-merges", "--format=%H %P", "--", BASELINE):
        commit, *parents = line.split()
        others = [n for n in git(root, "show", "--format=", "--name-only", commit) if n != BASELINE] if parents else []
        if others:
            offences.append(f"{BASELINE}:1: commit {commit[:12]} moved it together with {', '.join(others[:3])}")
    print("\n".join(offences) or f"each commit that moved {BASELINE} did nothing else")
    return 1 if offences else 0


def main(args):
    try:
        if args[:1] == ["alone"] and len(args) == 2:
            return alone(args[1])
        if args[:1] == ["measure"] and len(args) == 3:
            print(json.dumps(measure(*args[1:]), indent=1))
            return 0
        if args[:1] == ["check"] and len(args) == 4:
            return check(*args[1:], slow=os.environ.get("MEMBOOT_SLOW"))
        if args[:1] == ["move"] and len(args) >= 4 and len(args) % 2 == 0:
            return move(args[1], list(zip(args[2::2], args[3::2])))
    except NotComparable as why:
        print(f"not comparable: {why}")
        return SKIPPED
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
