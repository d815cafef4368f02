/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "benches/release.h"
#include "core/base/align.h"
#include "core/buddy.h"
#include "core/memmodel.h"

static void by_page(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, 0);
}

static void by_pageblock(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, zone->model->geo.pageblock_order);
}

static void by_largest(struct mb_zone *zone, mb_pfn_t start, mb_pfn_t end)
{
	mb_buddy_release_range(zone, start, end, zone->model->geo.max_order);
}

static const struct mb_release_rule rules[] = {
	{
		.name = "page",
		.summary = "pages one by one, each under the zone's lock",
		.release = by_page,
	},
	{
		.name = "pageblock",
		.summary = "pageblocks, as the deferred part of 6.1 goes",
		.release = by_pageblock,
	},
	{
		.name = "largest",
		.summary = "blocks of the largest order",
		.release = by_largest,
	},
	{
		.name = "unchecked",
		.summary = "the same without the look at every page: init_on_alloc=0",
		.unchecked = true,
		.release = by_largest,
	},
};

const struct mb_release_rule *mb_release_rule(size_t index)
{
	return index < MB_ARRAY_SIZE(rules) ? &rules[index] : NULL;
}

const struct mb_release_rule *mb_release_find(const char *name)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i].name, name))
			return &rules[i];
	return NULL;
}
