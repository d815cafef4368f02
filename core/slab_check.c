/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/slab_internal.h"

/* Walks over what slab.c and slab_cache.c hold, changing nothing but the marks of the records. */

struct check {
	struct mb_slab *slab;
	struct mb_err *err;
	uint64_t *seen; /* of one slab: which objects were met on a free list */
	size_t seen_objects;
};

static const char *name_of(const struct mb_kmem_cache *cache)
{
	return cache->name ? cache->name : "(unnamed)";
}

static unsigned objects_of(const struct mb_page *page)
{
	return page->objects & ~MB_SLAB_PAGE_FROZEN;
}

static bool is_frozen(const struct mb_page *page)
{
	return page->objects & MB_SLAB_PAGE_FROZEN;
}

/*
 * Counts a free list and marks its objects; -EUCLEAN for a pointer that is no object of the slab or
 * was met before.
 */
static int walk_freelist(struct check *check, struct mb_kmem_cache *cache,
			 const struct mb_page *page, const char *base, const void *freelist,
			 unsigned *count)
{
	const struct mb_slab_sizes *sizes = &cache->sizes;
	const char *object;

	for (object = freelist; object; object = mb_slab_get_freepointer(cache, object)) {
		uint64_t distance = (uint64_t)((uintptr_t)object - (uintptr_t)base);

		if (distance % sizes->size || distance / sizes->size >= objects_of(page) ||
		    (uintptr_t)object % sizes->align)
			return MB_FAIL(check->err, -EUCLEAN,
				       "%s: free pointer %p is no object of its slab",
				       name_of(cache), (const void *)object);
		if (mb_bit_test(check->seen, distance / sizes->size))
			return MB_FAIL(check->err, -EUCLEAN, "%s: object %p is free twice",
				       name_of(cache), (const void *)object);
		mb_bit_set(check->seen, distance / sizes->size);
		(*count)++;
	}
	return 0;
}

/* The CPU whose slab the page is, or NULL. */
static struct mb_kmem_cache_cpu *owner_cpu(const struct mb_kmem_cache *cache,
					   const struct mb_page *page)
{
	for (unsigned cpu = 0; cpu < cache->slab->config.nr_cpus; cpu++) {
		if (cache->cpu_slab[cpu].slab == page)
			return &cache->cpu_slab[cpu];
	}
	return NULL;
}

static int check_page(struct check *check, struct mb_kmem_cache *cache, const struct mb_page *page,
		      unsigned order)
{
	unsigned expected =
		order == cache->sizes.order ? cache->sizes.objects : cache->sizes.min_objects;

	if (order != cache->sizes.order && order != cache->sizes.min_order)
		return MB_FAIL(check->err, -EUCLEAN, "%s: slab of order %u", name_of(cache), order);
	if (objects_of(page) != expected)
		return MB_FAIL(check->err, -EUCLEAN, "%s: slab of %u objects instead of %u",
			       name_of(cache), objects_of(page), expected);
	if (page->inuse > expected)
		return MB_FAIL(check->err, -EUCLEAN, "%s: %u of %u objects in use", name_of(cache),
			       page->inuse, expected);
	if (mb_page_test(page, MB_PG_HEAD) != (order > 0))
		return MB_FAIL(check->err, -EUCLEAN, "%s: head flag does not fit order %u",
			       name_of(cache), order);
	if (!mb_slab_get_node(cache, (unsigned)mb_slab_nid(cache->slab, page)))
		return MB_FAIL(check->err, -EUCLEAN, "%s: slab on node %d, which has no structure",
			       name_of(cache), mb_slab_nid(cache->slab, page));
	return 0;
}

/* One slab: its counters and both free lists. */
static int check_slab(struct check *check, struct mb_slab_record *record)
{
	const struct mb_slab_config *config = &check->slab->config;
	struct mb_kmem_cache *cache = record->page->slab_cache;
	struct mb_page *page = record->page;
	const struct mb_kmem_cache_cpu *c;
	unsigned free_objects = 0, cpu_objects = 0;
	const char *base;
	int result;

	if (!mb_page_test(page, MB_PG_SLAB))
		return MB_FAIL(check->err, -EUCLEAN, "slab page without its flag");
	result = check_page(check, cache, page, record->order);
	if (result)
		return result;
	base = config->page_address(config->ctx, page, record->order);
	memset(check->seen, 0, MB_BITMAP_WORDS(check->seen_objects) * sizeof(uint64_t));
	result = walk_freelist(check, cache, page, base, page->freelist, &free_objects);
	c = is_frozen(page) ? owner_cpu(cache, page) : NULL;
	if (!result && c)
		result = walk_freelist(check, cache, page, base, c->freelist, &cpu_objects);
	if (result)
		return result;
	if (free_objects + page->inuse != objects_of(page) || cpu_objects > page->inuse)
		return MB_FAIL(check->err, -EUCLEAN,
			       "%s: %u free and %u in use of %u objects, %u with the CPU",
			       name_of(cache), free_objects, page->inuse, objects_of(page),
			       cpu_objects);
	return 0;
}

