#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
stores.py OBJDUMP LIBRARY: the store loop of memmap_init as the compiler made it, for each size of descriptor.

Linux zeroes all words, then writes flags, reference count, map count and the list links. A compiler may drop those zeros that
are overwritten: flags, the links, and the word of the two counts. What is left is a store for each word but the counts' word,
and two there, since both are atomic_set(): one more than the descriptor has words. Nothing may be a vector, a string
instruction or a call, which kernels do not use there either.
"""
import re
import subprocess
import sys

SIZES = [56, 64, 72, 80, 88, 96]
LINE = re.compile(r"^\s*[0-9a-f]+:\s+(?:(?:lock|rep|repz|cs|data16) )*(\S+)\s*(.*?)\s*(?:#.*|<.*)?$")
STORE = re.compile(r"^mov[lqbw]?$")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def function(text, name):
    """(mnemonic, operands) of each instruction."""
    match = re.search(rf"^[0-9a-f]+ <{name}>:\n((?:.+\n)*)", text, re.MULTILINE)
    return [m.groups() for m in map(LINE.match, match[1].splitlines()) if m] if match else None


def complaints(name, code, size):
    """A loop may be unrolled, so the stores are so many, or a multiple."""
    stores = [ops for mnemonic, ops in code
              if STORE.match(mnemonic) and ops.endswith(")") and "(%rsp" not in ops]
    wanted = size // 8 + 1
    if not stores or len(stores) % wanted:
        yield f"{name}: {len(stores)} stores, expected {wanted} for each descriptor"
    for mnemonic, ops in code:
        if re.search(r"%[xyz]mm", ops) or re.match(r"call|stos|rep|movs[bwlq]$", mnemonic):
            yield f"{name}: {mnemonic} {ops}"


def self_test():
    good = [("mov", "%rax,0x8(%rdi)")] * 9
    assert not list(complaints("f", good, 64)) and not list(complaints("f", good * 4, 64))
    assert list(complaints("f", good[1:], 64)) and list(complaints("f", [], 64))
    assert list(complaints("f", good + [("movups", "%xmm0,(%rdi)")], 64))
    assert list(complaints("f", good + [("call", "1 <memset>")], 64))
    assert list(complaints("f", good + [("stos", "%rax,%es:(%rdi)")], 64))
    text = "0 <f>:\n   0:\tmov    %rax,0x8(%rdi)\n   4:\trep stos %rax,%es:(%rdi)\n   8:\tret\n\n9 <g>:\n"
    assert function(text, "f") == [("mov", "%rax,0x8(%rdi)"), ("stos", "%rax,%es:(%rdi)"), ("ret", "")], function(text, "f")


def main(objdump, library):
    self_test()
    run = subprocess.run([objdump, "-d", "--no-show-raw-insn", library], capture_output=True, text=True, check=True)
    if "x86-64" not in run.stdout:
        skip("only x86-64 code is looked at")
    found = []
    for size in SIZES:
        code = function(run.stdout, f"init_array_{size}")
        if code is None:
            skip(f"the library has no symbol init_array_{size}")
        found += complaints(f"init_array_{size}", code, size)
    print("\n".join(found) or f"{len(SIZES)} sizes: the stores of __init_single_page")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
