# SPDX-License-Identifier: Apache-2.0
"""Cases in TAP, for the programs beside this file."""

WHY_LINES = 20

COUNTS = {"cases": 0, "failed": 0}


def holds(name, good, why=""):
    COUNTS["cases"] += 1
    COUNTS["failed"] += not good
    print(f"{'ok' if good else 'not ok'} {COUNTS['cases']} - {name}")
    if not good and why:
        print("\n".join(f"# {line}" for line in str(why).splitlines()[:WHY_LINES]))


def skip(name, why):
    COUNTS["cases"] += 1
    print(f"ok {COUNTS['cases']} - {name} # SKIP {why}")


def plan():
    """The line that ends the cases."""
    print(f"1..{COUNTS['cases']}")


def exit_status():
    """1 when a case failed."""
    return 1 if COUNTS["failed"] else 0
