/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/boot_result.h"
#include "core/base/align.h"
#include "core/host_plain.h"

#define REPETITIONS 3

struct fixture {
	struct mb_host_plain plain;
	struct mb_machine *machine;
	struct mb_result *result;
	struct mb_boot_totals totals[REPETITIONS];
	uint64_t stage_ns[REPETITIONS]; /* sum, less what is beside the totals */
	size_t nr_zones, nr_ran;
};

static void boot_once(struct fixture *f, size_t repetition)
{
	struct mb_boot_config config = {.machine = f->machine,
					.profile = &mb_profiles[0],
					.host = &f->plain.host,
					.policy = MB_POLICY_DEFERRED};
	const struct mb_stage_stat *stats;
	struct mb_err err = {0};
	struct mb_boot *boot;
	size_t count;

	assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
	assert_int_equal(mb_boot_run(boot), 0);
	mb_boot_result_add(f->result, boot,
			   &(struct mb_boot_repetition){.index = repetition, .complete = true});
	mb_boot_totals(boot, &f->totals[repetition]);
	f->nr_zones = mb_boot_zones(boot, NULL, 0);
	stats = mb_boot_stats(boot, &count);
	f->nr_ran = 0;
	for (size_t i = 0; i < count; i++) {
		f->nr_ran += stats[i].ran;
		if (stats[i].ran && !stats[i].stage->untotalled)
			f->stage_ns[repetition] += stats[i].ns;
	}
	mb_boot_free(boot);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct mb_err err = {0};

	assert_non_null(f);
	mb_host_plain_init(&f->plain);
	f->plain.workers = 2;
	assert_int_equal(mb_machine_parse("node0=512M node0.cpus=0-1 node1=512M node1.cpus=2-3",
					  NULL, &err, &f->machine),
			 0);
	f->result = mb_result_new(NULL);
	for (size_t i = 0; i < REPETITIONS; i++)
		boot_once(f, i);
	assert_int_equal(mb_result_error(f->result), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mb_result_free(f->result);
	mb_machine_free(f->machine);
	free(f);
	return 0;
}

static size_t count_kind(const struct fixture *f, enum mb_run_kind kind)
{
	size_t nr = 0;

	for (size_t i = 0; i < f->result->nr_runs; i++)
		nr += f->result->runs[i]->kind == kind;
	return nr;
}

static double sample(const struct mb_run *run, int metric, size_t repetition)
{
	const struct mb_samples *samples = &run->metrics[metric];

	return repetition < samples->count ? samples->values[repetition] : NAN;
}

static void test_one_run_for_each_thing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(count_kind(f, MB_RUN_STAGE), f->nr_ran);
	assert_int_equal(count_kind(f, MB_RUN_ZONE), f->nr_zones);
	assert_true(count_kind(f, MB_RUN_NODE) >= 2);
	assert_true(count_kind(f, MB_RUN_WORKER) >= 2);
	for (size_t i = 0; i < f->result->nr_runs; i++)
		assert_int_equal(mb_result_run_repetitions(f->result->runs[i]), REPETITIONS);
}

static void test_totals(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->result->nr_runs; i++) {
		const struct mb_run *run = f->result->runs[i];

		for (size_t rep = 0; run->kind == MB_RUN_TOTAL && rep < REPETITIONS; rep++) {
			const struct mb_boot_totals *totals = &f->totals[rep];

			if (!strcmp(run->name, MB_BOOT_TOTAL_FIRST_ALLOCATION))
				assert_true(sample(run, MB_METRIC_WALL_NS, rep) ==
					    (double)totals->first_allocation_ns);
			else if (!strcmp(run->name, MB_BOOT_TOTAL_ALL_MEMORY))
				assert_true(sample(run, MB_METRIC_WALL_NS, rep) ==
					    (double)totals->all_memory_ns);
			else if (!strcmp(run->name, MB_BOOT_TOTAL_FAULT))
				assert_true(sample(run, MB_METRIC_WALL_NS, rep) ==
					    (double)totals->fault_ns);
			else if (!strcmp(run->name, MB_BOOT_TOTAL_TOUCH))
				assert_true(sample(run, MB_METRIC_WALL_NS, rep) ==
					    (double)totals->touch_ns);
			else if (!strcmp(run->name, MB_BOOT_TOTAL_PHASES))
				assert_true(sample(run, MB_METRIC_WALL_NS, rep) ==
					    (double)f->stage_ns[rep]);
			else if (!strcmp(run->name, MB_BOOT_TOTAL_MEMORY))
				assert_true(sample(run, MB_METRIC_FREE_PAGES, rep) ==
					    (double)totals->free_pages);
		}
	}
}

