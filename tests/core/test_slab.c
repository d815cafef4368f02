/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/slab_internal.h"
#include "tests/core/slab_case.h"

#define NR_CACHES 54 /* two and 13 of each of four types */

/* What sysfs shows of a cache on real machines of 4 KiB pages. */
struct fact {
	const char *name;
	unsigned object_size, slab_size, align, order, objs_per_slab, min_partial, cpu_partial;
};

static void expect_facts(const struct slab_case *c, const struct fact *facts)
{
	for (; facts->name; facts++) {
		struct mb_kmem_cache *cache = mb_slab_find_cache(c->slab, facts->name);
		struct mb_slab_sizes s;

		if (!cache)
			fail_msg("no cache %s", facts->name);
		mb_slab_cache_sizes(cache, &s);
		if (s.object_size != facts->object_size || s.size != facts->slab_size ||
		    s.align != facts->align || s.order != facts->order ||
		    s.objects != facts->objs_per_slab || s.min_partial != facts->min_partial ||
		    s.cpu_partial != facts->cpu_partial)
			fail_msg("%s: %u %u %u %u %u %u %u", facts->name, s.object_size, s.size,
				 s.align, s.order, s.objects, s.min_partial, s.cpu_partial);
	}
}

struct machine_row {
	const char *release;
	enum mb_arch arch;
	unsigned nodes, cpus;
	struct fact facts[12];
};

/* clang-format off */
static const struct machine_row machines[] = {
	{"6.1", MB_ARCH_X86_64, 1, 2, {
		{"kmem_cache", 224, 256, 64, 0, 16, 5, 52},
		{"kmem_cache_node", 64, 64, 64, 0, 64, 5, 120},
		{"kmalloc-8", 8, 8, 8, 0, 512, 5, 120},
		{"kmalloc-96", 96, 96, 8, 0, 42, 5, 120},
		{"kmalloc-1k", 1024, 1024, 1024, 2, 16, 5, 24},
		{"kmalloc-8k", 8192, 8192, 8192, 3, 4, 6, 6},
		{"kmalloc-cg-512", 512, 512, 512, 1, 16, 5, 52},
		{"kmalloc-rcl-192", 192, 192, 8, 0, 21, 5, 120},
		{"dma-kmalloc-64", 64, 64, 64, 0, 64, 5, 120}}},
	{"6.1", MB_ARCH_X86_64, 4, 8, {
		{"kmem_cache", 248, 256, 64, 1, 32, 5, 52},
		{"kmem_cache_node", 64, 64, 64, 0, 64, 5, 120},
		{"kmalloc-256", 256, 256, 256, 1, 32, 5, 52},
		{"kmalloc-512", 512, 512, 512, 2, 32, 5, 52},
		{"kmalloc-1k", 1024, 1024, 1024, 3, 32, 5, 24}}},
	{"6.1", MB_ARCH_ARM64, 2, 4, {
		{"kmem_cache", 232, 256, 128, 0, 16, 5, 52},
		{"kmem_cache_node", 64, 128, 128, 0, 32, 5, 120},
		{"kmalloc-128", 128, 128, 128, 0, 32, 5, 120},
		{"kmalloc-cg-512", 512, 512, 512, 1, 16, 5, 52},
		{"kmalloc-8k", 8192, 8192, 8192, 3, 4, 6, 6}}},
	{"6.12", MB_ARCH_X86_64, 2, 4, {
		{"kmem_cache", 232, 256, 64, 0, 16, 5, 52},
		{"kmem_cache_node", 64, 64, 64, 0, 64, 5, 120},
		{"kmalloc-96", 96, 96, 32, 0, 42, 5, 120},
		{"kmalloc-rcl-96", 96, 96, 32, 0, 42, 5, 120},
		{"kmalloc-192", 192, 192, 64, 0, 21, 5, 120}}},
	{"6.18", MB_ARCH_X86_64, 1, 2, {
		{"kmem_cache_node", 72, 128, 64, 0, 32, 5, 120},
		{"kmalloc-192", 192, 192, 64, 0, 21, 5, 120}}},
};
/* clang-format on */

