#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include what, which header stays behind which fence, who may print, and how exported symbols are called."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path

import house

# Folder: what of the project it may include, as patterns of paths.
FOLDERS = {
    "core": ["core/*"],
    "numa": ["numa/*", "core/base/*", "core/types.h", "core/host.h", "core/cmdline.h", "core/machine.h", "core/trace.h", "core/record.h", "core/tunables.h", "config.h"],
    "reports": ["reports/*", "core/base/*", "config.h"],
    "benches": ["benches/*", "core/*", "numa/*", "reports/*", "config.h"],
    "cli": ["*"],
    "tests": ["*"],
}

# External header: the only files that may include it.
FENCES = {
    "hwloc.h": ["numa/*_hwloc.c"],
    "hwloc/*": ["numa/*_hwloc.c"],
    "numa.h": ["numa/*_libnuma.c"],
    "numaif.h": ["numa/*_libnuma.c"],
    "perfmon/*": ["numa/*_pfm.c"],
    "linux/perf_event.h": ["numa/*_perf.c", "numa/*_pfm.c"],
    "benchmark/*": ["benches/cbench.cc"],
    "jansson.h": ["reports/json_*.c"],
    "sqlite3.h": ["reports/history.c", "reports/history_*.c"],
    "archive.h": ["numa/*_libarchive.c"],
    "archive_entry.h": ["numa/*_libarchive.c"],
    "cmocka.h": ["tests/*"],
}

# core/ is libc and the compiler alone: these headers.
CORE_SYSTEM = """assert ctype errno inttypes limits math pthread sched setjmp stdalign stdarg stdatomic stdbool stddef stdint
    stdio stdlib string strings sys/mman sys/types time unistd immintrin x86intrin arm_neon""".split()

CXX_ONLY = "benches/cbench.cc"
# Other projects copy these as they are, with the headers beside them.
ALONE = {"benches/cbench.cc": ("cbench.h", "cbench_fit.h"), "benches/cbench_fit.h": ("cbench.h",),
         "benches/cbench_example.c": ("cbench.h",)}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)

# The libraries hand back a reason; cli/ words it. A FILE * that the caller gives may be written to.
QUIET = ["core", "numa", "reports"]
LOUD = re.compile(r"\b(stdout|stderr|(?:v?printf|puts|putchar|perror|exit|_exit|_Exit|quick_exit|abort)(?=\s*\())")

# Static library: what its exported symbols begin with. Names with two underscores are the compiler's.
LIBRARIES = {"core": "mb_", "numa": "mb_", "reports": "mb_", "benches": ("mb_", "cbench_", "_Z"), "cli": "mb_"}


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(root):
    """(file, line, system?, header) of every include."""
    for name in house.sources(root):
        text = house.blank(house.read(root, name), strings=False)
        for match in INCLUDE.finditer(text):
            yield name, line_of(text, match.start()), match[1] == "<", match[2]


def allowed(name, patterns):
    return any(fnmatch(name, pattern) for pattern in patterns)


def check_includes(root):
    found = []
    for name, line, system, header in includes(root):
        folder = name.split("/", 1)[0]
        if not system and header in ALONE.get(name, ()):
            continue
        if folder not in FOLDERS:
            found.append(f"{name}:{line}: sources live in {', '.join(FOLDERS)}")
        elif system and folder == "core" and header.removesuffix(".h") not in CORE_SYSTEM:
            found.append(f"{name}:{line}: core/ is libc alone, <{header}> is not among its headers")
        elif not system and header != "config.h" and not (Path(root) / header).is_file():
            found.append(f'{name}:{line}: "{header}" is not a path from the root of the sources')
        elif not system and not allowed(header, FOLDERS[folder]):
            found.append(f'{name}:{line}: {folder}/ may not use "{header}"')
    return found


def check_fences(root):
    found = []
    for name, line, _, header in includes(root):
        for fenced, homes in FENCES.items():
            if fnmatch(header, fenced) and not allowed(name, homes):
                found.append(f"{name}:{line}: <{header}> stays in {', '.join(homes)}")
    cxx = [n for n in house.files(root) if n.endswith((".cc", ".cpp", ".cxx", ".hh", ".hpp"))]
    return found + [f"{n}:1: the only C++ file is {CXX_ONLY}" for n in cxx if n != CXX_ONLY]


