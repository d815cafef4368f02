#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `memboot report` promises of its inputs and of each format, by readers that are not the project's own.

usage: report.py PROGRAM; prints TAP, exits 1 when a case fails.
"""
import copy
import csv
import ctypes
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tap import exit_status, holds, plan, skip

MEMBOOT = str(Path(sys.argv[1]).resolve())
DATA = Path(__file__).resolve().parent.parent / "data" / "reports"
SAMPLE = json.loads((DATA / "sample.json").read_text())
NASTY = "</script><b>\"'`|\\ \t\r\n\x01\x1b[31m=cmd()|' /C calc'!A0 \u202e\u2028 {}[]*_#"


def memboot(*args, given=b""):
    return subprocess.run([MEMBOOT, *args], input=given, capture_output=True, check=False)


def refused(words, *args, given=b"", lines=1):
    """Exit status 2, a line of reason for each thing that is wrong, nothing written."""
    before = sorted(os.listdir())
    done = memboot("report", *args, given=given)
    said = done.stderr.decode()
    good = (done.returncode == 2 and not done.stdout and said.count("\n") == lines and words in said
            and all(line.startswith("memboot: report: ") for line in said.splitlines())
            and sorted(os.listdir()) == before)
    holds(f"refused: {' '.join(args)}", good, f"status {done.returncode}: {said}")


def write(name, value):
    Path(name).write_text(value if isinstance(value, str) else json.dumps(value))


def made(form, *inputs):
    """What a format makes of these files; None after saying why not."""
    done = memboot("report", *inputs, "--format", form)
    holds(f"--format {form} of {' '.join(inputs)}", done.returncode == 0 and not done.stderr, done.stderr.decode())
    return done.stdout.decode() if done.returncode == 0 else None


def nasty():
    """A result with bad text wherever text may be, and missing samples."""
    result = copy.deepcopy(SAMPLE)
    for key in ("tool_version", "command_line", "machine", "map_source", "policy", "kernel_profile"):
        result[key] = NASTY
    for fact in result["facts"] + result["knobs"]:
        fact["value"] = NASTY
    for row in result["noise"]:
        row["value"] = row["title"] = NASTY
    for run in result["runs"]:
        run["name"] = run["model"] = run["placement"] = NASTY
        run["args"] = [{"name": NASTY, "value": NASTY}]
        for samples in run["samples"].values():
            samples.append(None)
    return result


def inputs():
    write("a.json", SAMPLE)
    text = Path("a.json").read_text()
    write("cut.json", text[:len(text) // 2])
    write("new.json", {**SAMPLE, "schema_version": 99})
    write("strange.json", "[1, 2]")
    write("empty.json", "")
    with open("huge.json", "wb") as file:
        file.truncate(300 << 20)
    os.mkdir("folder")
    refused("a result is missing")
    refused("cannot read 'none.json': No such file or directory", "none.json")
    refused("cannot read 'folder': Is a directory", "folder")
    refused("cannot read 'cut.json': the file ends too early", "cut.json", "-o", "x.csv")
    refused("cannot read 'new.json': schema version 99 is not known", "new.json", "-o", "x.csv")
    refused("cannot read 'strange.json': not a result of memboot", "strange.json", "-o", "x.csv")
    refused("cannot read 'empty.json': the file is empty", "empty.json", "-o", "x.csv")
    refused("cannot read 'huge.json': larger than 256 MiB", "huge.json", "-o", "x.csv")
    refused("cannot read 'cut.json'", "a.json", "cut.json", "none.json", "-o", "x.csv", lines=2)
    refused("standard input: the file is empty", "-", "-o", "x.csv")
    refused("'-' is there twice", "-", "-", "-o", "x.csv", given=text.encode())
    refused("no file matches 'z*.json'", "z*.json", "-o", "x.csv")
    refused("needs --format", "a.json", "-o", "x.strange")
    refused("takes json", "a.json", "--format", "strange")
    refused("cannot write 'none/x.csv'", "a.json", "-o", "none/x.csv")
    refused("format json holds one result", "a.json", "a.json", "-o", "x.json")
    os.remove("huge.json")


def ways():
    """Names, patterns, streams: whichever way it comes and goes, it is the same file."""
    text = Path("a.json").read_text()
    lists = memboot("list", "formats").stdout
    holds("--list-formats", memboot("report", "--list-formats").stdout == lists != b"")
    tables = memboot("report", "a.json")
    holds("without -o: tables", tables.returncode == 0 and tables.stdout == memboot(
        "report", "a.json", "--format", "text").stdout)
    done = memboot("report", "a.json", "-o", "out.csv", "--format", "text")
    holds("--format wins over the extension", done.returncode == 0 and Path("out.csv").read_bytes() == tables.stdout)
    same = memboot("report", "-", "-o", "-", given=text.encode())
    holds("from a stream to a stream", json.loads(same.stdout)["runs"] == SAMPLE["runs"], same.stderr)
    os.mkdir("many")
    for name in ("1", "2", "[3]"):
        write(f"many/{name}.json", SAMPLE)
    alone = memboot("report", "a.json", "--format", "csv").stdout.count(b"\n") - 1
    for name, number in (("many/*.json", 3), ("many/[3].json", 1), ("many/[12].json", 2)):
        lines = memboot("report", name, "--format", "csv").stdout.count(b"\n") - 1
        holds(f"'{name}' is {number} results", lines == number * alone, lines)
    old = memboot("report", str(DATA / "version-1.json"), "-o", "-", "--format", "json")
    holds("the oldest form is read", old.returncode == 0 and len(json.loads(old.stdout)["runs"]) == 6, old.stderr)
    for name in ("out.csv", "many/1.json", "many/2.json", "many/[3].json"):
        os.remove(name)


def every_format():
    """No format lets through what could move a cursor or begin a line, and what a result lacks is its only excuse."""
    for line in memboot("list", "formats").stdout.decode().splitlines()[1:]:
        name, extension, several = line.split()[:3]
        done = memboot("report", "nasty.json", "-o", f"out{extension}")
        if done.returncode == 2 and (b"has not what format" in done.stderr or b"the result is partial" in done.stderr):
            continue
        text = Path(f"out{extension}").read_text(encoding="utf-8") if done.returncode == 0 else "\0"
        bad = [c for c in text if (ord(c) < 32 and c not in "\r\n") or ord(c) == 127]
        holds(f"{name}: no control byte of nasty text", not bad and text, done.stderr.decode() or bad)
        done = memboot("report", "nasty.json", "a.json", "-o", f"out{extension}")
        if several == "several":
            alike = done.returncode == 2 and b"a figure that all of them have" in done.stderr
            holds(f"{name}: of two results", done.returncode == 0 or alike, done.stderr.decode())
        else:
            kept = Path(f"out{extension}").read_text(encoding="utf-8") == text
            holds(f"{name}: two results are refused, and the old file is kept", done.returncode == 2 and kept)
        os.remove(f"out{extension}")


def comma_separated():
    rows = list(csv.reader(io.StringIO(made("csv", "a.json", "nasty.json"), newline=""), strict=True))
    holds("csv: equal records", len({len(row) for row in rows}) == 1)
    holds("csv: no formula", not [cell for row in rows for cell in row if cell[:1] in "=+@\t\r" and cell])
    holds("csv: a line a record", not [cell for row in rows for cell in row if "\n" in cell or "\r" in cell])
    table = [dict(zip(rows[0], row)) for row in rows[1:]]
    times = [row["wall_ns"] for row in table if row["name"] == "memmap_init"]
    holds("csv: every sample", times == ["2000000", "2100000", "1900000.5"], times)


def markdown():
    text = made("markdown", "a.json", "nasty.json")
    lines = text.splitlines()
    holds("markdown: no control byte, no line of its own", not [c for c in text if ord(c) < 32 and c != "\n"] and not [
        line for line in lines if line.lower().startswith(("</script", "<b>"))])
    holds("markdown: a column a result", "| time | A | B |" in lines)


def trace():
    events = json.loads(made("trace", "a.json", "nasty.json"))["traceEvents"]
    holds("trace: keys", all(e["ph"] in "MXC" and isinstance(e["pid"], int) for e in events))
    slices = [e for e in events if e["ph"] == "X"]
    holds("trace: a slice has its place and its length", all(
        e["ts"] >= 0 and e["dur"] >= 0 and isinstance(e["tid"], int) for e in slices) and slices)
    done = memboot("boot", "-q", "-r", "2", "--machine", "nodes=2 each=256M cpus=2", "-o", "boot.json")
    result = json.loads(Path("boot.json").read_text()) if done.returncode == 0 else {"runs": []}
    events = json.loads(made("trace", "boot.json"))["traceEvents"]
    tracks = {(e["pid"], e["tid"]) for e in events if e["ph"] == "X"}
    workers = {(r["node"], r["worker"]) for r in result["runs"] if r["kind"] == "worker"}
    nodes = {r["node"] for r in result["runs"] if r["kind"] == "node"}
    holds("trace: a track per worker, node and boot thread", len(tracks) == 2 * (len(workers) + len(nodes) + 1) > 6)
    holds("trace: no number stands for two threads", len({tid for _, tid in tracks}) == len(tracks) and 0 not in {
        tid for _, tid in tracks})
    good = True
    for track in tracks:
        spans = sorted((e["ts"], e["ts"] + e["dur"]) for e in events
                       if e["ph"] == "X" and (e["pid"], e["tid"]) == track)
        good &= all(a[1] <= b[0] + 0.001 for a, b in zip(spans, spans[1:]))
    holds("trace: slices of a track do not overlap", good)
    os.remove("boot.json")


def bencher():
    def once(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    for name in ("a.json", "nasty.json"):
        refused("the result is partial, which format bencher cannot say", name, "-o", "x.bmf.json")
        write("whole.json", {**json.loads(Path(name).read_text()), "status": "complete", "reason": None})
        found = json.loads(made("bencher", "whole.json"), object_pairs_hook=once)
        measures = [m for measures in found.values() for m in measures.items()]
        holds(f"bencher: names and slugs of {name}", found and all(
            0 < len(name) <= 1024 for name in found) and all(re.fullmatch("[a-z0-9-]{1,64}", key) for key, _ in measures))
        holds(f"bencher: numbers of {name}", all(
            set(m) <= {"value", "lower_value", "upper_value"} and m["value"] >= 0 for _, m in measures))
    os.remove("whole.json")


def gobench():
    """The rules of golang.org/x/perf/benchfmt."""
    good = True
    for line in made("gobench", "a.json", "nasty.json").splitlines():
        words = line.split()
        if line.startswith("Benchmark"):
            good &= bool(re.match(r"Benchmark[^a-z]\S*-\d+$", words[0])) and words[1].isdigit() and len(words) % 2 == 0
            [float(word) for word in words[2::2]]
        elif line.startswith("Unit "):
            good &= len(words) >= 3 and all(re.fullmatch(r"(better|assume)=\w+", word) for word in words[2:])
        else:
            good &= bool(re.match(r"[a-z][a-z_]*:( \S|$)", line))
    holds("gobench: units, keys, and names with pairs", good)


def otava():
    """The rules of otava/importer.py: a number in each cell of a metric, records in the order of time."""
    later = copy.deepcopy(SAMPLE)
    later["started_utc"] = "2026-03-01T00:00:00Z"
    later["runs"].pop(0)
    write("later.json", later)
    refused("a figure that all of them have", "later.json", "a.json", "nasty.json", "-o", "x.otava.csv")
    head, *rows = csv.reader(io.StringIO(made("otava", "later.json", "a.json"), newline=""), strict=True)
    holds("otava: a record a result", len(rows) == 2 and all(len(row) == len(head) for row in rows))
    numbers = [[float(cell) for cell in row[head.index("result_status") + 1:]] for row in rows]
    holds("otava: numbers in what all have", numbers == [[3.5e9], [3.5e9]], numbers)
    holds("otava: in the order of time", [row[0][:7] for row in rows] == ["2026-01", "2026-03"])
    os.remove("later.json")


def prometheus():
    if not shutil.which("promtool"):
        skip("promtool check metrics", "no promtool (Debian package prometheus)")
        return
    for names in (["a.json"], ["nasty.json"], ["a.json", "nasty.json", "a.json"]):
        text = made("prometheus", *names)
        done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True, check=False)
        holds(f"promtool check metrics of {' '.join(names)}", done.returncode == 0 and not done.stderr,
              (done.stdout + done.stderr).decode())


def nodes():
    """A result of a host of three nodes, the last without CPUs."""
    def run(name, rate, **args):
        return {"kind": "bench", "name": name, "args": [{"name": k, "value": v} for k, v in args.items()],
                "status": "ok", "samples": {"bytes_per_second": [rate]}}

    facts = {"host_name": NASTY, "kernel": NASTY, "node_cpus:0": "8-11,32-33", "node_memory:0": "8589934592 bytes",
             "node_cpus:2": "4-5", "node_memory:2": "4294967296 bytes", "node_cpus:5": None, "node_memory:5": "1024 bytes"}
    runs = [run("limit/avx2/nonzero/threads:all", 20 << 30, temperature="warm", threads="all"),
            run("limit/avx2/remote/nonzero/node:1", 10 << 30, temperature="warm", memory_node="1"),
            run("limit/avx2/remote/nonzero/node:2", 5 << 30, temperature="warm", memory_node="2")]
    return {**SAMPLE, "facts": [{"name": k, "value": v} for k, v in facts.items()], "runs": runs}


def ask_hwloc(hwloc, path):
    """What hwloc answers of a file: node's number to MiB/s, from the CPUs of node 0."""
    class Location(ctypes.Structure):
        _fields_ = [("type", ctypes.c_int), ("cpuset", ctypes.c_void_p)]

    topology, attribute, value, found = ctypes.c_void_p(), ctypes.c_uint(), ctypes.c_uint64(), {}
    hwloc.hwloc_topology_init(ctypes.byref(topology))
    if hwloc.hwloc_topology_set_xml(topology, path.encode()) or hwloc.hwloc_topology_load(topology):
        return None
    hwloc.hwloc_topology_check(topology)  # ends the process where it is wrong
    hwloc.hwloc_bitmap_alloc.restype = hwloc.hwloc_get_obj_by_depth.restype = ctypes.c_void_p
    cpus = Location(1, hwloc.hwloc_bitmap_alloc())
    hwloc.hwloc_bitmap_list_sscanf(ctypes.c_void_p(cpus.cpuset), b"8-11,32-33")
    hwloc.hwloc_memattr_get_by_name(topology, b"WriteBandwidth", ctypes.byref(attribute))
    for i in range(hwloc.hwloc_get_nbobjs_by_depth(topology, -3)):
        node = ctypes.c_void_p(hwloc.hwloc_get_obj_by_depth(topology, -3, i))
        number = ctypes.c_uint.from_address(node.value + 16).value  # os_index, behind type and subtype
        if not hwloc.hwloc_memattr_get_value(topology, attribute, node, ctypes.byref(cpus), ctypes.c_ulong(0),
                                             ctypes.byref(value)):
            found[number] = value.value
    hwloc.hwloc_topology_destroy(topology)
    return found