static void test_facts(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		struct slab_case c = {
			.profile = mb_profile_find(machines[i].release),
			.arch = machines[i].arch,
			.nr_nodes = machines[i].nodes,
			.nr_cpus = machines[i].cpus,
		};
		struct mb_strbuf buf = {0};
		char expected[96];

		slab_case_start(&c);
		assert_int_equal(mb_slab_state(c.slab), MB_SLAB_UP);
		slab_case_check(&c);
		expect_facts(&c, machines[i].facts);
		mb_slab_print_banner(c.slab, &buf);
		snprintf(expected, sizeof(expected),
			 "SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=%u, Nodes=%u",
			 machines[i].cpus, machines[i].nodes);
		assert_string_equal(mb_strbuf_text(&buf), expected);
		mb_strbuf_fini(&buf);
		mb_slab_sysfs_init(c.slab);
		assert_int_equal(mb_slab_state(c.slab), MB_SLAB_FULL);
		slab_case_stop(&c);
	}
}

/*
 * Newest first: the types from last to first, sizes within a type downward, then the two that came
 * first.
 */
static void test_cache_order(void **state)
{
	struct slab_case c = {0};
	unsigned indices[MB_KMALLOC_MAX_INDEX], count;
	struct mb_kmem_cache *cache = NULL;
	char name[MB_KMALLOC_NAME_BYTES];

	slab_case_start(&c);
	count = mb_slab_kmalloc_indices(mb_slab_rules(c.slab), indices);
	for (int type = MB_NR_KMALLOC_TYPES - 1; type >= 0; type--) {
		for (unsigned i = count; i-- > 0;) {
			mb_slab_kmalloc_name((enum mb_kmalloc_type)type, indices[i], name);
			cache = mb_slab_next_cache(c.slab, cache);
			assert_non_null(cache);
			assert_string_equal(mb_slab_cache_name(cache), name);
			assert_int_equal(mb_slab_cache_flags(cache),
					 mb_slab_kmalloc_flags((enum mb_kmalloc_type)type));
			assert_ptr_equal(mb_slab_kmalloc_cache(c.slab,
							       mb_slab_kmalloc_size(indices[i]),
							       (enum mb_kmalloc_type)type),
					 cache);
		}
	}
	cache = mb_slab_next_cache(c.slab, cache);
	assert_string_equal(mb_slab_cache_name(cache), "kmem_cache_node");
	cache = mb_slab_next_cache(c.slab, cache);
	assert_string_equal(mb_slab_cache_name(cache), "kmem_cache");
	assert_null(mb_slab_next_cache(c.slab, cache));
	assert_null(mb_slab_find_cache(c.slab, "kmalloc-3"));
	slab_case_stop(&c);
}

static uint64_t nr_slabs(const struct mb_kmem_cache *cache, int nid)
{
	struct mb_slab_node_stat stat;

	mb_slab_node_stat(cache, nid, &stat);
	return stat.nr_slabs;
}

/*
 * What the bootstrap leaves behind: 54 per-node structures fit in one slab of 64 on each node. 54
 * caches of 256 bytes take four slabs of 16 on the boot CPU's node; from six nodes on they have 320
 * bytes, 25 of which fit in two pages. All else is empty.
 */
static void test_slabs_at_up(void **state)
{
	for (unsigned nodes = 1; nodes <= CASE_MAX_NODES; nodes++) {
		struct slab_case c = {.nr_nodes = nodes, .nr_cpus = 4};
		unsigned slabs = nodes < 6 ? 4 : 3, room = nodes < 6 ? 4 * 16 : 3 * 25;
		struct mb_slab_stats stats;

		slab_case_start(&c);
		for (int nid = 0; nid < (int)nodes; nid++) {
			assert_int_equal(nr_slabs(c.slab->kmem_cache_node, nid), 1);
			assert_int_equal(nr_slabs(c.slab->kmem_cache, nid), nid ? 0 : slabs);
		}
		mb_slab_stats(c.slab, NULL, &stats);
		assert_int_equal(stats.caches, NR_CACHES);
		assert_int_equal(stats.slabs, nodes + slabs);
		assert_int_equal(stats.pages, slab_case_used(&c));
		assert_int_equal(stats.used, NR_CACHES + NR_CACHES * nodes);
		assert_int_equal(stats.objects, 64 * nodes + room);
		assert_int_equal(stats.misplaced, 0);
		mb_slab_stats(c.slab, c.slab->kmem_cache, &stats);
		assert_int_equal(stats.used, NR_CACHES);
		assert_int_equal(stats.caches, 1);
		slab_case_stop(&c);
	}
}

