/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/amount.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/pageinit.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

static const struct mb_stage_stat *stat_of(const struct boot_case *c, const struct mb_stage *stage)
{
	return mb_boot_stat(c->boot, stage);
}

static const struct mb_amount_node *node_of(const struct mb_amount *count, int nid)
{
	for (size_t i = 0; i < count->nr_nodes; i++)
		if (count->nodes[i].nid == nid)
			return &count->nodes[i];
	return NULL;
}

/* What a node's workers did is what was counted. */
static void assert_nodes(const struct boot_case *c, const struct mb_amount *count)
{
	const struct mb_stage_stat *stat = stat_of(c, &mb_deferred_stage);
	uint64_t jobs = 0, all = 0;

	for (size_t i = 0; i < stat->nr_nodes; i++) {
		const struct mb_amount_node *node = node_of(count, stat->nodes[i].nid);

		assert_non_null(node);
		assert_int_equal(node->deferred_pages, stat->nodes[i].pages);
		assert_int_equal(node->jobs, stat->nodes[i].jobs);
		assert_int_equal(node->chunks, stat->nodes[i].chunks);
		assert_int_equal(node->threads, stat->nodes[i].threads);
		jobs += node->jobs;
	}
	for (size_t i = 0; i < count->nr_nodes; i++)
		all += count->nodes[i].jobs;
	assert_int_equal(jobs, all);
}

static void assert_stages(const struct boot_case *c, const struct mb_amount *count)
{
	const struct mb_stage_stat *init = stat_of(c, &mb_pageinit_stage);
	const struct mb_stage_stat *handoff = stat_of(c, &mb_handoff_stage);
	struct mb_boot_totals totals;

	mb_boot_totals(c->boot, &totals);
	assert_int_equal(count->memmap_pages, totals.memmap_pages);
	assert_int_equal(count->hole_pages, init->phases[0].pages);
	assert_int_equal(count->early_pages + count->hole_pages, init->pages);
	assert_int_equal(count->reserved_pages, handoff->phases[0].pages);
	assert_int_equal(count->released_pages + count->reserved_pages, handoff->pages);
	if (c->boot->config.policy == MB_POLICY_DEFERRED)
		assert_int_equal(count->deferred_pages, stat_of(c, &mb_deferred_stage)->pages);
	if (c->boot->config.policy == MB_POLICY_EAGER)
		assert_int_equal(count->deferred_pages, 0);
	if (c->boot->config.policy == MB_POLICY_LAZY)
		assert_true(count->deferred_pages >= totals.left_pages);
}

static void check_machine(const char *text, struct boot_options options)
{
	struct mb_amount count;
	struct mb_err err = {0};
	struct boot_case c;

	boot_case_init(&c, text, options);
	assert_int_equal(mb_amount_config(&c.boot->config, &err, &count), 0);
	boot_case_run(&c, NULL);
	assert_stages(&c, &count);
	assert_nodes(&c, &count);
	mb_amount_fini(&count);
	boot_case_fini(&c);
}

/* A dry run up to hand-over counts what a whole boot does: every machine, policy and profile. */
static void counts_what_boots_do(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++)
		for (int p = 0; p < MB_NR_POLICIES; p++)
			check_machine(
				machines[i],
				(struct boot_options){
					.policy = (enum mb_policy)p,
					.kernel =
						mb_profiles[(i + (size_t)p) % mb_nr_profiles].name,
					.workers = 3,
					.threads = (unsigned)(i % 3),
				});
}

static void random_ones_too(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	char text[4096];

	for (int i = 0; i < 12 / TSAN_STEP(4); i++) {
		random_machine(&rng, text, sizeof(text));
		check_machine(text, (struct boot_options){.policy = MB_POLICY_DEFERRED,
							  .workers = 2,
							  .threads = (unsigned)i % 4});
	}
}

/* Free blocks of an eager boot right after hand-over are those that were released, merged at most. */
static void blocks_are_released(void **state)
{
	struct boot_options options = {.policy = MB_POLICY_EAGER};
	uint64_t blocks = 0;
	struct mb_amount count;
	struct boot_case c;

	boot_case_init(&c, "node0=2G@0 hole=3M@0x11100000 node0.cpus=0", options);
	boot_case_run(&c, &mb_handoff_stage);
	assert_int_equal(mb_amount_boot(c.boot, &count), 0);
	for (unsigned order = 0; order <= mb_boot_max_order(c.boot); order++)
		blocks += mb_boot_nr_free(c.boot, order);
	assert_true(count.released_blocks >= blocks);
	assert_true(count.released_blocks <= blocks + 64);
	mb_amount_fini(&count);
	boot_case_fini(&c);
}

static void too_early_or_too_late(void **state)
{
	struct boot_options options = {.policy = MB_POLICY_DEFERRED};
	struct mb_amount count;
	struct boot_case c;

	boot_case_init(&c, machines[0], options);
	boot_case_run(&c, &mb_pageinit_stage);
	assert_int_equal(mb_amount_boot(c.boot, &count), -EINVAL);
	boot_case_run(&c, NULL);
	assert_int_equal(mb_amount_boot(c.boot, &count), -EINVAL);
	boot_case_fini(&c);
}

static void too_small_is_said(void **state)
{
	struct mb_err err = {0};
	struct mb_amount count;
	struct boot_case c;

	boot_case_init(&c, "node0=64K@0 node0.cpus=0", (struct boot_options){0});
	assert_int_equal(mb_amount_config(&c.boot->config, &err, &count), -ENOSPC);
	assert_int_not_equal(err.text[0], 0);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_boots_do), cmocka_unit_test(random_ones_too),
		cmocka_unit_test(blocks_are_released),  cmocka_unit_test(too_early_or_too_late),
		cmocka_unit_test(too_small_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