def check_include_path(root):
    """
    meson puts the folder of a meson.build on the include path unless told not to, and a file like numa/numa.h would
    then hide the system's.
    """
    found = []
    for name in house.files(root):
        if Path(name).name == "meson.build":
            text = house.read(root, name)
            targets = len(re.findall(r"\b(?:static_library|executable)\(", text))
            if targets > text.count("implicit_include_directories: false"):
                found.append(f"{name}:1: each library and program needs implicit_include_directories: false")
    return found


def check_quiet(root):
    found = []
    for name in house.sources(root, *QUIET):
        text = house.blank(house.read(root, name))
        found += [f"{name}:{line_of(text, m.start())}: {m[1]}: a library neither prints nor ends the program"
                  for m in LOUD.finditer(text)]
    return found


def check_headers(root):
    """Each header compiles on its own, and so does it twice."""
    build = os.environ.get("MB_BUILD_ROOT")
    cc = shlex.split(os.environ.get("CC", "cc"))
    options = ["-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Werror", "-x", "c", "-I", str(root)]
    options += ["-I", build] if build else []
    found = []
    with tempfile.NamedTemporaryFile("w", suffix=".c") as twice:
        for name in house.sources(root, suffixes=(".h",)):
            twice.seek(0)
            twice.truncate()
            twice.write(f'#include "{name}"\n' * 2)
            twice.flush()
            run = subprocess.run(cc + options + [twice.name], capture_output=True, text=True, check=False)
            if run.returncode:
                error = next((e for e in run.stderr.splitlines() if "error" in e), run.stderr.strip())
                found.append(f"{name}:1: does not compile alone: {error}")
    return found