/* The shares of a repetition make 100 %; what is beside the totals has none. */
static void test_shares(void **state)
{
	struct fixture *f = *state;

	for (size_t rep = 0; rep < REPETITIONS; rep++) {
		double sum = 0;

		for (size_t i = 0; i < f->result->nr_runs; i++) {
			const struct mb_run *run = f->result->runs[i];
			double share = sample(run, MB_METRIC_SHARE_PERCENT, rep);

			if (run->kind == MB_RUN_STAGE && (strcmp(run->name, "fault") == 0 ||
							  strcmp(run->name, "second_touch") == 0))
				assert_true(isnan(share));
			else if (run->kind == MB_RUN_STAGE)
				sum += share;
			else
				assert_true(isnan(share));
		}
		assert_true(fabs(sum - 100) < 1e-6);
	}
}

/* A worker's pages are its node's, a node's the stage's. */
static void test_parts_add_up(void **state)
{
	struct fixture *f = *state;
	double stage = NAN, nodes = 0, workers = 0;

	for (size_t i = 0; i < f->result->nr_runs; i++) {
		const struct mb_run *run = f->result->runs[i];
		double pages = sample(run, MB_METRIC_PAGES, 0);

		if (strcmp(run->name, "deferred_init") != 0 || isnan(pages))
			continue;
		if (run->kind == MB_RUN_STAGE)
			stage = pages;
		nodes += run->kind == MB_RUN_NODE ? pages : 0;
		workers += run->kind == MB_RUN_WORKER ? pages : 0;
	}
	assert_true(stage > 0);
	assert_true(nodes == stage);
	assert_true(workers == stage);
}

/* The first stage begins at 0, each after the one before it, and what nodes and workers did lies within. */
static void test_begins(void **state)
{
	struct fixture *f = *state;
	size_t parts = 0;

	for (size_t rep = 0; rep < REPETITIONS; rep++) {
		double begin = 0, end = 0;
		bool first = true;

		for (size_t i = 0; i < f->result->nr_runs; i++) {
			const struct mb_run *run = f->result->runs[i];
			double start = sample(run, MB_METRIC_START_NS, rep);
			double ns = sample(run, MB_METRIC_WALL_NS, rep);

			if (run->kind == MB_RUN_STAGE) {
				assert_true(first ? start == 0 : start >= end);
				first = false;
				begin = start;
				end = start + ns;
			} else if (run->kind == MB_RUN_NODE || run->kind == MB_RUN_WORKER) {
				assert_true(start >= begin && start + ns <= end);
				parts++;
			} else {
				assert_true(isnan(start));
			}
		}
	}
	assert_true(parts > 0);
}

static const struct mb_run *find(const struct mb_result *result, enum mb_run_kind kind,
				 const char *name)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		if (result->runs[i]->kind == kind && strcmp(result->runs[i]->name, name) == 0)
			return result->runs[i];
	}
	return NULL;
}

/* A result of whole boots, then one that ends after the named stage. */
static struct mb_result *add_unfinished(struct fixture *f, size_t whole, const char *last)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_boot_config config = {
		.machine = f->machine, .profile = &mb_profiles[0], .host = &f->plain.host};
	const struct mb_stage *until = NULL;

	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		if (strcmp(mb_boot_stages[i]->name, last) == 0)
			until = mb_boot_stages[i];
	}
	assert_non_null(until);
	for (size_t i = 0; i <= whole; i++) {
		struct mb_boot_repetition ended = {.index = i, .complete = i < whole};
		struct mb_err err = {0};
		struct mb_boot *boot;

		assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
		assert_int_equal(mb_boot_run_until(boot, ended.complete ? NULL : until), 0);
		mb_boot_result_add(result, boot, &ended);
		mb_boot_free(boot);
	}
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* What is a matter of the whole boot has no sample of one that did not end; its stages have. */
static void test_unfinished(void **state)
{
	static const int whole_only[] = {
		MB_METRIC_SHARE_PERCENT,       MB_METRIC_MANAGED_PAGES,
		MB_METRIC_FREE_PAGES,          MB_METRIC_WATERMARK_MIN_PAGES,
		MB_METRIC_WATERMARK_LOW_PAGES, MB_METRIC_WATERMARK_HIGH_PAGES};

	for (size_t whole = 0; whole <= 2; whole += 2) {
		struct mb_result *result = add_unfinished(*state, whole, "memblock_free_all");
		const struct mb_run *all = find(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_PHASES);
		const struct mb_run *stage = find(result, MB_RUN_STAGE, "memblock_free_all");

		assert_int_equal(all ? all->metrics[MB_METRIC_WALL_NS].count : 0, whole);
		assert_int_equal(stage->metrics[MB_METRIC_WALL_NS].count, whole + 1);
		for (size_t i = 0; i < result->nr_runs; i++) {
			for (size_t k = 0; k < sizeof(whole_only) / sizeof(whole_only[0]); k++)
				assert_true(isnan(sample(result->runs[i], whole_only[k], whole)));
		}
		assert_true(sample(find(result, MB_RUN_ZONE, "DMA32"), MB_METRIC_PRESENT_PAGES,
				   whole) > 0);
		mb_result_free(result);
	}
}

