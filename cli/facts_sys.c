/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of /sys: SLUB's caches, memory blocks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/facts.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "numa/sysroot_file.h"

#define SLAB "sys/kernel/slab"

/* --- SLUB --- */

struct cache {
	char name[64];
	uint64_t object_size, align;
	bool known;  /* whether a rule gives its sizes */
	bool behind; /* the free pointer stands behind the object */
};

/* The figures that are compared, and where they stand in struct mb_slab_sizes. */
static const struct {
	const char *file;
	size_t offset;
	bool input; /* except of caches that the bootstrap makes */
} slab_fields[] = {
	{"object_size", offsetof(struct mb_slab_sizes, object_size), true},
	{"slab_size", offsetof(struct mb_slab_sizes, size), false},
	{"align", offsetof(struct mb_slab_sizes, align), true},
	{"order", offsetof(struct mb_slab_sizes, order), false},
	{"objs_per_slab", offsetof(struct mb_slab_sizes, objects), false},
	{"min_partial", offsetof(struct mb_slab_sizes, min_partial), false},
	{"cpu_partial", offsetof(struct mb_slab_sizes, cpu_partial), false},
};

static bool flag(const struct mb_fact_tree *tree, const char *cache, const char *file)
{
	uint64_t value;

	return !mb_sysroot_file_u64(tree->root, 10, &value, SLAB "/%s/%s", cache, file) && value;
}

/*
 * What a cache's sizes follow from. Debugging adds to an object what no rule here gives; since 6.12
 * so does a free pointer whose place the creator of an RCU cache chose.
 */
static bool read_cache(const struct mb_fact_tree *tree, const char *name, struct cache *cache)
{
	static const char *const debug[] = {"red_zone", "poison", "store_user"};
	char *ctor MB_FREE = NULL;
	bool rcu = flag(tree, name, "destroy_by_rcu");

	*cache = (struct cache){.known = true};
	if (strlen(name) >= sizeof(cache->name) ||
	    mb_sysroot_file_u64(tree->root, 10, &cache->object_size, SLAB "/%s/object_size",
				name) ||
	    mb_sysroot_file_u64(tree->root, 10, &cache->align, SLAB "/%s/align", name) ||
	    cache->object_size > UINT32_MAX || cache->align > UINT32_MAX)
		return false;
	strcpy(cache->name, name);
	for (size_t i = 0; i < MB_ARRAY_SIZE(debug); i++)
		cache->known &= !flag(tree, name, debug[i]);
	cache->known &= !rcu || tree->profile.memory_line_early;
	if (!mb_sysroot_file_read(tree->root, &ctor, SLAB "/%s/ctor", name))
		cache->behind = ctor[strspn(ctor, " \n")] != '\0';
	cache->behind |= rcu;
	return true;
}

/* Calls fn with each cache of the tree whose sizes a rule gives; returns how many there are. */
static int each_cache(const struct mb_fact_tree *tree, const struct mb_boot *boot,
		      void (*fn)(const struct mb_fact_tree *, const struct mb_boot *,
				 const struct cache *, struct mb_fact_values *),
		      struct mb_fact_values *values)
{
	char **names = NULL;
	int count = 0;

	if (mb_sysroot_file_names(tree->root, &names, SLAB))
		return 0;
	for (; names[count]; count++) {
		struct cache cache;

		if (read_cache(tree, names[count], &cache) && cache.known)
			fn(tree, boot, &cache, values);
	}
	mb_sysroot_file_names_free(names);
	return count;
}

/* kmem_cache, its node structures and kmalloc's own: the names that the bootstrap gives. */
static bool boot_cache(const char *name)
{
	return !strcmp(name, "kmem_cache") || !strcmp(name, "kmem_cache_node") ||
	       !strncmp(name, "kmalloc-", 8) || !strncmp(name, "dma-kmalloc-", 12);
}

static bool compared(const struct mb_fact_tree *tree, const char *name, size_t field)
{
	uint64_t value;

	if (slab_fields[field].input && !boot_cache(name))
		return false;
	if (!field && !strcmp(name, "kmem_cache_node"))
		return false;
	return !mb_sysroot_file_u64(tree->root, 10, &value, SLAB "/%s/%s", name,
				    slab_fields[field].file);
}

