/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/boot_result.h"
#include "cli/boot_table.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "numa/topo.h"
#include "reports/result.h"

static void set_time(struct mb_result *result, enum mb_run_kind kind, const char *name,
		     size_t repetition, double ns, double share)
{
	struct mb_run *run = mb_result_run(result, kind, name, MB_RUN_NONE, MB_RUN_NONE);

	mb_result_run_set(run, MB_METRIC_WALL_NS, repetition, ns);
	mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, repetition, share);
}

/* A result with two stages, a fault stage, a worker, a zone and one total. */
static struct mb_result *sample(size_t repetitions)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;

	for (size_t i = 0; i < repetitions; i++) {
		set_time(result, MB_RUN_STAGE, "first", i, 1e6 + (double)i * 1e5, 25);
		run = mb_result_run(result, MB_RUN_STAGE, "fault", MB_RUN_NONE, MB_RUN_NONE);
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, 9e6);
		set_time(result, MB_RUN_STAGE, "second", i, 3e6, 75);
		run = mb_result_run(result, MB_RUN_NODE, "second", 1, MB_RUN_NONE);
		run->threads = 1;
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, 2e6);
		mb_result_run_set(run, MB_METRIC_JOBS, i, 2);
		mb_result_run_set(run, MB_METRIC_CHUNKS, i, 1);
		run = mb_result_run(result, MB_RUN_WORKER, "second", 1, 0);
		run->cpu = 5;
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, 2e6);
		mb_result_run_set(run, MB_METRIC_CHUNKS, i, 1);
		run = mb_result_run(result, MB_RUN_NODE, "first", 3, MB_RUN_NONE);
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, 1e6);
		run = mb_result_run(result, MB_RUN_ZONE, "Normal", 1, MB_RUN_NONE);
		mb_result_run_set(run, MB_METRIC_FREE_PAGES, i, 12345);
		run = mb_result_run(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_ALL_MEMORY, MB_RUN_NONE,
				    MB_RUN_NONE);
		mb_result_run_set(run, MB_METRIC_WALL_NS, i, 4e6);
	}
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

static char *filtered(struct mb_result *result, const char *pattern)
{
	const struct mb_term term = {.charset = MB_FORMAT_ASCII, .table = {.indent = 2}};
	struct mb_filter *filter = NULL;
	struct mb_strbuf text = {0};

	assert_int_equal(mb_filter_new(pattern, NULL, &filter), 0);
	mb_boot_table_add(&text, &term, result, filter, false);
	mb_filter_free(filter);
	mb_result_free(result);
	return mb_strbuf_take(&text);
}

static char *table(struct mb_result *result, bool colour, bool verbose)
{
	struct mb_term term = {.colour = colour,
			       .charset = MB_FORMAT_ASCII,
			       .table = {.colour = colour, .indent = 2}};
	struct mb_strbuf text = {0};

	mb_boot_table_add(&text, &term, result, NULL, verbose);
	mb_result_free(result);
	return mb_strbuf_take(&text);
}

static void assert_has(const char *text, const char *words)
{
	assert_non_null(text);
	if (!strstr(text, words))
		fail_msg("'%s' is not in:\n%s", words, text);
}

static void test_one_repetition(void **state)
{
	char *text = table(sample(1), false, false);

	assert_has(text, "Phases");
	assert_has(text, "1.00 ms");
	assert_has(text, "beside the totals");
	assert_has(text, "  node 1, 1 worker ");
	assert_has(text, "2 jobs, 1 chunk");
	assert_has(text, "worker 0, CPU 5");
	assert_has(text, "Normal");
	assert_has(text, "12,345");
	assert_has(text, "to all memory");
	assert_null(strstr(text, "spread"));
	assert_null(strstr(text, "node 3")); /* a stage without workers */
	assert_null(strstr(text, "\033"));
	free(text);
}

/* Lines alone are left out: a share is still one of the whole. */
static void test_filter(void **state)
{
	char *text = filtered(sample(1), "^second$");

	assert_has(text, "75.0 %");
	assert_has(text, "worker 0, CPU 5");
	assert_null(strstr(text, "first"));
	assert_null(strstr(text, "Normal"));
	assert_null(strstr(text, "Totals"));
	free(text);
	text = filtered(sample(1), "to_all|Norm");
	assert_has(text, "to all memory");
	assert_has(text, "Normal");
	assert_null(strstr(text, "Phases"));
	free(text);
}