/* Every structure is an object of a slab page of its cache, the per-node ones on their node. */
static void test_objects_in_pages(void **state)
{
	struct slab_case c = {.nr_nodes = 3};
	struct mb_kmem_cache *cache = NULL;

	slab_case_start(&c);
	while ((cache = mb_slab_next_cache(c.slab, cache))) {
		assert_ptr_equal(c.config.virt_to_page(&c, cache)->slab_cache, c.slab->kmem_cache);
		for (unsigned nid = 0; nid < 3; nid++) {
			struct mb_kmem_cache_node *node = mb_slab_get_node(cache, nid);

			assert_ptr_equal(c.config.virt_to_page(&c, node)->slab_cache,
					 c.slab->kmem_cache_node);
			assert_int_equal(slab_case_nid(&c, node), nid);
			assert_int_equal((uintptr_t)node % 64, 0);
		}
	}
	slab_case_stop(&c);
}

/* Nodes without normal memory have no structures and are nobody's choice. */
static void test_memoryless_nodes(void **state)
{
	struct slab_case c = {.nr_nodes = 4, .nr_cpus = 4, .normal = 0xa};
	void *object;

	slab_case_start(&c);
	slab_case_check(&c);
	assert_null(mb_slab_get_node(c.slab->kmem_cache, 0));
	assert_non_null(mb_slab_get_node(c.slab->kmem_cache, 1));
	object = mb_slab_kmalloc(c.slab, 100, MB_KMALLOC_NORMAL, 2, 2);
	assert_non_null(object);
	assert_int_equal(slab_case_nid(&c, object), 3);
	mb_slab_kfree(c.slab, object, 0);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* A node that has memory but none left: its early slab lies elsewhere. */
static void test_misplaced(void **state)
{
	struct slab_case c = {.nr_nodes = 3};
	struct mb_slab_stats stats;
	void *object;

	slab_case_init(&c);
	c.limit[0] = 0;
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), 0);
	slab_case_check(&c);
	mb_slab_stats(c.slab, NULL, &stats);
	assert_int_equal(stats.misplaced, 1);
	assert_int_equal(nr_slabs(c.slab->kmem_cache_node, 0), 0);
	object = mb_slab_kmalloc(c.slab, 100, MB_KMALLOC_NORMAL, 0, 0);
	assert_int_equal(slab_case_nid(&c, object), 1);
	mb_slab_kfree(c.slab, object, 0);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* Whichever page the bootstrap is refused, it ends with all others back. */
static void test_failures(void **state)
{
	for (unsigned nodes = 1; nodes <= 3; nodes += 2) {
		bool failed = true;

		for (uint64_t n = 1; failed; n++) {
			struct slab_case c = {
				.nr_nodes = nodes, .fail_at = n, .freelist_seed = n % 2};
			int result;

			slab_case_init(&c);
			result = mb_slab_init(&c.config, &c.err, &c.slab);
			failed = result != 0;
			if (failed) {
				assert_int_equal(result, -ENOMEM);
				assert_int_equal(c.err.code, -ENOMEM);
				assert_null(c.slab);
				assert_int_equal(slab_case_used(&c), 0);
			} else {
				assert_true(n > nodes + 4);
			}
			slab_case_stop(&c);
		}
	}
}

static void test_refused_memory(void **state)
{
	struct slab_case c = {.refuse_memory = true};

	slab_case_init(&c);
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), -ENOMEM);
	slab_case_stop(&c);
}

static void test_bad_config(void **state)
{
	struct mb_profile small = *mb_profile_find("6.1");
	struct slab_case c = {0};

	slab_case_init(&c);
	c.config.nr_cpus = 0;
	assert_int_equal(mb_slab_init(&c.config, NULL, &c.slab), -EINVAL);
	c.config.nr_cpus = 1;
	c.config.nr_node_ids = 0;
	assert_int_equal(mb_slab_init(&c.config, NULL, &c.slab), -EINVAL);
	c.config.nr_node_ids = MB_MAX_NODES + 1;
	assert_int_equal(mb_slab_init(&c.config, NULL, &c.slab), -EINVAL);
	c.config.nr_node_ids = 1;
	c.config.profile = &small;
	small.slub_kmem_cache_offset = 64;
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), -EINVAL);
	small.slub_kmem_cache_offset = 216;
	small.slub_node_bytes = 32;
	assert_int_equal(mb_slab_init(&c.config, NULL, &c.slab), -EINVAL);
	assert_null(c.slab);
	mb_slab_fini(NULL);
	slab_case_stop(&c);
}

