/* SPDX-License-Identifier: Apache-2.0 */
#include "core/deferred.h"
#include "core/watermark.h"
#include "tests/core/boot_case.h"

/* min_free_kbytes by RAM, before huge pages raise it. */
static void min_free_by_ram(void **state)
{
	static const struct {
		uint64_t gib, kbytes;
	} rows[] = {{1, 4096},    {4, 8192},      {16, 16384},    {64, 32768},    {128, 46340},
		    {256, 65536}, {1024, 131072}, {2048, 185363}, {4096, 262144}, {65536, 262144}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		assert_int_equal(mb_watermark_min_free_kbytes(rows[i].gib << 20), rows[i].kbytes);
	assert_int_equal(mb_watermark_min_free_kbytes(0), 128);
}

/*
 * A 24 GiB PC with two CPUs on 6.18, whose zoneinfo showed these managed pages, marks, protections
 * and pageset limits.
 */
static void marks_as_a_kernel_shows_them(void **state)
{
	static const struct {
		enum mb_zone_type type;
		uint64_t managed, min, low, high, promo;
		unsigned batch, high_min, high_max;
	} rows[] = {
		{MB_ZONE_DMA, 3840, 16, 20, 24, 28, 1, 10, 240},
		{MB_ZONE_DMA32, 772915, 3274, 4092, 4910, 5728, 63, 2046, 48307},
		{MB_ZONE_NORMAL, 3211264, 13605, 17006, 20407, 23808, 63, 8503, 200704},
	};
	struct boot_case c;

	boot_case_init(&c,
		       "node0=0x9fc00@0+0xbff00000@0x100000+0x540000000@0x100000000 node0.cpus=0-1",
		       (struct boot_options){.kernel = "6.18", .policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, &mb_deferred_stage);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		atomic_store(&boot_case_zone(&c, 0, rows[i].type)->managed, rows[i].managed);
	assert_int_equal(mb_watermark_stage.run(c.boot), 0);
	assert_int_equal(c.boot->min_free_kbytes, 67584);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		const struct mb_zone *zone = boot_case_zone(&c, 0, rows[i].type);

		assert_int_equal(zone->watermark[MB_WMARK_MIN], rows[i].min);
		assert_int_equal(zone->watermark[MB_WMARK_LOW], rows[i].low);
		assert_int_equal(zone->watermark[MB_WMARK_HIGH], rows[i].high);
		assert_int_equal(zone->watermark[MB_WMARK_PROMO], rows[i].promo);
		assert_int_equal(zone->pcp_batch, rows[i].batch);
		assert_int_equal(zone->pcp_high_min, rows[i].high_min);
		assert_int_equal(zone->pcp_high_max, rows[i].high_max);
	}
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA)->lowmem_reserve[MB_ZONE_DMA32], 3019);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA)->lowmem_reserve[MB_ZONE_NORMAL], 15563);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_DMA32)->lowmem_reserve[MB_ZONE_NORMAL],
			 12544);
	assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->lowmem_reserve[MB_ZONE_MOVABLE], 0);
	boot_case_fini(&c);
}

/* Huge pages' share is capped at a twentieth of what low zones manage above their high marks. */
static void raised_by_a_twentieth(void **state)
{
	struct boot_case c;
	uint64_t managed, high = 0;

	boot_case_init(&c, "node0=600M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_deferred_stage);
	managed = c.boot->totalram_pages;
	for (unsigned z = 0; z < MB_NR_ZONES; z++) {
		uint64_t own = mb_zone_managed(&c.boot->nodes[0]->zones[z]);
		uint64_t share = (mb_watermark_min_free_kbytes(managed * 4) / 4) * own / managed;

		high += share + 2 * mb_max(share / 4, own / 1000);
	}
	boot_case_run(&c, NULL);
	assert_int_equal(c.boot->min_free_kbytes, (managed - high) / 20 * 4);
	boot_case_fini(&c);
}

/* From 6.12 on an empty Movable zone shows 32 in every mark; other empty zones show 0. */
static void empty_zones(void **state)
{
	static const char *const kernels[] = {"6.1", "6.12"};

	for (size_t k = 0; k < 2; k++) {
		struct boot_case c;

		boot_case_init(&c, "node0=1G node0.cpus=0",
			       (struct boot_options){.kernel = kernels[k]});
		boot_case_run(&c, NULL);
		for (unsigned mark = 0; mark < MB_NR_WMARK; mark++) {
			assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_MOVABLE)->watermark[mark],
					 k ? 32 : 0);
			assert_int_equal(boot_case_zone(&c, 0, MB_ZONE_NORMAL)->watermark[mark], 0);
		}
		boot_case_fini(&c);
	}
}

/* Below 512 MiB huge pages are off, so nothing is raised. */
static void small_machine_is_not_raised(void **state)
{
	struct boot_case c;
	uint64_t managed;

	boot_case_init(&c, "node0=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	managed = c.boot->totalram_pages;
	assert_int_equal(c.boot->min_free_kbytes, mb_watermark_min_free_kbytes(managed * 4));
	boot_case_fini(&c);
}

/* Without huge pages khugepaged's start sets all again, by what is above the first high marks. */
static void set_again_without_huge_pages(void **state)
{
	struct boot_case c;
	uint64_t total, pages_min, lowmem = 0;

	boot_case_init(&c, "node0=2G node0.cpus=0", (struct boot_options){0});
	c.boot->tunables.huge_pages = false;
	boot_case_run(&c, NULL);
	total = c.boot->totalram_pages;
	pages_min = mb_watermark_min_free_kbytes(total * 4) / 4;
	for (enum mb_zone_type z = MB_ZONE_DMA; z <= MB_ZONE_DMA32; z++) {
		uint64_t managed = mb_zone_managed(boot_case_zone(&c, 0, z));
		uint64_t share = pages_min * managed / total;

		lowmem += managed - share - 2 * mb_max(share / 4, managed / 1000);
	}
	assert_true(mb_watermark_min_free_kbytes(lowmem * 4) < pages_min * 4);
	assert_int_equal(c.boot->min_free_kbytes, mb_watermark_min_free_kbytes(lowmem * 4));
	boot_case_fini(&c);
}

/*
 * DMA is reserved as a whole: it has pages but manages none, so nothing protects it.
 *
 *   0    1M                 16M
 *   [####|##################|  DMA32 …  4G | Normal
 */
static void nothing_managed_nothing_protected(void **state)
{
	const struct mb_zone *dma;
	struct boot_case c;

	boot_case_init(&c, "node0=3G@0+1G@4G reserve=15M@1M node0.cpus=0",
		       (struct boot_options){0});
	boot_case_run(&c, NULL);
	dma = boot_case_zone(&c, 0, MB_ZONE_DMA);
	assert_true(dma->present > 0);
	assert_int_equal(mb_zone_managed(dma), 0);
	for (unsigned z = 0; z < MB_NR_ZONES; z++)
		assert_int_equal(dma->lowmem_reserve[z], 0);
	assert_true(boot_case_zone(&c, 0, MB_ZONE_DMA32)->lowmem_reserve[MB_ZONE_NORMAL] > 0);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(min_free_by_ram),
		cmocka_unit_test(marks_as_a_kernel_shows_them),
		cmocka_unit_test(empty_zones),
		cmocka_unit_test(raised_by_a_twentieth),
		cmocka_unit_test(small_machine_is_not_raised),
		cmocka_unit_test(set_again_without_huge_pages),
		cmocka_unit_test(nothing_managed_nothing_protected),
	};

	return cmocka_run_group_tests_name("watermark", tests, NULL, NULL);
}
