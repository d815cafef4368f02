/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "core/slab_internal.h"

/*
 * kmem_cache_init: mm/slub.c and mm/slab_common.c of Linux 6.1. The caches of kmem_cache and
 * kmem_cache_node objects need each other before either can give one, so they begin as two static
 * structures whose per-node structures are taken by hand from a slab of each node, and are copied
 * into objects of their own as soon as these can be had.
 *
 * Invariants: a slab of node n is counted and listed by the structure of node n; a cache on the
 * list has its structures for every node with normal memory; from PARTIAL on those are objects of
 * kmem_cache_node, and after bootstrap caches are objects of kmem_cache.
 */

/* Per-node structures */

static void init_node(struct mb_kmem_cache_node *node, int nid)
{
	memset(node, 0, sizeof(*node));
	pthread_spin_init(&node->lock, PTHREAD_PROCESS_PRIVATE);
	node->nid = nid;
	mb_list_init(&node->partial);
}

/*
 * The first slab of a node, for kmem_cache_node itself: its first object becomes the structure that
 * lists the slab (early_kmem_cache_node_alloc).
 */
static int early_node_alloc(struct mb_kmem_cache *cache, int nid)
{
	struct mb_page *page = mb_slab_new_slab(cache, nid, MB_SLAB_BOOT_CPU);
	struct mb_kmem_cache_node *node;

	if (!page)
		return -ENOMEM;
	node = page->freelist;
	page->freelist = mb_slab_get_freepointer(cache, node);
	page->inuse = 1;
	init_node(node, nid);
	mb_slab_set_node(cache, (unsigned)nid, node);
	if (mb_slab_nid(cache->slab, page) != nid)
		cache->slab->misplaced++;
	mb_slab_add_partial(node, page, false);
	return 0;
}

/*
 * The kernel leaves an early slab that came from elsewhere on the list of the node that asked,
 * where a later free would look for it in vain. Here it goes to its own node once all nodes have
 * their structure.
 */
static void settle_misplaced(struct mb_kmem_cache *cache)
{
	for (unsigned nid = 0; nid < cache->slab->config.nr_node_ids; nid++) {
		struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid), *own;
		struct mb_list *pos, *n;

		if (!node)
			continue;
		mb_list_for_each_safe(pos, n, &node->partial) {
			struct mb_page *page = MB_LIST_ENTRY(pos, struct mb_page, slab_list);

			own = mb_slab_get_node(cache, (unsigned)mb_slab_nid(cache->slab, page));
			if (own == node)
				continue;
			mb_slab_remove_partial(node, page);
			mb_slab_add_partial(own, page, true);
		}
	}
}

/*
 * Counts each slab on the node that it is listed on; the early ones were counted before all nodes
 * could count.
 */
static void recount_slabs(struct mb_kmem_cache *cache)
{
	for (unsigned nid = 0; nid < cache->slab->config.nr_node_ids; nid++) {
		struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid);
		struct mb_list *pos;

		if (!node)
			continue;
		node->nr_slabs = 0;
		node->total_objects = 0;
		mb_list_for_each(pos, &node->partial)
			mb_slab_count_slab(node, MB_LIST_ENTRY(pos, struct mb_page, slab_list), 1);
	}
}

static void free_nodes(struct mb_kmem_cache *cache)
{
	struct mb_slab *slab = cache->slab;

	for (unsigned nid = 0; nid < slab->config.nr_node_ids; nid++) {
		struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid);

		if (!node)
			continue;
		mb_slab_set_node(cache, nid, NULL);
		pthread_spin_destroy(&node->lock);
		mb_slab_free(slab->kmem_cache_node, node, MB_SLAB_BOOT_CPU);
	}
}

/* init_kmem_cache_nodes */
static int init_nodes(struct mb_kmem_cache *cache)
{
	struct mb_slab *slab = cache->slab;
	struct mb_kmem_cache_node *node;
	int result;

	for (int nid = 0; nid < (int)slab->config.nr_node_ids; nid++) {
		if (!mb_slab_has_normal_memory(slab, nid))
			continue;
		if (slab->state == MB_SLAB_DOWN) {
			result = early_node_alloc(cache, nid);
			if (result)
				return result;
			continue;
		}
		node = mb_slab_alloc(slab->kmem_cache_node, nid, MB_SLAB_BOOT_CPU);
		if (!node) {
			free_nodes(cache);
			return -ENOMEM;
		}
		init_node(node, nid);
		mb_slab_set_node(cache, (unsigned)nid, node);
	}
	if (slab->state == MB_SLAB_DOWN) {
		settle_misplaced(cache);
		recount_slabs(cache);
	}
	return 0;
}