/* The largest machine: struct kmem_cache is then longer than two pages. */
static void test_many_nodes_and_cpus(void **state)
{
	struct slab_case c = {.nr_cpus = CASE_MAX_CPUS, .normal = 1, .node_pages = 16384};
	uint64_t normal[MB_MAX_NODES / 64] = {1};
	struct mb_slab_sizes sizes;

	slab_case_init(&c);
	c.config.nr_node_ids = MB_MAX_NODES;
	c.config.normal_memory_nodes = normal;
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), 0);
	slab_case_check(&c);
	mb_slab_cache_sizes(c.slab->kmem_cache, &sizes);
	assert_int_equal(sizes.object_size, 216 + 8 * MB_MAX_NODES);
	slab_case_stop(&c);
}

static void test_large_pages(void **state)
{
	struct slab_case c = {
		.page_shift = 16,
		.arch = MB_ARCH_ARM64,
		.profile = mb_profile_find("6.12"),
		.node_pages = 2048,
	};
	static const struct fact facts[] = {{"kmalloc-8", 8, 8, 8, 0, 8192, 5, 120},
					    {"kmalloc-128k", 131072, 131072, 131072, 3, 4, 8, 6},
					    {NULL, 0, 0, 0, 0, 0, 0, 0}};
	void *object;

	slab_case_start(&c);
	expect_facts(&c, facts);
	object = mb_slab_kmalloc(c.slab, 131072, MB_KMALLOC_NORMAL, MB_NO_NODE, 1);
	assert_int_equal((uintptr_t)object % 131072, 0);
	slab_case_check(&c);
	mb_slab_kfree(c.slab, object, 1);
	slab_case_stop(&c);
}

static unsigned nr_constructed;

static void construct(void *object)
{
	memset(object, 0xc7, 40);
	nr_constructed++;
}

static void test_create(void **state)
{
	struct slab_case c = {0};
	struct mb_kmem_cache *cache = NULL;
	struct mb_slab_sizes sizes;
	unsigned char *object;
	size_t before;

	slab_case_start(&c);
	before = slab_case_used(&c);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "forty", 40, 32, MB_SLAB_RECLAIM_ACCOUNT,
						   construct, &cache),
			 0);
	assert_ptr_equal(mb_slab_find_cache(c.slab, "forty"), cache);
	assert_ptr_equal(mb_slab_next_cache(c.slab, NULL), cache);
	mb_slab_cache_sizes(cache, &sizes);
	assert_int_equal(sizes.size, 64);
	assert_int_equal(sizes.offset, 40);
	nr_constructed = 0;
	object = mb_slab_alloc(cache, MB_NO_NODE, 0);
	assert_int_equal(nr_constructed, sizes.objects);
	assert_int_equal(c.asked_flags, MB_SLAB_RECLAIM_ACCOUNT);
	assert_int_equal((uintptr_t)object % 32, 0);
	/* What the constructor wrote outlives being free. */
	mb_slab_free(cache, object, 1);
	for (int i = 0; i < 40; i++)
		assert_int_equal(object[i], 0xc7);
	slab_case_check(&c);
	assert_int_equal(mb_slab_kmem_cache_destroy(cache), 0);
	assert_null(mb_slab_find_cache(c.slab, "forty"));
	assert_int_equal(slab_case_used(&c), before);
	slab_case_check(&c);
	slab_case_stop(&c);
}

static void test_create_refuses(void **state)
{
	struct slab_case c = {0};
	struct mb_kmem_cache *cache = NULL;

	slab_case_start(&c);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "a", 0, 0, 0, NULL, &cache), -EINVAL);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "a", 8, 24, 0, NULL, &cache), -EINVAL);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "a", (4 << 20) + 1, 0, 0, NULL, &cache),
			 -EINVAL);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "a", 4 << 20, 0, 0, construct, &cache),
			 -ENOSYS);
	assert_null(cache);
	slab_case_check(&c);
	assert_int_equal(mb_slab_kmem_cache_destroy(NULL), 0);
	assert_int_equal(mb_slab_kmem_cache_destroy(c.slab->kmem_cache), -EBUSY);
	assert_int_equal(mb_slab_kmem_cache_destroy(mb_slab_find_cache(c.slab, "kmalloc-cg-64")),
			 -EBUSY);
	slab_case_stop(&c);
}

