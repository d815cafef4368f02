/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/ranges.h"

int mb_ranges_add(struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end)
{
	if (start >= end)
		return 0;
	if (ranges->count == ranges->capacity) {
		size_t capacity = ranges->capacity ? 2 * ranges->capacity : 8;
		struct mb_range *list = reallocarray(ranges->list, capacity, sizeof(*list));

		if (!list)
			return -ENOMEM;
		ranges->list = list;
		ranges->capacity = capacity;
	}
	ranges->list[ranges->count++] = (struct mb_range){start, end};
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct mb_range *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

void mb_ranges_normalise(struct mb_ranges *ranges)
{
	size_t out = 0;

	if (!ranges->count)
		return;
	qsort(ranges->list, ranges->count, sizeof(*ranges->list), by_start);
	for (size_t i = 1; i < ranges->count; i++) {
		struct mb_range *last = &ranges->list[out], next = ranges->list[i];

		if (next.start <= last->end)
			last->end = mb_max(last->end, next.end);
		else
			ranges->list[++out] = next;
	}
	ranges->count = out + 1;
}

size_t mb_ranges_find(const struct mb_ranges *ranges, mb_phys_t addr)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->list[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int mb_ranges_insert(struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end)
{
	size_t first = mb_ranges_find(ranges, start ? start - 1 : 0), next = first;
	struct mb_range all = {start, end};

	if (start >= end)
		return 0;
	for (; next < ranges->count && ranges->list[next].start <= end; next++) {
		all.start = mb_min(all.start, ranges->list[next].start);
		all.end = mb_max(all.end, ranges->list[next].end);
	}
	if (next == first && mb_ranges_add(ranges, start, end))
		return -ENOMEM;
	if (next == first)
		memmove(&ranges->list[first + 1], &ranges->list[first],
			(ranges->count - 1 - first) * sizeof(*ranges->list));
	else
		memmove(&ranges->list[first + 1], &ranges->list[next],
			(ranges->count - next) * sizeof(*ranges->list));
	ranges->list[first] = all;
	ranges->count -= next > first ? next - first - 1 : 0;
	return 0;
}

bool mb_ranges_overlap(const struct mb_ranges *ranges, mb_phys_t start, mb_phys_t end)
{
	size_t i = mb_ranges_find(ranges, start);

	return start < end && i < ranges->count && ranges->list[i].start < end;
}

int mb_ranges_subtract(struct mb_ranges *ranges, const struct mb_ranges *without)
{
	struct mb_ranges left = {0};

	for (size_t i = 0; i < ranges->count; i++) {
		struct mb_range range = ranges->list[i];
		size_t cut = mb_ranges_find(without, range.start);

		for (; cut < without->count && without->list[cut].start < range.end; cut++) {
			if (mb_ranges_add(&left, range.start, without->list[cut].start))
				goto fail;
			range.start = mb_min(without->list[cut].end, range.end);
		}
		if (mb_ranges_add(&left, range.start, range.end))
			goto fail;
	}
	mb_ranges_fini(ranges);
	*ranges = left;
	return 0;
fail:
	mb_ranges_fini(&left);
	return -ENOMEM;
}

void mb_ranges_fini(struct mb_ranges *ranges)
{
	free(ranges->list);
	*ranges = (struct mb_ranges){0};
}
