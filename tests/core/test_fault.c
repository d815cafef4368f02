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

/*
 * With checks on, every descriptor of a present section is ones, so that reading one too early
 * shows.
 */
static void untouched_descriptors_show(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=256M node1=256M@1G node0.cpus=0-3",
		       (struct boot_options){.workers = 4});
	boot_case_run(&c, &mb_fault_stage);
	for (mb_pfn_t pfn = 0; pfn < 65536; pfn += 511) {
		assert_int_equal(mb_memmodel_pfn_to_page(&c.boot->model, pfn)->flags, UINT64_MAX);
		assert_int_equal(mb_memmodel_pfn_to_page(&c.boot->model, pfn + 262144)->flags,
				 UINT64_MAX);
	}
	assert_int_equal(mb_boot_stat(c.boot, &mb_fault_stage)->bytes, 8 * MB_MIB);
	boot_case_fini(&c);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_refuses),
		cmocka_unit_test(untouched_descriptors_show),
		cmocka_unit_test(cancel_ends_it),
	};

	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
