/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/profile.h"

static void nearest_row(void **state)
{
	static const struct {
		const char *release, *name;
	} rows[] = {
		{"6.1.0-56-amd64", "6.1"}, {"6.1.192", "6.1"}, {"6.5.3", "6.1"},
		{"6.12.9-cloud", "6.12"},  {"6.17", "6.12"},   {"6.18.44", "6.18"},
		{"7.3.0-rc1", "6.18"},     {"5.10.0", "6.1"},  {"", "6.1"},
		{"rubbish", "6.1"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_string_equal(mb_profile_nearest(rows[i].release)->name, rows[i].name);
}

static void every_row_is_found_by_its_name(void **state)
{
	for (size_t i = 0; i < mb_nr_profiles; i++) {
		assert_ptr_equal(mb_profile_find(mb_profiles[i].name), &mb_profiles[i]);
		assert_true(!i || mb_profiles[i].minor > mb_profiles[i - 1].minor);
	}
	assert_null(mb_profile_find("6.2"));
	assert_null(mb_profile_find(""));
}

/* Orders by page size: the largest block and the huge page. */
static void orders(void **state)
{
	assert_int_equal(mb_profile_max_order(12), 10);
	assert_int_equal(mb_profile_max_order(14), 11);
	assert_int_equal(mb_profile_max_order(16), 13);
	assert_int_equal(mb_profile_pageblock_order(12), 9);
	assert_int_equal(mb_profile_pageblock_order(14), 11);
	assert_int_equal(mb_profile_pageblock_order(16), 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_row),
		cmocka_unit_test(every_row_is_found_by_its_name),
		cmocka_unit_test(orders),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