def hwloc():
    write("nodes.json", nodes())
    done = memboot("report", "nodes.json", "-o", "nodes.xml")
    holds("hwloc: a file", done.returncode == 0, done.stderr.decode())
    refused("has not what format hwloc holds", "a.json", "-o", "x.xml")
    try:
        library = ctypes.CDLL("libhwloc.so.15")
    except OSError:
        skip("hwloc reads its memory attributes", "no libhwloc.so.15 (Debian package libhwloc15)")
        return
    with Path("said").open("wb") as file:  # it warns on standard error of what it does not like
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        found = ask_hwloc(library, "nodes.xml")
        os.dup2(saved, 2)
    holds("hwloc reads its memory attributes", found == {0: 20480, 2: 10240, 5: 5120}, found)
    holds("hwloc has nothing to say against it", not Path("said").read_bytes(), Path("said").read_text())
    os.remove("said")


def compare():
    """Google's compare.py takes what report makes of results."""
    script = "/usr/share/benchmark/compare.py"
    if not os.path.exists(script):
        skip("compare.py", f"no {script} (Debian package libbenchmark-tools)")
        return
    if subprocess.run(["/usr/bin/python3", "-c", "import scipy"], capture_output=True, check=False).returncode:
        skip("compare.py", "it needs SciPy (Debian package python3-scipy)")
        return
    for form in ("gbench", "gbench-median"):
        write(f"x.{form}.json", made(form, "a.json"))
        done = subprocess.run(["/usr/bin/python3", script, "--no-color", "benchmarks", f"x.{form}.json", f"x.{form}.json"],
                              capture_output=True, check=False)
        rows = done.stdout.decode().count("total/first_allocation")
        holds(f"compare.py takes {form}", done.returncode == 0 and rows == 1, done.stderr.decode())
        os.remove(f"x.{form}.json")


CASES = [inputs, ways, every_format, comma_separated, markdown, trace, bencher, gobench, otava, prometheus, hwloc, compare]

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    write("nasty.json", nasty())
    for case in CASES:
        case()
    os.chdir("/")
plan()
sys.exit(exit_status())