/* Caches */

/*
 * init_cache_random_seq: offsets of the objects of a slab in the order that a new slab links them.
 */
static int init_random_seq(struct mb_kmem_cache *cache)
{
	unsigned count = cache->sizes.objects, *sequence;

	if (!cache->slab->config.freelist_seed || cache->random_seq)
		return 0;
	sequence = calloc(count, sizeof(*sequence));
	if (!sequence)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++)
		sequence[i] = i * cache->sizes.size;
	for (unsigned i = count - 1; i > 0; i--) {
		unsigned other = (unsigned)(mb_slab_random(cache->slab) % (i + 1)),
			 offset = sequence[i];

		sequence[i] = sequence[other];
		sequence[other] = offset;
	}
	cache->random_seq = sequence;
	return 0;
}

/* What of a cache lies outside the slab pages. */
static void free_outside(struct mb_kmem_cache *cache)
{
	free(cache->cpu_slab);
	free(cache->random_seq);
	free(cache->name);
	cache->cpu_slab = NULL;
	cache->random_seq = NULL;
	cache->name = NULL;
}

/* __kmem_cache_create: cache is zeroed memory. On failure nothing of it remains. */
static int open_cache(struct mb_slab *slab, struct mb_kmem_cache *cache, const char *name,
		      unsigned object_size, unsigned align, unsigned flags,
		      void (*ctor)(void *object))
{
	int result = -ENOMEM;

	cache->slab = slab;
	cache->flags = flags;
	cache->ctor = ctor;
	cache->refcount = 1;
	result = mb_slab_calculate_sizes(&slab->rules, object_size, align, flags, ctor != NULL,
					 &cache->sizes);
	if (result)
		return result;
	if (slab->config.freelist_seed)
		cache->random = mb_slab_random(slab) | 1;
	result = -ENOMEM;
	cache->name = strdup(name);
	cache->cpu_slab = calloc(slab->config.nr_cpus, sizeof(*cache->cpu_slab));
	if (!cache->name || !cache->cpu_slab)
		goto fail;
	if (slab->state >= MB_SLAB_UP && init_random_seq(cache))
		goto fail;
	result = init_nodes(cache);
	if (!result)
		return 0;
fail:
	free_outside(cache);
	return result;
}

static void *zalloc_cache(struct mb_slab *slab)
{
	void *object = mb_slab_alloc(slab->kmem_cache, MB_NO_NODE, MB_SLAB_BOOT_CPU);

	if (object)
		memset(object, 0, slab->kmem_cache->sizes.object_size);
	return object;
}

/* create_boot_cache, into zeroed memory. */
static int create_boot_cache(struct mb_slab *slab, struct mb_kmem_cache *cache, const char *name,
			     unsigned size, unsigned flags)
{
	unsigned align = mb_slab_boot_align(&slab->rules, flags, size);
	int result;

	align = mb_slab_calculate_alignment(&slab->rules, flags, align, size);
	result = open_cache(slab, cache, name, size, align, flags, NULL);
	cache->refcount = -1;
	return result;
}

int mb_slab_kmem_cache_create(struct mb_slab *slab, const char *name, unsigned object_size,
			      unsigned align, unsigned flags, void (*ctor)(void *object),
			      struct mb_kmem_cache **ret_cache)
{
	struct mb_kmem_cache *cache;
	int result;

	if (slab->state < MB_SLAB_UP || !object_size || (align && !mb_is_pow2(align)))
		return -EINVAL;
	cache = zalloc_cache(slab);
	if (!cache)
		return -ENOMEM;
	align = mb_slab_calculate_alignment(&slab->rules, flags, align, object_size);
	result = open_cache(slab, cache, name, object_size, align, flags, ctor);
	if (result) {
		mb_slab_free(slab->kmem_cache, cache, MB_SLAB_BOOT_CPU);
		return result;
	}
	mb_list_add(&cache->list, &slab->caches);
	*ret_cache = cache;
	return 0;
}

/* Takes the empty slabs off a node's list and gives them back. */
static void free_empty(struct mb_kmem_cache *cache, struct mb_kmem_cache_node *node)
{
	struct mb_list *pos, *n, empty;

	mb_list_init(&empty);
	pthread_spin_lock(&node->lock);
	mb_list_for_each_safe(pos, n, &node->partial) {
		struct mb_page *page = MB_LIST_ENTRY(pos, struct mb_page, slab_list);

		if (page->inuse)
			continue;
		mb_slab_remove_partial(node, page);
		mb_list_add_tail(&page->slab_list, &empty);
	}
	pthread_spin_unlock(&node->lock);
	mb_list_for_each_safe(pos, n, &empty)
		mb_slab_discard(cache, MB_LIST_ENTRY(pos, struct mb_page, slab_list),
				MB_SLAB_BOOT_CPU);
}

