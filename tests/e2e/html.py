#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
html.py MEMBOOT [--paint | --pictures FOLDER]: the HTML report in a real browser.

Every chart draws, nothing is fetched or logged, tables sort and filter, nothing overflows on a phone, colours have contrast, results
with nasty texts do no harm. --paint: 5,000 rows are shown within a second. --pictures: of every look, to be looked at.
"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import browser
import html_data

LOOKS = [("light", 1200, "light", "screen"), ("dark", 1200, "dark", "screen"), ("phone", 390, "light", "screen"), ("print", 760, "light", "print")]
PAINT_MS = 1000

# Each canvas: which has no pixel with colour, and which has no text that says what it shows.
BLANK = """return Array.from(document.querySelectorAll("canvas")).filter((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3]) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
    return colours.size < 4; }).map((canvas) => canvas.getAttribute("aria-label"))"""
MUTE = """return Array.from(document.querySelectorAll("canvas")).filter((canvas) => canvas.getAttribute("role") !== "img"
    || canvas.getAttribute("aria-label").length < 20 || !canvas.closest("figure").querySelector("table")).length"""
UNDRAWN = """return Array.from(document.querySelectorAll("figure[data-chart]")).filter((figure) => !figure.querySelector("canvas"))
    .map((figure) => figure.querySelector("figcaption").textContent)"""
# What is wider than the window, other than inside what scrolls by itself.
WIDE = """const [width] = arguments, page = document.documentElement.scrollWidth;
    return (page > width ? [`the page: ${page}`] : []).concat(Array.from(document.body.querySelectorAll("*")).filter((element) => !element.parentElement.closest(".scroll")
        && element.getBoundingClientRect().right > width + 0.5).map((element) => element.outerHTML.slice(0, 80)))"""
# Cells that are many lines high because they are narrow.
NARROW = """document.querySelectorAll("details").forEach((details) => { details.open = true; });
    return Array.from(document.querySelectorAll("td, tbody th")).filter((cell) => { const { width, height } = cell.getBoundingClientRect();
        const text = document.createRange(); text.selectNodeContents(cell);
        const lines = new Set(Array.from(text.getClientRects(), (box) => Math.round(box.top))).size;
        return height && lines > 2 && width < 150 && !cell.classList.contains("heat"); }).map((cell) => cell.textContent.slice(0, 40)).slice(0, 10)"""
# Relative luminance and contrast as WCAG 2.2 has them, of every element that has text of its own.
CONTRAST = """const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
    const over = (top, under) => { const a = top[3] === undefined ? 1 : top[3]; return [0, 1, 2].map((i) => top[i] * a + under[i] * (1 - a)); };
    const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
        return .2126 * r + .7152 * g + .0722 * b; };
    const ground = (element) => { const layers = []; for (let e = element; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]); };
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
    const bad = new Set();
    document.body.querySelectorAll("*").forEach((element) => {
        if (!Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim()) || !element.checkVisibility()) return;
        if (["SCRIPT", "STYLE"].includes(element.tagName)) return;
        const back = ground(element), ink = over(parse(getComputedStyle(element).color), back);
        const [a, b] = [light(ink), light(back)].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
        if (ratio < 4.5) bad.add(`${ratio.toFixed(2)} ${element.tagName} ${element.className} ${element.textContent.slice(0, 30)}`); });
    return Array.from(bad).slice(0, 10)"""
SHOWN = """return Array.from(document.querySelectorAll(".all-runs tbody tr")).filter((row) => row.checkVisibility()).map((row) => row.textContent)"""
FILTER = """const input = document.getElementById("filter"); input.value = arguments[0]; input.dispatchEvent(new Event("input"))"""
SORTED = """const table = document.querySelector(".all-runs table"), heads = Array.from(table.tHead.rows[0].cells);
    const head = heads.find((cell) => cell.textContent === arguments[0]); head.querySelector("button").click();
    return [head.getAttribute("aria-sort"), Array.from(table.tBodies[0].rows, (row) => Number(row.cells[head.cellIndex].dataset.v))]"""
SAVED = """let saved; const make = URL.createObjectURL; URL.createObjectURL = (blob) => { saved = blob; return "about:blank#"; };
    HTMLAnchorElement.prototype.click = function () { saved.name = this.download; };
    document.querySelector(".download").click(); URL.createObjectURL = make;
    return saved.name + " " + (saved.size === new Blob([document.querySelector("script.result").textContent]).size)"""