/* Totals that were not reached are not there. */
static void test_unfinished_early(void **state)
{
	struct mb_result *result = add_unfinished(*state, 0, "sparse_init");

	assert_null(find(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_FAULT));
	assert_null(find(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_FIRST_ALLOCATION));
	assert_non_null(find(result, MB_RUN_STAGE, "sparse_init"));
	mb_result_free(result);
}

/* No memmap, no memory handed over: no figures of them. */
static void test_dry_run(void **state)
{
	struct fixture *f = *state;
	struct mb_boot_config config = {.machine = f->machine,
					.profile = &mb_profiles[0],
					.host = &f->plain.host,
					.dry_run = true};
	const struct mb_boot_repetition ended = {.complete = true, .dry_run = true};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_err err = {0};
	struct mb_boot *boot;
	const struct mb_run *zone;

	assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
	assert_int_equal(mb_boot_run(boot), 0);
	mb_boot_result_add(result, boot, &ended);
	mb_boot_free(boot);
	zone = find(result, MB_RUN_ZONE, "DMA32");
	assert_true(sample(zone, MB_METRIC_PRESENT_PAGES, 0) > 0);
	assert_true(isnan(sample(zone, MB_METRIC_MANAGED_PAGES, 0)));
	assert_true(isnan(sample(zone, MB_METRIC_FREE_PAGES, 0)));
	assert_true(isnan(sample(find(result, MB_RUN_STAGE, "sparse_init"), MB_METRIC_BYTES, 0)));
	assert_true(sample(find(f->result, MB_RUN_STAGE, "sparse_init"), MB_METRIC_BYTES, 0) > 0);
	assert_true(isnan(sample(find(result, MB_RUN_STAGE, "memmap_init"), MB_METRIC_BYTES, 0)));
	assert_true(sample(find(f->result, MB_RUN_STAGE, "memmap_init"), MB_METRIC_BYTES, 0) > 0);
	assert_true(sample(find(result, MB_RUN_STAGE, "sparse_init"), MB_METRIC_SHARE_PERCENT, 0) >
		    0);
	mb_result_free(result);
}

/*
 * Settled boots leave one digest and the free blocks of every order; a boot whose descriptors differ
 * from an earlier repetition's is refused.
 */
static void test_settle(void **state)
{
	struct fixture *f = *state;
	struct mb_result *result = mb_result_new(NULL);
	struct mb_boot_config config = {.machine = f->machine,
					.profile = &mb_profiles[0],
					.host = &f->plain.host,
					.check = true};
	uint64_t pages = 0;

	for (size_t i = 0; i < 3; i++) {
		struct mb_err err = {0};
		struct mb_boot *boot;

		config.policy = i ? MB_POLICY_DEFERRED : MB_POLICY_EAGER;
		config.profile = &mb_profiles[i == 2 ? mb_nr_profiles - 1 : 0]; /* other sizes */
		assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
		assert_int_equal(mb_boot_run(boot), 0);
		assert_int_equal(mb_boot_result_settle(result, boot, i, &err),
				 i == 2 ? -EUCLEAN : 0);
		assert_int_equal(err.text[0] != 0, i == 2);
		mb_boot_free(boot);
	}
	assert_int_equal(strlen(result->fields[MB_RESULT_DIGEST]), 16);
	for (unsigned order = 0; order <= 10; order++) {
		char name[64];
		struct mb_run *run;

		snprintf(name, sizeof(name), "%s%u", MB_BOOT_TOTAL_FREE_BLOCKS, order);
		run = mb_result_run(result, MB_RUN_TOTAL, name, MB_RUN_NONE, MB_RUN_NONE);
		assert_int_equal(run->metrics[MB_METRIC_FREE_BLOCKS].count, 2);
		assert_true(run->metrics[MB_METRIC_FREE_BLOCKS].values[0] ==
			    run->metrics[MB_METRIC_FREE_BLOCKS].values[1]);
		pages += (uint64_t)run->metrics[MB_METRIC_FREE_BLOCKS].values[0] << order;
	}
	assert_true(pages > 200000 && pages < 262144);
	mb_result_free(result);
}

