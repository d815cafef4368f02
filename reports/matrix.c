/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "reports/matrix.h"
#include "reports/row.h"

/* The number behind a fact's prefix, or -1. */
static int node_of(const struct mb_fact *fact, const char *prefix)
{
	size_t length = strlen(prefix);
	uint64_t number;

	if (!fact->name || strncmp(fact->name, prefix, length) != 0 ||
	    mb_parse_u64(fact->name + length, strlen(fact->name + length), &number) ||
	    number > INT_MAX)
		return -1;
	return (int)number;
}

static int by_number(const void *one, const void *other)
{
	const struct mb_matrix_node *a = one, *b = other;

	return (a->os_index > b->os_index) - (a->os_index < b->os_index);
}

static struct mb_matrix_node *find_node(struct mb_matrix *matrix, int os_index)
{
	for (size_t i = 0; i < matrix->count; i++)
		if (matrix->nodes[i].os_index == os_index)
			return &matrix->nodes[i];
	return NULL;
}

/* Nodes that have memory are those that the benches count. */
static int find_nodes(struct mb_matrix *matrix, const struct mb_facts *facts)
{
	matrix->nodes = calloc(facts->count + 1, sizeof(*matrix->nodes));
	if (!matrix->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < facts->count; i++) {
		int os_index = node_of(&facts->rows[i], MB_MATRIX_FACT_MEMORY);
		const char *value = facts->rows[i].value;
		double bytes = value ? strtod(value, NULL) : 0;
		struct mb_matrix_node *node = &matrix->nodes[matrix->count];

		if (os_index < 0 || !(bytes > 0) || !isfinite(bytes) || find_node(matrix, os_index))
			continue;
		*node = (struct mb_matrix_node){os_index, bytes, NULL};
		node->cpus = calloc(MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS), sizeof(*node->cpus));
		if (!node->cpus)
			return -ENOMEM;
		matrix->count++;
	}
	qsort(matrix->nodes, matrix->count, sizeof(*matrix->nodes), by_number);
	return matrix->count ? 0 : -ENODATA;
}

/* A CPU belongs to one node; what is said twice counts for the first. */
static void settle_cpus(struct mb_matrix *matrix)
{
	uint64_t taken[MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS)] = {0};

	for (size_t i = 0; i < matrix->count; i++)
		for (size_t k = 0; k < MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS); k++) {
			matrix->nodes[i].cpus[k] &= ~taken[k];
			taken[k] |= matrix->nodes[i].cpus[k];
		}
}

static void find_cpus(struct mb_matrix *matrix, const struct mb_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		int os_index = node_of(&facts->rows[i], MB_MATRIX_FACT_CPUS);
		struct mb_matrix_node *node = find_node(matrix, os_index);

		if (node && facts->rows[i].value &&
		    mb_parse_list(facts->rows[i].value, strlen(facts->rows[i].value),
				  MB_MATRIX_MAX_CPUS, node->cpus))
			memset(node->cpus, 0,
			       MB_BITMAP_WORDS(MB_MATRIX_MAX_CPUS) * sizeof(*node->cpus));
	}
	settle_cpus(matrix);
}

/* The value of an arg as an index below count; 0 where there is none, -1 for nonsense. */
static int index_arg(const struct mb_run *run, const char *key, size_t count)
{
	const char *value = mb_result_fact(&run->args, key);
	uint64_t number;

	if (!value)
		return 0;
	if (mb_parse_u64(value, strlen(value), &number) || number >= count)
		return -1;
	return (int)number;
}

/* A warm fill with something else than zeros, by all CPUs of a node or by one of the first. */
static bool is_measured(const struct mb_run *run, bool all)
{
	const char *temperature = mb_result_fact(&run->args, "temperature");
	const char *threads = mb_result_fact(&run->args, "threads");

	return run->kind == MB_RUN_BENCH && run->status == MB_RUN_OK &&
	       !strncmp(run->name, "limit/", 6) && strstr(run->name, "/nonzero/") && temperature &&
	       !strcmp(temperature, "warm") && (!threads || !strcmp(threads, all ? "all" : "1"));
}

/* The best of the fills; one thread is all where the node has one CPU. */
static int measure(struct mb_matrix *matrix, const struct mb_result *result, bool all)
{
	const struct mb_metric *rate = &result->metrics->rows[MB_METRIC_BYTES_PER_SECOND];
	int found = 0;

	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];
		int from = index_arg(run, "cpu_node", matrix->count), known;
		int to = index_arg(run, "memory_node", matrix->count);
		struct mb_stats stats;
		double *cell;

		if (from < 0 || to < 0 || !is_measured(run, all))
			continue;
		known = mb_row_summarise(run, MB_METRIC_BYTES_PER_SECOND, &stats);
		if (known < 0)
			return known;
		cell = &matrix->bytes_per_second[(size_t)from * matrix->count + (size_t)to];
		if (!known || *cell >= mb_metric_aggregate(rate, &stats))
			continue;
		*cell = mb_metric_aggregate(rate, &stats);
		found++;
	}
	return found;
}

int mb_matrix_init(struct mb_matrix *matrix, const struct mb_result *result)
{
	struct mb_matrix made = {0};
	int r = find_nodes(&made, &result->facts);

	if (!r) {
		find_cpus(&made, &result->facts);
		made.bytes_per_second =
			calloc(made.count * made.count, sizeof(*made.bytes_per_second));
		r = made.bytes_per_second ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !r && i < made.count * made.count; i++)
		made.bytes_per_second[i] = NAN;
	if (!r) {
		int found = measure(&made, result, true), more = 0;

		if (found >= 0 && isnan(made.bytes_per_second[0]))
			more = measure(&made, result, false);
		r = found < 0 || more < 0 ? -ENOMEM : found + more ? 0 : -ENODATA;
	}
	if (r)
		mb_matrix_fini(&made);
	else
		*matrix = made;
	return r;
}

void mb_matrix_fini(struct mb_matrix *matrix)
{
	for (size_t i = 0; i < matrix->count; i++)
		free(matrix->nodes[i].cpus);
	free(matrix->nodes);
	free(matrix->bytes_per_second);
	*matrix = (struct mb_matrix){0};
}

const char *mb_matrix_lacks(const struct mb_result *result)
{
	struct mb_matrix matrix;
	int r = mb_matrix_init(&matrix, result);

	if (!r)
		mb_matrix_fini(&matrix);
	return r == -ENODATA ? "a bandwidth between nodes, which 'memboot bench limit' measures"
			     : NULL;
}
