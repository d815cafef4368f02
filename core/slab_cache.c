/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/slab_internal.h"

/*
 * Objects of a cache: mm/slub.c of Linux 6.1. A slab is in one of four places: a CPU's current
 * slab, a CPU's chain of partial slabs, its node's partial list, or nowhere, when all of its
 * objects are given out. The kernel changes a slab's free list and counters with one double-word
 * compare-and-swap, or under a bit lock where it has none; here it is the bit lock.
 */

/* Blocks of pages, by page */

static size_t bucket_of(const struct mb_slab *slab, const struct mb_page *page)
{
	uint64_t hash = (uintptr_t)page * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(hash >> 32) & (slab->nr_buckets - 1);
}

static void bucket_insert(struct mb_slab *slab, struct mb_slab_record *record)
{
	struct mb_slab_record **bucket = &slab->buckets[bucket_of(slab, record->page)];

	record->next = *bucket;
	*bucket = record;
}

/* Keeps the chains short. Without memory for that they just grow longer. */
static void grow_buckets(struct mb_slab *slab)
{
	struct mb_slab_record **old = slab->buckets, **buckets;
	struct mb_list *pos;

	if (slab->nr_records < slab->nr_buckets)
		return;
	buckets = calloc(slab->nr_buckets * 2, sizeof(struct mb_slab_record *));
	if (!buckets)
		return;
	slab->buckets = buckets;
	slab->nr_buckets *= 2;
	mb_list_for_each(pos, &slab->records)
		bucket_insert(slab, MB_LIST_ENTRY(pos, struct mb_slab_record, all));
	free(old);
}

int mb_slab_record_add(struct mb_slab *slab, struct mb_page *page, unsigned order, bool large)
{
	struct mb_slab_record *record = calloc(1, sizeof(*record));

	if (!record)
		return -ENOMEM;
	record->page = page;
	record->order = order;
	record->large = large;
	pthread_mutex_lock(&slab->records_lock);
	grow_buckets(slab);
	bucket_insert(slab, record);
	mb_list_add_tail(&record->all, &slab->records);
	slab->nr_records++;
	pthread_mutex_unlock(&slab->records_lock);
	return 0;
}

struct mb_slab_record *mb_slab_record_find(const struct mb_slab *slab, const struct mb_page *page)
{
	struct mb_slab_record *record = slab->buckets[bucket_of(slab, page)];

	while (record && record->page != page)
		record = record->next;
	return record;
}

unsigned mb_slab_record_remove(struct mb_slab *slab, struct mb_page *page)
{
	struct mb_slab_record **link, *record;
	unsigned order;

	pthread_mutex_lock(&slab->records_lock);
	link = &slab->buckets[bucket_of(slab, page)];
	while ((*link)->page != page)
		link = &(*link)->next;
	record = *link;
	*link = record->next;
	mb_list_del(&record->all);
	slab->nr_records--;
	pthread_mutex_unlock(&slab->records_lock);
	order = record->order;
	free(record);
	return order;
}

/* One slab page's free list and counters */

/* Returns the number of objects in use. */
static unsigned lock_page(struct mb_page *page)
{
	unsigned spins = 0, inuse;

	while ((inuse = __atomic_fetch_or(&page->inuse, MB_SLAB_PAGE_LOCKED, __ATOMIC_ACQUIRE)) &
	       MB_SLAB_PAGE_LOCKED) {
		if (++spins % 64 == 0)
			sched_yield();
	}
	return inuse;
}

static void unlock_page(struct mb_page *page, unsigned inuse)
{
	__atomic_store_n(&page->inuse, inuse, __ATOMIC_RELEASE);
}

static void set_frozen(struct mb_page *page, bool frozen)
{
	if (frozen)
		page->objects |= MB_SLAB_PAGE_FROZEN;
	else
		page->objects &= ~MB_SLAB_PAGE_FROZEN;
}

static unsigned page_objects(const struct mb_page *page)
{
	return page->objects & ~MB_SLAB_PAGE_FROZEN;
}

/* New slabs */