static struct mb_result *boot_lazily(struct fixture *f, bool dry_run, struct mb_boot **ret_boot)
{
	struct mb_boot_config config = {.machine = f->machine,
					.profile = &mb_profiles[0],
					.host = &f->plain.host,
					.policy = MB_POLICY_LAZY,
					.dry_run = dry_run};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_err err = {0};

	assert_int_equal(mb_boot_new(&config, &err, ret_boot), 0);
	assert_int_equal(mb_boot_run(*ret_boot), 0);
	mb_boot_result_add(result, *ret_boot,
			   &(struct mb_boot_repetition){.complete = true, .dry_run = dry_run});
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static const struct mb_node_stat *grown_nodes(struct mb_boot *boot, size_t *ret_count)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(stats[i].stage->name, "deferred_grow")) {
			*ret_count = stats[i].nr_nodes;
			return stats[i].nodes;
		}
	return NULL;
}

/* The figures of growth, straight from the engine's times: by node, and of all nodes together. */
static void test_growth(void **state)
{
	struct mb_boot *boot;
	struct mb_result *result = boot_lazily(*state, false, &boot);
	const struct mb_run *all = find(result, MB_RUN_STAGE, "deferred_grow");
	const struct mb_run *lock = find(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_NODE_LOCK);
	double longest = 0, total = 0, left = 0, zones_left = 0;
	size_t nr_nodes = 0, growths = 0;
	const struct mb_node_stat *nodes = grown_nodes(boot, &nr_nodes);

	assert_int_equal(nr_nodes, 2);
	for (size_t i = 0; i < nr_nodes; i++) {
		const struct mb_run *run = mb_result_run(result, MB_RUN_NODE, "deferred_grow",
							 nodes[i].nid, MB_RUN_NONE);
		double sum = 0, max = 0, min = INFINITY;

		for (size_t k = 0; k < nodes[i].nr_growths; k++) {
			sum += (double)nodes[i].growth_ns[k];
			max = fmax(max, (double)nodes[i].growth_ns[k]);
			min = fmin(min, (double)nodes[i].growth_ns[k]);
		}
		assert_true(sample(run, MB_METRIC_GROWTHS, 0) == (double)nodes[i].nr_growths);
		assert_true(sample(run, MB_METRIC_GROWTH_FIRST_NS, 0) ==
			    (double)nodes[i].growth_ns[0]);
		assert_true(sample(run, MB_METRIC_GROWTH_MIN_NS, 0) == min);
		assert_true(sample(run, MB_METRIC_GROWTH_MAX_NS, 0) == max);
		assert_true(sample(run, MB_METRIC_GROWTH_TOTAL_NS, 0) == sum);
		assert_true(sample(run, MB_METRIC_LOCK_HELD_NS, 0) >= max);
		assert_in_range((uint64_t)sample(run, MB_METRIC_GROWTH_P99_NS, 0),
				(uint64_t)sample(run, MB_METRIC_GROWTH_MEDIAN_NS, 0),
				(uint64_t)max);
		growths += nodes[i].nr_growths;
		left += sample(run, MB_METRIC_LEFT_PAGES, 0);
		total += sum;
		longest = fmax(longest, max);
	}
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->kind == MB_RUN_ZONE &&
		    !isnan(sample(result->runs[i], MB_METRIC_LEFT_PAGES, 0)))
			zones_left += sample(result->runs[i], MB_METRIC_LEFT_PAGES, 0);
	assert_true(left > 0 && left == zones_left);
	assert_true(sample(all, MB_METRIC_LEFT_PAGES, 0) == left);
	assert_true(sample(all, MB_METRIC_GROWTHS, 0) == (double)growths);
	assert_true(sample(all, MB_METRIC_GROWTH_TOTAL_NS, 0) == total);
	assert_true(sample(all, MB_METRIC_GROWTH_MAX_NS, 0) == longest);
	assert_true(sample(all, MB_METRIC_GROWTH_FIRST_NS, 0) == (double)nodes[0].growth_ns[0]);
	assert_true(sample(lock, MB_METRIC_LOCK_HELD_NS, 0) >= longest);
	mb_result_free(result);
	mb_boot_free(boot);
}

