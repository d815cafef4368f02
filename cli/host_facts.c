/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/host_facts.h"
#include "config.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "numa/clock.h"
#include "numa/place.h"
#include "numa/sysroot_file.h"
#include "reports/knob.h"
#include "reports/matrix.h"
#include "reports/result.h"

static void add_knob(struct mb_result *result, const char *name, const char *path)
{
	static const struct mb_sysroot live = {.path = "/"};
	char *line MB_FREE = NULL, *value, *end, reason[320];
	int r = mb_sysroot_file_first(&live, &line, "%s", path);

	if (r || !*line) {
		snprintf(reason, sizeof(reason), "/%s: %s", path,
			 r ? mb_sysroot_file_reason(r) : "empty");
		mb_result_add_knob(result, name, NULL, reason);
		return;
	}
	value = strchr(line, '[');
	end = value ? strchr(value, ']') : NULL;
	if (end)
		*end = '\0';
	mb_result_add_knob(result, name, end ? value + 1 : line, NULL);
}

static void add_number(struct mb_result *result, const char *name, double number, const char *unit)
{
	char text[64];

	snprintf(text, sizeof(text), "%.15g%s%s", number, *unit ? " " : "", unit);
	mb_result_add_fact(result, name, text, NULL);
}

/* A count that is 0 where it is not known. */
static void add_count(struct mb_result *result, const char *name, unsigned count)
{
	if (count)
		add_number(result, name, count, "");
	else
		mb_result_add_fact(result, name, NULL, "the host does not say");
}

static void add_text(struct mb_result *result, const char *name, const char *text)
{
	mb_result_add_fact(result, name, *text ? text : NULL,
			   *text ? NULL : "the host does not say");
}

static void add_kernel(struct mb_result *result)
{
	struct utsname name;

	if (uname(&name))
		return;
	add_text(result, "host_name", name.nodename);
	add_text(result, "kernel", name.release);
	add_text(result, "architecture", name.machine);
}

/* A node's own CPUs; those that it borrows work for it, and are near another one. */
static void add_node(struct mb_result *result, const struct mb_topo_node *node)
{
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	bool own = node->cpu_node == node->os_index;
	struct mb_strbuf list = {0};
	char name[32];

	for (size_t i = 0; i < node->nr_cpus; i++)
		mb_bit_set(map, (size_t)node->cpus[i]);
	mb_parse_list_print(&list, map, MB_TOPO_MAX_CPUS);
	snprintf(name, sizeof(name), MB_MATRIX_FACT_CPUS "%d", node->os_index);
	mb_result_add_fact(result, name, own ? mb_strbuf_text(&list) : NULL,
			   own ? NULL : "no CPUs of its own");
	snprintf(name, sizeof(name), MB_MATRIX_FACT_MEMORY "%d", node->os_index);
	add_number(result, name, (double)node->total_bytes, "bytes");
	if (list.error)
		result->error = list.error;
	mb_strbuf_fini(&list);
}

/* What made this program. */
static void add_build(struct mb_result *result)
{
	add_text(result, "compiler", MB_COMPILER);
	add_text(result, "compiler_flags", MB_COMPILER_FLAGS);
}

static void add_topology(struct mb_result *result, const struct mb_topo *topo)
{
	uint64_t total = 0;

	add_text(result, "model", topo->machine);
	add_text(result, "cpu_model", topo->cpu_model);
	add_count(result, "packages", topo->nr_packages);
	add_count(result, "cores", topo->nr_cores);
	add_count(result, "cpus", topo->nr_cpus);
	add_number(result, "nodes", (double)topo->nr_nodes, "");
	for (size_t i = 0; i < topo->nr_nodes; i++)
		total += topo->nodes[i].total_bytes;
	add_number(result, "memory", (double)total, "bytes");
	for (size_t i = 0; i < topo->nr_nodes; i++)
		add_node(result, &topo->nodes[i]);
	if (topo->nr_page_sizes)
		add_number(result, "page_size", (double)topo->page_sizes[0], "bytes");
	add_text(result, "topology_library", mb_topo_version());
	add_text(result, "placement_library", mb_place_version());
}

static void add_clock(struct mb_result *result)
{
	struct mb_clock_info info;
	struct mb_err err = {0};

	if (mb_clock_probe(&err, &info)) {
		mb_result_add_fact(result, "clock", NULL, err.text);
		return;
	}
	add_text(result, "clock", info.name);
	add_text(result, "clock_source", info.source);
	add_number(result, "clock_resolution", (double)info.resolution_ns, "ns");
	add_number(result, "clock_step", (double)info.step_ns, "ns");
	add_number(result, "clock_read_cost", info.read_ns, "ns");
}

void mb_host_facts_add(struct mb_result *result, const struct mb_topo *topo)
{
	add_kernel(result);
	add_build(result);
	add_topology(result, topo);
	add_clock(result);
	for (size_t i = 0; i < mb_nr_knobs; i++)
		add_knob(result, mb_knobs[i].name, mb_knobs[i].path);
}
