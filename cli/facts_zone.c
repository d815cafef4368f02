/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of /proc/zoneinfo: zones of every online node, as the kernel is built. */
#include <errno.h>
#include <string.h>

#include "cli/facts.h"
#include "core/base/strbuf.h"
#include "core/zone.h"

/* What a function is called for: each zone of the kernel's, or of the engine's online nodes. */
typedef void kernel_zone_fn(const struct mb_fact_tree *tree, const struct mb_zoneinfo_zone *zone,
			    const char *name, struct mb_fact_values *values);
typedef void engine_zone_fn(const struct mb_fact_tree *tree, const struct mb_query_zone *zone,
			    const char *name, struct mb_fact_values *values);

static int each_kernel_zone(const struct mb_fact_tree *tree, kernel_zone_fn *fn,
			    struct mb_fact_values *values)
{
	for (size_t i = 0; i < tree->zoneinfo.nr_zones; i++) {
		const struct mb_zoneinfo_zone *zone = &tree->zoneinfo.zones[i];
		struct mb_strbuf name = {0};

		mb_strbuf_addf(&name, "node %d %s", zone->nid, zone->name);
		fn(tree, zone, mb_strbuf_text(&name), values);
		mb_strbuf_fini(&name);
	}
	return 0;
}

static int each_engine_zone(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    engine_zone_fn *fn, struct mb_fact_values *values)
{
	for (int nid = 0; nid < (int)mb_query_nr_node_ids(boot); nid++)
		for (size_t i = 0; i < tree->nr_zones; i++) {
			struct mb_query_zone zone;
			struct mb_query_node node;
			struct mb_strbuf name = {0};

			if (mb_query_node(boot, nid, &node) || !node.online ||
			    mb_query_zone(boot, nid, tree->zones[i], &zone))
				continue;
			mb_strbuf_addf(&name, "node %d %s", nid, mb_zone_name(tree->zones[i]));
			fn(tree, &zone, mb_strbuf_text(&name), values);
			mb_strbuf_fini(&name);
		}
	return 0;
}

static void add(struct mb_fact_values *values, const char *name, const char *field, uint64_t value)
{
	mb_facts_addf(values, "%s %s\t%llu", name, field, (unsigned long long)value);
}

static void add_shown(const struct mb_zoneinfo_zone *zone, enum mb_zoneinfo_field field,
		      const char *name, struct mb_fact_values *values)
{
	if (mb_zoneinfo_has(zone, field))
		add(values, name, mb_zoneinfo_field_name(field), zone->values[field]);
}

/* --- spans --- */

static void spans(const struct mb_fact_tree *tree, const struct mb_zoneinfo_zone *zone,
		  const char *name, struct mb_fact_values *values)
{
	add_shown(zone, MB_ZONEINFO_SPANNED, name, values);
	add_shown(zone, MB_ZONEINFO_PRESENT, name, values);
	add_shown(zone, MB_ZONEINFO_START_PFN, name, values);
}

static void spans_got(const struct mb_fact_tree *tree, const struct mb_query_zone *zone,
		      const char *name, struct mb_fact_values *values)
{
	add(values, name, "spanned", zone->spanned);
	add(values, name, "present", zone->present);
	if (zone->populated)
		add(values, name, "start_pfn", zone->start_pfn);
}

int mb_facts_zone_spans(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	return each_kernel_zone(tree, spans, values);
}

int mb_facts_zone_spans_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	return each_engine_zone(tree, boot, spans_got, values);
}

/* --- managed --- */

static void managed(const struct mb_fact_tree *tree, const struct mb_zoneinfo_zone *zone,
		    const char *name, struct mb_fact_values *values)
{
	add_shown(zone, MB_ZONEINFO_MANAGED, name, values);
}

static void managed_got(const struct mb_fact_tree *tree, const struct mb_query_zone *zone,
			const char *name, struct mb_fact_values *values)
{
	add(values, name, "managed", zone->managed);
}

int mb_facts_zone_managed(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			  struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->memory.found)
		return MB_FAIL(err, -ENOENT, "the log has no line \"Memory:\"");
	add(values, "Memory:", "total KiB", log->memory.total_kib);
	add(values, "Memory:", "reserved KiB", log->memory.reserved_kib);
	add(values, "Memory:", "cma KiB", log->memory.cma_kib);
	return each_kernel_zone(tree, managed, values);
}

int mb_facts_zone_managed_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			      struct mb_fact_values *values, struct mb_err *err)
{
	unsigned shift = tree->machine->page_shift - 10;
	struct mb_query_totals totals;

	mb_query_totals(boot, &totals);
	add(values, "Memory:", "total KiB", totals.present_pages << shift);
	add(values, "Memory:", "reserved KiB",
	    (totals.present_pages - totals.totalram_pages - totals.cma_pages) << shift);
	add(values, "Memory:", "cma KiB", totals.cma_pages << shift);
	return each_engine_zone(tree, boot, managed_got, values);
}

/* --- watermarks and protection --- */

/* Whether this kernel's zoneinfo has the line at all; older ones show no promo. */
static bool shows(const struct mb_fact_tree *tree, enum mb_zoneinfo_field field)
{
	for (size_t i = 0; i < tree->zoneinfo.nr_zones; i++)
		if (mb_zoneinfo_has(&tree->zoneinfo.zones[i], field))
			return true;
	return false;
}