void mb_slab_kmem_cache_shrink(struct mb_kmem_cache *cache)
{
	const struct mb_slab_config *config = &cache->slab->config;

	for (unsigned cpu = 0; cpu < config->nr_cpus; cpu++)
		mb_slab_flush_cpu(cache, cpu);
	for (unsigned nid = 0; nid < config->nr_node_ids; nid++) {
		struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid);

		if (node)
			free_empty(cache, node);
	}
}

int mb_slab_kmem_cache_destroy(struct mb_kmem_cache *cache)
{
	struct mb_slab_node_stat stat;

	if (!cache)
		return 0;
	if (cache->refcount < 0 || cache->flags & MB_SLAB_KMALLOC)
		return -EBUSY;
	mb_slab_kmem_cache_shrink(cache);
	for (unsigned nid = 0; nid < cache->slab->config.nr_node_ids; nid++) {
		mb_slab_node_stat(cache, (int)nid, &stat);
		if (stat.nr_slabs)
			return -EBUSY;
	}
	mb_list_del(&cache->list);
	free_nodes(cache);
	free_outside(cache);
	mb_slab_free(cache->slab->kmem_cache, cache, MB_SLAB_BOOT_CPU);
	return 0;
}

/* The bootstrap */

/*
 * Copies a static cache into an object of kmem_cache and makes its slabs point at the copy
 * (bootstrap). All of them are on lists: the CPU's is given to its node first, and none is full
 * this early.
 */
static int bootstrap(struct mb_slab *slab, unsigned which, struct mb_kmem_cache **global)
{
	struct mb_kmem_cache *copy = zalloc_cache(slab), *old = slab->boot_caches[which];
	struct mb_list *pos;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, old, slab->kmem_cache->sizes.object_size);
	mb_slab_flush_cpu(copy, MB_SLAB_BOOT_CPU);
	for (unsigned nid = 0; nid < slab->config.nr_node_ids; nid++) {
		struct mb_kmem_cache_node *node = mb_slab_get_node(copy, nid);

		if (!node)
			continue;
		mb_list_for_each(pos, &node->partial)
			MB_LIST_ENTRY(pos, struct mb_page, slab_list)->slab_cache = copy;
	}
	mb_list_add(&copy->list, &slab->caches);
	*global = copy;
	slab->boot_caches[which] = NULL;
	free(old);
	return 0;
}

static int create_kmalloc_cache(struct mb_slab *slab, enum mb_kmalloc_type type, unsigned index)
{
	struct mb_kmem_cache *cache = zalloc_cache(slab);
	char name[MB_KMALLOC_NAME_BYTES];
	int result;

	if (!cache)
		return -ENOMEM;
	mb_slab_kmalloc_name(type, index, name);
	result = create_boot_cache(slab, cache, name, mb_slab_kmalloc_size(index),
				   mb_slab_kmalloc_flags(type));
	if (result)
		return result;
	/* With memory cgroups the plain ones must not be merged with charged caches. */
	cache->refcount = type == MB_KMALLOC_NORMAL ? -1 : 1;
	mb_list_add(&cache->list, &slab->caches);
	slab->kmalloc[type][index] = cache;
	return 0;
}

static void reach(struct mb_slab *slab, enum mb_slab_state state)
{
	slab->state = state;
	if (slab->config.reached)
		slab->config.reached(slab->config.reached_ctx, state);
}

static int create_kmalloc_caches(struct mb_slab *slab)
{
	unsigned indices[MB_KMALLOC_MAX_INDEX],
		count = mb_slab_kmalloc_indices(&slab->rules, indices);
	struct mb_kmem_cache *cache = NULL;
	int result;

	for (unsigned type = 0; type < MB_NR_KMALLOC_TYPES; type++) {
		for (unsigned i = 0; i < count; i++) {
			result = create_kmalloc_cache(slab, (enum mb_kmalloc_type)type, indices[i]);
			if (result)
				return result;
		}
	}
	reach(slab, MB_SLAB_UP);
	/* init_freelist_randomization */
	while ((cache = mb_slab_next_cache(slab, cache))) {
		result = init_random_seq(cache);
		if (result)
			return result;
	}
	return 0;
}

