/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/memmodel.h"
#include "core/touch.h"
#include "tests/core/boot_case.h"

/* Every descriptor's first word after the second touch. */
static void assert_flags(struct boot_case *c, uint64_t flags)
{
	for (mb_pfn_t pfn = 0; pfn < 65536; pfn += 511) {
		assert_int_equal(mb_memmodel_pfn_to_page(&c->boot->model, pfn)->flags, flags);
		assert_int_equal(mb_memmodel_pfn_to_page(&c->boot->model, pfn + 262144)->flags,
				 flags);
	}
	assert_int_equal(mb_boot_stat(c->boot, &mb_touch_stage)->bytes, 8 * MB_MIB);
}

/* With checks on, every descriptor of a present section is ones, so that reading one too early shows; else it stays 0. */
static void what_is_left(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=256M node1=256M@1G node0.cpus=0-3",
		       (struct boot_options){.workers = 4});
	boot_case_run(&c, &mb_touch_stage);
	assert_flags(&c, UINT64_MAX);
	boot_case_fini(&c);

	boot_case_init(&c, "node0=256M node1=256M@1G node0.cpus=0-3",
		       (struct boot_options){.workers = 4});
	c.boot->config.check = false;
	boot_case_run(&c, &mb_touch_stage);
	assert_flags(&c, 0);
	boot_case_fini(&c);
}

static void cancel_ends_it(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	c.plain.cancel = 1;
	c.boot->host->cancel = &c.plain.cancel;
	assert_int_equal(mb_touch_stage.run(c.boot), -ECANCELED);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left),
		cmocka_unit_test(cancel_ends_it),
	};

	return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
