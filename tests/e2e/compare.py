#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `memboot compare` promises: exit statuses, inputs, formats.

usage: compare.py PROGRAM; prints TAP, exits 1 when a case fails.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree
from pathlib import Path

from tap import exit_status, holds, plan

MEMBOOT = str(Path(sys.argv[1]).resolve())
SEED = int(os.environ.get("MB_SEED", "20260131"), 0)
RANDOM = random.Random(SEED)


def memboot(*args, given=b""):
    return subprocess.run([MEMBOOT, "compare", *args], input=given, capture_output=True, check=False)


def result(ns=1000.0, samples=20, spread=0.005, rows=("one", "two"), **facts):
    """A result of a host, each row of which took about that long."""
    known = {"cpu_model": "A", "packages": "1", "nodes": "1", "memory": "8000000000 bytes", "kernel": "6.1.0",
             "compiler": "gcc 12.2.0", **facts}
    return {"schema_version": 1, "tool_version": "0.1.0", "started_utc": "2026-01-31T12:00:00Z", "status": "complete",
            "facts": [{"name": k, "value": v} for k, v in known.items()], "knobs": [], "noise": [],
            "runs": [{"kind": "bench", "name": row, "args": [], "status": "ok",
                      "samples": {"wall_ns": [ns * RANDOM.lognormvariate(0, spread) for _ in range(samples)]}}
                     for row in rows]}


def write(name, value):
    Path(name).write_text(value if isinstance(value, str) else json.dumps(value))
    return name


def ends(name, status, *args, words=(), **more):
    done = memboot(*args, **more)
    text = done.stdout.decode() + done.stderr.decode()
    flat = " ".join(text.split())
    missing = [word for word in words if word not in flat]
    holds(name, done.returncode == status and not missing, f"status {done.returncode}, misses {missing}:\n{text}")
    return done


def lines_of(done):
    return done.stderr.decode().splitlines()


def inputs_are_kept():
    """What is read is never what -o names, whatever the name of it."""
    base, new = write("kept.json", result()), write("kept2.json", result())
    write("part1.json", result())
    os.symlink("kept2.json", "soft.json")
    os.link("kept.json", "hard.json")
    text = Path(base).read_text()
    for name, args in (("itself", [base, new, "-o", base]), ("by a path", [base, new, "-o", f"./{new}"]),
                       ("a symbolic link", [base, new, "-o", "soft.json"]), ("a hard link", [base, new, "-o", "hard.json"]),
                       ("one of a list", [f"part1.json,{base}", new, "-o", base]), ("one of a pattern", ["part?.json", new, "-o", "part1.json"]),
                       ("the noise", [base, new, "--store", "kept2.json", "-o", "soft.json"])):
        done = ends(f"an input is not overwritten: {name}", 2, *args, words=["option '--output'"])
        holds(f"an input is not overwritten: {name}: one line", len(lines_of(done)) == 1 and not done.stdout, done.stderr)
    holds("inputs are as they were", Path(base).read_text() == text and os.path.islink("soft.json"))
    write("out.json", "{}")
    ends("a file that is not read is replaced", 0, base, new, "-o", "out.json")
    holds("and has the verdicts", "same" in Path("out.json").read_text())


def statuses():
    base, same, slow = write("base.json", result()), write("same.json", result()), write("slow.json", result(1300))
    fast, wild = write("fast.json", result(700)), write("wild.json", result(1050, spread=0.2))
    few, kernel = write("few.json", result(samples=3)), write("kernel.json", result(kernel="6.12.0"))
    ends("0: the same", 0, base, same, words=["2 same"])
    ends("0: better", 0, base, fast, words=["better one", "2 better"])
    ends("1: worse", 1, base, slow, words=["worse one", "2 worse"])
    ends("1: worse in one of several", 1, base, same, slow, words=["2 worse", "2 same"])
    ends("0: worse, but below the threshold", 0, base, slow, "--threshold", "50%", words=["beyond 50.0 %"])
    ends("3: inconclusive", 3, base, wild, words=["2 inconclusive", "more: about as many"])
    ends("3: too few samples", 3, base, few, words=["too few samples: 3 samples, 8 needed"])
    ends("3: another kernel", 3, base, kernel, words=["other kernel: 6.12.0 against 6.1.0"])
    ends("3: a row is missing", 3, base, write("less.json", result(rows=["one"])), words=["not in less.json: two"])
    ends("3: nothing is left", 3, base, slow, "--filter", "none", words=["nothing to compare"])
    spoilt = result(1300)
    spoilt["noise"] = [{"verdict": "spoils", "name": "load", "title": "load average", "value": "9.00"}]
    ends("4: worse on a host that was busy", 4, base, write("spoilt.json", spoilt),
         words=["this cannot be judged: in spoilt.json, load average spoils figures (9.00)"])