uint64_t mb_slab_random(struct mb_slab *slab)
{
	uint64_t drawn = __atomic_fetch_add(&slab->nr_random, 1, __ATOMIC_RELAXED);
	struct mb_rng rng = {slab->config.freelist_seed + drawn * UINT64_C(0xd1342543de82ef95)};

	return mb_rng_next(&rng);
}

/*
 * Links all objects: by address, or along the cache's random sequence from a random place
 * (shuffle_freelist).
 */
static void link_objects(struct mb_kmem_cache *cache, struct mb_page *page, char *base)
{
	unsigned count = page_objects(page), sequence = cache->sizes.objects, at = 0;
	const unsigned *offsets = count > 1 ? cache->random_seq : NULL;
	char *last = NULL;

	if (offsets)
		at = (unsigned)(mb_slab_random(cache->slab) % sequence);
	for (unsigned i = 0; i < (offsets ? sequence : count); i++) {
		unsigned offset = offsets ? offsets[(at + i) % sequence] : i * cache->sizes.size;
		char *object = base + offset;

		if (offset >= count * cache->sizes.size)
			continue; /* the sequence is for a slab of the usual order */
		if (cache->ctor)
			cache->ctor(object);
		if (last)
			mb_slab_set_freepointer(cache, last, object);
		else
			page->freelist = object;
		last = object;
	}
	mb_slab_set_freepointer(cache, last, NULL);
}

void mb_slab_reset_page(struct mb_page *page)
{
	page->flags &= ~(MB_PAGE_FLAG(SLAB) | MB_PAGE_FLAG(HEAD));
	mb_list_init(&page->lru);
	page->mapping = 0;
	page->index = 0;
	page->private = 0;
}

static struct mb_page *allocate_slab(struct mb_kmem_cache *cache, int nid, unsigned cpu,
				     unsigned *ret_order)
{
	const struct mb_slab_config *config = &cache->slab->config;
	unsigned order = cache->sizes.order;
	struct mb_page *page = config->alloc_pages(config->ctx, nid, order, cache->flags, cpu);

	if (!page && cache->sizes.min_order < order) {
		order = cache->sizes.min_order;
		page = config->alloc_pages(config->ctx, nid, order, cache->flags, cpu);
	}
	*ret_order = order;
	return page;
}

void mb_slab_count_slab(struct mb_kmem_cache_node *node, const struct mb_page *page, int slabs)
{
	__atomic_fetch_add(&node->nr_slabs, (uint64_t)slabs, __ATOMIC_RELAXED);
	__atomic_fetch_add(&node->total_objects, (uint64_t)slabs * page_objects(page),
			   __ATOMIC_RELAXED);
}

/*
 * A slab with all objects free, on no list, counted on its node if the node's structure exists; or
 * NULL. Pages of a node that cannot have slabs are refused.
 */
struct mb_page *mb_slab_new_slab(struct mb_kmem_cache *cache, int nid, unsigned cpu)
{
	struct mb_slab *slab = cache->slab;
	const struct mb_slab_config *config = &slab->config;
	struct mb_kmem_cache_node *node;
	struct mb_page *page;
	unsigned order;
	void *base;

	page = allocate_slab(cache, nid, cpu, &order);
	if (!page)
		return NULL;
	base = config->page_address(config->ctx, page, order);
	if (!base || !mb_slab_has_normal_memory(slab, mb_slab_nid(slab, page)) ||
	    mb_slab_record_add(slab, page, order, false)) {
		config->free_pages(config->ctx, page, order, cpu);
		return NULL;
	}
	page->flags |= MB_PAGE_FLAG(SLAB) | (uint64_t)(order > 0) << MB_PG_HEAD;
	page->slab_cache = cache;
	page->inuse = 0;
	page->objects =
		order == cache->sizes.order ? cache->sizes.objects : cache->sizes.min_objects;
	link_objects(cache, page, base);
	node = mb_slab_get_node(cache, (unsigned)mb_slab_nid(cache->slab, page));
	if (node)
		mb_slab_count_slab(node, page, 1);
	return page;
}

void mb_slab_discard(struct mb_kmem_cache *cache, struct mb_page *page, unsigned cpu)
{
	const struct mb_slab_config *config = &cache->slab->config;
	unsigned order = mb_slab_record_remove(cache->slab, page);

	mb_slab_count_slab(mb_slab_get_node(cache, (unsigned)mb_slab_nid(cache->slab, page)), page,
			   -1);
	mb_slab_reset_page(page);
	config->free_pages(config->ctx, page, order, cpu);
}

