/* SPDX-License-Identifier: Apache-2.0 */
/* Draws a chart in each figure from the figure's own table, makes tables sort and filter, and hands out the JSON. */
(() => {
  "use strict";

  const MIN_PART = 0.01; /* of a bar; what is smaller cannot be seen */
  const MOST_ROWS = 500; /* of a table, until all are asked for: laying out thousands takes a second */
  const FEW = 48; /* bars of full height */
  const MOST_NAMED = 150; /* bars of which each has its name */
  const ROW = 26; /* pixels a bar takes with its gap */
  const AT_ONCE = 1000; /* rows of all charts together that are drawn before the page is shown */

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  /* --- numbers --- */

  const UNITS = {
    time: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]],
    bytes: [["B", 1], ["KiB", 2 ** 10], ["MiB", 2 ** 20], ["GiB", 2 ** 30], ["TiB", 2 ** 40]],
    rate: [["B/s", 1], ["kB/s", 1e3], ["MB/s", 1e6], ["GB/s", 1e9], ["TB/s", 1e12]],
    percent: [["%", 1]],
    count: [["", 1], ["thousand", 1e3], ["million", 1e6], ["billion", 1e9]],
    ratio: [["", 1]],
  };

  /* One unit for a whole axis: the largest in which its greatest value is at least 1. */
  const unitOf = (format, values) => {
    const most = Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
    const units = UNITS[format] || UNITS.ratio;
    const [name, size] = units.filter((unit) => unit[1] <= most).pop() || units[0];
    return { name, size };
  };
  const tick = (value) => {
    const [whole, part] = String(Number(value.toPrecision(4))).split(".");
    return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (part ? `.${part}` : "");
  };

  /* --- tables as data --- */

  const number = (cell) => (cell && cell.dataset.v !== undefined ? Number(cell.dataset.v) : NaN);

  const read = (figure) => {
    const table = figure.querySelector("table");
    const heads = all("thead th", table);
    const rows = all("tbody tr", table).filter((row) => !("skip" in row.dataset));
    const columns = heads.map((head, index) => ({ head, index })).filter(({ head }) => "plot" in head.dataset);
    return {
      rows,
      labels: rows.map((row) => row.cells[0].textContent),
      columns: columns.map(({ head, index }) => ({
        label: head.textContent,
        who: (head.querySelector("b") || head).textContent,
        axis: head.dataset.axis,
        format: head.dataset.format,
        values: rows.map((row) => number(row.cells[index])),
        texts: rows.map((row) => row.cells[index].textContent),
      })),
    };
  };

  /* --- looks --- */

  const looks = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
      ink: colour("--ink"), soft: colour("--soft"), grid: colour("--grid"), card: colour("--card"), rest: colour("--rest"),
      parts: colour("--parts").split(/\s+/),
    };
  };

  const colourOf = (look, index) => look.parts[index % look.parts.length];
  const short = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);
  const labelRoom = () => (window.innerWidth < 640 ? 18 : 34);

  const axis = (look, title, extra = {}) => ({
    title: { display: Boolean(title), text: title, color: look.soft },
    ticks: { color: look.soft, ...extra.ticks },
    grid: { color: look.grid, borderColor: look.grid },
    beginAtZero: true,
    ...Object.fromEntries(Object.entries(extra).filter(([key]) => key !== "ticks")),
  });

  const named = (axisLabel, unit) => (unit.name ? `${axisLabel}, ${unit.name}` : axisLabel);

  const options = (look, scales, legend, tooltip) => ({
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    scales,
    interaction: { mode: "nearest", intersect: true },
    plugins: {
      legend: { display: Boolean(legend), position: "bottom", labels: { color: look.ink, boxWidth: 12, boxHeight: 12, ...legend } },
      tooltip: { callbacks: tooltip },
    },
  });

  const nameAxis = (look, rows) => axis(look, "", {
    grid: { display: false, borderColor: look.grid },
    ticks: { autoSkip: rows > MOST_NAMED, font: { size: rows > FEW ? 10 : 12 }, color: look.ink, callback(value) { return short(this.getLabelForValue(value), labelRoom()); } },
  });

  /* Many bars are thin; canvases have a greatest height. */
  const barsHeight = (bars, each = 1, extra = 80) => {
    const room = bars > MOST_NAMED ? 5 : bars > FEW ? 13 : Math.max(ROW, each * 14 + 10);
    return Math.min(12000, Math.max(120, bars * room + extra));
  };

  /* Ticks of logarithmic axes. */
  const DECADES = Array.from({ length: 25 }, (_, i) => 10 ** (i - 12));
  const TENS = DECADES.flatMap((ten) => [ten, 2 * ten, 5 * ten]);
  const TWOS = Array.from({ length: 65 }, (_, i) => 2 ** (i - 32));

  /* --- the kinds of chart: each makes { config, height } of a figure's data --- */

  /* Bars are results, parts are rows. */
  const stack = ({ labels, columns }, look) => {
    const sums = columns.map((c) => c.values.reduce((a, b) => a + (b || 0), 0));
    const unit = unitOf(columns[0].format, sums);
    const weight = (row) => Math.max(...columns.map((c, i) => (c.values[row] || 0) / sums[i]));
    const order = labels.map((_, row) => row).sort((a, b) => weight(b) - weight(a));
    const shown = new Set(order.filter((row) => weight(row) >= MIN_PART).slice(0, look.parts.length));
    const rest = order.filter((row) => !shown.has(row));
    const parts = labels.map((label, row) => ({ label, row })).filter(({ row }) => shown.has(row));
    const datasets = parts.map(({ label, row }, index) => ({
      label,
      data: columns.map((c) => (c.values[row] || 0) / unit.size),
      texts: columns.map((c) => c.texts[row]),
      backgroundColor: colourOf(look, index),
    }));
    if (rest.length) {
      datasets.push({
        label: `${rest.length} others`,
        data: columns.map((c) => rest.reduce((sum, row) => sum + (c.values[row] || 0), 0) / unit.size),
        backgroundColor: look.rest,
      });
    }
    datasets.forEach((set) => Object.assign(set, { borderColor: look.card, borderWidth: 1, maxBarThickness: 34 }));
    const bars = columns.map((c) => (columns.length > 1 ? c.who : ""));
    return {
      height: barsHeight(bars.length, 2, 130),
      config: {
        type: "bar",
        data: { labels: bars, datasets },
        options: {
          ...options(look, {
            x: axis(look, named(columns[0].axis, unit), { stacked: true, ticks: { callback: tick } }),
            y: { ...nameAxis(look, bars.length), stacked: true },
          }, true, {
            label: (item) => `${item.dataset.label}: ${item.dataset.texts ? item.dataset.texts[item.dataIndex]
              : `${tick(item.raw)} ${unit.name}`}`,
          }),
          indexAxis: "y",
        },
      },
    };
  };

  /* Rows are bars; several plotted columns stand beside each other. */
  const bars = ({ labels, columns, rows }, look) => {
    const unit = unitOf(columns[0].format, columns.flatMap((c) => c.values));
    const groups = [...new Set(rows.map((row) => row.dataset.group))].filter((group) => group !== undefined);
    let datasets = columns.map((c, index) => ({
      label: c.label, data: c.values.map((v) => v / unit.size), texts: c.texts, backgroundColor: colourOf(look, index),
    }));
    if (groups.length) { /* rows of equal name are one bar each of a group */
      const names = [...new Set(labels)];
      datasets = groups.map((group, index) => {
        const at = names.map((name) => labels.findIndex((label, row) => label === name && rows[row].dataset.group === group));
        return {
          label: `${group} thread${group === "1" ? "" : "s"}`,
          data: at.map((row) => (row < 0 ? NaN : columns[0].values[row] / unit.size)),
          texts: at.map((row) => (row < 0 ? "" : columns[0].texts[row])),
          backgroundColor: colourOf(look, index),
        };
      });
      labels = names;
    }
    datasets.forEach((set) => Object.assign(set, { maxBarThickness: 18 }));
    return {
      height: barsHeight(labels.length, datasets.length),
      config: {
        type: "bar",
        data: { labels, datasets },
        options: {
          ...options(look, {
            x: axis(look, named(columns[0].axis, unit), { ticks: { callback: tick } }),
            y: nameAxis(look, labels.length),
          }, datasets.length > 1, { label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}` }),
          indexAxis: "y",
        },
      },
    };
  };

  /* Rows are bars with the interval of their values, a line from the second column to the third. */
  const ranges = ({ labels, columns }, look) => {
    const [value, low, high] = columns;
    const unit = unitOf(value.format, [...value.values, ...high.values]);
    const spans = low.values.map((from, row) => (Number.isFinite(from) ? [from / unit.size, high.values[row] / unit.size] : null));
    return {
      height: barsHeight(labels.length, 1, 100),
      config: {
        type: "bar",
        data: {
          labels,
          datasets: [
            { label: "interval", data: spans, texts: low.texts.map((from, row) => `${from} to ${high.texts[row]}`), backgroundColor: look.ink, barThickness: 2, grouped: false },
            { label: value.label, data: value.values.map((v) => v / unit.size), texts: value.texts, backgroundColor: colourOf(look, 0), maxBarThickness: 18, grouped: false },
          ],
        },
        options: {
          ...options(look, {
            x: axis(look, named(value.axis, unit), { ticks: { callback: tick } }),
            y: nameAxis(look, labels.length),
          }, true, { label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}` }),
          indexAxis: "y",
        },
      },
    };
  };

  /* A row is from its begin to its end, or from zero where nobody knows its begin. */
  const timeline = ({ labels, columns }, look) => {
    const time = columns[columns.length - 1];
    const starts = time.values.map((_, row) => (columns.length > 1 && columns[0].values[row]) || 0);
    const ends = time.values.map((ns, row) => starts[row] + ns);
    const unit = unitOf("time", ends);
    const data = time.values.map((ns, row) => (Number.isFinite(ns)
      ? [starts[row] / unit.size, ends[row] / unit.size] : null));
    const nodes = [...new Set(labels.map((label) => label.replace(/ worker.*/, "")))];
    const colours = labels.map((label) => (/worker/.test(label) ? colourOf(look, nodes.indexOf(label.replace(/ worker.*/, ""))) : look.rest));
    return {
      height: barsHeight(labels.length, 1, 60),
      config: {
        type: "bar",
        data: { labels, datasets: [{ data, backgroundColor: colours, maxBarThickness: 18, minBarLength: 1 }] },
        options: {
          ...options(look, {
            x: axis(look, named(columns.length > 1 ? "since the phase began" : time.axis, unit), { ticks: { callback: tick } }),
            y: nameAxis(look, labels.length),
          }, false, {
            label: (item) => `${columns.length > 1 ? `from ${tick(item.raw[0])} to ${tick(item.raw[1])} ${unit.name}, ` : ""}`
              + time.texts[item.dataIndex],
          }),
          indexAxis: "y",
        },
      },
    };
  };

  /* Rows are points of each column's line; what is ideal or a limit is dashed. */
  const lines = ({ rows, columns }, look) => {
    const unit = unitOf(columns[0].format, columns.flatMap((c) => c.values));
    const x = rows.map((row) => number(row.cells[0]));
    let plain = 0;
    const datasets = columns.map((c) => {
      const bound = /^(ideal|limit)/.exec(c.label);
      const colour = bound ? (bound[1] === "ideal" ? look.soft : look.ink) : colourOf(look, plain++);
      return {
        label: c.label,
        data: c.values.map((v, i) => ({ x: x[i], y: v / unit.size })).filter((p) => Number.isFinite(p.y)),
        texts: c.texts.filter((_, i) => Number.isFinite(c.values[i])),
        borderColor: colour,
        backgroundColor: colour,
        borderDash: bound ? (bound[1] === "ideal" ? [2, 4] : [8, 4]) : [],
        borderWidth: 2,
        pointStyle: bound ? "line" : ["circle", "triangle", "rect", "rectRot", "star", "cross"][(plain - 1) % 6],
        pointRadius: bound ? 0 : 4,
        clip: 8,
      };
    });
    return {
      height: 340,
      config: {
        type: "line",
        data: { datasets },
        options: options(look, {
          x: axis(look, "threads", {
            type: "linear", beginAtZero: false, min: Math.min(...x), max: Math.max(...x),
            ticks: { precision: 0 },
          }),
          y: axis(look, named(columns[0].axis, unit), { ticks: { callback: tick } }),
        }, { usePointStyle: true, boxWidth: 24, boxHeight: 7, padding: 14 }, { label: (item) => `${item.dataset.label}: ${item.dataset.texts[item.dataIndex]}` }),
      },
    };
  };

  /* Each sample of each row as a point, over the row's median. */
  const strips = ({ rows, labels }, look) => {
    const points = [];
    rows.forEach((row, y) => {
      const samples = row.querySelector(".samples").dataset.samples.trim().split(" ").map(Number);
      const sorted = samples.slice().sort((a, b) => a - b);
      const median = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
      if (median > 0) samples.forEach((v) => points.push({ x: v / median, y, v }));
    });
    const most = Math.max(...points.map((p) => p.x));
    const wide = most > 10;
    const steps = most < 1000 ? TENS : DECADES;
    return {
      height: barsHeight(labels.length, 1, 60),
      config: {
        type: "scatter",
        data: { datasets: [{ data: points, backgroundColor: `${look.parts[0]}99`, borderColor: look.parts[0], pointRadius: 4 }] },
        options: options(look, {
          x: axis(look, "over the median", {
            type: wide ? "logarithmic" : "linear", beginAtZero: false,
            ticks: { callback: (value) => `${tick(value)}×`, maxTicksLimit: wide ? 99 : 8, maxRotation: 0 },
            afterBuildTicks: (scale) => {
              if (wide) scale.ticks = steps.filter((value) => value >= scale.min && value <= scale.max).map((value) => ({ value }));
            },
          }),
          y: {
            ...axis(look, ""), type: "linear", reverse: true, min: -0.6, max: labels.length - 0.4, afterBuildTicks: (scale) => {
              scale.ticks = labels.map((_, value) => ({ value }));
            },
            ticks: { autoSkip: false, color: look.ink, callback: (value) => short(labels[value] || "", labelRoom()) },
          },
        }, false, {
          label: (item) => `${labels[item.raw.y]}: ${tick(item.raw.x)}× the median`,
        }),
      },
    };
  };

  /* Rows are points in order, the second column their level; triangles where it changes, which way is worse or better. */
  const trend = ({ rows, labels, columns }, look) => {
    const unit = unitOf(columns[0].format, columns[0].values);
    const at = (values) => values.map((v, x) => ({ x, y: v / unit.size }));
    const changes = rows.map((row, x) => ({ x, y: columns[1].values[x] / unit.size, why: row.dataset.change })).filter(({ why }) => why);
    const name = (x) => short((labels[x] || "").replace(/^([0-9a-f]{12})[0-9a-f]{28,}$/, "$1"), 14);
    const say = (item) => (item.raw.why ? item.raw.why : `${name(item.raw.x)}: ${columns[item.datasetIndex].texts[item.raw.x]}`);
    return {
      height: 260,
      config: {
        type: "line",
        data: {
          datasets: [
            { label: columns[0].label, data: at(columns[0].values), showLine: false, pointRadius: 3, clip: 8, backgroundColor: `${look.parts[0]}99`, borderColor: look.parts[0] },
            { label: columns[1].label, data: at(columns[1].values), stepped: "before", pointRadius: 0, pointStyle: "line", borderWidth: 2, borderColor: look.ink, backgroundColor: look.ink },
            { label: "change", data: changes, showLine: false, pointStyle: "triangle", pointRadius: 8, clip: 8, borderColor: look.card, backgroundColor: look.ink },
          ],
        },
        options: options(look, {
          x: axis(look, "", {
            type: "linear", beginAtZero: false, min: 0, max: Math.max(1, labels.length - 1), grid: { display: false, borderColor: look.grid },
            ticks: { precision: 0, maxTicksLimit: 6, maxRotation: 0, callback: name },
          }),
          y: axis(look, named(columns[0].axis, unit), { beginAtZero: false, ticks: { callback: tick } }),
        }, { usePointStyle: true, boxWidth: 24, boxHeight: 7, padding: 14 }, { title: () => "", label: say }),
      },
    };
  };

  /* A logarithmic axis, from a step below all values, or as good as at the least of them, to one above them. */
  const logarithmic = (values, steps) => {
    const least = Math.min(...values), most = Math.max(...values);
    return {
      type: "logarithmic", beginAtZero: false,
      min: Math.max(...steps.filter((step) => step <= 1.01 * least)), max: Math.min(...steps.filter((step) => step >= 0.99 * most)),
      afterBuildTicks: (scale) => {
        scale.ticks = steps.filter((value) => value >= scale.min && value <= scale.max).map((value) => ({ value }));
      },
    };
  };

  /* Rows are points: measured ones, and predicted ones on a line within their band. title: the column that they are over. */
  const band = (title, format) => ({ rows, columns }, look) => {
    const heads = all("thead th", rows[0].closest("table")).map((head) => head.textContent);
    const x = rows.map((row) => number(row.cells[heads.indexOf(title)]));
    const [measured, predicted, low, high] = columns;
    const unit = unitOf("time", columns.flatMap((c) => c.values));
    const places = x.filter(Number.isFinite);
    const size = unitOf(format, [Math.sqrt(Math.min(...places) * Math.max(...places))]);
    const at = (values) => values.map((v, i) => ({ x: x[i] / size.size, y: v / unit.size, row: i }))
      .filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y));
    const points = columns.map((c) => at(c.values));
    const scale = (values, steps) => {
      const some = values.filter((v) => v > 0);
      return Math.max(...some) > 16 * Math.min(...some) ? logarithmic(some, steps) : { type: "linear" };
    };
    const colour = colourOf(look, 0);
    const edge = { pointRadius: 0, borderWidth: 0, backgroundColor: `${colour}40` };
    const whiskers = points[2].flatMap((p, i) => [p, points[3][i], { x: NaN, y: NaN }]);
    const flat = points.flat();
    return {
      height: 340,
      config: {
        type: "line",
        data: {
          datasets: [
            { label: measured.label, data: points[0], showLine: false, pointStyle: "rectRot", pointRadius: 6, clip: 8, borderColor: look.card, backgroundColor: look.ink },
            { label: predicted.label, data: points[1], pointRadius: 4, borderWidth: 2, clip: 8, borderColor: colour, backgroundColor: colour },
            { label: "interval", data: whiskers, pointRadius: 0, pointStyle: "rect", borderWidth: 2, clip: 8, borderColor: `${colour}99`, backgroundColor: `${colour}40` },
            { label: low.label, data: points[2], ...edge },
            { label: high.label, data: points[3], fill: "-1", ...edge },
          ],
        },
        options: options(look, {
          x: axis(look, named(title, size), { beginAtZero: false, ...scale(flat.map((p) => p.x), TWOS), ticks: { callback: tick, maxRotation: 0, maxTicksLimit: 12 } }),
          y: axis(look, named(predicted.axis, unit), { ...scale(flat.map((p) => p.y), TENS), ticks: { callback: tick, maxTicksLimit: 12 } }),
        }, { usePointStyle: true, boxWidth: 24, boxHeight: 7, padding: 14, filter: (item, data) => item.datasetIndex < 3 && data.datasets[item.datasetIndex].data.length > 0 },
        { title: () => "", label: (item) => (item.raw.row === undefined ? "" : `${item.dataset.label}: ${columns[[0, 1, 2, 2, 3][item.datasetIndex]].texts[item.raw.row]}`) }),
      },
    };
  };

  /* --- drawing --- */

  const KINDS = {
    stack, bars, ranges, timeline, lines, strips, trend, bandmemory: band("memory", "bytes"), bandthreads: band("threads a node", "count"),
    bandchunk: band("chunk", "bytes"),
  };
  const charts = [];

  const describe = (figure, data) => {
    const caption = figure.querySelector("figcaption").textContent;
    const rows = data.labels.slice(0, 12).map((label, row) => {
      const texts = data.columns.map((c) => c.texts[row]).join(", ");
      return texts ? `${label} ${texts}` : label;
    });
    return `${caption}. ${rows.join("; ")}${data.labels.length > rows.length ? "; and more" : ""}. The table below has all figures.`;
  };

  /* Takes the room of a chart, which is drawn later: so the page does not jump. */
  const place = (plot, figure, kind, data) => {
    const canvas = make("canvas");
    const box = make("div", { className: "plot" }, canvas);
    const fit = () => {
      const { config, height } = KINDS[kind](data, looks());
      box.style.height = `${height}px`;
      return config;
    };
    fit();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", describe(figure, data));
    plot.append(box);
    charts.push({ box, rows: data.rows.length, chart: null, draw: () => new Chart(canvas, fit()) });
  };

  const placeFigure = (figure) => {
    const plot = figure.querySelector(".plot");
    const data = read(figure);
    if (data.rows.length && figure.dataset.chart !== "each") {
      if (data.columns.some((c) => c.values.some(Number.isFinite)) || figure.dataset.chart === "strips")
        place(plot, figure, figure.dataset.chart, data);
    } else if (data.rows.length) {
      plot.classList.add("plots");
      data.columns.forEach((column) => {
        const keep = data.rows.map((_, row) => row).filter((row) => Number.isFinite(column.values[row]));
        const pick = (list) => keep.map((row) => list[row]);
        if (keep.length)
          place(plot, figure, "bars", {
            rows: pick(data.rows), labels: pick(data.labels),
            columns: [{ ...column, axis: column.label, values: pick(column.values), texts: pick(column.texts) }],
          });
      });
    }
    plot.dataset.placed = "";
  };

  const drawEntry = (entry) => {
    if (!entry.chart) entry.chart = entry.draw();
  };

  /* Few charts are drawn before the page is shown. Of many, those that are seen first, and the others right after. */
  const drawCharts = (done) => {
    const few = charts.reduce((sum, { rows }) => sum + rows, 0) <= AT_ONCE;
    const tops = few ? [] : charts.map(({ box }) => box.getBoundingClientRect().top);
    charts.forEach((entry, index) => {
      if (few || tops[index] < window.innerHeight) drawEntry(entry);
    });
    const rest = charts.filter(({ chart }) => !chart);
    const next = () => {
      if (!rest.length) return done();
      drawEntry(rest.shift());
      return setTimeout(next);
    };
    if (rest.length) requestAnimationFrame(() => setTimeout(next));
    else done();
  };

  const redraw = () => charts.forEach((entry) => {
    if (entry.chart) entry.chart.destroy();
    entry.chart = entry.draw();
  });

  const turnToPaper = (paper) => {
    document.documentElement.toggleAttribute("data-paper", paper);
    redraw();
  };

  /* --- tables --- */

  const keyOf = (cell) => (cell.dataset.v !== undefined ? Number(cell.dataset.v) : cell.textContent.toLowerCase());
  const before = (a, b) => {
    if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
    return typeof a === "number" ? -1 : 1; /* what has no figure comes last */
  };

  const sortBy = (table, head) => {
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, key: keyOf(row.cells[column]) }));
    rows.sort((a, b) => (typeof a.key === typeof b.key && down ? before(b.key, a.key) : before(a.key, b.key)));
    all("th", table.tHead).forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows.map(({ row }) => row));
  };

  const makeSortable = (table, changed) => all("th", table.tHead).forEach((head) => {
    const button = make("button", { type: "button" }, ...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      sortBy(table, head);
      changed();
    });
  });

  /* Each word must be somewhere in the row. Of a long table the first rows are shown, until all are asked for. */
  const makeFilter = (box) => {
    const kinds = all("details.kind", box);
    const total = all("tbody tr", box).length;
    const texts = new Map();
    const textOf = (row) => {
      if (!texts.has(row)) texts.set(row, Array.from(row.cells, (cell) => cell.textContent).join(" ").toLowerCase());
      return texts.get(row);
    };
    const input = make("input", { type: "search", id: "filter", placeholder: "kmem_cache, deferred node 1 …", autocomplete: "off" });
    const count = make("output", { id: "filter-count" });
    const more = make("button", { type: "button", hidden: true }, "Show all");
    let most = MOST_ROWS;
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      let held = 0;
      kinds.forEach((details) => {
        let hits = 0;
        all("tbody tr", details).forEach((row) => {
          const hit = words.every((word) => textOf(row).includes(word));
          hits += hit;
          row.hidden = !hit || hits > most;
        });
        details.hidden = !hits;
        if (words.length) details.open = hits > 0;
        found += hits;
        held += Math.max(0, hits - most);
      });
      count.textContent = (words.length ? `${found} of ${total} runs` : `${total} runs`) + (held ? `, ${found - held} shown` : "");
      more.hidden = !held;
    };
    input.addEventListener("input", apply);
    more.addEventListener("click", () => {
      most = Infinity;
      apply();
    });
    all("table", box).forEach((table) => makeSortable(table, apply));
    box.prepend(make("div", { className: "controls" }, make("label", { htmlFor: "filter" }, "Filter"), input, count, more));
    apply();
  };

  /* --- the JSON --- */

  const fileName = (result) => {
    const host = (result.facts || []).find((fact) => fact.name === "host_name");
    const words = ["memboot", host && host.value, (result.started_utc || "").replace(/[:]/g, "")];
    return words.filter(Boolean).join("-").replace(/[^\w.-]+/g, "_") + ".json";
  };

  const makeDownloads = () => {
    const sources = all("script.result");
    const box = make("p", { className: "controls" });
    sources.forEach((source) => {
      const name = sources.length > 1 ? ` of ${source.id.replace("result-", "")}` : "";
      const button = make("button", { type: "button", className: "download" }, `Download the JSON${name}`);
      button.addEventListener("click", () => {
        const url = URL.createObjectURL(new Blob([source.textContent], { type: "application/json" }));
        make("a", { href: url, download: fileName(JSON.parse(source.textContent)) }).click();
        setTimeout(() => URL.revokeObjectURL(url), 1000);
      });
      box.append(button);
    });
    document.querySelector("footer").prepend(box);
  };

  const ready = () => {
    document.documentElement.dataset.ready = String(charts.length);
  };

  all(".all-runs").forEach(makeFilter);
  makeDownloads();
  if (window.Chart) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    all("figure[data-chart]").forEach(placeFigure);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    window.addEventListener("beforeprint", () => turnToPaper(true));
    window.addEventListener("afterprint", () => turnToPaper(false));
    drawCharts(ready);
  } else {
    ready();
  }
})();
