/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Reads them as a file of noise has them, which has nothing else. */
static int read_facts(const char *facts, struct mb_err *err, struct mb_spread *ret_spread)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "{\"memboot_noise\": 2, \"facts\": %s, \"rows\": []}\n", facts);
	assert_int_equal(fclose(file), 0);
	return mb_json_spread_read(path, err, ret_spread);
}

static void test_round_trip(void **state)
{
	struct mb_conditions conditions = {0};
	struct mb_spread again = {0};
	struct mb_strbuf why = {0};
	struct mb_err err = {0};
	char *text = NULL;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	mb_conditions_set(&conditions, "kernel", "6.1 \"quoted\" \xc3\xa9");
	mb_conditions_set(&conditions, "turbo", NULL);
	assert_int_equal(mb_json_conditions_put(file, &conditions), 0);
	fclose(file);
	assert_int_equal(read_facts(text, &err, &again), 0);
	assert_int_equal(again.facts.count, 2);
	assert_false(mb_conditions_outdated(&conditions, &again.facts, &why));
	assert_false(mb_conditions_outdated(&again.facts, &conditions, &why));
	free(text);
	mb_conditions_fini(&conditions);
	mb_spread_fini(&again);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"null", "facts are missing"},
		{"[]", "facts are missing"},
		{"{\"a\": \"x\", \"b\": 1}", "a fact is no text"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		struct mb_spread spread = {.nr_rows = 77};
		struct mb_err err = {0};

		assert_int_equal(read_facts(bad[i].text, &err, &spread), -EINVAL);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(spread.nr_rows, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
