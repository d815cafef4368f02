/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "reports/spread.h"

static char path[] = "/tmp/memboot-test-XXXXXX";

static int group_setup(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int group_teardown(void **state)
{
	return unlink(path);
}

static void write_text(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void test_round_trip(void **state)
{
	static const double shifts[] = {0.1, -0.0123456789012345, 0.03};
	struct mb_spread spread = {0}, again = {0};
	struct mb_err err = {0};
	FILE *file = fopen(path, "w");

	assert_int_equal(mb_spread_set_made(&spread, "2024-06-07T12:00:00Z"), 0);
	assert_int_equal(mb_conditions_set(&spread.facts, "kernel", "6.1 \"quoted\" \xc3\xa9"), 0);
	assert_int_equal(mb_conditions_set(&spread.facts, "turbo_disabled", NULL), 0);
	assert_int_equal(mb_spread_add(&spread, "a/b:1", 8, shifts, 3), 0);
	assert_int_equal(mb_spread_add(&spread, "a/b:1", 16, shifts, 1), 0);
	assert_int_equal(mb_json_spread_write(&spread, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(mb_json_spread_read(path, &err, &again), 0);
	assert_string_equal(again.made_utc, spread.made_utc);
	assert_false(mb_conditions_outdated(&spread.facts, &again.facts, &(struct mb_strbuf){0}));
	assert_int_equal(again.facts.count, 2);
	assert_int_equal(again.nr_rows, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again.rows[i].name, "a/b:1");
		assert_int_equal(again.rows[i].pairs, spread.rows[i].pairs);
		assert_int_equal(again.rows[i].gates, spread.rows[i].gates);
		assert_true(again.rows[i].largest == spread.rows[i].largest);
	}
	assert_true(again.rows[0].noise == spread.rows[0].noise);
	assert_true(isnan(again.rows[1].noise));
	mb_spread_fini(&spread);
	mb_spread_fini(&again);
}

#define HEAD "{\"memboot_noise\": 2, \"facts\": {}, \"rows\": ["
#define ROW  "{\"name\": \"a\", \"pairs\": 8, \"gates\": 2, \"largest\": 0.1, \"noise\": 0.2}"

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "is empty"},
	{"{\n\"memboot_noise\": 2,\n", "line 3 is not JSON"},
	{HEAD ROW "]", "line 1 is not JSON"},
	{"[]", "is no noise that memboot has written"},
	{"{}", "is no noise that memboot has written"},
	{"{\"schema_version\": 1}", "is no noise that memboot has written"},
	{"{\"memboot_noise\": 3}", "is of a newer memboot: version 3, and this one reads 2"},
	{"{\"memboot_noise\": 2}", "facts are missing"},
	{"{\"memboot_noise\": 2, \"facts\": {\"kernel\": 6}}", "a fact is no text"},
	{"{\"memboot_noise\": 2, \"facts\": {}}", "rows are missing"},
	{HEAD "7]}", "rows[0].name is missing or makes no sense"},
	{HEAD ROW ",{\"name\": \"b\"}]}", "rows[1].pairs is missing or makes no sense"},
	{HEAD "{\"name\": \"a\", \"pairs\": -8}]}", "rows[0].pairs is missing or makes no sense"},
	{HEAD "{\"name\": \"a\", \"pairs\": 8, \"gates\": 0}]}",
	 "rows[0].gates is missing or makes no sense"},
	{HEAD "{\"name\": \"a\", \"pairs\": 8, \"gates\": 1, \"largest\": \"x\"}]}",
	 "rows[0].largest is missing or makes no sense"},
	{HEAD "{\"name\": \"a\", \"pairs\": 8, \"gates\": 1, \"largest\": 0, \"noise\": -1}]}",
	 "rows[0].noise is missing or makes no sense"},
};

/* One line that says why, and the spread stays as it was. */
static void test_bad(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		struct mb_spread spread = {.nr_rows = 77};
		struct mb_err err = {0};

		write_text(bad[i].text);
		assert_int_equal(mb_json_spread_read(path, &err, &spread), -EINVAL);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(spread.nr_rows, 77);
	}
}

static void test_missing(void **state)
{
	struct mb_spread spread;
	struct mb_err err = {0};

	assert_int_equal(mb_json_spread_read("/nowhere/noise.json", &err, &spread), -ENOENT);
	write_text(HEAD ROW "]}");
	mb_err_clear(&err);
	assert_int_equal(mb_json_spread_read(path, &err, &spread), 0);
	assert_true(mb_spread_find(&spread, "a", 9) == 0.2);
	mb_spread_fini(&spread);
}

static void test_full(void **state)
{
	struct mb_spread spread = {0};
	FILE *file = fopen("/dev/full", "w");

	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(mb_json_spread_write(&spread, file), -EIO);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