# What there is before anything could be shown, and how high the page is.
EARLY = """document.addEventListener("DOMContentLoaded", () => { window.early = [document.documentElement.dataset.ready !== undefined,
    document.querySelectorAll("#filter, .download").length, document.documentElement.scrollHeight]; })"""


class Report:
    def __init__(self, memboot, page, folder):
        self.memboot, self.page, self.folder = memboot, page, folder
        self.wrong = []

    def expect(self, holds, what):
        if not holds:
            self.wrong.append(what)

    def none(self, found, what):
        self.expect(not found, f"{what}: {found}")

    def make(self, name, *results):
        """A report of results of html_data, by memboot itself."""
        files = [str(html_data.write(self.folder / f"{name}-{i}.json", made)) for i, made in enumerate(results)]
        path = self.folder / f"{name}.html"
        subprocess.run([self.memboot, "report", *files, "-o", str(path)], check=True)
        return path

    def show(self, path, width=1200, scheme="light", media="screen"):
        self.page.look(width, scheme=scheme, media=media)
        self.page.log("performance")
        self.page.open(path)

    def check_page(self, path, width=1200):
        """What holds for every report."""
        name = path.stem
        self.none([entry["message"] for entry in self.page.log("browser")], f"{name}: on the console")
        asked = [entry["message"] for entry in self.page.log("performance") if "Network.requestWillBeSent\"" in entry["message"]]
        self.none([message[:300] for message in asked if path.resolve().as_uri() not in message], f"{name}: fetched")
        self.none(self.page.js(UNDRAWN), f"{name}: without a chart")
        self.none(self.page.js(BLANK), f"{name}: blank")
        self.none(self.page.js(MUTE), f"{name}: charts without words")
        self.none(self.page.js(WIDE, width), f"{name}: wider than the window")

    def check_tables(self):
        self.page.js(FILTER, "deferred_init NODE")
        rows = self.page.js(SHOWN)
        self.expect(rows and all("deferred_init" in row and "node" in row for row in rows), f"filtered: {rows}")
        self.page.js(FILTER, "no such thing")
        self.none(self.page.js(SHOWN), "filtered by what is nowhere")
        self.page.js(FILTER, "")
        self.expect(len(self.page.js("return Array.from(document.querySelectorAll('.all-runs tbody tr')).filter((row) => !row.hidden)")) > 20,
                    "rows that do not come back")
        for direction in (1, -1):
            state, values = self.page.js(SORTED, "time")
            values = [value for value in values if value is not None]
            self.expect(values == sorted(values, reverse=direction < 0) and state == ("ascending" if direction > 0 else "descending"),
                        f"sorted {state}: {values[:5]}")
        self.expect(self.page.js(SAVED) == "memboot-node-a-2026-01-31T120000Z.json true", "the JSON is not saved")

    def check_plain(self, path):
        """Without scripts all figures are there, and nothing that would not work."""
        self.page.look(1200)
        self.page.open(path, scripts=False)
        self.none(self.page.js("return document.querySelectorAll('canvas, button, input').length"), "without scripts: what needs them")
        self.page.js("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        shown = self.page.js("return Array.from(document.querySelectorAll('tbody tr')).filter((row) => row.checkVisibility()).length")
        rows = self.page.js("return document.querySelectorAll('tbody tr').length")
        self.expect(shown == rows > 100, f"without scripts: {shown} of {rows} rows are shown")

    def check_tidy(self, path):
        out = subprocess.run(["tidy", "-quiet", "-errors", str(path)], capture_output=True, text=True, check=False)
        self.none(out.stderr.strip()[:600], f"{path.stem}: tidy")


def check(report):
    every = report.make("every", html_data.boot(1), html_data.boot(2, policy="eager"), html_data.benches(1), html_data.validation(),
                        *(html_data.predictions(vary) for vary in ("threads", "each", "chunk")))
    one = report.make("one", html_data.boot(1))
    nasty = report.make("nasty", html_data.nasty())
    report.show(one)
    report.check_page(one)
    report.check_tables()
    report.show(nasty)
    report.check_page(nasty)
    report.expect(report.page.js("return JSON.parse(document.querySelector('script.result').textContent).facts[0].value") == html_data.NASTY[0],
                  "nasty: the data are others")
    for name, width, scheme, media in LOOKS:
        report.show(every, width, scheme, media)
        report.check_page(every, width)
        report.none(report.page.js(CONTRAST), f"{name}: contrast")
        if media == "screen":
            report.none(report.page.js(NARROW), f"{name}: narrow cells of many lines")
    report.none(report.page.js("return Array.from(document.querySelectorAll('nav, .controls')).filter((e) => e.checkVisibility()).length"),
                "print: controls")
    check_early(report, one, at_once=True)
    report.check_plain(one)
    for path in (every, one, nasty):
        report.check_tidy(path)
    many = report.make("many", html_data.boot(1, nodes=64, workers=16))
    check_early(report, many, at_once=False)
    report.check_page(many)
    check_large(report)


def check_early(report, path, at_once):
    """A picture of the page as soon as it is loaded has all, unless there is much; nothing moves afterwards."""
    kept = report.page.tools("Page.addScriptToEvaluateOnNewDocument", source=EARLY)
    report.show(path)
    drawn, controls, height = report.page.js("return window.early")
    report.page.tools("Page.removeScriptToEvaluateOnNewDocument", identifier=kept["identifier"])
    if report.page.js("return typeof Chart === 'undefined'"):
        print(f"# {path.stem}: when charts are drawn is not looked at: built without them")
    else:
        report.expect(drawn == at_once, f"{path.stem}: charts {'are not' if at_once else 'are all'} drawn before the page is shown")
    report.expect(controls == 2, f"{path.stem}: {controls} of the filter and the download before the page is shown")
    later = report.page.js("return document.documentElement.scrollHeight")
    report.expect(later == height, f"{path.stem}: {height} pixels high at first, {later} later")


def check_large(report):
    """Of a long table the first rows are shown, and of what is looked for all, up to as many."""
    check_early(report, report.make("large", html_data.large()), at_once=True)
    shown = report.page.js("return Array.from(document.querySelectorAll('.kind tbody tr')).filter((row) => row.checkVisibility()).length")
    report.expect(shown == 500, f"benches alone: {shown} rows are seen at first, not 500")
    for what, rows in (("", 500), ("row:49", 111), ("no such row", 0)):
        report.page.js(FILTER, what)
        report.expect(len(report.page.js(SHOWN)) == rows, f"filtered by '{what}': {len(report.page.js(SHOWN))} rows, not {rows}")
    report.page.js(FILTER, "")
    report.page.js("document.querySelector('.kind').open = true; document.querySelector('.controls button').click()")
    report.expect(len(report.page.js(SHOWN)) == 5000, "not all rows when all are asked for")


def paint(report):
    """How long until the first thing is seen, and all is drawn."""
    path = report.make("large", html_data.large())
    report.show(path)
    seen = report.page.js("return performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"5000 rows: {path.stat().st_size >> 10} KiB, first paint after {seen:.0f} ms")
    report.expect(seen < PAINT_MS, f"first paint after {seen:.0f} ms, {PAINT_MS} is the most")


def pictures(report, folder):
    pages = {"boot": [html_data.boot(1)], "bench": [html_data.benches(1)],
             "several": [html_data.boot(1), html_data.boot(2, policy="eager"), html_data.benches(1)],
             "predictions": [html_data.predictions()]}
    for name, results in pages.items():
        path = report.make(name, *results)
        for look, width, scheme, media in LOOKS:
            report.show(path, width, scheme, media)
            report.page.picture(folder / f"{name}-{look}.png", width)


def main(memboot, *arguments):
    absent = browser.missing() + ([] if shutil.which("tidy") else ["tidy"])
    if absent:
        print(f"skipped: not installed: {', '.join(absent)}")
        return 77
    with tempfile.TemporaryDirectory() as folder, browser.Browser() as page:
        report = Report(memboot, page, Path(folder))
        if arguments[:1] == ("--paint",):
            paint(report)
        elif arguments[:1] == ("--pictures",):
            pictures(report, Path(arguments[1]))
        else:
            check(report)
    print("\n".join(report.wrong) or "fine")
    return 1 if report.wrong else 0


sys.exit(main(*sys.argv[1:]))
