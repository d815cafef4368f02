#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long functions, headers and files may grow, and what each source starts with."""
import re

import house

FUNCTION_LINES = 60  # 50 is the aim; from the first line of its signature to its closing brace
HEADER_LINES = 200   # 150 is the aim
FILE_LINES = 1000
TEST_LINES = 2500
INCLUDES = 30

SIGNATURE = re.compile(r"\s*[\w*(].*[^;}\s]\s*$")  # a line of one, seen from below
SPDX = "SPDX-License-Identifier: Apache-2.0"


def functions(text):
    """
    (name, first line, lines) of each function: the house style puts its braces alone in the first column. The rows of a
    table inside it do not count.
    """
    lines = house.blank(text).split("\n")
    start = table = None
    rows = 0
    for number, line in enumerate(lines, 1):
        if table is not None and line.startswith(table + "}"):
            rows, table = rows + number - opened - 1, None
        elif table is None and start is not None and re.search(r"\] = \{$", line):
            table, opened = re.match(r"\s*", line)[0], number
        if line.startswith("{") and start is None:
            start = number - 1
            while start > 1 and SIGNATURE.match(lines[start - 2]):
                start -= 1
            name = re.search(r"(\w+)\s*\(", " ".join(lines[start - 1:number - 1]))
        elif line.startswith("}") and start is not None:
            yield name[1] if name else "?", start, number - start + 1 - rows
            start, rows = None, 0


def check_functions(root):
    return [f"{name}:{start}: {function} has {count} lines, {FUNCTION_LINES} are the limit"
            for name in house.sources(root)
            for function, start, count in functions(house.read(root, name)) if count > FUNCTION_LINES]


def limit(name):
    if name.endswith(".h"):
        return HEADER_LINES
    return TEST_LINES if name.startswith("tests/") else FILE_LINES


def check_files(root):
    found = []
    for name in house.sources(root):
        text = house.read(root, name)
        if text.count("\n") > limit(name):
            found.append(f"{name}:1: {text.count(chr(10))} lines, {limit(name)} are the limit")
        count = len(re.findall(r"^\s*#\s*include\b", house.blank(text), re.MULTILINE))
        if count > INCLUDES:
            found.append(f"{name}:1: {count} includes, {INCLUDES} are the limit")
    return found


def check_spdx(root):
    """The licence is the first line, below the interpreter's where there is one."""
    scripts = [n for n in house.files(root) if n.endswith((".py", ".sh")) or n.startswith(("scripts/", ".ci/"))]
    found = []
    for name in house.sources(root) + [n for n in scripts if not n.endswith(".md")]:
        head = [line for line in house.read(root, name).split("\n")[:2] if not line.startswith("#!")]
        if not head or SPDX not in head[0]:
            found.append(f"{name}:1: does not begin with {SPDX}")
    return found


def guard(name):
    return "MB_" + re.sub(r"\W", "_", name.upper())


def check_guards(root):
    found = []
    for name in house.sources(root, suffixes=(".h",)):
        if not re.search(rf"^#ifndef {guard(name)}\n#define {guard(name)}$", house.read(root, name), re.MULTILINE):
            found.append(f"{name}:1: its include guard is {guard(name)}")
    return found


def body(count):
    return "static int f(int a,\n\t     int b)\n{\n" + "\ta++;\n" * count + "}\n"


CASES = [
    (check_functions, {"core/a.c": "int x;\n" + body(FUNCTION_LINES - 4)}, None),
    (check_functions, {"core/a.c": "int x;\n\n" + body(FUNCTION_LINES - 3)}, "core/a.c:3: f has 61 lines"),
    (check_functions, {"core/a.c": "static const int t[] = {\n" + "\t1,\n" * 90 + "};\n"}, None),
    (check_functions, {"core/a.c": body(9).replace("{\n", "{\n\tint t[] = {\n" + "\t    1,\n" * 90 + "\t};\n")}, None),
    (check_functions, {"core/a.c": body(55).replace("{\n", "{\n\tint t[] = {\n\t    1,\n\t};\n")}, "has 61 lines"),
    (check_files, {"core/a.c": "\n" * FILE_LINES, "core/a.h": "\n" * HEADER_LINES, "tests/core/test_a.c": "\n" * TEST_LINES}, None),
    (check_files, {"core/a.c": "\n" * (FILE_LINES + 1)}, "core/a.c:1: 1001 lines"),
    (check_files, {"core/a.h": "\n" * (HEADER_LINES + 1)}, "core/a.h:1: 201 lines"),
    (check_files, {"core/a.c": "#include <a.h>\n" * (INCLUDES + 1)}, "31 includes"),
    (check_spdx, {"core/a.c": f"/* {SPDX} */\n", "scripts/x": f"#!/bin/sh\n# {SPDX}\n"}, None),
    (check_spdx, {"core/a.c": "int x;\n"}, "core/a.c:1: does not begin"),
    (check_spdx, {"scripts/x": "#!/bin/sh\n"}, "scripts/x:1:"),
    (check_guards, {"core/base/a.h": "#ifndef MB_CORE_BASE_A_H\n#define MB_CORE_BASE_A_H\n#endif\n"}, None),
    (check_guards, {"core/a.h": "#ifndef A_H\n#define A_H\n#endif\n"}, "MB_CORE_A_H"),
]

if __name__ == "__main__":
    house.main([check_functions, check_files, check_spdx, check_guards], CASES, __doc__)