/* Marks a slab as met on a list, which must be the only one. */
static int meet(struct check *check, const struct mb_kmem_cache *cache, const struct mb_page *page,
		bool frozen, const char *where)
{
	struct mb_slab_record *record = mb_slab_record_find(check->slab, page);

	if (!record || record->large || page->slab_cache != cache)
		return MB_FAIL(check->err, -EUCLEAN, "%s: page on %s is no slab of the cache",
			       name_of(cache), where);
	if (record->seen++)
		return MB_FAIL(check->err, -EUCLEAN, "%s: slab on %s is on another list too",
			       name_of(cache), where);
	if (is_frozen(page) != frozen)
		return MB_FAIL(check->err, -EUCLEAN, "%s: slab on %s is %sfrozen", name_of(cache),
			       where, frozen ? "not " : "");
	return 0;
}

static int check_node(struct check *check, const struct mb_kmem_cache *cache,
		      const struct mb_kmem_cache_node *node)
{
	const struct mb_list *pos;
	uint64_t count = 0;

	mb_list_for_each(pos, &node->partial) {
		const struct mb_page *page = MB_LIST_ENTRY(pos, struct mb_page, slab_list);
		int result = meet(check, cache, page, false, "a node's partial list");

		if (result)
			return result;
		if (mb_slab_nid(cache->slab, page) != node->nid || !page->freelist)
			return MB_FAIL(
				check->err, -EUCLEAN,
				"%s: slab of node %d on node %d's partial list, or a full one",
				name_of(cache), mb_slab_nid(cache->slab, page), node->nid);
		count++;
	}
	if (count != node->nr_partial)
		return MB_FAIL(check->err, -EUCLEAN,
			       "%s: node %d lists %llu partial slabs and counts %llu",
			       name_of(cache), node->nid, (unsigned long long)count,
			       (unsigned long long)node->nr_partial);
	return 0;
}

static int check_cpu(struct check *check, const struct mb_kmem_cache *cache,
		     const struct mb_kmem_cache_cpu *c)
{
	const struct mb_page *page;
	int result;

	if (c->freelist && !c->slab)
		return MB_FAIL(check->err, -EUCLEAN, "%s: CPU with free objects and no slab",
			       name_of(cache));
	if (c->slab) {
		result = meet(check, cache, c->slab, true, "a CPU");
		if (result)
			return result;
	}
	for (page = c->partial; page; page = mb_slab_chain_next(page)) {
		result = meet(check, cache, page, true, "a CPU's partial chain");
		if (result)
			return result;
		if (!page->freelist || mb_slab_chain_length(page) !=
					       mb_slab_chain_length(mb_slab_chain_next(page)) + 1)
			return MB_FAIL(check->err, -EUCLEAN,
				       "%s: CPU partial chain of wrong length", name_of(cache));
	}
	return 0;
}

static int check_cache(struct check *check, const struct mb_kmem_cache *cache)
{
	const struct mb_slab_config *config = &check->slab->config;
	int result = 0;

	for (unsigned nid = 0; nid < config->nr_node_ids && !result; nid++) {
		const struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid);

		if (!node != !mb_slab_has_normal_memory(check->slab, (int)nid))
			return MB_FAIL(check->err, -EUCLEAN,
				       "%s: node %u with memory or structure alone", name_of(cache),
				       nid);
		if (node)
			result = check_node(check, cache, node);
	}
	for (unsigned cpu = 0; cpu < config->nr_cpus && !result; cpu++)
		result = check_cpu(check, cache, &cache->cpu_slab[cpu]);
	return result;
}

/* Slabs that were met on no list must be full; those of a node are as many as it counts. */
static int check_node_count(struct check *check, const struct mb_kmem_cache *cache, int nid)
{
	struct mb_slab_node_stat stat;
	uint64_t slabs = 0, objects = 0;
	struct mb_list *pos;

	mb_list_for_each(pos, &check->slab->records) {
		const struct mb_slab_record *record =
			MB_LIST_ENTRY(pos, struct mb_slab_record, all);

		if (record->large || record->page->slab_cache != cache ||
		    mb_slab_nid(check->slab, record->page) != nid)
			continue;
		slabs++;
		objects += objects_of(record->page);
		if (!record->seen && (is_frozen(record->page) || record->page->freelist))
			return MB_FAIL(check->err, -EUCLEAN,
				       "%s: slab with free objects is on no list", name_of(cache));
	}
	mb_slab_node_stat(cache, nid, &stat);
	if (stat.nr_slabs != slabs || stat.total_objects != objects)
		return MB_FAIL(check->err, -EUCLEAN, "%s: node %d has %llu slabs and counts %llu",
			       name_of(cache), nid, (unsigned long long)slabs,
			       (unsigned long long)stat.nr_slabs);
	return 0;
}