/* Caches are made until a page is needed and refused: what there was goes on working. */
static void test_create_failures(void **state)
{
	struct slab_case c = {.nr_nodes = 2};
	struct mb_kmem_cache *cache = NULL;
	unsigned failures = 0, made = 0;
	struct mb_slab_stats before, after;
	char name[16];

	slab_case_start(&c);
	mb_slab_stats(c.slab, NULL, &before);
	while (failures < 8) {
		int result = -ENOMEM;

		snprintf(name, sizeof(name), "cache%u", made++);
		/* The third page that it needs (a cache, two nodes), then earlier ones. */
		for (unsigned page = 3; result && page > 0; page--) {
			c.fail_at = c.calls + page;
			result = mb_slab_kmem_cache_create(c.slab, name, 200, 0, 0, NULL, &cache);
			c.fail_at = 0;
			slab_case_check(&c);
			assert_true(!result || result == -ENOMEM);
			assert_true(!result == !!mb_slab_find_cache(c.slab, name));
			failures += result != 0;
		}
		if (result)
			result = mb_slab_kmem_cache_create(c.slab, name, 200, 0, 0, NULL, &cache);
		assert_int_equal(result, 0);
	}
	assert_true(made > 16);
	while (made--) {
		snprintf(name, sizeof(name), "cache%u", made);
		assert_int_equal(mb_slab_kmem_cache_destroy(mb_slab_find_cache(c.slab, name)), 0);
	}
	slab_case_check(&c);
	mb_slab_stats(c.slab, NULL, &after);
	assert_int_equal(after.used, before.used);
	slab_case_stop(&c);
}

static void test_destroy_busy(void **state)
{
	struct slab_case c = {.nr_nodes = 2};
	struct mb_kmem_cache *cache = NULL;
	void *first, *second;

	slab_case_start(&c);
	assert_int_equal(mb_slab_kmem_cache_create(c.slab, "busy", 100, 0, 0, NULL, &cache), 0);
	first = mb_slab_alloc(cache, 1, 0);
	assert_int_equal(mb_slab_kmem_cache_destroy(cache), -EBUSY);
	slab_case_check(&c);
	second = mb_slab_alloc(cache, 1, 0);
	mb_slab_free(cache, first, 0);
	assert_int_equal(mb_slab_kmem_cache_destroy(cache), -EBUSY);
	mb_slab_free(cache, second, 1);
	assert_int_equal(mb_slab_kmem_cache_destroy(cache), 0);
	slab_case_check(&c);
	slab_case_stop(&c);
}

static void test_shrink(void **state)
{
	struct slab_case c = {.nr_nodes = 2};
	struct mb_kmem_cache *cache;
	void *objects[100];
	size_t before;

	slab_case_start(&c);
	cache = mb_slab_find_cache(c.slab, "kmalloc-2k");
	before = slab_case_used(&c);
	for (int i = 0; i < 100; i++)
		objects[i] = mb_slab_alloc(cache, i % 2, (unsigned)(i / 50));
	for (int i = 0; i < 100; i++)
		mb_slab_free(cache, objects[i], (unsigned)(i % 2));
	assert_true(slab_case_used(&c) > before);
	mb_slab_kmem_cache_shrink(cache);
	assert_int_equal(slab_case_used(&c), before);
	slab_case_check(&c);
	slab_case_stop(&c);
}