/* Where a worker was, and how it is said when that is not where it was pinned to. */
static void test_worker_cpus(void **state)
{
	static const struct {
		int pinned;
		const char *seen, *words;
		int cpu; /* of the run */
	} rows[] = {
		{5, "5", "    worker 0, CPU 5 ", 5},
		{5, "6", "    worker 0, CPU 6, pinned to 5 ", 6},
		{5, "5-6", "    worker 0, CPUs 5-6, pinned to 5 ", MB_RUN_NONE},
		{5, "0,7-9", "    worker 0, CPUs 0,7-9, pinned to 5 ", MB_RUN_NONE},
		{-1, "3", "    worker 0, CPU 3, not pinned ", 3},
		{-1, "3,8191", "    worker 0, CPUs 3,8191, not pinned ", MB_RUN_NONE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
		struct mb_result *result = sample(1);
		struct mb_run *run = mb_result_run(result, MB_RUN_WORKER, "second", 1, 0);
		char *text;

		assert_int_equal(
			mb_parse_list(rows[i].seen, strlen(rows[i].seen), MB_TOPO_MAX_CPUS, map),
			0);
		mb_boot_result_set_cpus(run, rows[i].pinned, map);
		assert_int_equal(run->cpu, rows[i].cpu);
		assert_int_equal(mb_result_error(result), 0);
		text = table(result, false, false);
		assert_has(text, rows[i].words);
		free(text);
	}
}

static void test_repetitions(void **state)
{
	char *text = table(sample(3), false, false);

	assert_has(text, "spread");
	assert_has(text, "1.10 ms"); /* the median of 1.0, 1.1, 1.2 */
	free(text);
}

static void test_verbose_and_colour(void **state)
{
	char *text = table(sample(1), true, true);

	assert_has(text, "node 3");
	assert_has(text, "\033[");
	free(text);
}

static void test_interrupted(void **state)
{
	struct mb_result *result = sample(1);
	char *text;

	mb_result_set_status(result, MB_RESULT_PARTIAL, "interrupted in stage fault");
	text = table(result, false, false);
	assert_has(text, "not reached");
	assert_has(text, "\npartial: interrupted in stage fault; what is shown had ended\n");
	assert_true(strstr(text, "partial: ") < strstr(text, "Phases"));
	free(text);
	result = sample(1);
	mb_result_set_status(result, MB_RESULT_FAILED, "out of\nmemory");
	text = table(result, false, false);
	assert_has(text, "\nfailed: out of\\nmemory; what is shown had ended\n");
	free(text);
	text = table(sample(1), false, false);
	assert_null(strstr(text, "what is shown"));
	free(text);
}

/* A worker that found nothing left to do took no time; a stage may well be faster than the clock. */
static void test_idle_worker(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text, *line;

	set_time(result, MB_RUN_STAGE, "first", 0, 0, 0);
	run = mb_result_run(result, MB_RUN_NODE, "first", 0, MB_RUN_NONE);
	run->threads = 2;
	run = mb_result_run(result, MB_RUN_WORKER, "first", 0, 1);
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 0);
	mb_result_run_set(run, MB_METRIC_CHUNKS, 0, 0);
	text = table(result, false, false);
	line = strstr(text, "worker 1");
	assert_non_null(line);
	*strchr(line, '\n') = '\0';
	assert_null(strstr(line, " ns"));
	assert_has(line, "0 chunks");
	assert_has(text, "0.00 ns");
	free(text);
}

/* Stages without a share, in a boot that did not end, are not beside the totals for that. */
static void test_no_shares(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;
	char *text;

	run = mb_result_run(result, MB_RUN_STAGE, "memblock", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, 1e6);
	mb_result_set_status(result, MB_RESULT_PARTIAL, "interrupted");
	text = table(result, false, false);
	assert_has(text, "memblock");
	assert_null(strstr(text, "beside the totals"));
	assert_null(strstr(text, "%"));
	free(text);
}

/* A share is the median of those of the boots, not the one that the medians of the times give. */
static void test_share_is_a_median(void **state)
{
	static const double ns[2][3] = {{1e6, 5e6, 2e6}, {9e6, 5e6, 6e6}};
	static const double share[2][3] = {{10, 50, 20}, {90, 50, 80}};
	static const char *const names[] = {"first", "second"};
	struct mb_result *result = mb_result_new(NULL);
	char *text;

	for (size_t i = 0; i < 3; i++) {
		set_time(result, MB_RUN_STAGE, names[0], i, ns[0][i], share[0][i]);
		set_time(result, MB_RUN_STAGE, names[1], i, ns[1][i], share[1][i]);
	}
	text = table(result, false, false);
	assert_has(text, "20.0 %");
	assert_has(text, "80.0 %");
	assert_null(strstr(text, "25.0 %"));
	free(text);
}