def noise():
    """The store is used for results of its host and kernel, and one note says when it is not."""
    base, slow = "base.json", "slow.json"
    host = "A, 1 socket, 1 node, 8 GiB"
    ends("noise: not known", 1, base, slow, words=["noise of the host: not known; 'memboot noise' measures it"])
    for name, facts, status, words in [
            ("of the host", {"host": host, "kernel": "6.1.0", "arena": "7 MiB", "governor": "x"}, 1,
             ["worse one", "40.0 % noise", "noise of 1 of 2 rows: not known", "1 worse, 1 same"]),
            ("of another kernel", {"host": host, "kernel": "6.2.0"}, 1,
             ["2 worse", "of another host or kernel (kernel was 6.2.0, is 6.1.0)"]),
            ("of another host", {"host": "B", "kernel": "6.1.0"}, 1, ["2 worse", "(host was B, is A"])]:
        os.environ["MEMBOOT_NOISE"] = write("noise.json", {
            "memboot_noise": 2, "made_utc": None, "facts": facts,
            "rows": [{"name": "two", "pairs": 8, "gates": 20, "largest": 0.3, "noise": 0.4}]})
        ends(f"noise: {name}", status, base, slow, "-v", words=words)
    write("noise.json", "{")
    ends("noise: a broken file", 1, base, slow, words=["noise of the host: not known, 'noise.json' cannot be read"])
    os.environ["MEMBOOT_NOISE"] = "none.json"


def usage():
    base = "base.json"
    for name, words, args in [
            ("one file", "two results are needed", [base]),
            ("no such file", "cannot read 'none.json'", [base, "none.json"]),
            ("each of two that are missing", "cannot read 'nor.json'", ["none.json", "nor.json"]),
            ("no match", "no file matches 'x*.json'", [base, "x*.json"]),
            ("a truncated file", "cannot read 'cut.json'", [base, write("cut.json", '{"schema_version": 1, ')]),
            ("a threshold of 0", "takes per cent above 0", [base, base, "--threshold", "0"]),
            ("a threshold that is no number", "not '5x'", [base, base, "--threshold", "5x"]),
            ("an unknown metric", "did you mean 'wall_ns'", [base, base, "--metric", "wall_n"]),
            ("a metric without a direction", "has no better and no worse", [base, base, "--metric", "ratio"]),
            ("a filter that is none", "option '--filter'", [base, base, "--filter", "("]),
            ("a format of results", "verdicts have no such format", [base, base, "--format", "csv"]),
            ("standard input twice", "standard input can be read once", ["-", "-"]),
            ("a folder that is missing", "cannot write", [base, base, "-o", "no/x.json"])]:
        before = sorted(os.listdir())
        done = ends(f"2: {name}", 2, *args, words=[words], given=json.dumps(result()).encode())
        holds(f"2: {name}: nothing is written", not done.stdout and sorted(os.listdir()) == before)


def sides():
    names = [write(f"old{i}.json", result(1000 + i, samples=1)) for i in range(9)]
    more = [write(f"new{i}.json", result(1300 + i, samples=1)) for i in range(9)]
    ends("a pattern in quotes is several process runs", 1, "old*.json", "new*.json",
         words=["9 process runs", "2 worse"])
    ends("files with commas are, too", 1, ",".join(names), ",".join(more), words=["9 process runs", "2 worse"])
    ends("seven are too few", 3, "old*.json", ",".join(more[:7]), words=["too few samples: 7 samples"])
    done = memboot("base.json", "same.json")
    holds("one process run says so", b"one process run" in done.stdout, done.stdout)
    holds("several need not", b"one process run" not in memboot("old*.json", "new*.json").stdout)
    write("with,comma.json", result())
    ends("a name with a comma", 0, "with,comma.json", "same.json")
    ends("standard input", 1, "base.json", "-", given=Path("slow.json").read_bytes())


def formats():
    done = memboot("base.json", "slow.json", "--format", "json")
    verdicts = json.loads(done.stdout)
    holds("json", done.returncode == 1 and verdicts["exit_status"] == 1
          and [row["verdict"] for row in verdicts["rows"]] == ["worse"] * 2, done.stdout)
    done = memboot("base.json", "slow.json", "-o", "out.xml", "-q")
    suites = tree.parse("out.xml").getroot()
    holds("junit", done.returncode == 1 and not done.stdout and suites.get("failures") == "2"
          and len(list(suites.iter("failure"))) == 2)
    done = memboot("base.json", "slow.json", "-o", "out.md")
    holds("markdown beside the table", b"2 worse" in done.stdout and "| **worse** | `one` |" in Path("out.md").read_text())
    holds("the same input gives the same verdicts",
          memboot("base.json", "wild.json", "-v").stdout == memboot("base.json", "wild.json", "-v").stdout)


def main():
    print(f"# MB_SEED={SEED}")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.environ["MEMBOOT_NOISE"] = "none.json"
        statuses()
        noise()
        usage()
        sides()
        formats()
        inputs_are_kept()
        os.chdir("/")
    plan()
    return exit_status()


sys.exit(main())