static unsigned kmem_cache_bytes(const struct mb_slab_config *config)
{
	return config->profile->slub_kmem_cache_offset +
	       config->nr_node_ids * (unsigned)sizeof(struct mb_kmem_cache_node *);
}

/* kmem_cache_init, step by step. */
static int boot_slab(struct mb_slab *slab, struct mb_err *err)
{
	const struct mb_slab_config *config = &slab->config;
	int result;

	result = create_boot_cache(slab, slab->kmem_cache_node, "kmem_cache_node",
				   config->profile->slub_node_bytes, MB_SLAB_HWCACHE_ALIGN);
	if (result)
		return MB_FAIL(err, result, "cannot create the cache kmem_cache_node");
	reach(slab, MB_SLAB_PARTIAL);
	result = create_boot_cache(slab, slab->kmem_cache, "kmem_cache", kmem_cache_bytes(config),
				   MB_SLAB_HWCACHE_ALIGN);
	if (result)
		return MB_FAIL(err, result, "cannot create the cache kmem_cache");
	result = bootstrap(slab, 0, &slab->kmem_cache);
	if (!result)
		result = bootstrap(slab, 1, &slab->kmem_cache_node);
	if (result)
		return MB_FAIL(err, result, "cannot copy the bootstrap caches");
	result = create_kmalloc_caches(slab);
	if (result)
		return MB_FAIL(err, result, "cannot create the kmalloc caches");
	return 0;
}

/* Starting and ending */

static int check_config(const struct mb_slab_config *config, struct mb_err *err)
{
	const struct mb_profile *profile = config->profile;

	if (!config->nr_cpus || !config->nr_node_ids || config->nr_node_ids > MB_MAX_NODES)
		return MB_FAIL(err, -EINVAL, "slab allocator for %u CPUs and %u nodes",
			       config->nr_cpus, config->nr_node_ids);
	if (profile->slub_kmem_cache_offset < sizeof(struct mb_kmem_cache) ||
	    profile->slub_node_bytes < sizeof(struct mb_kmem_cache_node))
		return MB_FAIL(err, -EINVAL,
			       "kernel %s has smaller slab structures than this allocator",
			       profile->name);
	return 0;
}

static int init_static(struct mb_slab *slab)
{
	slab->nr_buckets = 64;
	slab->buckets = calloc(slab->nr_buckets, sizeof(struct mb_slab_record *));
	for (unsigned i = 0; i < MB_ARRAY_SIZE(slab->boot_caches); i++)
		slab->boot_caches[i] = calloc(1, kmem_cache_bytes(&slab->config));
	slab->kmem_cache = slab->boot_caches[0];
	slab->kmem_cache_node = slab->boot_caches[1];
	return slab->buckets && slab->kmem_cache && slab->kmem_cache_node ? 0 : -ENOMEM;
}

int mb_slab_init(const struct mb_slab_config *config, struct mb_err *err, struct mb_slab **ret_slab)
{
	struct mb_slab *slab;
	int result = check_config(config, err);

	if (result)
		return result;
	slab = calloc(1, sizeof(*slab));
	if (!slab)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	slab->config = *config;
	if (!slab->config.layout)
		slab->config.layout = &mb_page_layout_plain;
	mb_slab_rules_init(&slab->rules, config->profile, config->arch, config->page_shift,
			   config->max_order, config->nr_cpus, config->present_cpus);
	if (config->cache_line)
		slab->rules.cache_line = config->cache_line;
	mb_list_init(&slab->caches);
	mb_list_init(&slab->records);
	pthread_mutex_init(&slab->records_lock, NULL);
	result = init_static(slab);
	if (result)
		MB_FAIL(err, result, "out of memory");
	else
		result = boot_slab(slab, err);
	if (result) {
		mb_slab_fini(slab);
		return result;
	}
	*ret_slab = slab;
	return 0;
}

void mb_slab_fini(struct mb_slab *slab)
{
	struct mb_kmem_cache *cache = NULL;
	struct mb_list *pos, *n;

	if (!slab)
		return;
	while ((cache = mb_slab_next_cache(slab, cache)))
		free_outside(cache);
	for (unsigned i = 0; i < MB_ARRAY_SIZE(slab->boot_caches); i++) {
		if (slab->boot_caches[i])
			free_outside(slab->boot_caches[i]);
		free(slab->boot_caches[i]);
	}
	mb_list_for_each_safe(pos, n, &slab->records) {
		struct mb_slab_record *record = MB_LIST_ENTRY(pos, struct mb_slab_record, all);

		mb_slab_reset_page(record->page);
		slab->config.free_pages(slab->config.ctx, record->page, record->order,
					MB_SLAB_BOOT_CPU);
		free(record);
	}
	free(slab->buckets);
	pthread_mutex_destroy(&slab->records_lock);
	free(slab);
}

