#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
history.py MEMBOOT [--million | --minute [SECONDS]]: `memboot history` as people and CI call it.

--million: with 1,000,000 samples in the file, `check` of one row ends within 100 ms, with and without labels. --minute: eight writers at once, of which one is
killed each second; nothing that was acknowledged is lost. Prints TAP, or what was measured; exits 1 when a case fails.
"""
import contextlib
import csv
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tap import exit_status, holds, plan, skip

MEMBOOT = str(Path(sys.argv[1]).resolve())
HOST = {"host_name": "node-a", "cpu_model": "CPU A", "packages": "2", "nodes": "4", "memory": "270000000000 bytes"}
METRICS = ["wall_ns", "ns_per_page", "bytes_per_second", "cycles", "instructions", "llc_misses", "dtlb_misses", "stores"]
CHECK_MS = 100


def result(hour, rows, **facts):
    """A result of these rows: name, then metric to samples."""
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1767225600 + 3600 * hour))
    return {"schema_version": 1, "started_utc": began, "status": "complete", "reason": None,
            "facts": [{"name": name, "value": value} for name, value in {**HOST, **facts}.items()], "knobs": [],
            "runs": [{"kind": "bench", "name": name, "args": [], "status": "ok", "samples": samples} for name, samples in rows.items()]}


def write(name, value):
    Path(name).write_text(json.dumps(value))


def history(*args, env=None):
    return subprocess.run([MEMBOOT, "history", *args], capture_output=True, text=True, check=False, env=env)


def add(hour, ns, revision, *more):
    write("r.json", result(hour, {"buddy/handoff": {"wall_ns": [ns]}}))
    return history("add", "--history", "h.db", "--rev", revision, *more, "r.json")


def trend():
    """A regression is found, named, accepted and mended, by exit status."""
    noise = random.Random(1)
    for i in range(60):
        done = add(i, 1000 * (1.08 if i >= 40 else 1) * noise.gauss(1, 0.01), f"rev{i}")
        if done.returncode:
            return holds("add", False, done.stderr)
    done = history("check", "--history", "h.db")
    holds("a step of 8 % is found between its revisions", done.returncode == 1 and "rev39..rev40" in done.stdout, done.stdout + done.stderr)
    holds("it is accepted", history("check", "--history", "h.db", "--since", "rev45").returncode == 0)
    shown = history("show", "--history", "h.db", "buddy")
    holds("show fits 80 columns", shown.returncode == 0 and max(map(len, shown.stdout.splitlines())) <= 80, shown.stdout)
    env = {**os.environ, "MEMBOOT_HISTORY": "h.db"}
    holds("the variable names the file", history("list", env=env).stdout.count("rev") >= 60)
    for i in range(60, 80):
        add(i, 1000 * noise.gauss(1, 0.01), f"rev{i}")
    holds("it is mended", history("check", "--history", "h.db").returncode == 0)
    return None


def formats():
    """What others read: one row a result for Otava, repetitions for Google Benchmark's readers."""
    holds("export to Otava", history("export", "--history", "h.db", "-o", "o.otava.csv").returncode == 0)
    lines = Path("o.otava.csv").read_text().splitlines()
    holds("a record for each result", len(lines) == 81, len(lines))
    records = list(csv.DictReader(lines))
    holds("Otava's with their revisions", [record["commit"] for record in records] == [f"rev{i}" for i in range(80)])
    holds("export to CSV", history("export", "--history", "h.db", "-o", "all.csv").returncode == 0)
    with open("all.csv", newline="", encoding="utf-8") as file:
        holds("CSV's with their revisions", [record["revision"] for record in csv.DictReader(file)] == [f"rev{i}" for i in range(80)])
    done = history("export", "--history", "h.db", "--rev", "rev7", "-o", "o.gbench.json")
    gbench = json.loads(Path("o.gbench.json").read_text()) if done.returncode == 0 else {}
    holds("export of a revision to Google Benchmark's", len(gbench.get("benchmarks", [])) == 1, done.stderr)
    done = history("import", "--history", "g.db", "o.gbench.json")
    holds("and back, under its revision", done.returncode == 0 and "rev7" in history("list", "--history", "g.db").stdout, done.stderr)
    done = subprocess.run([MEMBOOT, "report", "r.json", "--history", "h.db", "-o", "o.html"], capture_output=True, text=True, check=False)
    holds("the page has the trend", done.returncode == 0 and 'id="trends"' in Path("o.html").read_text(), done.stderr)
    done = subprocess.run([MEMBOOT, "report", "r.json", "--history", "h.db", "-o", "o.csv"], capture_output=True, text=True, check=False)
    before = Path("h.db").read_bytes()
    os.symlink("h.db", "link.csv")
    for args in (["history", "export", "--history", "h.db", "--format", "csv", "-o", "h.db"], ["history", "export", "--history", "h.db", "-o", "link.csv"],
                 ["report", "r.json", "--history", "h.db", "--format", "html", "-o", "h.db"], ["report", "r.json", "-o", "r.json"],
                 ["gate", "--new", MEMBOOT, "--history", "h.db", "--format", "csv", "-o", "h.db", "--", "bench", "x"]):
        refused = subprocess.run([MEMBOOT, *args], capture_output=True, text=True, check=False)
        holds(f"{args[0]}: what is read is not overwritten", refused.returncode == 2 and refused.stderr.count("\n") == 1 and
              "option '--output'" in refused.stderr, refused.stderr)
    holds("and is as it was", Path("h.db").read_bytes() == before and os.path.islink("link.csv"))
    Path("empty.db").touch()
    for args in (["history", "list"], ["history", "show"], ["report", "r.json", "-o", "p.html"], ["gate", "--new", MEMBOOT, "--", "bench", "x"]):
        refused = subprocess.run([MEMBOOT, args[0], "--history", "empty.db", *args[1:]], capture_output=True, text=True, check=False)
        holds(f"{' '.join(args[:2])}: an empty file is no history to read", refused.returncode == 2 and refused.stderr.count("\n") == 1 and
              "is no history of memboot: it is empty" in refused.stderr and not Path("p.html").exists(), refused.stderr)
    added = history("add", "--history", "empty.db", "--rev", "a", "r.json")
    holds("but one to write", added.returncode == 0 and "1 added" in added.stdout, added.stderr)
    holds("a format without a place for it says so", done.returncode == 2 and done.stderr.count("\n") == 1 and not Path("o.csv").exists(), done.stderr)


