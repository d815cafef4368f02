/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/zoneinfo: what is read, written as the kernel does, is read the same again, with every number. */
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "core/types.h"
#include "numa/zoneinfo.h"
#include "tests/fuzz/fuzz.h"

typedef unsigned long long ull;

static void check_zone(const struct mb_zoneinfo_zone *zone)
{
	MUST(zone->nid >= 0 && zone->nid < MB_MAX_NODES);
	MUST(memchr(zone->name, '\0', sizeof(zone->name)) && *zone->name);
	for (const char *c = zone->name; *c; c++)
		MUST(*c > ' ' && *c <= '~');
	MUST(zone->nr_protection <= MB_ZONEINFO_MAX_ZONES);
	MUST(zone->seen < 1u << MB_ZONEINFO_NR_FIELDS);
	for (unsigned field = 0; field < MB_ZONEINFO_NR_FIELDS; field++)
		MUST(mb_zoneinfo_has(zone, (enum mb_zoneinfo_field)field) || !zone->values[field]);
	for (size_t i = 0; i < zone->nr_pagesets; i++) {
		const struct mb_zoneinfo_pageset *set = &zone->pagesets[i];

		MUST((set->has_high || !set->high) && (set->has_batch || !set->batch));
		MUST((set->has_high_min || !set->high_min) &&
		     (set->has_high_max || !set->high_max));
	}
}

static void print_pageset(const struct mb_zoneinfo_pageset *set, struct mb_strbuf *text)
{
	mb_strbuf_addf(text, "    cpu: %u\n              count: 7\n", set->cpu);
	if (set->has_high)
		mb_strbuf_addf(text, "              high:  %llu\n", (ull)set->high);
	if (set->has_batch)
		mb_strbuf_addf(text, "              batch: %llu\n", (ull)set->batch);
	if (set->has_high_min)
		mb_strbuf_addf(text, "              high_min: %llu\n", (ull)set->high_min);
	if (set->has_high_max)
		mb_strbuf_addf(text, "              high_max: %llu\n", (ull)set->high_max);
	mb_strbuf_add(text, "  vm stats threshold: 8\n");
}

static void print_zone(const struct mb_zoneinfo_zone *zone, struct mb_strbuf *text)
{
	const enum mb_zoneinfo_field start = MB_ZONEINFO_START_PFN;

	mb_strbuf_addf(text, "Node %d, zone %8s\n  pages free     1\n", zone->nid, zone->name);
	for (unsigned field = 0; field < start; field++)
		if (mb_zoneinfo_has(zone, (enum mb_zoneinfo_field)field))
			mb_strbuf_addf(text, "        %-8s %llu\n",
				       mb_zoneinfo_field_name((enum mb_zoneinfo_field)field),
				       (ull)zone->values[field]);
	if (zone->nr_protection) {
		mb_strbuf_add(text, "        protection: (");
		for (size_t i = 0; i < zone->nr_protection; i++)
			mb_strbuf_addf(text, "%s%llu", i ? ", " : "", (ull)zone->protection[i]);
		mb_strbuf_add(text, ")\n");
	}
	mb_strbuf_add(text, "  pagesets\n");
	for (size_t i = 0; i < zone->nr_pagesets; i++)
		print_pageset(&zone->pagesets[i], text);
	mb_strbuf_add(text, "  node_unreclaimable:  0\n");
	if (mb_zoneinfo_has(zone, start))
		mb_strbuf_addf(text, "  start_pfn:           %llu\n", (ull)zone->values[start]);
}

static bool same_pageset(const struct mb_zoneinfo_pageset *a, const struct mb_zoneinfo_pageset *b)
{
	return a->cpu == b->cpu && a->has_high == b->has_high && a->has_batch == b->has_batch &&
	       a->has_high_min == b->has_high_min && a->has_high_max == b->has_high_max &&
	       a->high == b->high && a->batch == b->batch && a->high_min == b->high_min &&
	       a->high_max == b->high_max;
}

static void check_equal(const struct mb_zoneinfo *a, const struct mb_zoneinfo *b)
{
	MUST(a->nr_zones == b->nr_zones);
	for (size_t i = 0; i < a->nr_zones; i++) {
		const struct mb_zoneinfo_zone *x = &a->zones[i], *y = &b->zones[i];

		MUST(x->nid == y->nid && !strcmp(x->name, y->name) && x->seen == y->seen);
		MUST(!memcmp(x->values, y->values, sizeof(x->values)));
		MUST(x->nr_protection == y->nr_protection);
		MUST(!memcmp(x->protection, y->protection, sizeof(x->protection)));
		MUST(x->nr_pagesets == y->nr_pagesets);
		for (size_t k = 0; k < x->nr_pagesets; k++)
			MUST(same_pageset(&x->pagesets[k], &y->pagesets[k]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_zoneinfo info = {0}, again = {0};
	struct mb_strbuf text = {0};

	MUST(!mb_zoneinfo_parse((const char *)data, size, &info));
	for (size_t i = 0; i < info.nr_zones; i++) {
		const struct mb_zoneinfo_zone *zone = &info.zones[i];

		check_zone(zone);
		print_zone(zone, &text);
	}
	MUST(!text.error);
	MUST(!mb_zoneinfo_parse(mb_strbuf_text(&text), text.length, &again));
	check_equal(&info, &again);
	mb_zoneinfo_fini(&again);
	mb_zoneinfo_fini(&info);
	mb_strbuf_fini(&text);
	return 0;
}
