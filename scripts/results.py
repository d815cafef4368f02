#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up what meson recorded: a table, the reasons of failures and skips, and the totals as the last line.

  results.py NAME=FILE...    a log of `meson test`, in its JSON form
  results.py NAME=!REASON    a configuration that did not get as far as its tests counts as one failure
  results.py NAME=?REASON    one that this host cannot run counts as one skip

A cmocka program that speaks TAP counts by its cases, any other test as one. Exits 1 when something failed.
"""
import json
import re
import sys
from pathlib import Path

CASE = re.compile(r"^(not )?ok \d*(?: -)? *(.*?) *(?:(# SKIP\b) *(.*))?$")
SKIPPED = ("SKIP",)
PASSED = ("OK", "EXPECTEDFAIL")


def last_line(entry):
    lines = [line.strip() for line in (entry.get("stdout", "") + "\n" + entry.get("stderr", "")).splitlines()]
    return next((line for line in reversed(lines) if line), "no reason given")


def cases(entry):
    """Of one line of the log: number of passed cases, names of failed ones, (name, reason) of skipped ones."""
    name, result = entry["name"].split(":", 1)[-1], entry["result"]
    passed, failed, skipped, said = 0, [], [], ""
    for line in entry.get("stdout", "").splitlines():
        case = CASE.match(line)
        if not case:
            said = line.removeprefix("skipped: ").lstrip("# ").strip() or said
            continue
        if case[3]:  # TAP has "ok 1 - name # SKIP reason", cmocka "not ok 1 # SKIP name" below the line it said last
            what, why = (case[2], case[4]) if case[2] else (case[4], said)
            skipped.append((f"{name}: {what}", why or "no reason given"))
        elif case[1]:
            failed.append(f"{name}: {case[2]}")
        else:
            passed += 1
        said = ""
    if result in PASSED + SKIPPED:
        if not passed and not skipped:
            if result in SKIPPED:
                skipped.append((name, last_line(entry)))
            else:
                passed = 1
    elif not failed:
        failed.append(f"{name}: {result.lower()}, status {entry.get('returncode', '?')}")
    return passed, failed, skipped


def configuration(source):
    """The same, summed over one configuration."""
    if source[:1] == "!":
        return 0, [source[1:]], []
    if source[:1] == "?":
        return 0, [], [("all tests", source[1:])]
    log = Path(source)
    if not log.exists():
        return 0, ["no tests ran"], []
    passed, failed, skipped = 0, [], []
    for line in log.read_text(encoding="utf-8").splitlines():
        some = cases(json.loads(line))
        passed, failed, skipped = passed + some[0], failed + some[1], skipped + some[2]
    return passed, failed or ([] if passed or skipped else ["no tests ran"]), skipped


def main():
    rows = [(name, *configuration(source)) for name, source in (a.split("=", 1) for a in sys.argv[1:])]
    for name, _, failed, _ in rows:
        for what in failed:
            print(f"failed   {name}: {what}")
    reasons = {}
    for name, _, _, skipped in rows:
        for what, why in skipped:
            reasons.setdefault((what, why), []).append(name)
    for (what, why), names in reasons.items():
        print(f"skipped  {', '.join(names)}: {what}: {why}")
    print(f"\n{'configuration':<14}{'passed':>8}{'failed':>8}{'skipped':>8}")
    for name, passed, failed, skipped in rows:
        print(f"{name:<14}{passed:>8}{len(failed):>8}{len(skipped):>8}")
    failed = sum(len(row[2]) for row in rows)
    print(f"\n{sum(row[1] for row in rows)} passed, {failed} failed, {sum(len(row[3]) for row in rows)} skipped")
    sys.exit(1 if failed or not rows else 0)


if __name__ == "__main__":
    main()