def revision():
    """The variable of a CI, else git's HEAD, else a line that says what to do."""
    write("v.json", result(100, {"a": {"wall_ns": [1]}}))
    env = {k: v for k, v in os.environ.items() if k not in ("GITHUB_SHA", "CI_COMMIT_SHA", "GIT_COMMIT")}
    env["GIT_CEILING_DIRECTORIES"] = os.getcwd()
    done = history("add", "--history", "v.db", "v.json", env=env)
    holds("without a revision", done.returncode == 2 and "--rev" in done.stderr and not Path("v.db").exists(), done.stderr)
    if shutil.which("git"):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "init", "-q", "tree"], check=True, env=env)
        subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "a"], cwd="tree", check=True, env=env)
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd="tree", check=True, env=env, capture_output=True, text=True).stdout
        done = subprocess.run([MEMBOOT, "history", "add", "--history", "../v.db", "../v.json"], cwd="tree", env=env, capture_output=True, check=False)
        holds("git's HEAD", done.returncode == 0 and head[:12] in history("list", "--history", "v.db").stdout)
    else:
        skip("git's HEAD", "no git")


def full_disk():
    """A file system of 200 KiB, in a name space of its own."""
    script = f"""mount -t tmpfs -o size=200k none full || exit 77
        for i in $(seq 99); do cp full/h.db before.db 2>/dev/null; {MEMBOOT} history add --history full/h.db --rev $i big$i.json >/dev/null 2>said || break; done
        status=$?; cmp full/h.db before.db && ls -A full | wc -l && cat said; exit 3"""
    os.mkdir("full")
    for i in range(1, 100):
        write(f"big{i}.json", result(i, {f"row{n}": {"wall_ns": [n + i / 7]} for n in range(40)}))
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    if done.returncode != 3:
        skip("a full disk", "no tmpfs can be mounted here")
        return
    lines = done.stdout.splitlines()
    holds("a full disk: one line, and the file as it was", len(lines) == 2 and lines[0] == "1" and "no space is left" in lines[1], done.stdout + done.stderr)


# --- many samples ---

def fill(path, results, rows, kernels):
    """With several kernels the results have labels, and each row is that many series."""
    noise = random.Random(7)
    for first in range(0, results, 100):
        names = []
        for i in range(first, first + 100):
            facts = {"revision": f"rev{i}"}
            if kernels > 1:
                facts.update({"label:kernel": f"6.{i % kernels}", "label:flags": "O2"})
            names.append(f"m{i - first}.json")
            write(names[-1], result(i, {f"group/row:{n}": {m: [noise.lognormvariate(10, 0.02)] for m in METRICS} for n in range(rows)}, **facts))
        done = history("import", "--history", path, *names)
        if done.returncode:
            sys.exit(done.stderr)