/* A dry run counts what was left, node by node, and does nothing to it. */
static void test_growth_of_a_dry_run(void **state)
{
	struct mb_boot *boot;
	struct mb_result *result = boot_lazily(*state, true, &boot);
	const struct mb_run *all = find(result, MB_RUN_STAGE, "deferred_grow");

	assert_true(sample(all, MB_METRIC_LEFT_PAGES, 0) > 0);
	assert_true(isnan(sample(all, MB_METRIC_GROWTHS, 0)));
	for (int nid = 0; nid < 2; nid++) {
		const struct mb_run *run =
			mb_result_run(result, MB_RUN_NODE, "deferred_grow", nid, MB_RUN_NONE);

		assert_true(sample(run, MB_METRIC_PAGES, 0) > 0);
		assert_true(isnan(sample(run, MB_METRIC_WALL_NS, 0)));
		assert_true(isnan(sample(run, MB_METRIC_NS_PER_PAGE, 0)));
	}
	assert_null(find(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_NODE_LOCK));
	mb_result_free(result);
	mb_boot_free(boot);
}

/* Phases are parts of their stages; a dry run has their pages alone. */
static void test_phases(void **state)
{
	static const struct {
		const char *phase, *stage;
	} rows[] = {
		{"init_unavailable_range", "memmap_init"},
		{"memmap_init_reserved_pages", "memblock_free_all"},
	};

	for (int dry = 0; dry < 2; dry++) {
		struct mb_boot *boot;
		struct mb_result *result = boot_lazily(*state, dry, &boot);

		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const struct mb_run *phase = find(result, MB_RUN_PHASE, rows[i].phase);
			const struct mb_run *stage = find(result, MB_RUN_STAGE, rows[i].stage);

			assert_string_equal(mb_result_fact(&phase->args, "stage"), rows[i].stage);
			assert_true(sample(phase, MB_METRIC_PAGES, 0) > 0);
			assert_true(sample(phase, MB_METRIC_PAGES, 0) <
				    sample(stage, MB_METRIC_PAGES, 0));
			assert_int_equal(isnan(sample(phase, MB_METRIC_WALL_NS, 0)), dry);
			if (!dry)
				assert_true(sample(phase, MB_METRIC_WALL_NS, 0) <
					    sample(stage, MB_METRIC_WALL_NS, 0));
			assert_true(isnan(sample(phase, MB_METRIC_SHARE_PERCENT, 0)));
		}
		mb_result_free(result);
		mb_boot_free(boot);
	}
}

/* How large, how often and what besides: of a window that is used again, and of one as large as its memmap. */
static void test_windows(void **state)
{
	static const struct {
		uint64_t window_bytes;
		const char *begins;
	} rows[] = {{2 * MB_MIB, "2.0 MiB, used 5 to 6 times; "},
		    {8 * MB_MIB, "8.0 MiB, used 2 times; "},
		    {MB_GIB, "8.0 MiB, used 2 times; "}};
	struct fixture *f = *state;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_boot_config config = {.machine = f->machine,
						.profile = &mb_profiles[0],
						.host = &f->plain.host,
						.policy = MB_POLICY_DEFERRED,
						.window_bytes = rows[i].window_bytes};
		struct mb_result *result = mb_result_new(NULL);
		struct mb_err err = {0};
		struct mb_boot *boot;
		const char *fact;

		assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
		assert_int_equal(mb_boot_run(boot), 0);
		mb_boot_result_add(result, boot, &(struct mb_boot_repetition){.complete = true});
		fact = mb_result_fact(&result->facts, MB_BOOT_FACT_WINDOWS);
		assert_non_null(fact);
		if (strncmp(fact, rows[i].begins, strlen(rows[i].begins)))
			fail_msg("'%s' does not begin with '%s'", fact, rows[i].begins);
		assert_non_null(strstr(fact, " blocks of descriptors in memory of their own ("));
		mb_result_free(result);
		mb_boot_free(boot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_run_for_each_thing),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_parts_add_up),
		cmocka_unit_test(test_begins),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_unfinished_early),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_growth_of_a_dry_run),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_windows),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
