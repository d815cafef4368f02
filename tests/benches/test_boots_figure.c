/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/boots.h"
#include "benches/boots_figure.h"
#include "benches/ground.h"
#include "core/deferred_grow.h"
#include "core/watermark.h"

/* Two nodes; a hole inside a section, and a reservation behind the boundary of what is deferred. */
#define MACHINE                                                                \
	"node0=512M@0+512M@4G node1=1G@5G node0.cpus=0-1 hole=1M@0x158000000 " \
	"reserve=64M@0x150000000"

/* Of stages or nodes: -1 for one that did not run. */
static double part_ns(const struct mb_boot *boot, const struct mb_bench_part *part)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++) {
		if (!stats[i].ran || strcmp(stats[i].stage->name, part->mark) != 0)
			continue;
		if (part->nid < 0)
			return (double)stats[i].ns;
		for (size_t j = 0; j < stats[i].nr_nodes; j++)
			if (stats[i].nodes[j].nid == part->nid)
				return (double)stats[i].nodes[j].ns;
	}
	return -1;
}

/* The times of the parts are the figure's, and a second round has no others. */
static void check_parts(const struct mb_boots_figure *figure, const struct mb_boot *boot)
{
	struct mb_bench_run run = {.ns = 0};
	double ns = 0, expected = figure->of(boot);
	size_t nr_parts;

	figure->add_parts(boot, &run);
	nr_parts = run.nr_parts;
	figure->add_parts(boot, &run);
	assert_int_equal(run.nr_parts, nr_parts);
	for (size_t i = 0; i < nr_parts; i++) {
		assert_true(part_ns(boot, &run.parts[i]) >= 0);
		ns += part_ns(boot, &run.parts[i]);
	}
	if (isnan(expected))
		assert_int_equal(nr_parts, 0);
	else
		assert_true(ns == expected);
}

static void boot(enum mb_policy policy, double figures[MB_BOOTS_NR_FIGURES])
{
	const struct mb_bench_env env = {0};
	struct mb_ground *ground = NULL;
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_ground_open(&env, MACHINE, &err, &ground), 0);
	assert_int_equal(mb_boots_until(ground, (struct mb_boot_config){.policy = policy},
					policy == MB_POLICY_LAZY ? &mb_deferred_grow_stage
								 : &mb_watermark_stage,
					&err, &boot),
			 0);
	for (unsigned i = 1; i < MB_BOOTS_NR_FIGURES; i++) {
		figures[i] = mb_boots_figures[i].of(boot);
		if (mb_boots_figures[i].add_parts)
			check_parts(&mb_boots_figures[i], boot);
	}
	mb_boot_free(boot);
	mb_ground_close(ground);
}

static void test_each_figure_has_a_name(void **state)
{
	for (unsigned i = 1; i < MB_BOOTS_NR_FIGURES; i++) {
		assert_non_null(mb_boots_figures[i].counter);
		assert_non_null(mb_boots_figures[i].summary);
		for (unsigned j = 1; j < i; j++)
			assert_string_not_equal(mb_boots_figures[i].counter,
						mb_boots_figures[j].counter);
	}
}

/* All is there with the first page; nothing is deferred, and nothing grows. */
static void test_eager(void **state)
{
	double figures[MB_BOOTS_NR_FIGURES];

	boot(MB_POLICY_EAGER, figures);
	assert_true(figures[MB_BOOTS_FIRST_ALLOCATION] > 0);
	assert_true(figures[MB_BOOTS_ALL_MEMORY] == figures[MB_BOOTS_FIRST_ALLOCATION]);
	assert_true(figures[MB_BOOTS_USER_SPACE] == figures[MB_BOOTS_ALL_MEMORY]);
	assert_true(figures[MB_BOOTS_HOLE_PAGES] >= 256);
	assert_true(figures[MB_BOOTS_RESERVED_PAGES] >= 64 * 256);
	assert_true(isnan(figures[MB_BOOTS_LAST_NODE]));
	assert_true(isnan(figures[MB_BOOTS_JOBS]));
	assert_true(isnan(figures[MB_BOOTS_SERIAL_PERCENT]));
	assert_true(isnan(figures[MB_BOOTS_GROWTHS]));
	assert_true(isnan(figures[MB_BOOTS_GROWTH_MAX]));
}

static void test_deferred(void **state)
{
	double figures[MB_BOOTS_NR_FIGURES];

	boot(MB_POLICY_DEFERRED, figures);
	assert_true(figures[MB_BOOTS_ALL_MEMORY] > figures[MB_BOOTS_FIRST_ALLOCATION]);
	assert_true(figures[MB_BOOTS_USER_SPACE] == figures[MB_BOOTS_ALL_MEMORY]);
	assert_true(figures[MB_BOOTS_LAST_NODE] > 0);
	/* By 6.1, a job a free range: the reservation makes two of node 0's. */
	assert_true(figures[MB_BOOTS_JOBS] >= 3);
	/* 512 MiB below 4 GiB, and a section of each node at least, of 2 GiB. */
	assert_true(figures[MB_BOOTS_SERIAL_PERCENT] >= 100.0 * 768 / 2048);
	assert_true(figures[MB_BOOTS_SERIAL_PERCENT] < 50);
	assert_true(isnan(figures[MB_BOOTS_GROWTH_MEDIAN]));
}

/* Nobody waits for more than the first page, and growth is what the rest takes. */
static void test_lazy(void **state)
{
	double figures[MB_BOOTS_NR_FIGURES];

	boot(MB_POLICY_LAZY, figures);
	assert_true(figures[MB_BOOTS_ALL_MEMORY] > figures[MB_BOOTS_FIRST_ALLOCATION]);
	assert_true(figures[MB_BOOTS_USER_SPACE] == figures[MB_BOOTS_FIRST_ALLOCATION]);
	assert_true(figures[MB_BOOTS_GROWTHS] >= 3);
	assert_true(figures[MB_BOOTS_GROWTH_MEDIAN] > 0);
	assert_true(figures[MB_BOOTS_GROWTH_MAX] >= figures[MB_BOOTS_GROWTH_MEDIAN]);
	assert_true(isnan(figures[MB_BOOTS_JOBS]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_figure_has_a_name),
		cmocka_unit_test(test_eager),
		cmocka_unit_test(test_deferred),
		cmocka_unit_test(test_lazy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
