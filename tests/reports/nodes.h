/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_NODES_H
#define MB_TESTS_REPORTS_NODES_H

#include <errno.h>

#include "tests/reports/written.h"

/* Results of the benches that measure bandwidth between nodes. */

static inline struct mb_run *add_fill(struct mb_result *result, const char *name,
				      const char *temperature, const char *threads,
				      const char *memory_node, double rate)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, name);

	mb_result_run_set_arg(run, "temperature", temperature);
	if (threads)
		mb_result_run_set_arg(run, "threads", threads);
	if (memory_node)
		mb_result_run_set_arg(run, "memory_node", memory_node);
	mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, rate);
	return run;
}

/*
 * Nodes 0, 2 and 5, the last without CPUs, one without memory; the first one's CPUs wrote to their own memory and to the second's,
 * the second one's to the third's.
 */
static inline struct mb_result *nodes_result(void)
{
	struct mb_result *result = mb_result_new(NULL);

	assert_non_null(result);
	mb_result_add_fact(result, "host_name", "node-a", NULL);
	mb_result_add_fact(result, "node_cpus:2", "4-5", NULL);
	mb_result_add_fact(result, "node_memory:2", "4294967296 bytes", NULL);
	mb_result_add_fact(result, "node_cpus:0", "8-11,32-33", NULL);
	mb_result_add_fact(result, "node_memory:0", "8589934592 bytes", NULL);
	mb_result_add_fact(result, "node_cpus:3", "6-7", NULL);
	mb_result_add_fact(result, "node_memory:3", "0 bytes", NULL);
	mb_result_add_fact(result, "node_cpus:5", NULL, "no CPUs of its own");
	mb_result_add_fact(result, "node_memory:5", "1073741824 bytes", NULL);
	add_fill(result, "limit/memset/nonzero/threads:1", "warm", "1", NULL, 90 * 0x1p30);
	add_fill(result, "limit/memset/nonzero/threads:all", "warm", "all", NULL, 15 * 0x1p30);
	add_fill(result, "limit/avx2/nonzero/threads:all", "warm", "all", NULL, 20 * 0x1p30);
	add_fill(result, "limit/memset/remote/nonzero/node:1", "warm", NULL, "1", 10 * 0x1p30);
	mb_result_run_set_arg(add_fill(result, "limit/memset/between/nonzero/nodes:1-2", "warm",
				       NULL, "2", 5 * 0x1p30),
			      "cpu_node", "1");
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

#endif
