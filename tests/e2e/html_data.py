# SPDX-License-Identifier: Apache-2.0
"""Results that have something for every section of a report, made up but of plausible size."""
import json
import random

NASTY = ["</script><script>alert(1)</script>", "<!--<img src=x onerror=alert(2)>", "\u2028\u202e\"'&amp;", "=cmd()", "\x01\x1b[31m\n\t"]


def facts(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


def run(kind, name, samples, args=None, **keys):
    base = {"kind": kind, "name": name, "args": facts(**(args or {})), "node": None, "worker": None, "cpu": None,
            "threads": None, "model": None, "placement": None, "status": "ok", "reason": None, "samples": samples}
    return base | keys


def result(runs, **keys):
    base = {"schema_version": 1, "tool_version": "0.1.0", "started_utc": "2026-01-31T12:00:00Z",
            "command_line": "memboot boot", "machine": "nodes=4 each=64G cpus=8", "machine_hash": "00ff", "map_source": "text",
            "kernel_profile": "6.12", "policy": "deferred", "status": "complete", "reason": None,
            "facts": facts(host_name="node-a", cpus="32", cpu_model="Example 9000"), "knobs": facts(numa_balancing="0"),
            "noise": [], "metrics": [], "runs": runs}
    return base | keys


def around(rng, value, count):
    return [value * rng.lognormvariate(0, 0.05) for _ in range(count)]


STAGES = [("memblock", 5e3), ("sparse_init", 6e4), ("fault", 9e8), ("free_area_init", 2e4), ("memmap_init", 1.2e7),
          ("zonelists", 3e3), ("memblock_free_all", 6e6), ("kmem_cache_init", 9e4), ("deferred_init", 5.1e7), ("watermarks", 6e3)]


NOISE = [{"verdict": "spoils", "name": "load", "title": "load average", "value": "9.00 over the last minute, 2 CPUs", "reason": None,
          "should": "below 0.1 for each CPU", "why": "others take the CPUs that are measured, and the memory's bandwidth",
          "command": "systemctl stop what.service && sysctl -w kernel.numa_balancing=0"},
         {"verdict": "fine", "name": "swap", "title": "swap", "value": "none", "reason": None, "should": "none", "why": "pages go to disk",
          "command": None}]


def boot(seed, repetitions=9, nodes=4, workers=4, **keys):
    """Stages, nodes and workers with their begins, the totals, a kernel's log, and counters."""
    rng = random.Random(seed)
    runs, at = [], 0
    for name, ns in STAGES:
        pages = int(ns / 4)
        runs.append(run("stage", name, {"wall_ns": around(rng, ns, repetitions), "pages": [pages] * repetitions,
                                        "ns_per_page": [4.0] * repetitions, "start_ns": [at] * repetitions,
                                        "instructions_per_page": around(rng, 24, repetitions),
                                        "llc_misses_per_page": around(rng, 1.2, repetitions)},
                        counts={"instructions": around(rng, pages * 24, repetitions)}, count_shares={}, count_reasons={}))
        at += ns
    start = at - STAGES[-1][1] - STAGES[-2][1]
    for node in range(nodes):
        runs.append(run("node", "deferred_init", {"wall_ns": around(rng, 4.5e7, repetitions)}, node=node, threads=workers,
                        placement=f"node{node}->host{node}"))
        for worker in range(workers):
            begin = start + rng.random() * 2e6
            runs.append(run("worker", "deferred_init", {"start_ns": [begin] * repetitions, "wall_ns": around(rng, 4.2e7, repetitions),
                                                        "chunks": [12] * repetitions}, node=node, worker=worker, cpu=node * 8 + worker))
        runs.append(run("kernel", "deferred_init", {"wall_ns": around(rng, 4.5e7, repetitions), "kernel_ns": [5.2e7] * repetitions,
                                                    "ratio": around(rng, 0.87, repetitions)}, {"log": "/dev/kmsg"}, node=node, threads=workers))
    for name, ns in [("to_first_allocation", 1.9e7), ("to_first_kmalloc", 1.91e7), ("to_all_memory", 7.1e7), ("fault", 9e8),
                     ("second_touch", 4e7)]:
        runs.append(run("total", name, {"wall_ns": around(rng, ns, repetitions)}))
    counters = [{"name": "instructions", "value": "libpfm4, user mode", "metric": "instructions"},
                {"name": "dtlb_store_misses", "value": None, "reason": "this CPU has no such event"}]
    return result(runs, counters=counters, **{"noise": NOISE} | keys)


def benches(seed, repetitions=9):
    """Initialisers by threads, limits of four nodes, and others."""
    rng = random.Random(seed)
    runs = []
    for threads in (1, 2, 4, 8, 16):
        limit = 24e9 * threads / (1 + threads / 12)
        for name, part in (("kernel", .62), ("memset", .7), ("template", .66), ("words", .9), ("stream", .97)):
            rates = around(rng, limit * part, repetitions)
            runs.append(run("bench", f"pageinit/{name}/threads:{threads}", {
                "wall_ns": [2 ** 27 / r * 1e9 for r in rates], "ns_per_page": [64e9 / r for r in rates], "bytes_per_second": rates,
                "limit_percent": [100 * r / limit for r in rates]}, {"temperature": "warm", "threads": str(threads)}, threads=threads))
            runs.append(run("worker", f"pageinit/{name}/threads:{threads}", {"cycles": [2e6] * repetitions}, node=0, worker=0, cpu=0))
        runs.append(run("bench", f"buddy/handoff/largest/threads:{threads}", {
            "wall_ns": around(rng, 4e6 / threads ** .5, repetitions), "ns_per_page": around(rng, 2 / threads ** .5, repetitions)},
            {"temperature": "warm", "threads": str(threads)}, threads=threads))
    for node in range(4):
        where = {"memory_node": str(node)} if node else {"threads": "all"}
        name = f"remote/nonzero/node:{node}" if node else "nonzero/threads:all"
        rates = around(rng, 60e9 if node == 0 else 44e9 - 6e9 * node, repetitions)
        runs.append(run("bench", f"limit/memset/{name}", {"wall_ns": [2 ** 27 / r * 1e9 for r in rates], "bytes_per_second": rates},
                        {"temperature": "warm"} | where, threads=8))
    nodes = {f"node_memory:{node}": "68719476736 bytes" for node in range(4)}
    return result(runs, policy=None, command_line="memboot bench --full", facts=facts(host_name="node-a", **nodes))


def prediction(name, ns, args=None, threads=16, gib=1024, **keys):
    samples = {"predicted_ns": [ns], "predicted_low_ns": [ns * .7], "predicted_high_ns": [ns * 1.5]}
    if name.startswith("to_"):
        samples["bytes"] = [gib * 2 ** 30]
    return run("prediction", name, samples, args, threads=threads, **keys)


def predictions(vary="threads"):
    """The parts of a machine of four nodes, and a curve over something."""
    curves = {
        "threads": [({"threads": str(n)}, {"threads": n}, 9e8 / n + 9e6 * n ** .5) for n in (1, 2, 4, 8, 16, 32, 64)],
        "each": [({"each": str(n << 30)}, {"gib": 4 * n}, 4e5 * n) for n in (64, 128, 256, 512, 1024, 2048, 4096)],
        "chunk": [({"chunk": str(n << 20)}, {}, 1e8 + 1e6 * n ** .5) for n in (32, 64, 128, 256, 512)],
    }
    runs = [prediction(name, ns, threads=None) for name, ns in STAGES if name != "fault"]
    runs += [prediction("deferred_init", 4.5e7 + 1e6 * node, node=node) for node in range(4)]
    runs += [prediction("to_first_allocation", 1.9e7), prediction("to_all_memory", 7.1e7)]
    runs += [prediction("to_all_memory", ns, args, **keys) for args, keys, ns in curves[vary]]
    return result(runs, command_line="memboot predict", machine="nodes=4 each=256G cpus=64",
                  facts=facts(host_name="node-a", predicted_for="Example 9000, 2 sockets, 4 nodes, 1.0 TiB"))


def validation():
    """Facts of every verdict."""
    return result([
        run("fact", "F1", {"compared_values": [8], "different_values": [0]}, {"what": "ranges of nodes and zones, movable start"}),
        run("fact", "F2", {"compared_values": [2], "different_values": [1]}, {"what": "watermarks and protection"}, status="failed",
            reason="1 of 2 values differ"),
        run("value", "zone Normal", {}, {"fact": "F2", "expected": "min 1, low 2", "got": "min 1, low 3"}, status="failed", reason="different"),
        run("fact", "F4", {}, {"what": "managed pages"}, status="skipped", reason="the kernel grows its memory on demand")], policy=None)


def nasty():
    """Texts that end elements, begin comments or are no text at all, wherever a result has text."""
    made = boot(3, repetitions=2, nodes=1, workers=1)
    for index, item in enumerate(made["runs"]):
        item["reason"] = NASTY[index % len(NASTY)]
        item["status"] = "failed" if item["kind"] == "stage" else "ok"
        if item["kind"] in ("stage", "worker"):
            item["name"] = NASTY[index % len(NASTY)] + item["name"]
    made["facts"] = facts(host_name=NASTY[0], cpu_model=NASTY[1])
    made["knobs"] = [{"name": text, "value": text} for text in NASTY]
    made["noise"] = [{"verdict": "spoils", "name": text, "title": text, "value": text, "reason": None, "should": text, "why": text,
                      "command": text} for text in NASTY]
    made["command_line"], made["machine"] = NASTY[0], NASTY[2]
    return made


def large(rows=5000):
    rng = random.Random(5)
    return result([run("bench", f"memblock/alloc/row:{i}", {"wall_ns": around(rng, 1e3 * (i + 1), 3), "ns_per_operation": around(rng, 40, 3),
                                                            "operations": [1000] * 3, "rounds": [9] * 3},
                       {"temperature": "warm", "row": str(i)}, threads=1) for i in range(rows)])


def write(path, made):
    path.write_text(json.dumps(made), encoding="utf-8")
    return path
