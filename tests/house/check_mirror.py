#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests mirror the sources by name, what is written is also built, and a skipped test says why."""
import re
from pathlib import Path

import house

FOLDERS = ["core", "numa", "reports", "benches", "cli"]

# Sources without a test of their own: what proves them instead.
EXCEPTIONS = {
    "cli/main.c": "the program itself: tests/e2e runs it",
}


def mirrors(root, name):
    """Where a source's test may be: by its own name, and by that of the header that it implements a part of."""
    path = Path(name)
    stems = [path.stem]
    while "_" in stems[-1] and not (Path(root) / path.with_name(stems[-1] + ".h")).is_file():
        stems.append(stems[-1].rsplit("_", 1)[0])
    return [f"tests/{name.split('/', 1)[0]}/test_{stem}.c" for stem in stems]


def tested(root, name):
    """The source's tests: one file, or test_STEM_*.c where one would be too long."""
    some = [Path(root) / t for t in mirrors(root, name)]
    return sorted(str(t) for s in some for t in [s, *s.parent.glob(s.stem + "_*.c")] if t.is_file())


def check_mirrors(root):
    names = house.sources(root, *FOLDERS, suffixes=(".c", ".cc"))
    found = []
    for name in names:
        tests = tested(root, name)
        if not tests and name not in EXCEPTIONS:
            found.append(f"{name}:1: has no test, expected {' or '.join(mirrors(root, name))}")
        if tests and name in EXCEPTIONS:
            found.append(f"{name}:1: excepted here, but {tests[0]} exists")
    return found + [f"{n}:1: excepted here, but there is no such source"
                    for n in EXCEPTIONS if root == house.ROOT and n not in names]


def builder(root, name):
    """The meson.build that answers for a file: the nearest one above it."""
    for parent in Path(name).parents:
        if (Path(root) / parent / "meson.build").is_file():
            return parent / "meson.build"
    return None


def check_built(root):
    """Each source is named by its meson.build; a template is included by others."""
    found = []
    for name in house.sources(root, suffixes=(".c", ".cc")):
        build = builder(root, name)
        path = Path(name)
        named = rf"(?<!\w){path.stem}\.cc?(?!\w)"
        if name.startswith("tests/") and path.stem.startswith("test_"):
            named = rf"\['{path.parent.name}', '{path.stem.removeprefix('test_')}'"  # a row of its list
        if not build:
            found.append(f"{name}:1: no meson.build above it")
        elif not re.search(named, house.read(root, str(build))) and not name.endswith("_tmpl.c"):
            found.append(f"{name}:1: {build} does not build it")
    return found


def check_skips(root):
    """A test that is skipped has just said why; scripts/results.py shows the line."""
    found = []
    for name in house.sources(root, "tests", suffixes=(".c", ".h")):
        lines = house.blank(house.read(root, name)).split("\n")
        for number, line in enumerate(lines):
            before = "".join(lines[max(0, number - 3):number])
            if re.search(r"\bskip\(\);|\breturn 77;", line) and not re.search(r"\b(print_message|v?f?printf|puts)\(", before):
                found.append(f"{name}:{number + 1}: skipped without a reason that is printed")
    return found


CASES = [
    (check_mirrors, {"core/base/a.c": "", "tests/core/test_a.c": "", "core/a.h": ""}, None),
    (check_mirrors, {"core/a.c": ""}, "expected tests/core/test_a.c"),
    (check_mirrors, {"core/a.c": "", "tests/core/test_a_alloc.c": "", "core/a.h": ""}, None),
    (check_mirrors, {"numa/pin.h": "", "numa/pin_none.c": "", "tests/numa/test_pin.c": ""}, None),
    (check_mirrors, {"core/a_b.h": "", "core/a_b.c": "", "core/a.h": "", "tests/core/test_a.c": ""}, "core/a_b.c:1: has no test"),
    (check_mirrors, {"cli/main.c": "", "tests/cli/test_main.c": ""}, "excepted here, but"),
    (check_built, {"core/a.c": "", "core/a_tmpl.c": "", "core/meson.build": "files('a.c')"}, None),
    (check_built, {"core/a.c": "", "core/meson.build": "files('ab.c', 'c_a.c')"}, "does not build it"),
    (check_built, {"tests/core/test_a.c": "", "tests/meson.build": "  ['core', 'a', x],"}, None),
    (check_built, {"tests/core/test_a.c": "", "tests/meson.build": "['core', 'ab'], ['numa', 'a']"}, "does not build it"),
    (check_built, {"core/a.c": ""}, "no meson.build"),
    (check_skips, {"tests/core/test_a.c": 'if (x) {\n\tprint_message("x\\n");\n\tskip();\n}\n'}, None),
    (check_skips, {"tests/core/test_a.c": "\tif (x)\n\t\tskip();\n"}, "tests/core/test_a.c:2: skipped without"),
]

if __name__ == "__main__":
    house.main([check_mirrors, check_built, check_skips], CASES, __doc__)
