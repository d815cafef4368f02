# SPDX-License-Identifier: Apache-2.0
"""What the guest tests share: steps that run in one boot of a guest, what each of them left, and TAP.

A test names its steps, boots once, then looks at what came back; nothing of a step's result is judged in the guest.
"""
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))
from guests.profile import PROFILES  # noqa: E402

TIMEOUT_SECONDS = 540  # of the guest; meson ends the test later
SKIPPED = 77
UNITS = {f"{letter}iB": 1 << 10 * power for power, letter in enumerate("KMGT", 1)}


@dataclass
class Outcome:
    status: int
    out: str
    err: str
    files: dict  # name: bytes, what the step left in its folder

    def json(self, name):
        return json.loads(self.files[name])


class Guest:
    """Steps run one after another, each in a folder of its own."""

    def __init__(self, profile, kernel, build=None, icount=False, cmdline=""):
        self.profile, self.kernel, self.build = PROFILES[profile], kernel, build
        self.command = [ROOT / "scripts/guest", profile, "--kernel", kernel, "--timeout", str(TIMEOUT_SECONDS),
                        "--cmdline", f"memblock=debug log_buf_len=4M nokaslr {cmdline}", "--or-skip"] + ["--icount"] * icount
        self.steps, self.programs = [], []

    def step(self, name, command):
        self.steps.append((name, command))

    def program(self, path):
        """A test program of the build: it runs as a step of its name."""
        self.programs.append(path)
        self.step(Path(path).name, f"CMOCKA_MESSAGE_OUTPUT=TAP MB_TEST_DATA=/root /root/{Path(path).name}")

    def script(self):
        lines = ["mkdir /tmp/steps"]
        for name, command in self.steps:
            # The console's last lines tell which step a guest died in.
            lines += [f"echo 'step {name}' >/dev/console", f"mkdir /tmp/steps/{name}", f"cd /tmp/steps/{name}",
                      f"( {command}\n) >.out 2>.err", "echo $? >.status"]
        return "\n".join([*lines, "tar -c -C /tmp/steps .", ""])

    def boot(self):
        """{step: Outcome}; ends the test when there is no guest to be had, or when it came to a bad end."""
        with tempfile.TemporaryDirectory(prefix="memboot-steps-") as folder:
            script = Path(folder) / "steps"
            script.write_text(self.script(), encoding="utf-8")
            build = ["--build", self.build] if self.build else []
            data = [ROOT / "tests/data/topo"] if self.programs else []
            added = [word for path in [*self.programs, *data, script] for word in ("--add", path)]
            done = subprocess.run([*self.command, *build, *added, "--", "sh", "steps"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode == SKIPPED:
            print(f"skipped: {said.removeprefix('guest: ')}")
            sys.exit(SKIPPED)
        if done.returncode:
            print(f"not ok 1 - the guest ran all steps\n# {said}".replace("\n", "\n# "))
            sys.exit(1)
        return unpack(done.stdout)


def unpack(data):
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for entry in tar:
            parts = Path(entry.name).parts
            if entry.isfile():
                files.setdefault(parts[0], {})["/".join(parts[1:])] = tar.extractfile(entry).read()
    return {name: Outcome(int(some.pop(".status")), some.pop(".out").decode(), some.pop(".err").decode(), some)
            for name, some in files.items()}


class Tap:
    def __init__(self):
        self.count, self.failed = 0, []  # what to say of the failed ones, at the end: logs are shown from there

    def check(self, name, good, why=""):
        """why: what to say when it is not good."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            self.failed += [f"case {self.count}, {name}:", *str(why).splitlines()]

    def equal(self, name, got, wanted, more=""):
        self.check(name, got == wanted, f"got {got!r}, wanted {wanted!r}\n{more}")

    def repeat(self, name, outcome):
        """The cases of a cmocka program that ran in the guest."""
        cases = re.findall(r"^(not )?ok \d+(?: - )?(.*)$", outcome.out, re.M)
        for bad, what in cases:
            skipped = "SKIP" in what
            self.check(f"{name}: {what.replace('# SKIP', '').strip()}" + (" # SKIP in the guest" if skipped else ""),
                       skipped or not bad, outcome.err + outcome.out)
        if not cases or (outcome.status and not any(bad and "SKIP" not in what for bad, what in cases)):
            self.check(name, False, f"status {outcome.status}\n{outcome.out}{outcome.err}")

    def done(self):
        print(f"1..{self.count}")
        for line in self.failed:
            print(f"# {line}")
        sys.exit(1 if self.failed else 0)


def parse_list(text):
    """{0, 1, 2, 5} of "0-2,5"."""
    numbers = set()
    for part in (text or "").split(","):
        first, _, last = part.partition("-")
        if first.strip().isdigit():
            numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def cpus_of(profile, offline=frozenset()):
    """CPUs that are to work for each node: its own, else those of the nearest node that has some."""
    own = [parse_list(cpus) - offline for _, cpus in profile.nodes]
    nearest = [min((n for n, cpus in enumerate(own) if cpus), key=lambda n, row=row: row[n])
               for row in profile.distances]
    return [cpus or own[nearest[node]] for node, cpus in enumerate(own)]


def topo_rows(text):
    """{node: (bytes, {CPUs that work for it}, [distance to each node])} of the table of host nodes."""
    head = re.search(r"^ +host node .*its workers' CPUs.*$", text, re.M)
    column = head[0].index("its workers' CPUs") if head else 0
    rows = {}
    for row in re.findall(r"^ +\d+ .* \d+:\d+ *$", text, re.M):
        node, size, unit = row.split()[:3]
        distances = [int(pair.split(":")[1]) for pair in row.split() if re.fullmatch(r"\d+:\d+", pair)]
        rows[int(node)] = float(size) * UNITS[unit], parse_list(row[column:].split()[0]), distances
    return rows


def check_topo(tap, outcome, profile):
    """The profile's nodes, distances, and who works for whom."""
    tap.equal("topo: exit status", outcome.status, 0, outcome.err)
    rows = topo_rows(outcome.out)
    tap.equal("topo: nodes", sorted(rows), list(range(len(profile.nodes))), outcome.out)
    for node, (gib, _) in enumerate(profile.nodes):
        shown = rows.get(node, (0,))[0]
        tap.check(f"topo: memory of node {node}", 0.9 < shown / (gib << 30) <= 1, f"{shown} bytes of {gib} GiB")
    wanted = [list(row) for row in profile.distances]
    tap.equal("topo: distances", [rows[n][2] for n in sorted(rows)], wanted, outcome.out)
    working = [rows[n][1] for n in sorted(rows)]
    tap.equal("topo: CPUs that work for each node", working, cpus_of(profile), outcome.out)


def deferred(result):
    """{node: ({CPU of its workers}, pages of its workers, pages of the node, placement)}"""
    nodes = {}
    for run in result["runs"]:
        if run["name"] != "deferred_init" or run["node"] is None:
            continue
        cpus, pages, total, placement = nodes.get(run["node"], (set(), 0, 0, None))
        done = run["samples"].get("pages", [0])[0]  # a worker may find nothing left to do
        if run["kind"] == "worker":
            nodes[run["node"]] = cpus | {run["cpu"]}, pages + done, total, placement
        elif run["kind"] == "node":
            nodes[run["node"]] = cpus, pages, done, run["placement"]
    return nodes


def check_boot(tap, name, outcome, wanted_cpus, hosts):
    """A checked boot: it ended, memory is on its node, and each node's deferred part was done by its own workers."""
    tap.equal(f"{name}: exit status", outcome.status, 0, outcome.out + outcome.err)
    if outcome.status:
        return
    result = outcome.json("b.json")
    tap.equal(f"{name}: every page of the memmap is on its node", result["memmap_placement"], "verified", outcome.out)
    tap.check(f"{name}: invariants", "checked: every invariant held after every stage" in outcome.out, outcome.out)
    nodes = deferred(result)
    tap.equal(f"{name}: nodes that have deferred parts", sorted(nodes), list(range(len(hosts))), outcome.out)
    for node, (cpus, pages, total, placement) in sorted(nodes.items()):
        tap.check(f"{name}: node {node}: its workers' CPUs", cpus and cpus <= wanted_cpus[node],
                  f"got {cpus}, wanted some of {wanted_cpus[node]}")
        tap.check(f"{name}: node {node}: its workers did all of it", pages and pages == total,
                  f"{pages} of {total} pages")
        tap.equal(f"{name}: node {node}: its host node", placement, f"node{node}->host{hosts[node]}")


def check_validate(tap, outcome):
    """All facts are there and equal."""
    tap.equal("validate: exit status", outcome.status, 0, outcome.out + outcome.err)
    tap.check("validate: all facts", re.search(r"^facts: \d{2} equal, 0 different, 0 not compared", outcome.out, re.M),
              outcome.out + outcome.err)


def arguments():
    """KERNEL [BUILD [PROGRAM...]]"""
    kernel, *more = sys.argv[1:]
    return kernel, more[0] if more else os.environ.get("MB_BUILD_ROOT"), more[1:]
