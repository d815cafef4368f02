/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/matrix.h"
#include "reports/text.h"
#include "reports/writer.h"

/*
 * hwloc's XML, version 2: the host as far as memory attributes need it, nodes and CPUs, and of the matrix what was measured as WriteBandwidth in
 * MiB/s. hwloc reads it (HWLOC_XMLFILE, lstopo -i), and hwloc_memattr_get_value() then answers.
 */
#define WRITE_BANDWIDTH_FLAGS \
	5 /* HWLOC_MEMATTR_FLAG_HIGHER_FIRST | HWLOC_MEMATTR_FLAG_NEED_INITIATOR */

/* Global indices of objects: the machine's, then those of nodes, of groups and of PUs. */
#define GP_MACHINE 1

struct output {
	struct mb_strbuf text;
	const struct mb_matrix *matrix;
};

static size_t gp_of_node(size_t index)
{
	return GP_MACHINE + 1 + index;
}

static size_t gp_of_group(const struct mb_matrix *matrix, size_t index)
{
	return gp_of_node(matrix->count) + index;
}

static size_t gp_of_pu(const struct mb_matrix *matrix, size_t cpu)
{
	return gp_of_group(matrix, matrix->count) + cpu;
}

/* XML 1.0 has no control characters, not even escaped, and no U+FFFE and U+FFFF. */
static void add_escaped(struct mb_strbuf *buf, const char *text)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf clean = {0};

	mb_text_add_printable(&clean, text);
	for (const char *at = mb_strbuf_text(&clean), *start = at; *at; start = at) {
		uint32_t code = mb_text_next(&at);

		if (code == '<' || code == '>' || code == '&' || code == '"' || code == '\'')
			mb_strbuf_addf(buf, "&#%u;", code);
		else if (code == 0xfffe || code == 0xffff)
			mb_strbuf_addf(buf, "\\u%04x", code);
		else
			mb_strbuf_addf(buf, "%.*s", (int)(at - start), start);
	}
	if (clean.error)
		buf->error = clean.error;
}

static void add_info(struct output *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	mb_strbuf_addf(&out->text, "    <info name=\"%s\" value=\"", name);
	add_escaped(&out->text, value);
	mb_strbuf_add(&out->text, "\"/>\n");
}

/* hwloc's bitmaps: words of 32 bits, the highest first. */
static void add_bitmap(struct mb_strbuf *buf, const uint64_t *map, size_t bits)
{
	size_t words = bits / 32;
	bool begun = false;

	while (words--) {
		unsigned word = (unsigned)(map[words / 2] >> (words % 2 * 32));

		if (!begun && !word && words)
			continue;
		mb_strbuf_addf(buf, "%s0x%08x", begun ? "," : "", word);
		begun = true;
	}
}

/* cpuset="…" and nodeset="…" with the names that an object has them under; allowed only for the machine. */
static void add_sets(struct output *out, const uint64_t *cpus, const uint64_t *nodes, bool machine)
{
	static const char *const kinds[] = {"", "complete_", "allowed_"};

	for (size_t i = 0; i < (machine ? 3u : 2u); i++) {
		mb_strbuf_addf(&out->text, " %scpuset=\"", kinds[i]);
		add_bitmap(&out->text, cpus, MB_MATRIX_MAX_CPUS);
		mb_strbuf_addf(&out->text, "\" %snodeset=\"", kinds[i]);
		add_bitmap(&out->text, nodes, MB_MATRIX_MAX_CPUS);
		mb_strbuf_add(&out->text, "\"");
	}
}

/* The lowest of a node's CPUs; MB_MATRIX_MAX_CPUS for a node without. */
static size_t first_cpu(const struct mb_matrix_node *node)
{
	size_t cpu = 0;

	while (cpu < MB_MATRIX_MAX_CPUS && !mb_bit_test(node->cpus, cpu))
		cpu++;
	return cpu;
}

static bool has_cpus(const struct mb_matrix_node *node)
{
	return first_cpu(node) < MB_MATRIX_MAX_CPUS;
}

static void add_node(struct output *out, size_t index, const uint64_t *nodes)
{
	const struct mb_matrix_node *node = &out->matrix->nodes[index];

	mb_strbuf_addf(&out->text, "      <object type=\"NUMANode\" os_index=\"%d\"",
		       node->os_index);
	add_sets(out, node->cpus, nodes, false);
	mb_strbuf_addf(&out->text, " gp_index=\"%zu\" local_memory=\"%.0f\"/>\n", gp_of_node(index),
		       node->bytes);
}

