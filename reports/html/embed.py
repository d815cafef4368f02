#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes one C file of the report's page: embed.py OUTPUT TEMPLATE STYLE SCRIPT [CHART-LIBRARY]

The template's {{style}}, {{scripts}} and {{policy}} are filled here; at {{title}} and {{body}} memboot writes. The policy
allows exactly this style and these scripts, by their hashes, and nothing from anywhere else.
"""
import base64
import hashlib
import re
import sys
from pathlib import Path


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def page(template, style, scripts):
    for script in scripts:
        if re.search(r"</script|<!--", script, re.IGNORECASE):
            sys.exit("embed.py: a script would end its element")
    policy = (f"default-src 'none'; style-src {digest(style)}; script-src {' '.join(map(digest, scripts))}; "
              "img-src data:; base-uri 'none'; form-action 'none'")
    values = {"style": style, "policy": policy, "scripts": "\n".join(f"<script>{s}</script>" for s in scripts)}
    for name, value in values.items():
        template = template.replace("{{" + name + "}}", value)
    return template


def bytes_of(text):
    numbers = [str(b - 256 if b > 127 else b) for b in text.encode()]
    return "\n".join(",".join(numbers[i:i + 32]) + "," for i in range(0, len(numbers), 32))


def main(output, template, style, *scripts):
    read = [Path(f).read_text(encoding="utf-8") for f in (template, style, *scripts)]
    # What others wrote comes first: the report's own script uses it.
    text = page(read[0], read[1], read[3:] + [read[2]])
    pieces = re.split(r"\{\{(?:title|body)\}\}", text)
    lines = ["/* Made by reports/html/embed.py. */", '#include "reports/html.h"', ""]
    lines += [f"static const char piece{i}[] = {{\n{bytes_of(p)}\n}};" for i, p in enumerate(pieces)]
    lines.append("const struct mb_html_piece mb_html_pieces[] = {"
                 + " ".join(f"{{piece{i}, sizeof(piece{i})}}," for i in range(len(pieces))) + "};")
    lines.append(f"const bool mb_html_has_charts = {'true' if len(scripts) > 1 else 'false'};")
    Path(output).write_text("\n".join(lines) + "\n", encoding="utf-8")


main(*sys.argv[1:])
