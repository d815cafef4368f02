/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/limit.h"
#include "core/base/align.h"
#include "core/base/parse.h"

/* Checks a need against a host; returns what is said, "" when nothing is. The caller frees it. */
static char *check(uint64_t needed, uint64_t available, uint64_t max_memory, int wanted)
{
	struct mb_strbuf why = {0};
	struct mb_limit limit;

	mb_limit_set(&limit, needed, available, "MemAvailable", max_memory);
	assert_int_equal(mb_limit_check(&limit, false, &why), wanted);
	return mb_strbuf_take(&why);
}

static void test_default_is_a_quarter(void **state)
{
	free(check(4 * MB_GIB, 16 * MB_GIB, 0, 0));
	free(check(4 * MB_GIB + 1, 16 * MB_GIB, 0, -ENOMEM));
}

static void test_what_to_do(void **state)
{
	char *why = check(6 * MB_GIB, 16 * MB_GIB, 0, -ENOMEM);

	assert_non_null(strstr(why, "needs 6.0 GiB"));
	assert_non_null(strstr(why, "limit is 4.0 GiB (a quarter of the 16.0 GiB available)"));
	assert_non_null(strstr(why, "use --max-memory 6G or --dry-run"));
	free(why);

	why = check(60 * MB_GIB, 16 * MB_GIB, 0, -ENOMEM);
	assert_non_null(strstr(why, "no --max-memory SIZE allows that here"));
	free(why);
}

static void test_holes(void **state)
{
	struct mb_strbuf why = {0};
	struct mb_limit limit;

	mb_limit_set(&limit, 6 * MB_GIB, 16 * MB_GIB, "MemAvailable", 0);
	limit.hole_bytes = 5 * MB_GIB;
	assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
	assert_non_null(strstr(mb_strbuf_text(&why), "needs 6.0 GiB of memory, 5.0 GiB of it"));
	assert_non_null(strstr(mb_strbuf_text(&why), "flat"));
	mb_strbuf_fini(&why);
}

/* Another way that would do. */
static void test_windows_are_named(void **state)
{
	static const struct {
		uint64_t needed;
		const char *words;
	} rows[] = {
		{6 * MB_GIB, "; use --max-memory 6G, --window auto or --dry-run"},
		{60 * MB_GIB, ": use a smaller machine, --window auto or --dry-run"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_strbuf why = {0};
		struct mb_limit limit;

		mb_limit_set(&limit, rows[i].needed, 16 * MB_GIB, "MemAvailable", 0);
		limit.windows_fit = true;
		assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
		assert_non_null(strstr(mb_strbuf_text(&why), rows[i].words));
		mb_strbuf_fini(&why);
	}
}

/* Pages of pools are no part of what is available: the limit does not count them, and they are named. */
static void test_pools(void **state)
{
	struct mb_strbuf why = {0};
	struct mb_limit limit;

	mb_limit_set(&limit, 3 * MB_GIB, 16 * MB_GIB, "MemAvailable", 0);
	limit.pool_bytes = 40 * MB_GIB;
	assert_int_equal(mb_limit_check(&limit, false, &why), 0);
	mb_limit_add_needed(&why, &limit);
	assert_string_equal(mb_strbuf_text(&why),
			    "3.0 GiB of real memory, besides 40.0 GiB in huge pages");
	mb_strbuf_fini(&why);
	why = (struct mb_strbuf){0};
	limit.needed_bytes = 5 * MB_GIB;
	assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
	assert_non_null(strstr(mb_strbuf_text(&why),
			       "needs 5.0 GiB of memory, besides 40.0 GiB in huge pages; "));
	assert_non_null(strstr(mb_strbuf_text(&why), "use --max-memory 5G"));
	mb_strbuf_fini(&why);
}

static void test_chosen(void **state)
{
	char *why = check(2 * MB_GIB, 16 * MB_GIB, MB_GIB, -E2BIG);

	assert_non_null(strstr(why, "limit is 1.0 GiB (--max-memory; 16.0 GiB are available)"));
	free(why);
	free(check(15 * MB_GIB, 16 * MB_GIB, 16 * MB_GIB, 0));
	why = check(MB_GIB, 16 * MB_GIB, 17 * MB_GIB, -ENOMEM);
	assert_non_null(
		strstr(why, "--max-memory 17G is more than this host has available (16.0 GiB)"));
	free(why);
}

/* The size that is named must be enough when it is given. */
static void test_advice_works(void **state)
{
	static const uint64_t needs[] = {1, MB_MIB + 1, 3 * MB_GIB + 12345, 10 * MB_GIB - 1,
					 11 * MB_GIB + 1};

	for (size_t i = 0; i < MB_ARRAY_SIZE(needs); i++) {
		char *why = check(needs[i], 16 * MB_GIB, 1, needs[i] > 1 ? -E2BIG : 0);
		const char *size = strstr(why, "use --max-memory ");
		uint64_t bytes;

		if (size) {
			size += strlen("use --max-memory ");
			assert_int_equal(mb_parse_size(size, strcspn(size, " "), &bytes), 0);
			free(check(needs[i], 16 * MB_GIB, bytes, 0));
		}
		free(why);
	}
}

static void test_control_group_is_named(void **state)
{
	struct mb_strbuf why = {0};
	struct mb_limit limit;

	mb_limit_set(&limit, MB_GIB, 2 * MB_GIB, "cgroup", 0);
	assert_int_equal(mb_limit_check(&limit, true, &why), -ENOMEM);
	assert_non_null(strstr(mb_strbuf_text(&why), "available in this control group"));
	assert_null(strstr(mb_strbuf_text(&why), "--dry-run"));
	mb_strbuf_fini(&why);
	mb_limit_set(&limit, MB_GIB, 2 * MB_GIB, "cgroup", 3 * MB_GIB);
	assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
	assert_non_null(strstr(mb_strbuf_text(&why),
			       "--max-memory 3G is more than is available here (2.0 GiB)"));
	assert_null(strstr(mb_strbuf_text(&why), "this host"));
	mb_strbuf_fini(&why);
}

static void test_cpuset_is_named(void **state)
{
	struct mb_strbuf why = {0};
	struct mb_limit limit;

	mb_limit_set(&limit, 3 * MB_GIB, 8 * MB_GIB, "cpuset", 0);
	assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
	assert_non_null(strstr(mb_strbuf_text(&why), "limit is 2.0 GiB (a quarter of the 8.0 GiB "
						     "available on the nodes of this cpuset)"));
	mb_strbuf_fini(&why);
	mb_limit_set(&limit, MB_GIB, 2 * MB_GIB, "cpuset", 3 * MB_GIB);
	assert_int_equal(mb_limit_check(&limit, false, &why), -ENOMEM);
	assert_null(strstr(mb_strbuf_text(&why), "this host"));
	mb_strbuf_fini(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_is_a_quarter),
		cmocka_unit_test(test_what_to_do),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_windows_are_named),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_advice_works),
		cmocka_unit_test(test_control_group_is_named),
		cmocka_unit_test(test_cpuset_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
