/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/deferred.h"
#include "core/latefree.h"
#include "core/query.h"
#include "core/record.h"
#include "core/watermark.h"
#include "tests/core/boot_case.h"

#define MIB UINT64_C(0x100000)

static uint64_t managed(struct boot_case *c, enum mb_zone_type type)
{
	return mb_zone_managed(boot_case_zone(c, 0, type));
}

/*
 * reserved:  [0, 1M) [2M, 4M + 512)  [64M, 80M)  [4G, 4G + 32M)
 * freed:                             ======== early   == late, over the border of two zones
 */
static const struct mb_range reserved[] = {
	{0, MIB},
	{2 * MIB, 4 * MIB + 512},
	{64 * MIB, 80 * MIB},
	{4080 * MIB, 4096 * MIB + 32 * MIB},
};
static const struct mb_record_free frees[] = {
	{.start = 4092 * MIB, .end = 4100 * MIB},
	{.start = 64 * MIB, .end = 80 * MIB, .before_marks = true, .cma = true},
	{.start = 2 * MIB, .end = 3 * MIB, .before_marks = true, .counted_early = true},
};
static const struct mb_record record = {reserved, MB_ARRAY_SIZE(reserved), frees,
					MB_ARRAY_SIZE(frees)};

static void counted_zone_by_zone(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=8G@0 node0.cpus=0",
		       (struct boot_options){
			       .dry_run = true, .policy = MB_POLICY_DEFERRED, .record = &record});
	boot_case_run(&c, &mb_deferred_stage);
	/* A page that is reserved in part is reserved. 16 MiB less 1 MiB, 2 MiB and a page. */
	assert_int_equal(managed(&c, MB_ZONE_DMA), 4096 - 256 - 512 - 1);
	assert_int_equal(managed(&c, MB_ZONE_DMA32), (4096 - 16 - 16 - 16) * 256);
	assert_int_equal(managed(&c, MB_ZONE_NORMAL), (4096 - 32) * 256);
	boot_case_run(&c, &mb_latefree_early_stage);
	assert_int_equal(managed(&c, MB_ZONE_DMA), 4096 - 256 - 512 - 1 + 256);
	assert_int_equal(managed(&c, MB_ZONE_DMA32), (4096 - 16 - 16) * 256);
	boot_case_run(&c, NULL);
	assert_int_equal(managed(&c, MB_ZONE_DMA32), (4096 - 16 - 16 + 4) * 256);
	assert_int_equal(managed(&c, MB_ZONE_NORMAL), (4096 - 32 + 4) * 256);
	boot_case_fini(&c);
}

/* What comes behind the marks does not move them. */
static void marks_stay(void **state)
{
	struct mb_record less = record;
	struct mb_query_zone all, without;
	struct boot_case c;

	less.nr_frees = MB_ARRAY_SIZE(frees);
	for (int late = 0; late < 2; late++) {
		less.frees = frees + late;
		less.nr_frees = MB_ARRAY_SIZE(frees) - (size_t)late;
		boot_case_init(&c, "node0=8G@0 node0.cpus=0",
			       (struct boot_options){.dry_run = true, .record = &less});
		boot_case_run(&c, NULL);
		assert_int_equal(mb_query_zone(c.boot, 0, MB_ZONE_NORMAL, late ? &without : &all),
				 0);
		boot_case_fini(&c);
	}
	assert_int_equal(all.managed, without.managed + 1024);
	assert_int_equal(all.min, without.min);
	assert_int_equal(all.high, without.high);
	assert_int_equal(all.batch, without.batch);
}

/* Freeing what was free already is seen by the check. */
static void twice_is_too_much(void **state)
{
	static const struct mb_record_free twice[] = {
		{.start = 64 * MIB, .end = 80 * MIB, .before_marks = true},
		{.start = 16 * MIB, .end = 2048 * MIB, .before_marks = true},
	};
	struct mb_record wrong = record;
	struct boot_case c;

	wrong.frees = twice;
	wrong.nr_frees = MB_ARRAY_SIZE(twice);
	boot_case_init(&c, "node0=8G@0 node0.cpus=0",
		       (struct boot_options){.dry_run = true, .record = &wrong});
	assert_int_equal(mb_boot_run(c.boot), -EUCLEAN);
	assert_string_equal(mb_boot_err(c.boot)->stage, "early_frees");
	boot_case_fini(&c);
}

/* A record needs no descriptors, and cannot have any. */
static void dry_runs_only(void **state)
{
	struct mb_boot_config config;
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};
	struct boot_case c;

	boot_case_init(&c, "node0=1G@0 node0.cpus=0", (struct boot_options){.dry_run = true});
	config = c.boot->config;
	config.dry_run = false;
	config.record = &record;
	assert_int_equal(mb_boot_new(&config, &err, &boot), -EINVAL);
	assert_null(boot);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_zone_by_zone),
		cmocka_unit_test(marks_stay),
		cmocka_unit_test(twice_is_too_much),
		cmocka_unit_test(dry_runs_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