static int check_counts(struct check *check, const struct mb_kmem_cache *cache)
{
	int result = 0;

	for (int nid = 0; nid < (int)check->slab->config.nr_node_ids && !result; nid++) {
		if (mb_slab_get_node(cache, (unsigned)nid))
			result = check_node_count(check, cache, nid);
	}
	return result;
}

static int check_all(struct check *check)
{
	struct mb_kmem_cache *cache = NULL;
	struct mb_list *pos;
	int result = 0;

	mb_list_for_each(pos, &check->slab->records) {
		struct mb_slab_record *record = MB_LIST_ENTRY(pos, struct mb_slab_record, all);

		record->seen = 0;
		if (!record->large)
			result = check_slab(check, record);
		if (result)
			return result;
	}
	while (!result && (cache = mb_slab_next_cache(check->slab, cache)))
		result = check_cache(check, cache);
	while (!result && (cache = mb_slab_next_cache(check->slab, cache)))
		result = check_counts(check, cache);
	return result;
}

int mb_slab_check(struct mb_slab *slab, struct mb_err *err)
{
	struct check check = {.slab = slab, .err = err, .seen_objects = MB_SLAB_MAX_OBJECTS + 1};
	int result;

	check.seen = calloc(MB_BITMAP_WORDS(check.seen_objects), sizeof(uint64_t));
	if (!check.seen)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	result = check_all(&check);
	free(check.seen);
	return result;
}

void mb_slab_node_stat(const struct mb_kmem_cache *cache, int nid,
		       struct mb_slab_node_stat *ret_stat)
{
	const struct mb_kmem_cache_node *node =
		nid < 0 ? NULL : mb_slab_get_node(cache, (unsigned)nid);

	*ret_stat = (struct mb_slab_node_stat){0};
	if (!node)
		return;
	ret_stat->nr_slabs = __atomic_load_n(&node->nr_slabs, __ATOMIC_RELAXED);
	ret_stat->total_objects = __atomic_load_n(&node->total_objects, __ATOMIC_RELAXED);
	ret_stat->nr_partial = __atomic_load_n(&node->nr_partial, __ATOMIC_RELAXED);
}

/* Free objects that CPUs keep; their slabs count them as in use. */
static uint64_t cpu_free_objects(const struct mb_kmem_cache *cache)
{
	uint64_t count = 0;

	for (unsigned cpu = 0; cpu < cache->slab->config.nr_cpus; cpu++) {
		const void *object = cache->cpu_slab[cpu].freelist;

		for (; object; object = mb_slab_get_freepointer(cache, object))
			count++;
	}
	return count;
}

static void count_record(const struct mb_slab_record *record, struct mb_slab_stats *stats)
{
	uint64_t pages = UINT64_C(1) << record->order;

	if (record->large) {
		stats->large++;
		stats->large_pages += pages;
		return;
	}
	stats->slabs++;
	stats->pages += pages;
	stats->objects += objects_of(record->page);
	stats->used += record->page->inuse;
}

void mb_slab_stats(const struct mb_slab *slab, const struct mb_kmem_cache *cache,
		   struct mb_slab_stats *ret_stats)
{
	struct mb_slab_stats stats = {.misplaced = slab->misplaced};
	const struct mb_kmem_cache *other = NULL;
	struct mb_list *pos;

	mb_list_for_each(pos, &slab->records) {
		const struct mb_slab_record *record =
			MB_LIST_ENTRY(pos, struct mb_slab_record, all);

		if (!cache || (!record->large && record->page->slab_cache == cache))
			count_record(record, &stats);
	}
	while ((other = mb_slab_next_cache(slab, other))) {
		if (cache && other != cache)
			continue;
		stats.caches++;
		stats.used -= cpu_free_objects(other);
	}
	*ret_stats = stats;
}

uint64_t mb_slab_nr_pages(const struct mb_slab *slab)
{
	struct mb_list *pos;
	uint64_t pages = 0;

	mb_list_for_each(pos, &slab->records)
		pages += UINT64_C(1) << MB_LIST_ENTRY(pos, struct mb_slab_record, all)->order;
	return pages;
}