static void add_cache(const struct mb_fact_tree *tree, const struct mb_boot *boot,
		      const struct cache *cache, struct mb_fact_values *values)
{
	uint64_t value;

	for (size_t i = 0; i < MB_ARRAY_SIZE(slab_fields); i++)
		if (compared(tree, cache->name, i) &&
		    !mb_sysroot_file_u64(tree->root, 10, &value, SLAB "/%s/%s", cache->name,
					 slab_fields[i].file))
			mb_facts_addf(values, "%s %s\t%llu", cache->name, slab_fields[i].file,
				      (unsigned long long)value);
}

static void add_cache_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			  const struct cache *cache, struct mb_fact_values *values)
{
	struct mb_slab_sizes sizes;
	int r = mb_query_slab_sizes(boot, cache->name, (unsigned)cache->object_size,
				    (unsigned)cache->align, cache->behind, &sizes);

	for (size_t i = 0; !r && i < MB_ARRAY_SIZE(slab_fields); i++)
		if (compared(tree, cache->name, i))
			mb_facts_addf(
				values, "%s %s\t%u", cache->name, slab_fields[i].file,
				*(const unsigned *)((const char *)&sizes + slab_fields[i].offset));
}

static void add_slub(struct mb_fact_values *values, uint64_t align, uint64_t min_order,
		     uint64_t max_order, uint64_t min_objects, uint64_t cpus, uint64_t nodes)
{
	mb_facts_addf(values, "SLUB HWalign\t%llu", (unsigned long long)align);
	mb_facts_addf(values, "SLUB Order\t%llu-%llu", (unsigned long long)min_order,
		      (unsigned long long)max_order);
	mb_facts_addf(values, "SLUB MinObjects\t%llu", (unsigned long long)min_objects);
	mb_facts_addf(values, "SLUB CPUs\t%llu", (unsigned long long)cpus);
	mb_facts_addf(values, "SLUB Nodes\t%llu", (unsigned long long)nodes);
}

int mb_facts_sys_slab(const struct mb_fact_tree *tree, struct mb_fact_values *values,
		      struct mb_err *err)
{
	const struct mb_kernlog *log = tree->log;

	if (!log->slub.found)
		return MB_FAIL(err, -ENOENT, "the log has no line \"SLUB:\"");
	add_slub(values, log->slub.hwalign, log->slub.order_min, log->slub.order_max,
		 log->slub.min_objects, log->slub.cpus, log->slub.nodes);
	if (!each_cache(tree, NULL, add_cache, values))
		return MB_FAIL(err, -ENOENT, SLAB " cannot be read");
	return 0;
}

int mb_facts_sys_slab_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			  struct mb_fact_values *values, struct mb_err *err)
{
	struct mb_slab_rules rules;

	mb_query_slab_rules(boot, &rules);
	add_slub(values, rules.cache_line, rules.min_order, rules.slub_max_order, rules.min_objects,
		 tree->machine->nr_cpus, mb_query_nr_node_ids(boot));
	each_cache(tree, boot, add_cache_got, values);
	return 0;
}

/* --- memory blocks --- */

#define NODES      "sys/devices/system/node"
#define MAX_BLOCKS (UINT64_C(1) << 25) /* 4 PiB of the smallest, 128 MiB */

struct numbers {
	uint64_t *list;
	size_t count;
};

/* The blocks of a node as a list of numbers. */
static void add_blocks(struct mb_fact_values *values, int nid, const uint64_t *map, uint64_t limit)
{
	struct mb_strbuf list = {0};

	mb_parse_list_print(&list, map, limit);
	mb_facts_addf(values, "blocks of node %d\t%s", nid, mb_strbuf_text(&list));
	mb_strbuf_fini(&list);
}

static int add_number(struct numbers *numbers, uint64_t number)
{
	if (mb_grow(&numbers->list, numbers->count, sizeof(number)))
		return -ENOMEM;
	numbers->list[numbers->count++] = number;
	return 0;
}

