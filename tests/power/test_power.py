#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The study of gates, with a gate that is a stub: it knows from the program on the new side how much slower that is."""
import csv
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from pathlib import Path

import power

# Exit 1 from 10 % on; a gate with an even seed cannot decide 5 %; one seed in 16 of those without a slowdown is a false alarm.
STUB = f"""#!{sys.executable}
import json, os, subprocess, sys
given = dict(zip(sys.argv[2:-3:2], sys.argv[3:-3:2]))
assert sys.argv[1] == "gate" and sys.argv[-3:-1] == ["--", "bench"], sys.argv
base, new = (subprocess.check_output([given[side], "asked"], text=True).strip() for side in ("--base", "--new"))
assert base == "asked", base
stage, percent = new.split(":") if ":" in new else ("", "0 asked")
percent, seed = float(percent.split()[0]), int(given["--seed"])
open(os.environ["MB_RAN"], "a").write(f"{{seed}}\\n")
if seed == int(os.environ.get("MB_BREAK", 0)):
    sys.exit("no such option")
verdict = "worse" if percent >= 10 else "inconclusive" if percent and seed % 2 else "same"
rows = [{{"name": name, "metric": metric, "verdict": verdict if s == stage else "same", "ratio": 1 + percent / 100, "low": 1,
          "high": 1.5, "samples": 8}} for s, name in {power.STAGES!r}.items() for metric in ("ops_s", "time_ns")]
json.dump({{"rows": rows}}, open(given["-o"], "w"))
sys.exit({{"worse": 1, "inconclusive": 3, "same": 0}}[verdict])
"""
HOOKED = '#!/bin/sh\necho $MEMBOOT_SLOW "$@"\n'


class Study(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, text in [("memboot", STUB), ("hooked", HOOKED)]:
            (self.folder / name).write_text(text, encoding="utf-8")
            (self.folder / name).chmod(0o755)
        self.csv = self.folder / "gates.csv"

    def call(self, *args, **env):
        ended = subprocess.run([sys.executable, power.__file__, *args], capture_output=True, text=True, check=False,
                               env={"PATH": "/usr/bin:/bin", "MEMBOOT_SLOW": "pageinit:99", "MB_RAN": self.folder / "ran", **env})
        return ended.returncode, ended.stdout + ended.stderr

    def run_study(self, *args, **env):
        return self.call("run", "--memboot", self.folder / "memboot", "--hooked", self.folder / "hooked", "--out", self.csv,
                         "--aa", "6", "--slow", "3", "--seed", "5", *args, **env)

    def lines(self):
        return list(csv.DictReader(self.csv.read_text(encoding="utf-8").split("\n")))

    def ran(self):
        return (self.folder / "ran").read_text(encoding="utf-8").split()

    def test_every_gate_once(self):
        status, text = self.run_study()
        self.assertEqual(status, 0, text)
        self.assertIn("15 gates of 20s, seed 5; 0 are done", text)
        lines = self.lines()
        self.assertEqual([line["gate"] for line in lines], [str(i) for i in range(15)])
        kinds = Counter((line["stage"], line["percent"]) for line in lines)
        self.assertEqual(kinds, Counter({("", "0"): 6, **{(s, p): 1 for s in power.STAGES for p in ("5", "10", "20")}}))
        self.assertNotEqual([line["stage"] for line in lines], sorted(line["stage"] for line in lines))
        for line in lines:
            self.assertEqual(line["status"] == "1", float(line["percent"]) >= 10)
            if line["stage"]:
                self.assertEqual(float(line[f"{line['stage']}_ratio"]), 1 + float(line["percent"]) / 100)
        self.assertEqual(self.ran(), [line["seed"] for line in lines])
        self.assertIn("15 are done", self.run_study()[1])
        self.assertEqual(len(self.ran()), 15)

    def test_each_stage(self):
        self.run_study("--each-stage", "--percents", "10")
        self.assertEqual(Counter(line["stage"] for line in self.lines()),
                         Counter({"": 6, "pageinit": 3, "handoff": 3, "memblock": 3}))

    def test_goes_on(self):
        self.run_study()
        whole, seeds = self.lines(), self.ran()
        self.csv.unlink()
        (self.folder / "ran").unlink()
        status, text = self.run_study(MB_BREAK=seeds[6])
        self.assertNotEqual(status, 0)
        self.assertIn("status 1 and without a verdict: no such option", text)
        self.assertEqual(len(self.lines()), 6)

        self.run_study()
        self.assertEqual([line | {"seconds": ""} for line in self.lines()], [line | {"seconds": ""} for line in whole])

    def test_other_seed(self):
        self.run_study()
        status, text = self.run_study("--seed", "6")
        self.assertNotEqual(status, 0)
        self.assertIn("of another seed: 5", text)

    def test_until(self):
        status, text = self.run_study("--until", "00:00")
        self.assertEqual((status, self.lines()), (0, []))
        self.assertIn("the same command goes on", text)

    def test_summary(self):
        self.run_study()
        status, text = self.call("summary", self.csv)
        self.assertEqual(status, 0, text)
        rows = {tuple(line.split()[:3]): line.split() for line in text.split("\n") if "%" in line}
        self.assertEqual(rows["0", "%", "all"][3:9], ["6", "6", "0", "0", "0", "-"])
        self.assertEqual(rows["20", "%", "all"][3:9], ["3", "0", "3", "0", "0", "3"])
        self.assertEqual(rows["10", "%", "handoff"][3:9], ["1", "0", "1", "0", "0", "1"])
        self.assertEqual(rows["5", "%", "all"][8], "0")
        self.assertEqual(text.count("met: "), 4, text)

    def test_missed(self):
        self.run_study()
        lines = self.lines()
        for line in lines:
            line |= {"status": "1"} if line["percent"] == "0" else {}
            line |= {f"{line['stage']}_verdict": "better"} if line["percent"] == "20" else {}
        with open(self.csv, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, power.COLUMNS)
            writer.writeheader()
            writer.writerows(lines)
        self.assertEqual(self.call("summary", self.csv)[1].count("missed: "), 2)


if __name__ == "__main__":
    unittest.main()
