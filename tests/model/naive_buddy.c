/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tests/model/naive_buddy.h"

void naive_buddy_init(struct naive_buddy *naive, uint64_t start, uint64_t end, unsigned max_order)
{
	naive->is_free = calloc(end - start, 1);
	if (!naive->is_free)
		abort();
	naive->start = start;
	naive->end = end;
	naive->max_order = max_order;
}

void naive_buddy_fini(struct naive_buddy *naive)
{
	free(naive->is_free);
}

int naive_buddy_set(struct naive_buddy *naive, uint64_t pfn, unsigned order, int is_free)
{
	for (uint64_t p = pfn; p < pfn + (UINT64_C(1) << order); p++) {
		if (p < naive->start || p >= naive->end ||
		    naive->is_free[p - naive->start] == is_free)
			return -1;
		naive->is_free[p - naive->start] = (uint8_t)is_free;
	}
	return 0;
}

static int all_free(const struct naive_buddy *naive, uint64_t pfn, unsigned order)
{
	uint64_t pages = UINT64_C(1) << order;

	if (pfn < naive->start || pfn + pages > naive->end)
		return 0;
	for (uint64_t p = pfn; p < pfn + pages; p++)
		if (!naive->is_free[p - naive->start])
			return 0;
	return 1;
}

void naive_buddy_counts(const struct naive_buddy *naive, uint64_t *counts)
{
	memset(counts, 0, (naive->max_order + 1) * sizeof(*counts));
	for (uint64_t pfn = naive->start; pfn < naive->end;) {
		unsigned order = naive->max_order;

		if (!naive->is_free[pfn - naive->start]) {
			pfn++;
			continue;
		}
		while (pfn % (UINT64_C(1) << order) || !all_free(naive, pfn, order))
			order--;
		counts[order]++;
		pfn += UINT64_C(1) << order;
	}
}

int naive_buddy_largest(const struct naive_buddy *naive)
{
	uint64_t counts[64];
	int order = (int)naive->max_order;

	naive_buddy_counts(naive, counts);
	while (order >= 0 && !counts[order])
		order--;
	return order;
}