/* The words memory<number> of a node's folder, or of the file that stands for it in a capture. */
static int read_blocks(const struct mb_fact_tree *tree, int nid, struct numbers *numbers)
{
	char *text MB_FREE = NULL, *at = NULL;
	uint64_t number;
	int r = mb_sysroot_file_numbers(tree->root, "memory", &numbers->list, &numbers->count,
					NODES "/node%d", nid);

	if (r == -ENOMEM)
		return r;
	if ((!r && numbers->count) ||
	    mb_sysroot_file_read(tree->root, &text, NODES "/node%d/memory_blocks", nid))
		return 0;
	r = 0;
	for (char *word = strtok_r(text, " \t\n", &at); word && !r;
	     word = strtok_r(NULL, " \t\n", &at))
		if (!strncmp(word, "memory", 6) &&
		    mb_sysroot_file_number(word + 6, strlen(word + 6), 10, &number))
			r = add_number(numbers, number);
	return r;
}

static int add_node_blocks(const struct mb_fact_tree *tree, int nid, bool *found,
			   struct mb_fact_values *values)
{
	struct numbers numbers = {0};
	uint64_t limit = 0, *map = NULL;
	int r = read_blocks(tree, nid, &numbers);

	for (size_t i = 0; i < numbers.count; i++)
		if (numbers.list[i] < MAX_BLOCKS)
			limit = mb_max(limit, numbers.list[i] + 1);
	if (!r) {
		map = calloc(MB_BITMAP_WORDS(limit) + 1, sizeof(*map));
		r = map ? 0 : -ENOMEM;
	}
	for (size_t i = 0; !r && i < numbers.count; i++)
		if (numbers.list[i] < MAX_BLOCKS)
			mb_bit_set(map, numbers.list[i]);
	if (!r)
		add_blocks(values, nid, map, limit);
	*found |= numbers.count > 0;
	free(map);
	free(numbers.list);
	return r;
}

int mb_facts_sys_blocks(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err)
{
	uint64_t online[MB_BITMAP_WORDS(MB_MAX_NODES)] = {0}, bytes;
	bool found = false;
	int r = 0;

	if (mb_sysroot_file_u64(tree->root, 16, &bytes,
				"sys/devices/system/memory/block_size_bytes"))
		return MB_FAIL(err, -ENOENT, "sys/devices/system/memory cannot be read");
	if (mb_sysroot_file_list(tree->root, MB_MAX_NODES, online, NODES "/online"))
		return MB_FAIL(err, -ENOENT, NODES "/online cannot be read");
	mb_facts_addf(values, "block bytes\t%llu", (unsigned long long)bytes);
	for (int nid = 0; !r && nid < MB_MAX_NODES; nid++)
		if (mb_bit_test(online, (size_t)nid))
			r = add_node_blocks(tree, nid, &found, values);
	if (!r && !found)
		return MB_FAIL(err, -ENOENT, NODES " lists no memory blocks");
	return r;
}

int mb_facts_sys_blocks_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			    struct mb_fact_values *values, struct mb_err *err)
{
	uint64_t bytes = mb_query_block_bytes(boot, tree->hypervisor), limit = 0,
		 *map MB_FREE = NULL;
	mb_pfn_t start, end;
	int index = -1, nid;

	while (mb_query_region(boot, &index, &start, &end, &nid))
		limit = ((end - 1) << tree->machine->page_shift) / bytes + 1;
	map = calloc(MB_BITMAP_WORDS(limit) + 1, sizeof(*map));
	if (!map)
		return -ENOMEM;
	mb_facts_addf(values, "block bytes\t%llu", (unsigned long long)bytes);
	for (nid = 0; nid < (int)mb_query_nr_node_ids(boot); nid++) {
		struct mb_query_node node;

		if (mb_query_node(boot, nid, &node) || !node.online)
			continue;
		memset(map, 0, MB_BITMAP_WORDS(limit) * sizeof(*map));
		for (uint64_t block = 0; block < limit; block++)
			if (mb_query_block_of_node(boot, bytes, block, nid))
				mb_bit_set(map, block);
		add_blocks(values, nid, map, limit);
	}
	return 0;
}