static void test_pages_unknown(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_strbuf text = {0};

	(void)state;
	mb_result_add_fact(result, MB_BOOT_FACT_PAGES, NULL, "smaps: Too many open files");
	mb_boot_table_add_checks(&text, result, false);
	assert_non_null(
		strstr(mb_strbuf_text(&text), "pages: unknown: smaps: Too many open files\n"));
	mb_strbuf_fini(&text);
	mb_result_free(result);
}

static void test_checks_say_what_is_counted(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_strbuf text = {0};

	for (unsigned order = 0; order < 2; order++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%u", MB_BOOT_TOTAL_FREE_BLOCKS, order);
		mb_result_run_set(
			mb_result_run(result, MB_RUN_TOTAL, name, MB_RUN_NONE, MB_RUN_NONE),
			MB_METRIC_FREE_BLOCKS, 0, 7 + order);
	}
	mb_boot_table_add_checks(&text, result, true);
	assert_has(mb_strbuf_text(&text),
		   "  free blocks with slabs and pagesets returned, order 0 up: 7 8\n");
	mb_strbuf_fini(&text);
	mb_result_free(result);
}

/* A phase stands under its stage, growth has a table, and a lock that was not taken has no time. */
static void test_growth_and_phases(void **state)
{
	struct mb_result *result = sample(1);
	struct mb_run *run;
	char *text = table(result, false, false);

	assert_null(strstr(text, "Growth on demand"));
	assert_null(strstr(text, "left"));
	free(text);
	result = sample(1);
	run = mb_result_run(result, MB_RUN_PHASE, "part_of_second", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_PAGES, 0, 97);
	run = mb_result_run(result, MB_RUN_STAGE, "second", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_LEFT_PAGES, 0, 7654321);
	mb_result_run_set(run, MB_METRIC_GROWTH_P99_NS, 0, 3.21e5);
	run = mb_result_run(result, MB_RUN_ZONE, "Normal", 1, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_LEFT_PAGES, 0, 7654000);
	run = mb_result_run(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_NODE_LOCK, MB_RUN_NONE,
			    MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_LOCK_HELD_NS, 0, 0);
	text = table(result, false, false);
	assert_has(text, "\n    part_of_second ");
	assert_has(text, "part of it");
	assert_has(text, "Growth on demand");
	assert_has(text, "7,654,321");
	assert_has(text, "321 us");
	assert_has(text, "7,654,000");
	assert_has(text, "node lock held");
	assert_has(text, "never");
	assert_null(strstr(text, "longest at one time"));
	free(text);
}

/* A complete boot that handed no memory over was a dry run: its sum is of what there was to do. */
static void test_dry_run(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	char *text;

	set_time(result, MB_RUN_STAGE, "memblock", 0, 1e6, 100);
	set_time(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_PHASES, 0, 1e6, 100);
	text = table(result, false, false);
	assert_has(text, "without the work on descriptors (dry run)");
	free(text);
	result = sample(1);
	set_time(result, MB_RUN_TOTAL, MB_BOOT_TOTAL_PHASES, 0, 1e6, 100);
	text = table(result, false, false);
	assert_has(text, "the phases above together\n");
	free(text);
}

static void test_lines_fit(void **state)
{
	char *text = table(sample(3), false, true);

	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 100);
	free(text);
}

/* Only a host that was asked, and told, is said to have said it. */
static void test_placement(void **state)
{
	static const struct {
		const char *placement, *library, *words;
	} rows[] = {
		{"verified", "libnuma 2", "is on its node, as the host says\n"},
		{"unverified", "libnuma 2", "not verified, the host does not tell"},
		{"unverified", "none", "the host was not asked: built without libnuma"},
	};

	(void)state;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_result *result = mb_result_new(NULL);
		struct mb_strbuf text = {0};

		mb_result_set(result, MB_RESULT_PLACEMENT, rows[i].placement);
		mb_result_add_fact(result, "placement_library", rows[i].library, NULL);
		mb_boot_table_add_checks(&text, result, false);
		if (!strstr(mb_strbuf_text(&text), rows[i].words))
			fail_msg("'%s' has no '%s'", mb_strbuf_text(&text), rows[i].words);
		assert_int_equal(strstr(mb_strbuf_text(&text), "as the host says\n") != NULL, !i);
		mb_strbuf_fini(&text);
		mb_result_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_one_repetition),
		cmocka_unit_test(test_worker_cpus),
		cmocka_unit_test(test_repetitions),
		cmocka_unit_test(test_verbose_and_colour),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_growth_and_phases),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_lines_fit),
		cmocka_unit_test(test_idle_worker),
		cmocka_unit_test(test_no_shares),
		cmocka_unit_test(test_share_is_a_median),
		cmocka_unit_test(test_checks_say_what_is_counted),
		cmocka_unit_test(test_pages_unknown),
		cmocka_unit_test(test_placement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
