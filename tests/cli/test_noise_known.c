/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/noise_known.h"
#include "cli/noise_store.h"
#include "core/base/align.h"

#define ARENA (1u << 21)

static char path[] = "/tmp/memboot-test-XXXXXX";

static struct mb_result *make_host(const char *cpu, const char *kernel, const char *knob)
{
	struct mb_result *host = mb_result_new(NULL);

	mb_result_add_fact(host, "cpu_model", cpu, NULL);
	mb_result_add_fact(host, "kernel", kernel, NULL);
	mb_result_add_knob(host, "governor", knob, NULL);
	return host;
}

static int group_setup(void **state)
{
	static const double shifts[] = {0.01, 0.02, 0.03, 0.04, 0.05};
	struct mb_result *host = make_host("A", "6.1", "on");
	struct mb_spread spread = {0};
	struct mb_err err = {0};
	int fd = mkstemp(path), rc = fd < 0 ? -1 : close(fd);

	rc |= mb_spread_set_host(&spread, host, ARENA);
	rc |= mb_spread_add(&spread, "group/row", 8, shifts, MB_ARRAY_SIZE(shifts));
	rc |= mb_noise_store_write(path, &spread, &err);
	mb_spread_fini(&spread);
	mb_result_free(host);
	return rc;
}

static int group_teardown(void **state)
{
	return unlink(path);
}

static const struct {
	const char *cpu, *kernel, *knob;
	uint64_t arena;
	const char *note; /* part of it; NULL: it is known */
} cases[] = {
	{"A", "6.1", "on", ARENA, NULL},
	{"A", "6.1", "on", 2 * ARENA, "out of date (arena was 2 MiB, is 4 MiB)"},
	{"A", "6.1", "off", ARENA, "out of date (governor was on, is off)"},
	{"A", "6.1", "off", 0, NULL},
	{"A", "6.2", "on", 0, "of another host or kernel (kernel was 6.1, is 6.2)"},
	{"B", "6.1", "on", 0, "of another host or kernel (host was A"},
};

static void test_read(void **state)
{
	struct mb_opts opts = {.store = path};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *host = make_host(cases[i].cpu, cases[i].kernel, cases[i].knob);
		struct mb_comparison *comparison = mb_comparison_new("compare");
		struct mb_noise_known noise = {0};

		mb_noise_known_read(&opts, host, cases[i].arena, comparison, &noise);
		assert_int_equal(mb_noise_known_spread(&noise) == NULL, cases[i].note != NULL);
		assert_int_equal(comparison->nr_notes, cases[i].note != NULL);
		if (cases[i].note)
			assert_non_null(strstr(comparison->notes[0], cases[i].note));
		mb_noise_known_fini(&noise);
		mb_comparison_free(comparison);
		mb_result_free(host);
	}
}

static void test_none(void **state)
{
	struct mb_opts opts = {.store = (char *)"/nowhere/noise.json"};
	struct mb_comparison *comparison = mb_comparison_new("compare");
	struct mb_result *host = make_host("A", "6.1", "on");
	struct mb_noise_known noise = {0};

	mb_noise_known_read(&opts, host, 0, comparison, &noise);
	assert_null(mb_noise_known_spread(&noise));
	assert_int_equal(comparison->nr_notes, 1);
	assert_non_null(strstr(comparison->notes[0], "'memboot noise' measures it"));
	/* Then nothing is said of rows. */
	mb_noise_known_note_rows(&noise, comparison);
	assert_int_equal(comparison->nr_notes, 1);
	mb_noise_known_fini(&noise);
	mb_result_free(host);
	mb_comparison_free(comparison);
}

/* Times that were judged count, of the three others none. */
static void test_rows(void **state)
{
	static const struct {
		int metric;
		double noise;
		enum mb_verdict verdict;
	} rows[] = {
		{MB_METRIC_NS_PER_PAGE, 0.1, MB_VERDICT_SAME},
		{MB_METRIC_NS_PER_PAGE, NAN, MB_VERDICT_SAME},
		{MB_METRIC_INSTRUCTIONS, NAN, MB_VERDICT_SAME},
		{MB_METRIC_WALL_NS, NAN, MB_VERDICT_NOT_COMPARABLE},
	};
	struct mb_comparison *comparison = mb_comparison_new("compare");
	struct mb_noise_known noise = {.known = true};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_comparison_row *row = mb_comparison_add_row(
			comparison, 1, "row", &mb_metrics.rows[rows[i].metric]);

		row->finding.verdict = rows[i].verdict;
		row->finding.noise = rows[i].noise;
	}
	mb_noise_known_note_rows(&noise, comparison);
	assert_int_equal(comparison->nr_notes, 1);
	assert_string_equal(comparison->notes[0],
			    "noise of 1 of 2 rows: not known; 'memboot noise' measures it");
	mb_comparison_free(comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