/* A node's partial list; its lock is held */

static void set_nr_partial(struct mb_kmem_cache_node *node, uint64_t count)
{
	__atomic_store_n(&node->nr_partial, count, __ATOMIC_RELAXED);
}

static uint64_t nr_partial(const struct mb_kmem_cache_node *node)
{
	return __atomic_load_n(&node->nr_partial, __ATOMIC_RELAXED);
}

void mb_slab_add_partial(struct mb_kmem_cache_node *node, struct mb_page *page, bool tail)
{
	set_nr_partial(node, nr_partial(node) + 1);
	if (tail)
		mb_list_add_tail(&page->slab_list, &node->partial);
	else
		mb_list_add(&page->slab_list, &node->partial);
}

void mb_slab_remove_partial(struct mb_kmem_cache_node *node, struct mb_page *page)
{
	mb_list_del(&page->slab_list);
	set_nr_partial(node, nr_partial(node) - 1);
}

/* A CPU's slabs */

static struct mb_kmem_cache_node *page_node(const struct mb_kmem_cache *cache,
					    const struct mb_page *page)
{
	return mb_slab_get_node(cache, (unsigned)mb_slab_nid(cache->slab, page));
}

/*
 * Gives a chain of frozen slabs to their nodes, the empty ones above min_partial to the buddy
 * (__unfreeze_partials).
 */
static void unfreeze_chain(struct mb_kmem_cache *cache, struct mb_page *chain, unsigned cpu)
{
	struct mb_page *page, *empty = NULL;

	while ((page = chain)) {
		struct mb_kmem_cache_node *node = page_node(cache, page);
		unsigned inuse;

		chain = mb_slab_chain_next(page);
		pthread_spin_lock(&node->lock);
		inuse = lock_page(page);
		set_frozen(page, false);
		if (inuse || nr_partial(node) < cache->sizes.min_partial) {
			mb_slab_add_partial(node, page, true);
		} else {
			page->slab_list.next = (struct mb_list *)(void *)empty;
			empty = page;
		}
		unlock_page(page, inuse);
		pthread_spin_unlock(&node->lock);
	}
	while ((page = empty)) {
		empty = mb_slab_chain_next(page);
		mb_slab_discard(cache, page, cpu);
	}
}

/*
 * Puts a frozen slab on the CPU's chain; drain: a chain that is long enough goes to the nodes first
 * (put_cpu_partial).
 */
static void put_cpu_partial(struct mb_kmem_cache *cache, struct mb_page *page, bool drain,
			    unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	struct mb_page *old = c->partial, *full_chain = NULL;

	if (drain && mb_slab_chain_length(old) >= cache->sizes.cpu_partial_slabs) {
		full_chain = old;
		old = NULL;
	}
	page->slab_list.prev = (struct mb_list *)(mb_slab_chain_length(old) + 1);
	page->slab_list.next = (struct mb_list *)(void *)old;
	c->partial = page;
	unfreeze_chain(cache, full_chain, cpu);
}

/*
 * Takes the CPU's slab and what is left of the CPU's free list away from the CPU (deactivate_slab).
 */
static void deactivate_slab(struct mb_kmem_cache *cache, unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	struct mb_page *page = c->slab;
	struct mb_kmem_cache_node *node = page_node(cache, page);
	void *last = NULL;
	unsigned count = 0, inuse;
	bool remote_frees, discard = false;

	for (void *object = c->freelist; object; object = mb_slab_get_freepointer(cache, object)) {
		last = object;
		count++;
	}
	pthread_spin_lock(&node->lock);
	inuse = lock_page(page) - count;
	remote_frees = page->freelist != NULL;
	if (last) {
		mb_slab_set_freepointer(cache, last, page->freelist);
		page->freelist = c->freelist;
	}
	set_frozen(page, false);
	if (!inuse && nr_partial(node) >= cache->sizes.min_partial)
		discard = true;
	else if (page->freelist)
		mb_slab_add_partial(node, page, remote_frees);
	unlock_page(page, inuse);
	pthread_spin_unlock(&node->lock);
	c->slab = NULL;
	c->freelist = NULL;
	if (discard)
		mb_slab_discard(cache, page, cpu);
}