void mb_slab_sysfs_init(struct mb_slab *slab)
{
	slab->state = MB_SLAB_FULL;
}

enum mb_slab_state mb_slab_state(const struct mb_slab *slab)
{
	return slab->state;
}

const struct mb_slab_rules *mb_slab_rules(const struct mb_slab *slab)
{
	return &slab->rules;
}

void mb_slab_print_banner(const struct mb_slab *slab, struct mb_strbuf *buf)
{
	const struct mb_slab_rules *rules = &slab->rules;

	mb_strbuf_addf(buf, "SLUB: HWalign=%u, Order=%u-%u, MinObjects=%u, CPUs=%u, Nodes=%u",
		       rules->cache_line, rules->min_order, rules->slub_max_order,
		       rules->min_objects, slab->config.nr_cpus, slab->config.nr_node_ids);
}

/* kmalloc */

struct mb_kmem_cache *mb_slab_kmalloc_cache(const struct mb_slab *slab, size_t bytes,
					    enum mb_kmalloc_type type)
{
	return slab->kmalloc[type][mb_slab_kmalloc_index(&slab->rules, bytes)];
}

static void *kmalloc_large(struct mb_slab *slab, size_t bytes, enum mb_kmalloc_type type, int nid,
			   unsigned cpu)
{
	const struct mb_slab_config *config = &slab->config;
	unsigned order = mb_slab_get_order(&slab->rules, bytes);
	struct mb_page *page;
	void *address;

	if (order > config->max_order)
		return NULL;
	if (nid == MB_NO_NODE && config->cpu_node)
		nid = config->cpu_node[cpu];
	page = config->alloc_pages(config->ctx, nid, order, mb_slab_kmalloc_flags(type), cpu);
	if (!page)
		return NULL;
	address = config->page_address(config->ctx, page, order);
	if (!address || mb_slab_record_add(slab, page, order, true)) {
		config->free_pages(config->ctx, page, order, cpu);
		return NULL;
	}
	page->flags |= (uint64_t)(order > 0) << MB_PG_HEAD;
	return address;
}

void *mb_slab_kmalloc(struct mb_slab *slab, size_t bytes, enum mb_kmalloc_type type, int nid,
		      unsigned cpu)
{
	struct mb_kmem_cache *cache = mb_slab_kmalloc_cache(slab, bytes, type);

	if (cache)
		return mb_slab_alloc(cache, nid, cpu);
	if (!bytes)
		return MB_SLAB_ZERO_SIZE_PTR;
	return kmalloc_large(slab, bytes, type, nid, cpu);
}

void mb_slab_kfree(struct mb_slab *slab, void *object, unsigned cpu)
{
	const struct mb_slab_config *config = &slab->config;
	struct mb_page *page;
	unsigned order;

	if (!object || object == MB_SLAB_ZERO_SIZE_PTR)
		return;
	page = config->virt_to_page(config->ctx, object);
	if (mb_page_test(page, MB_PG_SLAB)) {
		mb_slab_free(page->slab_cache, object, cpu);
		return;
	}
	order = mb_slab_record_remove(slab, page);
	mb_slab_reset_page(page);
	config->free_pages(config->ctx, page, order, cpu);
}

/* Questions */

struct mb_kmem_cache *mb_slab_next_cache(const struct mb_slab *slab,
					 const struct mb_kmem_cache *cache)
{
	const struct mb_list *next = cache ? cache->list.next : slab->caches.next;

	return next == &slab->caches ? NULL : MB_LIST_ENTRY(next, struct mb_kmem_cache, list);
}

struct mb_kmem_cache *mb_slab_find_cache(const struct mb_slab *slab, const char *name)
{
	struct mb_kmem_cache *cache = NULL;

	while ((cache = mb_slab_next_cache(slab, cache)) && strcmp(cache->name, name) != 0)
		;
	return cache;
}

const char *mb_slab_cache_name(const struct mb_kmem_cache *cache)
{
	return cache->name;
}

unsigned mb_slab_cache_flags(const struct mb_kmem_cache *cache)
{
	return cache->flags;
}

void mb_slab_cache_sizes(const struct mb_kmem_cache *cache, struct mb_slab_sizes *ret_sizes)
{
	*ret_sizes = cache->sizes;
}
