/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/fault.h"
#include "core/memmodel.h"
#include "tests/core/boot_case.h"

/* The host refuses memory at each call in turn: an error with words, nothing leaked. */
static void host_refuses(void **state)
{
	for (unsigned nth = 1; nth <= 6; nth++) {
		struct boot_case c;
		int r;

		boot_case_init(&c, "nodes=2 each=1G cpus=1", (struct boot_options){0});
		c.plain.fail_back = nth <= 3 ? nth : 0;
		c.plain.fail_fault = nth > 3 ? nth - 3 : 0;
		r = mb_boot_run(c.boot);
		assert_int_equal(r, -ENOMEM);
		assert_int_equal(mb_boot_err(c.boot)->code, -ENOMEM);
		assert_true(mb_boot_err(c.boot)->text[0]);
		boot_case_fini(&c);
	}
}

static void cancel_ends_it(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G node0.cpus=0", (struct boot_options){0});
	c.plain.cancel_fault = 1;
	assert_int_equal(mb_boot_run(c.boot), -ECANCELED);
	assert_int_equal(mb_boot_err(c.boot)->code, 0);
	boot_case_fini(&c);
}

/* Sections of one node that lie side by side are asked for as one: two nodes and the two parts of slab memory. */
static void neighbours_together(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "nodes=2 each=1G cpus=1", (struct boot_options){0});
	boot_case_run(&c, &mb_fault_stage);
	assert_int_equal(c.plain.nr_back, 4);
	assert_int_equal(mb_boot_stat(c.boot, &mb_fault_stage)->bytes, 32 * MB_MIB);
	boot_case_fini(&c);
}

static int count_workers(struct mb_boot *boot, const struct mb_memmodel_piece *piece,
			 const struct mb_worker *worker)
{
	if (worker->index)
		return -EINVAL;
	*(char *)piece->addr = (char)(piece->nid + 1);
	return 0;
}

/* Serial: a set of tasks for each node, with one worker; parallel: one set, and all pieces are reached as well. */
static void one_after_another(void **state)
{
	for (int serial = 0; serial < 2; serial++) {
		struct mb_memmodel_piece piece;
		uint64_t cursor = 0;
		struct boot_case c;
		unsigned before;

		boot_case_init(&c, "nodes=3 each=1G cpus=4", (struct boot_options){.workers = 4});
		boot_case_run(&c, &mb_fault_stage);
		c.boot->config.serial_fault = serial;
		c.boot->config.threads = serial ? 4 : 1;
		before = atomic_load(&c.plain.nr_run);
		assert_int_equal(mb_fault_pieces(c.boot, &mb_fault_stage, count_workers), 0);
		assert_int_equal(atomic_load(&c.plain.nr_run) - before, serial ? 3 : 1);
		while (mb_memmodel_next_piece(&c.boot->model, &cursor, 4 * MB_MIB, &piece))
			assert_int_equal(*(char *)piece.addr, piece.nid + 1);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_refuses),
		cmocka_unit_test(neighbours_together),
		cmocka_unit_test(one_after_another),
		cmocka_unit_test(cancel_ends_it),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
