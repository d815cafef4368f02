/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/pin.h"
#include "tests/numa/numa_test.h"

static void need_binding(const struct mb_topo *topo)
{
	if (topo->parts[MB_TOPO_BINDING].code) {
		print_message("skipped: %s\n", topo->parts[MB_TOPO_BINDING].reason);
		skip();
	}
}

/* A topology made after pinning shows what the thread may still use. */
static unsigned count_usable(void)
{
	struct mb_topo *topo = new_topo();
	unsigned count = topo->nr_cpus;

	mb_topo_free(topo);
	return count;
}

static void test_every_cpu(void **state)
{
	const struct mb_topo *topo = *state;
	struct mb_pin *before = NULL;

	need_binding(topo);
	assert_int_equal(mb_pin_save(topo, &before), 0);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		for (size_t j = 0; j < topo->nodes[i].nr_cpus; j++) {
			int cpu = topo->nodes[i].cpus[j];

			assert_int_equal(mb_pin_cpu(topo, cpu, NULL), 0);
			assert_int_equal(mb_pin_current_cpu(), cpu);
		}
	}
	assert_int_equal(count_usable(), 1);
	assert_int_equal(mb_pin_restore(topo, before), 0);
	assert_int_equal(count_usable(), topo->nr_cpus);
	mb_pin_free(before);
}

static void test_cpu_that_is_not_there(void **state)
{
	const struct mb_topo *topo = *state;
	struct mb_err err = {0};

	need_binding(topo);
	assert_true(mb_pin_cpu(topo, 8191, &err) < 0);
	assert_true(strlen(err.text) > 0);
	assert_int_equal(mb_pin_cpu(topo, -1, NULL), -EINVAL);
	assert_true(mb_pin_cpu(topo, 1 << 20, NULL) < 0);
	assert_int_equal(count_usable(), topo->nr_cpus);
}

/* A description of another machine must not seem to work. */
static void test_other_machine(void **state)
{
	struct mb_topo *topo = fake_topo(1, 2);
	struct mb_pin *pin = NULL;
	struct mb_err err = {0};

	(void)state;
	mb_topo_lacks(topo, MB_TOPO_BINDING, -ENOTSUP, "made by hand");
	assert_int_equal(mb_pin_cpu(topo, 0, &err), -ENOTSUP);
	assert_string_equal(err.text, "made by hand");
	assert_int_equal(mb_pin_save(topo, &pin), -ENOTSUP);
	assert_null(pin);
	mb_pin_free(pin);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_cpu, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_cpu_that_is_not_there, setup_topo,
						teardown_topo),
		cmocka_unit_test(test_other_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