def time_check(path, series):
    """Milliseconds of each of 21 checks of one row."""
    times = []
    for _ in range(21):
        began = time.perf_counter()
        done = history("check", "--history", path, "^group/row:77$", "--metric", "wall_ns")
        times.append(1000 * (time.perf_counter() - began))
        if done.returncode > 1 or f"{series} series checked" not in done.stdout:
            sys.exit(done.stdout + done.stderr)
    return times


def million(kernels):
    results, rows = 1000, 125
    path = f"m{kernels}.db"
    began = time.monotonic()
    fill(path, results, rows, kernels)
    filled = time.monotonic() - began
    with contextlib.closing(sqlite3.connect(path)) as db:
        samples = db.execute("SELECT count(*) FROM sample").fetchone()[0]
    times = time_check(path, kernels)
    median = statistics.median(times)
    print(f"{samples} samples of {results} results {'with' if kernels > 1 else 'without'} labels added in {filled:.1f} s, "
          f"{Path(path).stat().st_size / 2**20:.0f} MiB; check of one row, {kernels} series of {results // kernels}: "
          f"median {median:.1f} ms, slowest {max(times):.1f} ms; goal {CHECK_MS} ms", flush=True)
    return samples == results * rows * len(METRICS) and median < CHECK_MS


# --- writers that are killed ---

class Writer(threading.Thread):
    def __init__(self, number, until):
        super().__init__()
        self.number, self.until = number, until
        self.acknowledged, self.killed, self.wrong = [], 0, []
        self.process = None

    def run(self):
        i = 0
        while time.monotonic() < self.until:
            i += 1
            name, rev = f"w{self.number}.json", f"w{self.number}-{i}"
            write(name, result(i, {f"row{n}": {"wall_ns": [i + self.number / 16 + n]} for n in range(20)}))
            self.process = subprocess.Popen([MEMBOOT, "history", "add", "--history", "w.db", "--rev", rev, name],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            out, err = self.process.communicate()
            if "1 added" in out: # told to us, whatever became of the process
                self.acknowledged.append(rev)
            elif self.process.returncode == -signal.SIGKILL:
                self.killed += 1
            else:
                self.wrong.append(err or out)


def minute(seconds):
    choose = random.Random(11)
    writers = [Writer(number, time.monotonic() + seconds) for number in range(8)]
    for writer in writers:
        writer.start()
    kills = 0
    while any(writer.is_alive() for writer in writers):
        time.sleep(1)
        victim = choose.choice(writers)
        if victim.process and victim.process.poll() is None:
            victim.process.kill()
            kills += 1
    for writer in writers:
        writer.join()
    acknowledged = {rev for writer in writers for rev in writer.acknowledged}
    wrong = [text for writer in writers for text in writer.wrong]
    history("list", "--history", "w.db") # recovers what the last killed one left
    with contextlib.closing(sqlite3.connect("w.db")) as db:
        sound = db.execute("PRAGMA integrity_check").fetchone()[0]
        found = {name: samples for name, samples in db.execute("SELECT v.name, r.samples FROM result r JOIN revision v ON v.id = r.revision")}
        rows = db.execute("SELECT count(*) FROM sample").fetchone()[0]
    lost = acknowledged - set(found)
    print(f"{seconds} s: {len(acknowledged)} acknowledged, {len(found)} in the file, {kills} killed ({sum(w.killed for w in writers)} before they had told), "
          f"{len(lost)} lost, {len(wrong)} refused, integrity {sound}")
    for text in wrong[:3]:
        print(f"# {text.strip()}")
    return not lost and not wrong and sound == "ok" and rows == 20 * len(found) and set(found.values()) <= {20}


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        version = subprocess.run([MEMBOOT, "--version"], capture_output=True, text=True, check=True).stdout
        if any(line.split()[:2] == ["SQLite", "absent"] for line in version.splitlines()):
            done = history("list", "--history", "h.db")
            holds("without SQLite it says what is missing", done.returncode == 2 and "libsqlite3-dev" in done.stderr, done.stderr)
        elif "--million" in sys.argv:
            return 0 if all([million(1), million(4)]) else 1
        elif "--minute" in sys.argv:
            return 0 if minute(float(sys.argv[3]) if len(sys.argv) > 3 else 60) else 1
        else:
            for part in (trend, formats, revision, full_disk):
                part()
        plan()
    return exit_status()


if __name__ == "__main__":
    sys.exit(main())
