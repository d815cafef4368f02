/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_MATRIX_H
#define MB_REPORTS_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "reports/result.h"

/* Bandwidth between the host's nodes, as the benches of the group limit measured it. */

/* Facts of the host, each with the node's number behind it: its own CPUs, as "0-3,8", and its memory in bytes. */
#define MB_MATRIX_FACT_CPUS   "node_cpus:"
#define MB_MATRIX_FACT_MEMORY "node_memory:"

#define MB_MATRIX_MAX_CPUS 8192

struct mb_matrix_node {
	int os_index;
	double bytes;
	uint64_t *cpus; /* MB_MATRIX_MAX_CPUS bits; none set for a node without CPUs */
};

struct mb_matrix {
	struct mb_matrix_node *nodes; /* those with memory, in the order of their numbers */
	size_t count;
	double *bytes_per_second; /* count × count; row: whose CPUs write, column: whose memory; NaN: not measured */
};

/*
 * 0 and a matrix that mb_matrix_fini() ends; -ENODATA when the result does not say what its nodes are, or has no bandwidth of any;
 * -ENOMEM.
 */
int mb_matrix_init(struct mb_matrix *matrix, const struct mb_result *result);
void mb_matrix_fini(struct mb_matrix *matrix);

/* NULL, or what the result lacks for one. */
const char *mb_matrix_lacks(const struct mb_result *result);

#endif
