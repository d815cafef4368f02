/* SPDX-License-Identifier: Apache-2.0 */
#include "numa/counters.h"
#include "tests/numa/numa_test.h"

/* Which events count is the host's business; that each one has either a figure or a reason is ours. */
static void test_value_or_reason(void **state)
{
	struct mb_counters_status status[64];
	size_t count = mb_counters_probe(status, 64);

	(void)state;
	assert_int_equal(count, mb_counters_nr_events());
	for (size_t i = 0; i < count; i++) {
		print_message("%s: %s\n", status[i].name,
			      status[i].code ? status[i].reason : "counts");
		if (status[i].code) {
			assert_true(status[i].code < 0);
			assert_true(strlen(status[i].reason) > 0);
			assert_int_equal(status[i].value, 0);
		} else {
			assert_int_equal(strlen(status[i].reason), 0);
			assert_true(status[i].value > 0);
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(status[i].name, status[j].name);
	}
}

static void test_room_for_few(void **state)
{
	struct mb_counters_status status[2] = {{.name = "mine"}, {.name = "mine"}};

	(void)state;
	assert_int_equal(mb_counters_probe(status, 1), 1);
	assert_string_not_equal(status[0].name, "mine");
	assert_string_equal(status[1].name, "mine");
	assert_int_equal(mb_counters_probe(NULL, 0), 0);
	assert_true(strlen(mb_counters_version()) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_or_reason),
		cmocka_unit_test(test_room_for_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
