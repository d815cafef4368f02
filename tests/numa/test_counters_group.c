/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/counters_group.h"
#include "tests/numa/numa_test.h"

#define MAX 32

static size_t parse(const char *list, struct mb_counters_wish **ret_wishes)
{
	struct mb_err err = {0};
	size_t count = 0;

	if (mb_counters_group_parse(list, MAX, &err, ret_wishes, &count))
		fail_msg("%s: %s", list, err.text);
	return count;
}

static void test_tables(void **state)
{
	(void)state;
	for (unsigned role = 1; role < MB_COUNTERS_NR_ROLES; role++) {
		const struct mb_counters_role_row *row = &mb_counters_roles[role];

		assert_true(row->name && *row->name && *row->summary && row->candidates[0]);
		for (size_t i = 0; i < MB_COUNTERS_MAX_CANDIDATES && row->candidates[i]; i++)
			assert_int_equal(mb_counters_group_role(row->candidates[i]), role);
	}
	for (size_t i = 0; i < mb_counters_nr_groups; i++) {
		const struct mb_counters_group *group = &mb_counters_groups[i];
		struct mb_counters_wish *wishes;
		bool software = false;
		size_t count = parse(group->name, &wishes);

		assert_true(*group->summary && count);
		for (size_t k = 0; k < count; k++) {
			assert_int_equal(wishes[k].role, group->roles[k]);
			assert_string_equal(wishes[k].name, "");
			software |= wishes[k].role == MB_COUNTERS_PAGE_FAULTS;
		}
		assert_int_equal(group->roles[count], MB_COUNTERS_OTHER);
		assert_true(software); /* something is left on every host */
		free(wishes);
	}
}

static void test_role(void **state)
{
	(void)state;
	assert_int_equal(mb_counters_group_role("inst_retired"), MB_COUNTERS_INSTRUCTIONS);
	assert_int_equal(mb_counters_group_role("arm_n1::INST_RETIRED:u"),
			 MB_COUNTERS_INSTRUCTIONS);
	assert_int_equal(mb_counters_group_role("Cycles:uk"), MB_COUNTERS_CYCLES);
	assert_int_equal(mb_counters_group_role("cycles:period"), MB_COUNTERS_OTHER);
	assert_int_equal(mb_counters_group_role("cyclesx"), MB_COUNTERS_OTHER);
	assert_int_equal(mb_counters_group_role("MEM_INST_RETIRED:ALL_STORES"), MB_COUNTERS_STORES);
	assert_int_equal(mb_counters_group_role("MEM_INST_RETIRED:ALL_LOADS"), MB_COUNTERS_OTHER);
	assert_int_equal(mb_counters_group_role("nope"), MB_COUNTERS_OTHER);
}

/* Generic misses are those of the last level on Intel's CPUs alone; other names mean the same everywhere. */
static void test_tells(void **state)
{
	static const struct {
		enum mb_counters_role role;
		const char *event;
		bool elsewhere;
	} rows[] = {
		{MB_COUNTERS_LLC_MISSES, "cache-misses", false},
		{MB_COUNTERS_LLC_MISSES, "cache-misses:uk", false},
		{MB_COUNTERS_LLC_MISSES, "perf::CACHE-MISSES", false},
		{MB_COUNTERS_LLC_MISSES, "LLC-load-misses", true},
		{MB_COUNTERS_LLC_MISSES, "ll_cache_miss_rd", true},
		{MB_COUNTERS_CYCLES, "cycles", true},
		{MB_COUNTERS_OTHER, "cache-misses", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_true(mb_counters_group_tells(rows[i].role, rows[i].event, true));
		assert_int_equal(mb_counters_group_tells(rows[i].role, rows[i].event, false),
				 rows[i].elsewhere);
	}
}

static void test_lists(void **state)
{
	struct mb_counters_wish *wishes;

	(void)state;
	assert_int_equal(parse("page-faults,cpu/event=1,umask=2/u,r003,page-faults", &wishes), 3);
	assert_string_equal(wishes[0].name, "page-faults");
	assert_int_equal(wishes[0].role, MB_COUNTERS_PAGE_FAULTS);
	assert_string_equal(wishes[1].name, "cpu/event=1,umask=2/u");
	assert_string_equal(wishes[2].name, "r003");
	assert_int_equal(wishes[2].role, MB_COUNTERS_OTHER);
	free(wishes);
	/* What two groups share is there once. */
	assert_int_equal(parse("tlb,tlb", &wishes), 5);
	free(wishes);
	assert_int_equal(parse("tlb,branch", &wishes), 7);
	assert_int_equal(wishes[5].role, MB_COUNTERS_BRANCHES);
	free(wishes);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", ",", "cycles,", ",cycles", "a,,b"};
	struct mb_counters_wish *wishes = NULL;
	struct mb_err bytes = {0};
	char name[200];
	size_t count = 77;

	(void)state;
	assert_int_equal(
		mb_counters_group_parse("cycles,caf\xc3\xa9", MAX, &bytes, &wishes, &count),
		-EINVAL);
	assert_string_equal(bytes.text, "byte 11 of the list is not printable ASCII");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct mb_err err = {0};

		assert_int_equal(mb_counters_group_parse(bad[i], MAX, &err, &wishes, &count),
				 -EINVAL);
		assert_non_null(strstr(err.text, "empty"));
	}
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(mb_counters_group_parse(name, MAX, NULL, &wishes, &count), -EINVAL);
	assert_int_equal(mb_counters_group_parse("a,b,c", 2, NULL, &wishes, &count), -EINVAL);
	assert_null(wishes);
	assert_int_equal(count, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),  cmocka_unit_test(test_role),
		cmocka_unit_test(test_tells),   cmocka_unit_test(test_lists),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("counters_group", tests, NULL, NULL);
}