/* A group with the node and its CPUs; a node without CPUs hangs on the machine. */
static void add_group(struct output *out, size_t index)
{
	const struct mb_matrix_node *node = &out->matrix->nodes[index];
	uint64_t nodes[MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS)] = {0};

	if ((size_t)node->os_index < MB_MATRIX_MAX_CPUS)
		mb_bit_set(nodes, (size_t)node->os_index);
	if (!has_cpus(node)) {
		add_node(out, index, nodes);
		return;
	}
	mb_strbuf_add(&out->text, "    <object type=\"Group\"");
	add_sets(out, node->cpus, nodes, false);
	mb_strbuf_addf(&out->text, " gp_index=\"%zu\">\n", gp_of_group(out->matrix, index));
	add_node(out, index, nodes);
	for (size_t cpu = 0; cpu < MB_MATRIX_MAX_CPUS; cpu++) {
		uint64_t own[MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS)] = {0};

		if (!mb_bit_test(node->cpus, cpu))
			continue;
		mb_bit_set(own, cpu);
		mb_strbuf_addf(&out->text, "      <object type=\"PU\" os_index=\"%zu\"", cpu);
		add_sets(out, own, nodes, false);
		mb_strbuf_addf(&out->text, " gp_index=\"%zu\"/>\n", gp_of_pu(out->matrix, cpu));
	}
	mb_strbuf_add(&out->text, "    </object>\n");
}

/* Memory first; then the groups in the order of their first CPUs, which hwloc insists on. */
static void add_machine(struct output *out, const struct mb_result *result)
{
	uint64_t cpus[MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS)] = {0};
	uint64_t nodes[MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS)] = {0};

	for (size_t i = 0; i < out->matrix->count; i++) {
		const struct mb_matrix_node *node = &out->matrix->nodes[i];

		for (size_t k = 0; k < MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS); k++)
			cpus[k] |= node->cpus[k];
		if ((size_t)node->os_index < MB_MATRIX_MAX_CPUS)
			mb_bit_set(nodes, (size_t)node->os_index);
	}
	mb_strbuf_add(&out->text, "  <object type=\"Machine\" os_index=\"0\"");
	add_sets(out, cpus, nodes, true);
	mb_strbuf_addf(&out->text, " gp_index=\"%d\">\n", GP_MACHINE);
	add_info(out, "Backend", "memboot");
	add_info(out, "HostName", mb_result_fact(&result->facts, "host_name"));
	add_info(out, "OSRelease", mb_result_fact(&result->facts, "kernel"));
	add_info(out, "MembootVersion", result->fields[MB_RESULT_TOOL_VERSION]);
	add_info(out, "MembootStarted", result->fields[MB_RESULT_STARTED_UTC]);
	add_info(out, "MembootStatus", mb_result_status_name(result->status));
	for (size_t i = 0; i < out->matrix->count; i++)
		if (!has_cpus(&out->matrix->nodes[i]))
			add_group(out, i);
	for (size_t cpu = 0; cpu < MB_MATRIX_MAX_CPUS; cpu++)
		for (size_t i = 0; i < out->matrix->count; i++)
			if (mb_bit_test(out->matrix->nodes[i].cpus, cpu) &&
			    first_cpu(&out->matrix->nodes[i]) == cpu)
				add_group(out, i);
	mb_strbuf_add(&out->text, "  </object>\n");
}

/* In whole MiB/s, as hwloc has them, and never 0. */
static void add_values(struct output *out)
{
	const struct mb_matrix *matrix = out->matrix;

	mb_strbuf_addf(&out->text, "  <memattr name=\"WriteBandwidth\" flags=\"%d\">\n",
		       WRITE_BANDWIDTH_FLAGS);
	for (size_t i = 0; i < matrix->count * matrix->count; i++) {
		double rate = matrix->bytes_per_second[i] / 0x1p20;
		const struct mb_matrix_node *from = &matrix->nodes[i / matrix->count];

		if (!isfinite(rate) || rate > 1e15 || !has_cpus(from))
			continue;
		mb_strbuf_addf(&out->text,
			       "    <memattr_value target_obj_type=\"NUMANode\" "
			       "target_obj_gp_index=\"%zu\" value=\"%lld\" initiator_cpuset=\"",
			       gp_of_node(i % matrix->count), llround(fmax(rate, 1)));
		add_bitmap(&out->text, from->cpus, MB_MATRIX_MAX_CPUS);
		mb_strbuf_add(&out->text, "\"/>\n");
	}
	mb_strbuf_add(&out->text, "  </memattr>\n");
}

int mb_write_hwloc(const struct mb_result *const *results, size_t count, FILE *file)
{
	MB_CLEANUP(mb_matrix_fini) struct mb_matrix matrix = {0};
	struct output out = {.matrix = &matrix};
	int error = mb_matrix_init(&matrix, results[0]);

	(void)count;
	if (error && error != -ENODATA)
		return error;
	mb_strbuf_add(&out.text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				 "<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
				 "<topology version=\"2.0\">\n");
	add_machine(&out, results[0]);
	add_values(&out);
	mb_strbuf_add(&out.text, "</topology>\n");
	error = out.text.error;
	if (!error)
		fputs(mb_strbuf_text(&out.text), file);
	mb_strbuf_fini(&out.text);
	return error ? error : ferror(file) ? -EIO : 0;
}