/* The marks as shown have the boost of a fragmented zone on top. */
static void marks(const struct mb_fact_tree *tree, const struct mb_zoneinfo_zone *zone,
		  const char *name, struct mb_fact_values *values)
{
	uint64_t boost = zone->values[MB_ZONEINFO_BOOST];
	struct mb_strbuf list = {0};

	for (unsigned field = MB_ZONEINFO_MIN; field <= MB_ZONEINFO_PROMO; field++)
		if (mb_zoneinfo_has(zone, field))
			add(values, name, mb_zoneinfo_field_name((enum mb_zoneinfo_field)field),
			    zone->values[field] - boost);
	for (size_t i = 0; i < zone->nr_protection; i++)
		mb_strbuf_addf(&list, "%s%llu", i ? " " : "",
			       (unsigned long long)zone->protection[i]);
	mb_facts_addf(values, "%s protection\t%s", name, mb_strbuf_text(&list));
	mb_strbuf_fini(&list);
}

static void add_protection(const struct mb_fact_tree *tree, const uint64_t *protection,
			   struct mb_strbuf *list)
{
	for (size_t i = 0; i < tree->nr_zones; i++)
		mb_strbuf_addf(list, "%s%llu", i ? " " : "",
			       (unsigned long long)protection[tree->zones[i]]);
}

/* What is shown of the protection depends on whether anybody has read its ratios since memory was freed late. */
static void marks_got(const struct mb_fact_tree *tree, const struct mb_query_zone *zone,
		      const char *name, struct mb_fact_values *values)
{
	bool moved = memcmp(zone->protection, zone->protection_anew, sizeof(zone->protection)) != 0;
	struct mb_strbuf list = {0};

	add(values, name, "min", zone->min);
	add(values, name, "low", zone->low);
	add(values, name, "high", zone->high);
	if (shows(tree, MB_ZONEINFO_PROMO))
		add(values, name, "promo", zone->promo);
	add_protection(tree, zone->protection, &list);
	if (moved) {
		mb_strbuf_add(&list, " or ");
		add_protection(tree, zone->protection_anew, &list);
	}
	mb_facts_addf(values, "%s protection\t%s", name, mb_strbuf_text(&list));
	mb_facts_relate(values, moved ? MB_FACT_ONE_OF : MB_FACT_SAME);
	mb_strbuf_fini(&list);
}

int mb_facts_zone_marks(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	return each_kernel_zone(tree, marks, values);
}

int mb_facts_zone_marks_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	return each_engine_zone(tree, boot, marks_got, values);
}

/* --- pagesets --- */

/* One figure of all CPUs' pagesets: the same everywhere, or a list of what they show. */
static void add_all(const struct mb_zoneinfo_zone *zone, const char *name, const char *field,
		    uint64_t (*pick)(const struct mb_zoneinfo_pageset *),
		    struct mb_fact_values *values)
{
	struct mb_strbuf text = {0};
	uint64_t before = 0;

	for (size_t i = 0; i < zone->nr_pagesets; i++) {
		uint64_t value = pick(&zone->pagesets[i]);

		if (!i || value != before)
			mb_strbuf_addf(&text, "%s%llu", i ? " " : "", (unsigned long long)value);
		before = value;
	}
	mb_facts_addf(values, "%s %s\t%s", name, field, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

static uint64_t pick_batch(const struct mb_zoneinfo_pageset *set)
{
	return set->batch;
}

static uint64_t pick_high(const struct mb_zoneinfo_pageset *set)
{
	return set->high;
}

static uint64_t pick_high_min(const struct mb_zoneinfo_pageset *set)
{
	return set->high_min;
}

static uint64_t pick_high_max(const struct mb_zoneinfo_pageset *set)
{
	return set->high_max;
}

/* Whether this kernel's zoneinfo shows the bounds between which high moves: 6.18, not 6.12. */
static bool shows_bounds(const struct mb_fact_tree *tree)
{
	for (size_t i = 0; i < tree->zoneinfo.nr_zones; i++)
		for (size_t k = 0; k < tree->zoneinfo.zones[i].nr_pagesets; k++)
			if (tree->zoneinfo.zones[i].pagesets[k].has_high_min)
				return true;
	return false;
}

static void pagesets(const struct mb_fact_tree *tree, const struct mb_zoneinfo_zone *zone,
		     const char *name, struct mb_fact_values *values)
{
	uint64_t highest = 0;

	if (!zone->nr_pagesets)
		return;
	add_all(zone, name, "batch", pick_batch, values);
	if (!tree->profile.pcp_auto_tune) {
		add_all(zone, name, "high", pick_high, values);
		return;
	}
	for (size_t i = 0; i < zone->nr_pagesets; i++)
		highest = zone->pagesets[i].high > highest ? zone->pagesets[i].high : highest;
	add(values, name, "highest high", highest);
	if (shows_bounds(tree)) {
		add_all(zone, name, "high_min", pick_high_min, values);
		add_all(zone, name, "high_max", pick_high_max, values);
	}
}

static void pagesets_got(const struct mb_fact_tree *tree, const struct mb_query_zone *zone,
			 const char *name, struct mb_fact_values *values)
{
	if (!zone->pagesets)
		return;
	add(values, name, "batch", zone->batch);
	if (!tree->profile.pcp_auto_tune) {
		add(values, name, "high", zone->high_min);
		return;
	}
	add(values, name, "highest high", zone->high_max);
	mb_facts_relate(values, MB_FACT_AT_MOST);
	if (shows_bounds(tree)) {
		add(values, name, "high_min", zone->high_min);
		add(values, name, "high_max", zone->high_max);
	}
}

int mb_facts_zone_pagesets(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			   struct mb_err *err)
{
	return each_kernel_zone(tree, pagesets, values);
}

int mb_facts_zone_pagesets_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			       struct mb_fact_values *values, struct mb_err *err)
{
	return each_engine_zone(tree, boot, pagesets_got, values);
}