void mb_slab_flush_cpu(struct mb_kmem_cache *cache, unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	struct mb_page *chain = c->partial;

	if (c->slab)
		deactivate_slab(cache, cpu);
	c->partial = NULL;
	unfreeze_chain(cache, chain, cpu);
}

/* Allocation */

/*
 * All free objects of the CPU's slab that others have freed into it; NULL: none, and the slab is
 * the CPU's no more.
 */
static void *get_freelist(struct mb_page *page)
{
	unsigned inuse = lock_page(page);
	void *freelist = page->freelist;

	page->freelist = NULL;
	if (freelist)
		inuse = page_objects(page);
	set_frozen(page, freelist != NULL);
	unlock_page(page, inuse);
	return freelist;
}

/*
 * Freezes a slab of the node's list and takes it off; whole: with its free objects, which are
 * returned.
 */
static void *acquire_slab(struct mb_kmem_cache_node *node, struct mb_page *page, bool whole)
{
	unsigned inuse = lock_page(page);
	void *freelist = page->freelist;

	if (whole) {
		page->freelist = NULL;
		inuse = page_objects(page);
	}
	set_frozen(page, true);
	unlock_page(page, inuse);
	mb_slab_remove_partial(node, page);
	return freelist;
}

/*
 * The free list of a partial slab of the node, which becomes the CPU's; more slabs go to the CPU's
 * chain.
 */
static void *get_partial_node(struct mb_kmem_cache *cache, struct mb_kmem_cache_node *node,
			      unsigned cpu, struct mb_page **ret_page)
{
	void *freelist = NULL;
	unsigned chained = 0;
	struct mb_list *pos, *n;

	if (!node || !nr_partial(node))
		return NULL;
	pthread_spin_lock(&node->lock);
	mb_list_for_each_safe(pos, n, &node->partial) {
		struct mb_page *page = MB_LIST_ENTRY(pos, struct mb_page, slab_list);

		if (!freelist) {
			freelist = acquire_slab(node, page, true);
			*ret_page = page;
		} else {
			acquire_slab(node, page, false);
			put_cpu_partial(cache, page, false, cpu);
			chained++;
		}
		if (chained > cache->sizes.cpu_partial_slabs / 2)
			break;
	}
	pthread_spin_unlock(&node->lock);
	return freelist;
}

static int cpu_node(const struct mb_slab *slab, unsigned cpu)
{
	return slab->config.cpu_node ? slab->config.cpu_node[cpu] : MB_NO_NODE;
}

static int zonelist_node(const struct mb_slab *slab, int nid, unsigned i)
{
	const struct mb_slab_config *config = &slab->config;

	if (config->zonelist_node && nid != MB_NO_NODE)
		return config->zonelist_node(config->ctx, nid, i);
	if (i >= config->nr_node_ids)
		return MB_NO_NODE;
	return (int)(((unsigned)(nid == MB_NO_NODE ? 0 : nid) + i) % config->nr_node_ids);
}

/*
 * get_partial: from the node asked for alone, else from the CPU's, else from one that has more than
 * it wants to keep. (The kernel leaves out the last step for one call in fifty, at random.)
 */
static void *get_partial(struct mb_kmem_cache *cache, int nid, unsigned cpu,
			 struct mb_page **ret_page)
{
	int local = nid == MB_NO_NODE ? cpu_node(cache->slab, cpu) : nid, other;
	void *freelist = NULL;

	if (local != MB_NO_NODE)
		freelist = get_partial_node(cache, mb_slab_get_node(cache, (unsigned)local), cpu,
					    ret_page);
	if (freelist || nid != MB_NO_NODE)
		return freelist;
	for (unsigned i = 0; !freelist; i++) {
		struct mb_kmem_cache_node *node;

		other = zonelist_node(cache->slab, local, i);
		if (other == MB_NO_NODE)
			break;
		node = mb_slab_get_node(cache, (unsigned)other);
		if (node && nr_partial(node) > cache->sizes.min_partial)
			freelist = get_partial_node(cache, node, cpu, ret_page);
	}
	return freelist;
}

