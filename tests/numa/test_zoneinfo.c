/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/align.h"
#include "numa/zoneinfo.h"
#include "tests/numa/numa_test.h"
#include "tests/root.h"
#include "tests/seed.h"

/* As 6.18 shows a populated zone and an empty one. */
static const char text_618[] = "Node 0, zone      DMA\n"
			       "  per-node stats\n"
			       "      nr_free_cma  0\n"
			       "  pages free     3712\n"
			       "        boost    0\n"
			       "        min      64\n"
			       "        low      80\n"
			       "        high     96\n"
			       "        promo    112\n"
			       "        spanned  4095\n"
			       "        present  3998\n"
			       "        managed  3840\n"
			       "        cma      0\n"
			       "        protection: (0, 2950, 3884, 3884, 3884)\n"
			       "      nr_free_pages 3712\n"
			       "  pagesets\n"
			       "    cpu: 0\n"
			       "              count:    7\n"
			       "              high:     40\n"
			       "              batch:    1\n"
			       "              high_min: 10\n"
			       "              high_max: 240\n"
			       "  vm stats threshold: 4\n"
			       "    cpu: 3\n"
			       "              high:     41\n"
			       "              batch:    2\n"
			       "  node_unreclaimable:  0\n"
			       "  start_pfn:           1\n"
			       "Node 12, zone  Movable\n"
			       "  pages free     0\n"
			       "        min      32\n"
			       "        spanned  0\n"
			       "        managed  0\n"
			       "        protection: (0, 0, 0, 0, 0)\n";

static struct mb_zoneinfo parse(const char *text)
{
	struct mb_zoneinfo info = {0};

	assert_int_equal(mb_zoneinfo_parse(text, strlen(text), &info), 0);
	return info;
}

/* The zone of a node by its name, or NULL. */
static const struct mb_zoneinfo_zone *find(const struct mb_zoneinfo *info, int nid,
					   const char *name)
{
	for (size_t i = 0; i < info->nr_zones; i++)
		if (info->zones[i].nid == nid && !strcmp(info->zones[i].name, name))
			return &info->zones[i];
	return NULL;
}

static void every_field(void **state)
{
	static const uint64_t values[MB_ZONEINFO_NR_FIELDS] = {64,   80,   96,   112, 0,
							       4095, 3998, 3840, 0,   1};
	static const uint64_t protection[] = {0, 2950, 3884, 3884, 3884};
	struct mb_zoneinfo info = parse(text_618);
	const struct mb_zoneinfo_zone *zone = find(&info, 0, "DMA");

	assert_int_equal(info.nr_zones, 2);
	assert_ptr_equal(zone, &info.zones[0]);
	for (unsigned field = 0; field < MB_ZONEINFO_NR_FIELDS; field++) {
		assert_true(mb_zoneinfo_has(zone, field));
		assert_int_equal(zone->values[field], values[field]);
	}
	assert_int_equal(zone->nr_protection, 5);
	assert_memory_equal(zone->protection, protection, sizeof(protection));
	assert_int_equal(zone->nr_pagesets, 2);
	assert_int_equal(zone->pagesets[0].high, 40);
	assert_true(zone->pagesets[0].has_high_min && zone->pagesets[0].has_high_max);
	assert_int_equal(zone->pagesets[0].high_min, 10);
	assert_int_equal(zone->pagesets[0].high_max, 240);
	assert_int_equal(zone->pagesets[1].cpu, 3);
	assert_int_equal(zone->pagesets[1].batch, 2);
	assert_false(zone->pagesets[1].has_high_min);
	zone = find(&info, 12, "Movable");
	assert_int_equal(zone->values[MB_ZONEINFO_MIN], 32);
	assert_false(mb_zoneinfo_has(zone, MB_ZONEINFO_START_PFN));
	assert_false(mb_zoneinfo_has(zone, MB_ZONEINFO_PROMO));
	assert_int_equal(zone->nr_pagesets, 0);
	assert_null(find(&info, 12, "DMA"));
	assert_null(find(&info, 1, "DMA"));
	mb_zoneinfo_fini(&info);
}

static void strange_lines(void **state)
{
	struct mb_zoneinfo info = parse("        min      1\n"
					"Node 99999999999999999999, zone DMA\n"
					"Node 4096, zone DMA\n"
					"Node 1, zone\n"
					"Node 1, zone   AZoneWithAVeryLongName\n"
					"Node 1, zone   Normal\r\n"
					"        min      7x\n"
					"        low      -1\n"
					"        high     99999999999999999999999\n"
					"        spanned  5\r\n"
					"        spanned  6\n"
					"        managed: 9\n"
					"        protection: (1, 2, x, 4)\n"
					"        protection: (9)\n"
					"              batch:    1\n"
					"    cpu: 70000\n"
					"    cpu: 1\n"
					"              batch:    3\n"
					"              batch:    4\n"
					"  start_pfn  3\n"
					"  start_pfn: 4");
	const struct mb_zoneinfo_zone *zone = &info.zones[0];

	assert_int_equal(info.nr_zones, 1);
	assert_string_equal(zone->name, "Normal");
	assert_int_equal(zone->seen, 1 << MB_ZONEINFO_SPANNED | 1 << MB_ZONEINFO_START_PFN);
	assert_int_equal(zone->values[MB_ZONEINFO_SPANNED], 5);
	assert_int_equal(zone->nr_protection, 2);
	assert_int_equal(zone->nr_pagesets, 1);
	assert_int_equal(zone->pagesets[0].batch, 3);
	mb_zoneinfo_fini(&info);
	info = parse("");
	assert_int_equal(info.nr_zones, 0);
	mb_zoneinfo_fini(&info);
	assert_int_equal(mb_zoneinfo_read(tree_root("/nonexistent"), &info), -ENOENT);
}

/* Any bytes in place of any others, and any cut: no crash, and what is found is bounded. */
static void any_bytes(void **state)
{
	uint64_t seed = seed_or((uint64_t)time(NULL));
	char text[sizeof(text_618)];

	for (unsigned round = 0; round < 2000; round++) {
		struct mb_zoneinfo info;
		size_t length = sizeof(text_618) - 1;

		memcpy(text, text_618, sizeof(text));
		for (unsigned i = 0; i < 1 + round % 8; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
			text[(seed >> 33) % length] = (char)(seed >> 20);
		}
		assert_int_equal(mb_zoneinfo_parse(text, (seed >> 40) % length, &info), 0);
		assert_true(info.nr_zones <= length);
		for (size_t i = 0; i < info.nr_zones; i++) {
			assert_in_range(info.zones[i].nid, 0, 1023);
			assert_true(info.zones[i].nr_protection <= MB_ZONEINFO_MAX_ZONES);
			assert_true(strlen(info.zones[i].name) < sizeof(info.zones[i].name));
		}
		mb_zoneinfo_fini(&info);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field),
		cmocka_unit_test(strange_lines),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