def symbols(archive):
    """(object file, name) of the strong symbols that a static library exports."""
    listing = subprocess.run(["nm", "-A", "-g", "--defined-only", archive], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        place, kind, name = line.rsplit(None, 2)
        if kind.isupper() and kind not in "VW" and not name.startswith("__"):
            yield Path(place.split(":")[1]).name, name


def is_of_file(name, source):
    """Is the second word of the symbol its file, or the header that the file implements a part of?"""
    words = source.stem.split("_")
    starts = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
    return re.match(rf"mb_(nr_)?({'|'.join(starts)})", name) is not None


def check_symbols(root, build=None):
    """The static libraries below the build directory export nothing without their prefix and the name of their file."""
    build = build or os.environ.get("MB_BUILD_ROOT")
    found = []
    for library, prefix in LIBRARIES.items() if build else ():
        archive = Path(build) / library / f"lib{library}.a"
        objects = {n.split("/", 1)[1].replace("/", "_") + ".o": Path(n) for n in house.sources(root, library)}
        for member, name in symbols(archive) if archive.exists() else ():
            source = objects.get(member)
            if not name.startswith(prefix):
                found.append(f"{source or member}:1: {name} does not begin with {prefix}")
            elif name.startswith("mb_") and source and not is_of_file(name, source):
                found.append(f"{source}:1: {name} is not named after its file")
    return found


def check_symbols_built(root):
    """For the self-test: compiles the tree's core/*.c into the library first."""
    archive = Path(root) / "core" / "libcore.a"
    for name in house.sources(root, suffixes=(".c",)):
        cc = shlex.split(os.environ.get("CC", "cc"))
        subprocess.run([*cc, "-c", "-o", f"{root}/{name}.o", f"{root}/{name}"], check=True)
        subprocess.run(["ar", "rc", archive, f"{root}/{name}.o"], check=True)
    return check_symbols(root, root)


CASES = [
    (check_includes, {"core/a.h": "", "core/a.c": '#include "core/a.h"\n#include <string.h>\n'}, None),
    (check_includes, {"core/a.c": '/* #include "numa/b.h" */\n', "numa/b.h": ""}, None),
    (check_includes, {"core/a.c": '#include "numa/b.h"\n', "numa/b.h": ""}, "core/a.c:1: core/ may not use"),
    (check_includes, {"core/a.c": "#include <linux/mempolicy.h>\n"}, "libc alone"),
    (check_includes, {"numa/a.c": '#include "core/buddy.h"\n', "core/buddy.h": ""}, "numa/ may not use"),
    (check_includes, {"numa/a.c": '#include "core/base/err.h"\n', "core/base/err.h": ""}, None),
    (check_includes, {"reports/a.c": '\n# include "core/types.h"\n', "core/types.h": ""}, "reports/a.c:2:"),
    (check_includes, {"benches/a.c": '#include "cli/opt.h"\n', "cli/opt.h": ""}, "benches/ may not use"),
    (check_includes, {"core/b.h": "", "core/a.c": '#include "b.h"\n'}, "not a path from the root"),
    (check_includes, {"benches/cbench.h": "", "benches/a.c": '#include "cbench.h"\n'}, "not a path from the root"),
    (check_includes, {"benches/cbench.h": "", "benches/cbench.cc": '#include "cbench.h"\n'}, None),
    (check_includes, {"lib/a.c": "#include <stdio.h>\n"}, "sources live in"),
    (check_fences, {"numa/topo_hwloc.c": "#include <hwloc.h>\n", "benches/cbench.cc": "#include <benchmark/benchmark.h>\n"}, None),
    (check_fences, {"numa/topo.c": "#include <hwloc.h>\n"}, "stays in numa/*_hwloc.c"),
    (check_fences, {"cli/main.c": "#include <jansson.h>\n"}, "stays in reports/json_*.c"),
    (check_fences, {"numa/a.c": "#include <numaif.h>\n"}, "stays in numa/*_libnuma.c"),
    (check_fences, {"numa/a.c": "#include <perfmon/pfmlib.h>\n"}, "stays in numa/*_pfm.c"),
    (check_fences, {"numa/archive.c": "#include <archive.h>\n"}, "stays in numa/*_libarchive.c"),
    (check_fences, {"numa/archive_libarchive.c": "#include <archive.h>\n#include <archive_entry.h>\n"}, None),
    (check_fences, {"cli/extra.cpp": ""}, "only C++ file"),
    (check_include_path, {"numa/meson.build": "static_library('numa', implicit_include_directories: false)\n"}, None),
    (check_include_path, {"numa/meson.build": "static_library('numa', x)\n"}, "numa/meson.build:1:"),
    (check_quiet, {"core/a.c": '/* printf() */ snprintf(s, n, "exit(1) to stdout"); fprintf(out, "x");\n'}, None),
    (check_quiet, {"core/a.c": 'printf("x");\n'}, "core/a.c:1: printf"),
    (check_quiet, {"numa/a.c": '\nfprintf(stderr, "x");\n'}, "numa/a.c:2: stderr"),
    (check_quiet, {"reports/a.c": "abort();\n"}, "abort"),
    (check_quiet, {"cli/a.c": 'printf("x"); exit(1);\n'}, None),
    (check_headers, {"core/a.h": "#ifndef A\n#define A\n#include <stddef.h>\nstruct a { size_t n; };\n#endif\n"}, None),
    (check_headers, {"core/a.h": "size_t mb_a(void);\n"}, "does not compile alone"),
    (check_headers, {"core/a.h": "struct a { int n; };\n"}, "redefinition"),
    (check_symbols_built, {"core/a.c": "static int x(void) { return 1; }\nint mb_a(void);\nint mb_a(void) { return x(); }\n"}, None),
    (check_symbols_built, {"core/a.c": "int a(void);\nint a(void) { return 1; }\n"}, "core/a.c:1: a does not begin with mb_"),
    (check_symbols_built, {"core/a_x.c": "int mb_a_y;\nint mb_a_x;\nint mb_nr_a;\n"}, None),
    (check_symbols_built, {"core/a.c": "int mb_b;\n"}, "mb_b is not named after its file"),
]

if __name__ == "__main__":
    if not house.files(house.ROOT):
        sys.exit(f"nothing to check below {house.ROOT}")
    house.main([check_includes, check_fences, check_include_path, check_quiet, check_headers, check_symbols], CASES, __doc__)