static void test_kmalloc_sizes(void **state)
{
	struct slab_case c = {0};

	slab_case_start(&c);
	for (size_t bytes = 1; bytes <= 8192; bytes += bytes < 300 ? 1 : 97) {
		for (unsigned type = 0; type < MB_NR_KMALLOC_TYPES; type++) {
			unsigned char *object = mb_slab_kmalloc(
				c.slab, bytes, (enum mb_kmalloc_type)type, MB_NO_NODE, 0);
			struct mb_page *page = c.config.virt_to_page(&c, object);
			struct mb_slab_sizes sizes;

			assert_true(mb_page_test(page, MB_PG_SLAB));
			assert_ptr_equal(
				page->slab_cache,
				mb_slab_kmalloc_cache(c.slab, bytes, (enum mb_kmalloc_type)type));
			mb_slab_cache_sizes(page->slab_cache, &sizes);
			assert_true(sizes.object_size >= bytes);
			memset(object, 0xff, bytes);
			mb_slab_kfree(c.slab, object, 0);
		}
	}
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* Above the largest cache: whole pages, told apart by the slab flag. */
static void test_kmalloc_large(void **state)
{
	struct slab_case c = {.nr_nodes = 2};
	struct mb_slab_stats stats;
	void *object, *other;
	size_t before;

	slab_case_start(&c);
	before = slab_case_used(&c);
	object = mb_slab_kmalloc(c.slab, 8193, MB_KMALLOC_RECLAIM, 1, 0);
	assert_int_equal(c.asked_flags & MB_SLAB_RECLAIM_ACCOUNT, MB_SLAB_RECLAIM_ACCOUNT);
	assert_int_equal(slab_case_nid(&c, object), 1);
	other = mb_slab_kmalloc(c.slab, 4 << 20, MB_KMALLOC_NORMAL, MB_NO_NODE, 1);
	assert_int_equal(c.asked_nid, 1);
	assert_int_equal((uintptr_t)other % (4 << 20), 0);
	assert_int_equal(slab_case_used(&c), before + 4 + 1024);
	assert_false(mb_page_test(c.config.virt_to_page(&c, object), MB_PG_SLAB));
	assert_true(mb_page_test(c.config.virt_to_page(&c, object), MB_PG_HEAD));
	mb_slab_stats(c.slab, NULL, &stats);
	assert_int_equal(stats.large, 2);
	assert_int_equal(stats.large_pages, 4 + 1024);
	assert_int_equal(mb_slab_nr_pages(c.slab), slab_case_used(&c));
	slab_case_check(&c);
	mb_slab_kfree(c.slab, other, 0);
	assert_null(mb_slab_kmalloc(c.slab, (4 << 20) + 1, MB_KMALLOC_NORMAL, MB_NO_NODE, 0));
	assert_null(mb_slab_kmalloc(c.slab, SIZE_MAX, MB_KMALLOC_NORMAL, MB_NO_NODE, 0));
	c.fail_at = c.calls + 1;
	assert_null(mb_slab_kmalloc(c.slab, 10000, MB_KMALLOC_NORMAL, MB_NO_NODE, 0));
	c.refuse_memory = true;
	assert_null(mb_slab_kmalloc(c.slab, 10000, MB_KMALLOC_NORMAL, MB_NO_NODE, 0));
	assert_int_equal(slab_case_used(&c), before + 4);
	c.refuse_memory = false;
	/* The other one is the allocator's to give back. */
	slab_case_stop(&c);
}

static void test_kmalloc_nothing(void **state)
{
	struct slab_case c = {0};

	slab_case_start(&c);
	assert_ptr_equal(mb_slab_kmalloc(c.slab, 0, MB_KMALLOC_NORMAL, MB_NO_NODE, 0),
			 MB_SLAB_ZERO_SIZE_PTR);
	mb_slab_kfree(c.slab, MB_SLAB_ZERO_SIZE_PTR, 0);
	mb_slab_kfree(c.slab, NULL, 0);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* Objects and whole pages that nobody freed. */
static void test_fini_in_use(void **state)
{
	struct slab_case c = {.nr_nodes = 2, .nr_cpus = 4, .freelist_seed = 5};

	slab_case_start(&c);
	for (unsigned i = 0; i < 5000; i++)
		assert_non_null(mb_slab_kmalloc(c.slab, 1 + i * 7 % 9000, MB_KMALLOC_NORMAL,
						MB_NO_NODE, i % 4));
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* Who asks is told of each state once, while it holds. */
struct states {
	size_t count;
	enum mb_slab_state seen[8];
};

static void note_state(void *ctx, enum mb_slab_state state)
{
	struct states *states = ctx;

	assert_true(states->count < MB_ARRAY_SIZE(states->seen));
	states->seen[states->count++] = state;
}

static void test_states_are_told(void **state)
{
	struct slab_case c = {0};
	struct states states = {0};

	slab_case_init(&c);
	c.config.reached = note_state;
	c.config.reached_ctx = &states;
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), 0);
	assert_int_equal(states.count, 2);
	assert_int_equal(states.seen[0], MB_SLAB_PARTIAL);
	assert_int_equal(states.seen[1], MB_SLAB_UP);
	slab_case_stop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_cache_order),
		cmocka_unit_test(test_slabs_at_up),
		cmocka_unit_test(test_objects_in_pages),
		cmocka_unit_test(test_memoryless_nodes),
		cmocka_unit_test(test_misplaced),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_refused_memory),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_many_nodes_and_cpus),
		cmocka_unit_test(test_large_pages),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_refuses),
		cmocka_unit_test(test_create_failures),
		cmocka_unit_test(test_destroy_busy),
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_kmalloc_sizes),
		cmocka_unit_test(test_kmalloc_large),
		cmocka_unit_test(test_kmalloc_nothing),
		cmocka_unit_test(test_fini_in_use),
		cmocka_unit_test(test_states_are_told),
	};

	return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
