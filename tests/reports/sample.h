/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_SAMPLE_H
#define MB_TESTS_REPORTS_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "reports/result.h"

/* Results that several tests share. */

static inline void sample_noise(struct mb_result *result)
{
	mb_result_add_noise(result, MB_NOISE_SPOILS,
			    (const char *[MB_NOISE_NR_TEXTS]){
				    [MB_NOISE_NAME] = "load",
				    [MB_NOISE_TITLE] = "load average",
				    [MB_NOISE_VALUE] = "9.00, 2 CPUs",
				    [MB_NOISE_SHOULD] = "below 0.5",
				    [MB_NOISE_WHY] = "workers wait",
				    [MB_NOISE_COMMAND] = "ps -e",
			    });
	mb_result_add_noise(result, MB_NOISE_UNKNOWN,
			    (const char *[MB_NOISE_NR_TEXTS]){
				    [MB_NOISE_NAME] = "turbo",
				    [MB_NOISE_REASON] = "no cpufreq",
				    [MB_NOISE_SHOULD] = "off",
			    });
	mb_result_add_noise(result, MB_NOISE_FINE,
			    (const char *[MB_NOISE_NR_TEXTS]){
				    [MB_NOISE_NAME] = "ksm",
				    [MB_NOISE_VALUE] = "0",
			    });
}

/* A small result with one of everything: every kind and status, repetitions, a missing sample, unknown facts. */
static inline struct mb_result *sample_result(const struct mb_metric_table *metrics)
{
	static const double memmap_ns[] = {2000000, 2100000, 1900000.5};
	struct mb_result *result = mb_result_new(metrics);
	struct mb_run *run;

	assert_non_null(result);
	mb_result_set(result, MB_RESULT_TOOL_VERSION, "0.1.0");
	mb_result_set(result, MB_RESULT_STARTED_UTC, "2026-01-31T12:00:00Z");
	mb_result_set(result, MB_RESULT_COMMAND_LINE, "memboot boot -r 3 -o 'a file.json'");
	mb_result_set(result, MB_RESULT_MACHINE, "nodes=2 each=4G cpus=2");
	mb_result_set(result, MB_RESULT_MACHINE_HASH, "00ff00ff00ff00ff");
	mb_result_set(result, MB_RESULT_MAP_SOURCE, "text");
	mb_result_set(result, MB_RESULT_KERNEL_PROFILE, "6.1");
	mb_result_set(result, MB_RESULT_POLICY, "deferred");
	mb_result_set_status(result, MB_RESULT_PARTIAL, "interrupted");
	mb_result_add_fact(result, "host_name", "node-a", NULL);
	mb_result_add_fact(result, "cpus", "2", NULL);
	mb_result_add_fact(result, "microcode", NULL, "no access");
	mb_result_add_knob(result, "numa_balancing", "0", NULL);

	sample_noise(result);

	run = mb_result_run(result, MB_RUN_STAGE, "memmap_init", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set_arg(run, "policy", "deferred");
	mb_result_run_set_arg(run, "note", "two words");
	mb_result_run_set_model(run, "vmemmap");
	run->threads = 2;
	for (size_t i = 0; i < MB_ARRAY_SIZE(memmap_ns); i++) {
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, memmap_ns[i]);
		mb_result_run_set(run, MB_METRIC_NS_PER_PAGE, i, memmap_ns[i] / 65536);
		mb_result_run_set(run, MB_METRIC_PAGES, i, 65536);
	}
	mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, 2, 12.5);
	run = mb_result_run(result, MB_RUN_TOTAL, "first_allocation", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 3.5e9);
	run = mb_result_run(result, MB_RUN_NODE, "deferred_init", 1, MB_RUN_NONE);
	mb_result_run_set_placement(run, "node1->host0");
	mb_result_run_set(run, MB_METRIC_CHUNKS, 0, 32);
	run = mb_result_run(result, MB_RUN_WORKER, "deferred_init", 1, 0);
	run->cpu = 3;
	mb_result_run_set(run, MB_METRIC_PAGES, 0, 983040);
	run = mb_result_run(result, MB_RUN_ZONE, "Normal", 0, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_MANAGED_PAGES, 0, 1000000);
	run = mb_result_add_run(result, MB_RUN_BENCH, "pageinit/kernel");
	mb_result_run_set_status(run, MB_RUN_SKIPPED, "needs two nodes, \"this host\" has one");
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

#endif
