/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/machine_opt.h"
#include "cli/place_opt.h"
#include "cli/predict_plan.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/page.h"
#include "tests/cli/capture.h"

/* Counts a machine's boots; the status, and what it says, which is the caller's. */
static int count_on(struct mb_opts *opts, const struct mb_topo *topo, const char *vary,
		    struct mb_predict_plan *plan, char **ret_text)
{
	const struct mb_cli cli = {.cmd = mb_cmd_find("predict"), .opts = *opts};
	struct mb_machine *machine;
	struct capture capture;
	struct mb_err err = {0};
	int status;

	if (mb_machine_opt_parse(opts->machine, NULL, &err, &machine))
		fail_msg("%s", err.text);
	*plan = (struct mb_predict_plan){
		.cli = &cli,
		.cancel = plan->cancel,
		.topo = topo,
		.config = {
			.machine = machine,
			.profile = mb_profile_find("6.1"),
			.model = &mb_memmodels[MB_MEMMODEL_VMEMMAP],
			.struct_page = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT],
			.policy = MB_POLICY_DEFERRED,
		}};
	mb_place_opt_config(opts, &plan->config);
	if (vary)
		assert_int_equal(mb_predict_vary_parse(vary, &err, &plan->vary), 0);
	capture_begin(&capture, stderr);
	status = mb_predict_plan_count(plan);
	*ret_text = capture_end(&capture);
	mb_machine_free(machine);
	return status;
}

static int count(struct mb_opts *opts, const char *vary, struct mb_predict_plan *plan,
		 char **ret_text)
{
	return count_on(opts, NULL, vary, plan, ret_text);
}

/* One target a point; the machine itself beside them. */
static void counted(void **state)
{
	static const struct {
		const char *vary;
		double memory_gib[3], threads[3];
	} cases[] = {
		{"threads=1,2,8", {8, 8, 8}, {1, 2, 8}},
		{"each=4G..16G", {8, 16, 32}, {4, 4, 4}},
		{"nodes=1,2,4", {4, 8, 16}, {4, 4, 4}},
		{"cpus=1,4,16", {8, 8, 8}, {1, 4, 16}},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_opts opts = {.machine = "nodes=2 each=4G cpus=4"};
		struct mb_predict_plan plan = {0};
		char *text;

		assert_int_equal(count(&opts, cases[i].vary, &plan, &text), MB_EXIT_OK);
		assert_string_equal(text, "");
		assert_int_equal(plan.target.features.nr_nodes, 2);
		for (size_t k = 0; k < 3; k++) {
			const struct mb_predict_target *point = &plan.points[k];

			assert_true(point->memory_bytes / (1 << 30) > cases[i].memory_gib[k] - 0.1);
			assert_true(point->memory_bytes / (1 << 30) <= cases[i].memory_gib[k]);
			assert_true(mb_predict_target_threads(point) == cases[i].threads[k]);
		}
		mb_predict_plan_fini(&plan);
		free(text);
	}
}

/* Chunks are whole sections, and one a core is what this host has. */
static void workers(void **state)
{
	struct mb_opts opts = {.machine = "page=4K section=128M nodes=1 each=16G cpus=2"};
	struct mb_predict_plan plan = {0};
	struct mb_topo *topo;
	struct mb_err err = {0};
	char *text;

	assert_int_equal(count(&opts, "chunk=128M,129M,200M,256M,257M", &plan, &text), MB_EXIT_OK);
	assert_int_equal(plan.vary.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(plan.vary.values[i] == (double)(i + 1) * (128 << 20));
	assert_true(plan.points[0].features.nodes[0].chunks >
		    1.9 * plan.points[1].features.nodes[0].chunks);
	assert_true(plan.points[1].features.nodes[0].chunks >
		    1.4 * plan.points[2].features.nodes[0].chunks);
	mb_predict_plan_fini(&plan);
	free(text);
	assert_int_equal(mb_topo_new(&err, &topo), 0);
	opts.threads = mb_opt_find("threads")->max + 1; /* cores */
	assert_int_equal(count_on(&opts, topo, NULL, &plan, &text), MB_EXIT_OK);
	assert_true(mb_predict_target_threads(&plan.target) == mb_max(topo->nodes[0].nr_cores, 1));
	mb_predict_plan_fini(&plan);
	mb_topo_free(topo);
	free(text);
}

/* One line, and a failed plan has nothing to free that it does not know. */
static void refused(void **state)
{
	static const struct {
		const char *machine, *vary;
		int status;
		const char *says;
	} cases[] = {
		{"node0=64K", NULL, MB_EXIT_USAGE, "this machine's boot: "},
		{"nodes=2 each=1G", "each=64K,1G", MB_EXIT_USAGE, "with each=64 KiB: "},
		{"nodes=2 each=1G", "nodes=1,2000", MB_EXIT_USAGE, "with nodes=2000: "},
		{"page=4K section=128M nodes=2 each=16G cpus=2", "chunk=64M,1G", MB_EXIT_USAGE,
		 "with chunk=64 MiB: padata's chunks are of whole sections; the least is 128 MiB"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_opts opts = {.machine = (char *)(uintptr_t)cases[i].machine};
		struct mb_predict_plan plan = {0};
		char *text;

		assert_int_equal(count(&opts, cases[i].vary, &plan, &text), cases[i].status);
		if (!strstr(text, cases[i].says))
			fail_msg("case %zu: %s", i, text);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		mb_predict_plan_fini(&plan);
		free(text);
	}
}

/* What was interrupted says so. */
static void interrupted(void **state)
{
	struct mb_opts opts = {.machine = "nodes=2 each=4G cpus=4"};
	const atomic_int cancel = 2;
	struct mb_predict_plan plan = {.cancel = &cancel};
	char *text;

	assert_int_equal(count(&opts, "threads=1,2", &plan, &text), MB_EXIT_SIGNAL);
	assert_non_null(strstr(text, "interrupted; nothing was predicted\n"));
	mb_predict_plan_fini(&plan);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted),
		cmocka_unit_test(refused),
		cmocka_unit_test(workers),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
