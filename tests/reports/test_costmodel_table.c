/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "reports/costmodel_table.h"
#include "reports/stats.h"
#include "tests/seed.h"

/* --- reading --- */

static int read_text(const char *text, size_t length, struct mb_err *err,
		     struct mb_costmodel_table *ret_table)
{
	FILE *file = fmemopen((char *)(uintptr_t)text, length ? length : 1, "r");
	int rc;

	assert_non_null(file);
	if (!length)
		(void)fgetc(file);
	rc = mb_costmodel_table_read(file, err, ret_table);
	fclose(file);
	return rc;
}

static void test_read(void **state)
{
	static const char text[] = "# of somebody\n"
				   "title = A machine = large # as they say\r\n"
				   "\tsource=https://example.org/x%3C1%3E\n"
				   "pages = 100663296\n"
				   "peak_gb_s\t= 1.28e2\n"
				   "cpus = 52\ncores = 26\n\n"
				   "  0 1785.7 7.6   # before\n"
				   "1 1717.7\n"
				   "6\t359.3\t0";
	struct mb_costmodel_table table;
	struct mb_err err = {0};

	assert_int_equal(read_text(text, strlen(text), &err, &table), 0);
	assert_string_equal(table.title, "A machine = large");
	assert_string_equal(table.source, "https://example.org/x%3C1%3E");
	assert_true(table.pages == 100663296 && table.page_bytes == 64);
	assert_true(table.peak_gb_s == 128 && isnan(table.store_gb_s));
	assert_true(table.cpus == 52 && table.cores == 26);
	assert_int_equal(table.nr_points, 3);
	assert_true(table.points[0].threads == 0 && table.points[0].ms == 1785.7);
	assert_true(table.points[2].threads == 6);
	mb_costmodel_table_fini(&table);
	mb_costmodel_table_fini(&table);
}

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "has no points: lines of threads and ms"},
	{"# nothing\n\n", "has no points: lines of threads and ms"},
	{"pages = 5\n", "has no points: lines of threads and ms"},
	{"peak_gb_s = 5\n1 2\n",
	 "says what its memory takes, but not 'pages', which it takes it for"},
	{"cpus = 2\ncores = 4\n1 2\n", "has more cores than CPUs"},
	{"1 5\n\nx 4\n", "line 3: begins with no number of threads, nor a name and '='"},
	{"-1 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"1.5 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"2000000 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"nan 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"0x10 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"1\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 0\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 -3\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 inf\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 1e999\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 5ms\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 5 x\n", "line 1: the third number, a standard deviation in ms, is none"},
	{"1 5 -1\n", "line 1: the third number, a standard deviation in ms, is none"},
	{"1 5 1 1\n", "line 1: has more than threads, ms and stdev"},
	{"1 5\n1 6\n", "line 2: threads have to rise, and 1 follow 1"},
	{"4 5\n2 6\n", "line 2: threads have to rise, and 2 follow 4"},
	{"page = 5\n", "line 1: 'page' is unknown; title, source, pages, page_bytes, cpus, cores, "
		       "peak_gb_s and store_gb_s are not"},
	{"= 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"p\033[1m = 5\n", "line 1: begins with no number of threads, nor a name and '='"},
	{"pages = \n", "line 1: 'pages' takes a number from 1 to 1e+13"},
	{"pages = 0\n", "line 1: 'pages' takes a number from 1 to 1e+13"},
	{"pages = 5 6\n", "line 1: 'pages' takes a number from 1 to 1e+13"},
	{"pages = 1e18\n", "line 1: 'pages' takes a number from 1 to 1e+13"},
	{"peak_gb_s = 1e-300\n", "line 1: 'peak_gb_s' takes a number from 0.001 to 1e+06"},
	{"page_bytes = 1e5\n", "line 1: 'page_bytes' takes a number from 1 to 4096"},
	{"1 1e-9\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"1 1e10\n", "line 1: a time from 1e-06 to 1e+09 ms has to follow 1"},
	{"pages = 5\ncpus = 1\npages = 5\n", "line 3: says 'pages' for the second time"},
	{"1 5\ntitle =\n", "line 2: 'title' has no value"},
	{"title = # of whom\n1 5\n", "line 1: 'title' has no value"},
	{"source= \t\r\n1 5\n", "line 1: 'source' has no value"},
	{"title = a\ntitle =\n", "line 2: 'title' has no value"},
	{"title = a\ntitle = b\n", "line 2: says for the second time what it is"},
};

/* One line that says where and why, and the table stays as it was. */
static void test_bad(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		struct mb_costmodel_table table = {.nr_points = 77};
		struct mb_err err = {0};

		assert_int_equal(read_text(bad[i].text, strlen(bad[i].text), &err, &table),
				 -EINVAL);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(table.nr_points, 77);
	}
}

static void test_zero_byte(void **state)
{
	struct mb_costmodel_table table;
	struct mb_err err = {0};

	assert_int_equal(read_text("1 5\n2\0 4\n", 9, &err, &table), -EINVAL);
	assert_string_equal(err.text, "line 2: has a zero byte");
}

static void test_many(void **state)
{
	struct mb_costmodel_table table;
	struct mb_err err = {0};
	FILE *file = tmpfile();

	for (int i = 0; i < 4096; i++)
		fprintf(file, "%d 5\n", i);
	rewind(file);
	assert_int_equal(mb_costmodel_table_read(file, &err, &table), 0);
	assert_int_equal(table.nr_points, 4096);
	mb_costmodel_table_fini(&table);
	fseek(file, 0, SEEK_END);
	fputs("5000 1\n", file);
	rewind(file);
	assert_int_equal(mb_costmodel_table_read(file, &err, &table), -EINVAL);
	assert_string_equal(err.text, "line 4097: 4096 points are the limit");
	fclose(file);
}

/* A file without an end, a folder and nothing: a reason each. */
static void test_odd(void **state)
{
	static const struct {
		const char *path, *why;
		int code;
	} cases[] = {
		{"/dev/zero", "is larger than 1024 KiB", -EINVAL},
		{"/dev/random", "is larger than 1024 KiB", -EINVAL},
		{"/dev/null", "has no points: lines of threads and ms", -EINVAL},
		{"/", "Is a directory", -EISDIR},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_costmodel_table table;
		struct mb_err err = {0};
		FILE *file = fopen(cases[i].path, "r");

		assert_non_null(file);
		assert_int_equal(mb_costmodel_table_read(file, &err, &table), cases[i].code);
		assert_string_equal(err.text, cases[i].why);
		fclose(file);
	}
}

/* A good table with bytes changed, left out and doubled is read or refused with a reason. */
static void test_mutants(void **state)
{
	static const char good[] = "title = t\npages = 5e6\npeak_gb_s = 40\n0 10 1\n1 9.5\n4 3\n";
	static const char letters[] = "0123456789.eE+-= \t\n#axpN";
	struct mb_rng rng = {seed_or(20240607)};

	for (int round = 0; round < 20000; round++) {
		char mutant[sizeof(good) + 1];
		size_t length = strlen(good);
		struct mb_costmodel_table table;
		struct mb_err err = {0};
		int rc;

		memcpy(mutant, good, sizeof(good));
		for (uint64_t i = 0, edits = 1 + mb_rng_below(&rng, 3); i < edits; i++) {
			size_t at = mb_rng_below(&rng, length);

			if (mb_rng_below(&rng, 4) && length > 1)
				mutant[at] = letters[mb_rng_below(&rng, sizeof(letters) - 1)];
			else
				memmove(&mutant[at], &mutant[at + 1], length-- - at);
		}
		rc = read_text(mutant, length, &err, &table);
		assert_true(rc == 0 || (rc == -EINVAL && *err.text));
		for (size_t i = 0; !rc && i < table.nr_points; i++)
			assert_true(table.points[i].ms > 0 && isfinite(table.points[i].ms));
		if (!rc)
			mb_costmodel_table_fini(&table);
	}
}

/* --- published ones --- */

static struct mb_costmodel_table published(char letter)
{
	char path[4096];
	const char *data = getenv("MB_TEST_DATA");
	struct mb_costmodel_table table;
	struct mb_err err = {0};
	FILE *file;

	snprintf(path, sizeof(path), "%s/costmodel/jordan-2020-%c.txt", data ? data : "tests/data",
		 letter);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(mb_costmodel_table_read(file, &err, &table), 0);
	fclose(file);
	assert_true(table.title && table.source && table.pages > 0 && table.peak_gb_s > 0);
	return table;
}

/* What is off of the points that the curve was not fitted on: their logarithms' squares, how many are in the interval, the median. */
struct outcome {
	double squares, inside, points, median;
};

static struct outcome hold(char letter, size_t nr_fitted)
{
	struct mb_costmodel_table table = published(letter);
	struct mb_costmodel_curve curve;
	struct mb_strbuf why = {0};
	struct outcome outcome = {0};
	double apart[16];

	assert_int_equal(mb_costmodel_table_fit(&table, nr_fitted, &why, &curve), 0);
	print_message("%c %s: %.0f ms of one, %.0f ms of memory, efficiency %.2f\n", letter,
		      table.title, curve.work_ms, curve.memory_ms, curve.efficiency);
	for (size_t i = 0; i < table.nr_points; i++) {
		const struct mb_costmodel_point *point = &table.points[i];
		struct mb_costmodel_value value;
		double off;

		mb_costmodel_table_predict(&curve, point->threads, &value);
		off = value.ns / 1e6 / point->ms - 1;
		print_message("  %2.0f threads %7.1f ms, %s %7.1f (%6.1f to %6.1f) %+4.0f %%\n",
			      point->threads, point->ms, i < nr_fitted ? "fitted   " : "predicted",
			      value.ns / 1e6, value.low / 1e6, value.high / 1e6, 100 * off);
		if (i < nr_fitted)
			continue;
		apart[i - nr_fitted] = fabs(off);
		outcome.squares += log1p(off) * log1p(off);
		outcome.inside += point->ms * 1e6 >= value.low && point->ms * 1e6 <= value.high;
		outcome.points++;
	}
	outcome.median =
		mb_stats_quantile(apart, mb_stats_sort(apart, (size_t)outcome.points), 0.5);
	print_message("  median error %.1f %%\n", 100 * outcome.median);
	mb_costmodel_table_fini(&table);
	return outcome;
}

/*
 * Fitted on the two rows that say what one thread does, and on these and that of the next number of threads: the rest is within 15 % in the
 * median, in every table; and nine of ten are in their interval.
 */
static void test_published(void **state)
{
	for (size_t fitted = 2; fitted <= 3; fitted++) {
		struct outcome all = {0};

		for (char letter = 'a'; letter <= 'f'; letter++) {
			struct outcome outcome = hold(letter, fitted);

			assert_true(outcome.median <= 0.15);
			all.squares += outcome.squares;
			all.inside += outcome.inside;
			all.points += outcome.points;
		}
		print_message("scatter %.3f, %.0f of %.0f inside\n", sqrt(all.squares / all.points),
			      all.inside, all.points);
		assert_true(all.inside / all.points >= 0.85);
		assert_true(sqrt(all.squares / all.points) <= MB_COSTMODEL_TABLE_ERROR);
	}
}

/* --- curves --- */

static struct mb_costmodel_table synthetic(double gb_s, double efficiency, double *ret_ms)
{
	struct mb_costmodel_table table = {.pages = 1e7,
					   .page_bytes = 64,
					   .cpus = 64,
					   .cores = 32,
					   .peak_gb_s = NAN,
					   .store_gb_s = NAN};
	double memory = gb_s > 0 ? 640 / gb_s : 0;

	table.points = calloc(8, sizeof(*table.points));
	for (double threads = 1; threads <= 32; threads *= 2) {
		double team = threads > 1 ? threads * efficiency : 1;

		table.points[table.nr_points++] = (struct mb_costmodel_point){
			.threads = threads, .ms = hypot(200 / team, memory)};
	}
	*ret_ms = memory;
	return table;
}

/* Without a word about its memory all of a table tells it. */
static void test_find_memory(void **state)
{
	struct mb_costmodel_curve curve;
	struct mb_strbuf why = {0};
	double memory;
	struct mb_costmodel_table table = synthetic(40, 0.9, &memory);

	assert_int_equal(mb_costmodel_table_fit(&table, SIZE_MAX, &why, &curve), 0);
	assert_int_equal(curve.fitted, 6);
	assert_true(fabs(curve.memory_ms / memory - 1) < 0.05);
	assert_true(fabs(curve.efficiency - 0.9) < 0.02);
	for (size_t i = 0; i < table.nr_points; i++) {
		struct mb_costmodel_value value;

		mb_costmodel_table_predict(&curve, table.points[i].threads, &value);
		assert_true(fabs(value.ns / 1e6 / table.points[i].ms - 1) < 0.02);
		assert_true(value.low < value.ns && value.ns < value.high);
	}
	mb_costmodel_table_fini(&table);
}

/* A measured bandwidth goes before that of the channels; and no thread is ever faster than memory. */
static void test_bandwidth(void **state)
{
	struct mb_costmodel_curve curve;
	struct mb_costmodel_value value;
	struct mb_strbuf why = {0};
	double memory;
	struct mb_costmodel_table table = synthetic(0, 1, &memory);

	table.peak_gb_s = 40;
	table.nr_points = 1;
	assert_int_equal(mb_costmodel_table_fit(&table, 1, &why, &curve), 0);
	assert_true(fabs(curve.memory_ms - 640 / 15.0) < 1e-9);
	table.store_gb_s = 10;
	assert_int_equal(mb_costmodel_table_fit(&table, 1, &why, &curve), 0);
	assert_true(fabs(curve.memory_ms - 64) < 1e-9);
	mb_costmodel_table_predict(&curve, 1, &value);
	assert_true(fabs(value.ns / 1e6 - table.points[0].ms) < 1e-6);
	mb_costmodel_table_predict(&curve, 1e6, &value);
	assert_true(value.ns / 1e6 >= 64);
	mb_costmodel_table_fini(&table);
}

static void no_fit(const struct mb_costmodel_table *table, size_t fitted,
		   enum mb_costmodel_status want, const char *text)
{
	struct mb_costmodel_curve curve = {.fitted = 77};
	struct mb_strbuf why = {0};

	assert_int_equal(mb_costmodel_table_fit(table, fitted, &why, &curve), want);
	assert_int_equal(strncmp(mb_strbuf_text(&why), text, strlen(text)), 0);
	assert_int_equal(curve.fitted, 77);
	mb_strbuf_fini(&why);
}

static void test_unfit(void **state)
{
	double memory;
	struct mb_costmodel_table table = synthetic(40, 0.9, &memory);

	no_fit(&table, 0, MB_COSTMODEL_TOO_FEW,
	       "has no time of one thread: add a point of 0 or 1 threads");
	no_fit(&table, 3, MB_COSTMODEL_TOO_FEW,
	       "does not say what its memory takes: add 'peak_gb_s' or 'store_gb_s', or points of "
	       "several threads, of which it takes 3 and has 2");
	table.pages = NAN;
	no_fit(&table, 2, MB_COSTMODEL_TOO_FEW,
	       "does not say what its memory takes: add 'pages' and 'peak_gb_s' or 'store_gb_s', "
	       "or points of several threads, of which it takes 3 and has 1");
	table.pages = 1e7;
	table.store_gb_s = 3;
	no_fit(&table, 3, MB_COSTMODEL_SCATTERED,
	       "memory alone would need 213.3 ms, and one thread took 200.6 ms");
	table.store_gb_s = 40;
	table.points[2].ms *= 4;
	table.points[4].ms /= 4;
	no_fit(&table, 6, MB_COSTMODEL_SCATTERED, "the points lie off the curve");
	mb_costmodel_table_fini(&table);
}

/* What the curve cannot be is no prediction, also where it was fitted on less and where nothing is left over to judge it by. */
static void test_undescribed(void **state)
{
#define NODE "pages = 1000000\nstore_gb_s = 10\n"
	static const struct {
		const char *text;
		size_t fitted;
		const char *why; /* NULL: it is described */
	} cases[] = {
		{NODE "1 1000\n2 1\n", 2, "2 threads took 1 ms, and the curve has 500"},
		{NODE "1 1000\n2 1\n", 1, "the points that were not fitted lie off the curve"},
		{NODE "1 100\n2 200\n", 2, "2 threads took 200 ms, and the curve has 100 ms"},
		{NODE "1 100\n2 150\n4 200\n8 300\n", 2, "2 threads took 150 ms"},
		{NODE "0 100\n1 100\n6 300\n13 400\n", 2, "13 threads took 400 ms"},
		{NODE "0 1000\n1 10\n", 2, "1 thread took 10 ms"},
		{"1 100\n2 150\n4 200\n8 300\n", 4, "8 threads took 300 ms"},
		{NODE "0 100\n1 104\n2 53\n4 29\n8 18\n", 2, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_costmodel_curve curve;
		struct mb_costmodel_table table;
		struct mb_strbuf why = {0};
		struct mb_err err = {0};
		int status;

		assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &err, &table), 0);
		status = mb_costmodel_table_fit(&table, cases[i].fitted, &why, &curve);
		if ((status != 0) != (cases[i].why != NULL) ||
		    (cases[i].why && !strstr(mb_strbuf_text(&why), cases[i].why)))
			fail_msg("case %zu: %d %s", i, status, mb_strbuf_text(&why));
		mb_strbuf_fini(&why);
		mb_costmodel_table_fini(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),        cmocka_unit_test(test_bad),
		cmocka_unit_test(test_zero_byte),   cmocka_unit_test(test_many),
		cmocka_unit_test(test_odd),         cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_published),   cmocka_unit_test(test_find_memory),
		cmocka_unit_test(test_bandwidth),   cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_undescribed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