static void *take_new_slab(struct mb_kmem_cache *cache, int nid, unsigned cpu,
			   struct mb_page **ret_page)
{
	int from = nid == MB_NO_NODE ? cpu_node(cache->slab, cpu) : nid;
	struct mb_page *page = mb_slab_new_slab(cache, from, cpu);
	void *freelist;

	if (!page)
		return NULL;
	freelist = page->freelist;
	page->freelist = NULL;
	set_frozen(page, true);
	page->inuse = page_objects(page);
	*ret_page = page;
	return freelist;
}

/*
 * The free list of the CPU's slab once that is of the right node and has one, else NULL and the CPU
 * has no slab.
 */
static void *current_freelist(struct mb_kmem_cache *cache, int nid, unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	void *freelist;

	if (!c->slab)
		return NULL;
	if (nid != MB_NO_NODE && mb_slab_nid(cache->slab, c->slab) != nid) {
		deactivate_slab(cache, cpu);
		return NULL;
	}
	freelist = c->freelist ? c->freelist : get_freelist(c->slab);
	if (!freelist)
		c->slab = NULL;
	return freelist;
}

static void *alloc_slow(struct mb_kmem_cache *cache, int nid, unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	void *object;

	if (nid != MB_NO_NODE && !mb_slab_has_normal_memory(cache->slab, nid))
		nid = MB_NO_NODE;
	while (!(object = current_freelist(cache, nid, cpu)) && c->partial) {
		c->slab = c->partial;
		c->partial = mb_slab_chain_next(c->slab);
	}
	if (!object)
		object = get_partial(cache, nid, cpu, &c->slab);
	if (!object)
		object = take_new_slab(cache, nid, cpu, &c->slab);
	c->freelist = object ? mb_slab_get_freepointer(cache, object) : NULL;
	return object;
}

void *mb_slab_alloc(struct mb_kmem_cache *cache, int nid, unsigned cpu)
{
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	void *object = c->freelist;

	if (!object || (nid != MB_NO_NODE && mb_slab_nid(cache->slab, c->slab) != nid))
		return alloc_slow(cache, nid, cpu);
	c->freelist = mb_slab_get_freepointer(cache, object);
	return object;
}

/* Freeing */

/*
 * An object of a slab that is not this CPU's (__slab_free). A full slab becomes frozen and goes to
 * this CPU's chain; one that gets empty on its node's list goes to the buddy when the node has
 * enough.
 */
static void free_slow(struct mb_kmem_cache *cache, struct mb_page *page, void *object, unsigned cpu)
{
	struct mb_kmem_cache_node *node = NULL;
	bool frozen, was_full, discard;
	unsigned inuse;

	for (;;) {
		inuse = lock_page(page);
		frozen = page->objects & MB_SLAB_PAGE_FROZEN;
		was_full = !page->freelist;
		if (frozen || was_full || inuse > 1 || node)
			break;
		/* The list's lock comes first. */
		unlock_page(page, inuse);
		node = page_node(cache, page);
		pthread_spin_lock(&node->lock);
	}
	mb_slab_set_freepointer(cache, object, page->freelist);
	page->freelist = object;
	if (!frozen && was_full)
		set_frozen(page, true);
	discard = node && !frozen && !was_full && inuse == 1 &&
		  nr_partial(node) >= cache->sizes.min_partial;
	if (discard)
		mb_slab_remove_partial(node, page);
	unlock_page(page, inuse - 1);
	if (node)
		pthread_spin_unlock(&node->lock);
	if (discard)
		mb_slab_discard(cache, page, cpu);
	else if (!frozen && was_full)
		put_cpu_partial(cache, page, true, cpu);
}

void mb_slab_free(struct mb_kmem_cache *cache, void *object, unsigned cpu)
{
	const struct mb_slab_config *config = &cache->slab->config;
	struct mb_kmem_cache_cpu *c = &cache->cpu_slab[cpu];
	struct mb_page *page = config->virt_to_page(config->ctx, object);

	if (page != c->slab) {
		free_slow(cache, page, object, cpu);
		return;
	}
	mb_slab_set_freepointer(cache, object, c->freelist);
	c->freelist = object;
}
