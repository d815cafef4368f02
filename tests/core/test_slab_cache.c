/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/slab_internal.h"
#include "tests/core/slab_case.h"

static struct mb_kmem_cache *create(struct slab_case *c, unsigned size, unsigned align)
{
	struct mb_kmem_cache *cache = NULL;

	assert_int_equal(
		mb_slab_kmem_cache_create(c->slab, "objects", size, align, 0, NULL, &cache), 0);
	return cache;
}

static uint64_t nr_partial(const struct mb_kmem_cache *cache, int nid)
{
	struct mb_slab_node_stat stat;

	mb_slab_node_stat(cache, nid, &stat);
	return stat.nr_partial;
}

static uint64_t nr_slabs(const struct mb_kmem_cache *cache, int nid)
{
	struct mb_slab_node_stat stat;

	mb_slab_node_stat(cache, nid, &stat);
	return stat.nr_slabs;
}

/*
 * The oracle: a set of live objects. Each holds its own pattern, so objects that overlap, or free
 * pointers written into live ones, are seen when the pattern is read back.
 */
#define MAX_LIVE 3000

struct live {
	unsigned char *object;
	struct mb_kmem_cache *cache; /* NULL: a kmalloc */
	unsigned bytes;
	unsigned char pattern;
};

struct oracle {
	struct slab_case *c;
	struct mb_rng rng;
	struct mb_kmem_cache *caches[3];
	struct live live[MAX_LIVE];
	unsigned nr_live;
	unsigned nr_nodes, nr_cpus;
};

static unsigned below(struct oracle *o, unsigned bound)
{
	return (unsigned)mb_rng_below(&o->rng, bound);
}

static void oracle_alloc(struct oracle *o)
{
	struct live *live = &o->live[o->nr_live];
	int nid = below(o, 2) ? MB_NO_NODE : (int)below(o, o->nr_nodes);
	unsigned cpu = below(o, o->nr_cpus), which = below(o, 6);
	struct mb_slab_sizes sizes = {.align = 8};

	*live = (struct live){.pattern = (unsigned char)mb_rng_next(&o->rng)};
	if (which < MB_ARRAY_SIZE(o->caches)) {
		live->cache = o->caches[which];
		mb_slab_cache_sizes(live->cache, &sizes);
		live->bytes = sizes.object_size;
		live->object = mb_slab_alloc(live->cache, nid, cpu);
	} else {
		live->bytes = 1 + below(o, 1u << below(o, 15));
		live->object = mb_slab_kmalloc(o->c->slab, live->bytes,
					       (enum mb_kmalloc_type)below(o, 4), nid, cpu);
	}
	assert_non_null(live->object);
	assert_int_equal((uintptr_t)live->object % sizes.align, 0);
	/* No node is short of pages here, so the one asked for must have given it. */
	if (nid != MB_NO_NODE)
		assert_int_equal(slab_case_nid(o->c, live->object), nid);
	memset(live->object, live->pattern, live->bytes);
	o->nr_live++;
}

static void oracle_free(struct oracle *o)
{
	unsigned which = below(o, o->nr_live), cpu = below(o, o->nr_cpus);
	struct live live = o->live[which];

	for (unsigned i = 0; i < live.bytes; i++) {
		if (live.object[i] != live.pattern)
			fail_msg("byte %u of an object of %u has changed", i, live.bytes);
	}
	o->live[which] = o->live[--o->nr_live];
	if (live.cache && below(o, 2))
		mb_slab_free(live.cache, live.object, cpu);
	else
		mb_slab_kfree(o->c->slab, live.object, cpu);
}

static void run_oracle(struct slab_case *c, uint64_t seed, unsigned steps)
{
	struct oracle *o = calloc(1, sizeof(*o));
	struct mb_kmem_cache *cache = NULL;
	struct mb_slab_stats stats;
	unsigned grow = 1;
	size_t before;

	assert_non_null(o);
	o->c = c;
	o->rng.state = seed;
	slab_case_start(c);
	o->nr_nodes = c->nr_nodes;
	o->nr_cpus = c->nr_cpus;
	before = slab_case_used(c);
	assert_int_equal(mb_slab_kmem_cache_create(c->slab, "a", 24, 0, 0, NULL, &o->caches[0]), 0);
	assert_int_equal(mb_slab_kmem_cache_create(c->slab, "b", 700, 256, 0, NULL, &o->caches[1]),
			 0);
	assert_int_equal(mb_slab_kmem_cache_create(c->slab, "c", 3000, 8, 0, NULL, &o->caches[2]),
			 0);
	for (unsigned i = 0; i < steps; i++) {
		/* Long times of growth and of decline, so that slabs fill and empty. */
		if (i % 4096 == 0)
			grow = 1 + below(o, 3);
		if (o->nr_live < MAX_LIVE && (!o->nr_live || below(o, 4) < grow))
			oracle_alloc(o);
		else
			oracle_free(o);
		if (i % 5000 == 0)
			slab_case_check(c);
	}
	while (o->nr_live)
		oracle_free(o);
	slab_case_check(c);
	mb_slab_stats(c->slab, NULL, &stats);
	assert_int_equal(stats.used, stats.caches * (1 + c->nr_nodes));
	assert_int_equal(stats.large, 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(o->caches); i++)
		assert_int_equal(mb_slab_kmem_cache_destroy(o->caches[i]), 0);
	while ((cache = mb_slab_next_cache(c->slab, cache)))
		mb_slab_kmem_cache_shrink(cache);
	slab_case_check(c);
	assert_int_equal(slab_case_used(c), before);
	slab_case_stop(c);
	free(o);
}

static void test_random(void **state)
{
	uint64_t seed = slab_case_seed();
	struct slab_case plain = {.nr_cpus = 1};
	struct slab_case nodes = {.nr_nodes = 4, .nr_cpus = 6};
	struct slab_case shuffled = {.nr_nodes = 2, .nr_cpus = 3, .freelist_seed = seed | 1};
	struct slab_case later = {.nr_nodes = 2, .nr_cpus = 64, .profile = mb_profile_find("6.12")};
	struct slab_case arm = {.nr_nodes = 2, .arch = MB_ARCH_ARM64, .nr_cpus = 4};

	run_oracle(&plain, seed, 30000);
	run_oracle(&nodes, seed + 1, 60000);
	run_oracle(&shuffled, seed + 2, 60000);
	run_oracle(&later, seed + 3, 30000);
	run_oracle(&arm, seed + 4, 30000);
}

/* A new slab gives its objects by rising address, and the last one freed first. */
static void test_plain_freelist(void **state)
{
	struct slab_case c = {0};
	struct mb_kmem_cache *cache;
	char *objects[32], *word;

	slab_case_start(&c);
	cache = create(&c, 128, 128);
	for (int i = 0; i < 32; i++) {
		objects[i] = mb_slab_alloc(cache, MB_NO_NODE, 0);
		assert_ptr_equal(objects[i], objects[0] + 128 * i);
	}
	mb_slab_free(cache, objects[3], 0);
	mb_slab_free(cache, objects[7], 0);
	memcpy(&word, objects[7] + 64, sizeof(word));
	assert_ptr_equal(word, objects[3]);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 0), objects[7]);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 0), objects[3]);
	slab_case_stop(&c);
}

/*
 * With a seed the order is a permutation, differs from slab to slab, is repeated by the same seed,
 * and pointers are masked.
 */
static void test_random_freelist(void **state)
{
	char *first[2][64];
	size_t base[2];

	for (int run = 0; run < 2; run++) {
		struct slab_case c = {.freelist_seed = 42};
		bool seen[64] = {false};
		struct mb_kmem_cache *cache;
		unsigned rising = 0;
		char *word;

		slab_case_start(&c);
		cache = create(&c, 128, 128);
		for (int i = 0; i < 64; i++) {
			first[run][i] = mb_slab_alloc(cache, MB_NO_NODE, 0);
			rising += i && first[run][i] > first[run][i - 1];
		}
		base[run] = (size_t)((uintptr_t)first[run][0] & ~(uintptr_t)4095);
		for (int i = 0; i < 32; i++) {
			size_t at = (size_t)((uintptr_t)first[run][i] - base[run]) / 128;

			assert_true(at < 32 && !seen[at]);
			seen[at] = true;
		}
		assert_true(rising > 8 && rising < 55);
		mb_slab_free(cache, first[run][0], 1);
		mb_slab_free(cache, first[run][1], 1);
		memcpy(&word, first[run][1] + 64, sizeof(word));
		assert_ptr_not_equal(word, first[run][0]);
		slab_case_check(&c);
		slab_case_stop(&c);
	}
	for (int i = 0; i < 32; i++)
		assert_int_equal((uintptr_t)first[0][i] - base[0],
				 (uintptr_t)first[1][i] - base[1]);
}

/*
 * 160 objects fill ten slabs of 16. CPU 1 then frees one object of nine of them: each full slab
 * goes to its chain, which goes to the node whenever a slab comes that finds three there.
 */
static void test_cpu_partial(void **state)
{
	struct slab_case c = {0};
	struct mb_kmem_cache *cache;
	char *objects[160];
	struct mb_slab_sizes sizes;

	slab_case_start(&c);
	cache = create(&c, 1024, 1024);
	mb_slab_cache_sizes(cache, &sizes);
	assert_int_equal(sizes.objects, 16);
	assert_int_equal(sizes.cpu_partial_slabs, 3);
	for (int i = 0; i < 160; i++)
		objects[i] = mb_slab_alloc(cache, MB_NO_NODE, 0);
	assert_int_equal(nr_slabs(cache, 0), 10);
	for (int i = 0; i < 9; i++) {
		assert_int_equal(nr_partial(cache, 0), i / 3 > 1 || i > 3 ? (i - 1) / 3 * 3 : 0);
		mb_slab_free(cache, objects[16 * i], 1);
		slab_case_check(&c);
	}
	assert_int_equal(nr_partial(cache, 0), 6);
	assert_int_equal(mb_slab_chain_length(cache->cpu_slab[1].partial), 3);
	/* Slabs that get empty on the list go to the buddy while the list keeps at least five. */
	for (int slab = 0; slab < 6; slab++) {
		for (int i = 1; i < 16; i++)
			mb_slab_free(cache, objects[16 * slab + i], 0);
		assert_int_equal(nr_partial(cache, 0), slab == 0 ? 5 : 4);
	}
	assert_int_equal(nr_slabs(cache, 0), 8);
	slab_case_check(&c);
	/*
	 * CPU 1 allocates from its chain, newest first; then it takes slabs of the node, one and
	 * two for the chain.
	 */
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 1), objects[16 * 8]);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 1), objects[16 * 7]);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 1), objects[16 * 6]);
	assert_non_null(mb_slab_alloc(cache, MB_NO_NODE, 1));
	assert_int_equal(nr_partial(cache, 0), 1);
	assert_int_equal(mb_slab_chain_length(cache->cpu_slab[1].partial), 2);
	assert_int_equal(nr_slabs(cache, 0), 8);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* What others free into a CPU's slab is found when the CPU's own list is used up. */
static void test_remote_free(void **state)
{
	struct slab_case c = {0};
	struct mb_kmem_cache *cache;
	char *objects[16];

	slab_case_start(&c);
	cache = create(&c, 1024, 1024);
	for (int i = 0; i < 16; i++)
		objects[i] = mb_slab_alloc(cache, MB_NO_NODE, 0);
	mb_slab_free(cache, objects[4], 1);
	mb_slab_free(cache, objects[5], 1);
	slab_case_check(&c);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 0), objects[5]);
	assert_ptr_equal(mb_slab_alloc(cache, MB_NO_NODE, 0), objects[4]);
	assert_int_equal(nr_slabs(cache, 0), 1);
	assert_non_null(mb_slab_alloc(cache, MB_NO_NODE, 0));
	assert_int_equal(nr_slabs(cache, 0), 2);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/*
 * A node that has no pages left: its neighbour's come, each time, since a CPU's slab of another
 * node does not do.
 */
static void test_empty_node(void **state)
{
	struct slab_case c = {.nr_nodes = 3, .nr_cpus = 3};
	struct mb_kmem_cache *cache;
	void *object;

	slab_case_start(&c);
	cache = create(&c, 1024, 0);
	c.limit[1] = c.used[1];
	object = mb_slab_alloc(cache, 1, 0);
	assert_int_equal(slab_case_nid(&c, object), 2);
	assert_int_equal(c.asked_nid, 1);
	object = mb_slab_alloc(cache, 1, 0);
	assert_int_equal(slab_case_nid(&c, object), 2);
	assert_int_equal(nr_slabs(cache, 2), 2);
	assert_int_equal(nr_slabs(cache, 1), 0);
	slab_case_check(&c);
	c.limit[0] = c.limit[2] = 0;
	assert_null(mb_slab_alloc(cache, 1, 1));
	/*
	 * A CPU whose node has nothing gets what another node has more than it keeps; here none
	 * has.
	 */
	assert_null(mb_slab_alloc(cache, MB_NO_NODE, 1));
	slab_case_check(&c);
	slab_case_stop(&c);
}

/*
 * Without a node asked for, slabs of other nodes are taken before new pages are: those that a node
 * has above min_partial.
 */
static void test_other_nodes_partial(void **state)
{
	struct slab_case c = {.nr_nodes = 2, .nr_cpus = 2};
	struct mb_kmem_cache *cache;
	char *objects[7 * 16];
	void *object;

	slab_case_start(&c);
	cache = create(&c, 1024, 1024);
	for (int i = 0; i < 7 * 16; i++)
		objects[i] = mb_slab_alloc(cache, 1, 1);
	for (int i = 0; i < 7; i++)
		mb_slab_free(cache, objects[16 * i], 1);
	mb_slab_flush_cpu(cache, 1);
	assert_int_equal(nr_partial(cache, 1), 7);
	object = mb_slab_alloc(cache, MB_NO_NODE, 0);
	assert_int_equal(slab_case_nid(&c, object), 1);
	assert_int_equal(nr_slabs(cache, 0), 0);
	/*
	 * One slab is the CPU's, two are its chain's: four are left, no more than the node keeps.
	 */
	assert_int_equal(nr_partial(cache, 1), 4);
	mb_slab_alloc(cache, MB_NO_NODE, 0);
	mb_slab_alloc(cache, MB_NO_NODE, 0);
	object = mb_slab_alloc(cache, MB_NO_NODE, 0);
	assert_int_equal(slab_case_nid(&c, object), 0);
	slab_case_check(&c);
	slab_case_stop(&c);
}

static int reversed_zonelist(void *ctx, int nid, unsigned i)
{
	static const int lists[3][4] = {{0, 2, 1, -1}, {1, 0, 2, -1}, {2, 0, 1, -1}};

	(void)ctx;
	return lists[nid][i];
}

static void test_zonelist_order(void **state)
{
	struct slab_case c = {.nr_nodes = 3, .nr_cpus = 3};
	struct mb_kmem_cache *cache;
	char *objects[2][7 * 16];

	slab_case_init(&c);
	c.config.zonelist_node = reversed_zonelist;
	assert_int_equal(mb_slab_init(&c.config, &c.err, &c.slab), 0);
	cache = create(&c, 1024, 1024);
	for (int nid = 0; nid < 2; nid++) {
		for (int i = 0; i < 7 * 16; i++)
			objects[nid][i] = mb_slab_alloc(cache, nid + 1, 1);
		for (int i = 0; i < 7; i++)
			mb_slab_free(cache, objects[nid][16 * i], 1);
		mb_slab_flush_cpu(cache, 1);
	}
	assert_int_equal(slab_case_nid(&c, mb_slab_alloc(cache, MB_NO_NODE, 0)), 2);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/* Large blocks are refused: a slab of the smallest order that holds an object. */
static void test_min_order(void **state)
{
	struct slab_case c = {.freelist_seed = 9};
	struct mb_kmem_cache *cache;
	char *objects[12];

	slab_case_start(&c);
	cache = create(&c, 1024, 1024);
	c.order_limit = 0;
	for (int i = 0; i < 12; i++)
		objects[i] = mb_slab_alloc(cache, MB_NO_NODE, 0);
	assert_int_equal(nr_slabs(cache, 0), 3);
	slab_case_check(&c);
	c.order_limit = MB_MAX_ORDERS;
	for (int i = 0; i < 12; i++)
		mb_slab_free(cache, objects[i], 1);
	slab_case_check(&c);
	assert_int_equal(mb_slab_kmem_cache_destroy(cache), 0);
	cache = create(&c, 6000, 0);
	c.order_limit = 0;
	assert_null(mb_slab_alloc(cache, MB_NO_NODE, 0));
	slab_case_stop(&c);
}

/* Every page refused in turn while objects come and go. */
static void test_refused_pages(void **state)
{
	struct slab_case c = {.nr_nodes = 2};
	struct mb_rng rng = {slab_case_seed()};
	void *objects[200] = {NULL};
	unsigned refused = 0;

	slab_case_start(&c);
	for (int i = 0; i < 20000; i++) {
		unsigned at = (unsigned)mb_rng_below(&rng, 200),
			 cpu = (unsigned)mb_rng_below(&rng, 2);

		mb_slab_kfree(c.slab, objects[at], cpu);
		c.fail_at = c.calls + 1;
		if (mb_rng_below(&rng, 3))
			c.fail_at++;
		objects[at] =
			mb_slab_kmalloc(c.slab, 1 + mb_rng_below(&rng, 12000), MB_KMALLOC_NORMAL,
					(int)mb_rng_below(&rng, 3) - 1, cpu);
		refused += !objects[at];
		if (i % 1000 == 0)
			slab_case_check(&c);
	}
	c.fail_at = 0;
	assert_true(refused > 100);
	slab_case_check(&c);
	slab_case_stop(&c);
}

/*
 * Threads, each a CPU of its own. They swap objects through shared slots, so most are freed by
 * another CPU than the one that allocated them. The first bytes say how many there are.
 */
#define NR_THREADS 4
#define NR_SLOTS   256

struct shared {
	struct slab_case *c;
	_Atomic(unsigned char *) slots[NR_SLOTS];
	atomic_uint broken;
	uint64_t seed;
	unsigned steps;
};

struct thread {
	struct shared *shared;
	pthread_t thread;
	unsigned cpu;
};

static void release(struct shared *shared, unsigned char *object, unsigned cpu)
{
	uint32_t bytes;

	memcpy(&bytes, object, sizeof(bytes));
	for (uint32_t i = sizeof(bytes); i < bytes; i++) {
		if (object[i] != (unsigned char)bytes)
			atomic_fetch_add(&shared->broken, 1);
	}
	mb_slab_kfree(shared->c->slab, object, cpu);
}

static void *run_thread(void *arg)
{
	struct thread *self = arg;
	struct shared *shared = self->shared;
	struct mb_rng rng = {shared->seed + self->cpu};

	for (unsigned i = 0; i < shared->steps; i++) {
		uint32_t bytes =
			8 + (uint32_t)mb_rng_below(&rng, UINT64_C(1) << mb_rng_below(&rng, 14));
		int nid = (int)mb_rng_below(&rng, 3) - 1;
		unsigned char *object =
			mb_slab_kmalloc(shared->c->slab, bytes, MB_KMALLOC_NORMAL, nid, self->cpu);

		if (object) {
			memset(object, (unsigned char)bytes, bytes);
			memcpy(object, &bytes, sizeof(bytes));
		}
		object = atomic_exchange(&shared->slots[mb_rng_below(&rng, NR_SLOTS)], object);
		if (object)
			release(shared, object, self->cpu);
	}
	return NULL;
}

static void run_threads(struct slab_case *c, uint64_t seed, unsigned steps)
{
	struct shared shared = {.c = c, .seed = seed, .steps = steps};
	struct thread threads[NR_THREADS];
	struct mb_kmem_cache *cache = NULL;
	size_t before = slab_case_used(c);

	for (unsigned i = 0; i < NR_THREADS; i++) {
		threads[i] = (struct thread){.shared = &shared, .cpu = i};
		assert_int_equal(pthread_create(&threads[i].thread, NULL, run_thread, &threads[i]),
				 0);
	}
	for (unsigned i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i].thread, NULL);
	slab_case_check(c);
	for (unsigned i = 0; i < NR_SLOTS; i++) {
		unsigned char *object = atomic_load(&shared.slots[i]);

		if (object)
			release(&shared, object, 0);
	}
	assert_int_equal(atomic_load(&shared.broken), 0);
	slab_case_check(c);
	while ((cache = mb_slab_next_cache(c->slab, cache)))
		mb_slab_kmem_cache_shrink(cache);
	assert_int_equal(slab_case_used(c), before);
	slab_case_check(c);
}

static void test_threads(void **state)
{
	struct slab_case c = {.nr_nodes = 2, .nr_cpus = NR_THREADS};
	uint64_t seed = slab_case_seed();

	slab_case_start(&c);
	run_threads(&c, seed, 20000);
	/* And once more with hardly any memory, where many of them get nothing. */
	c.limit[0] = c.used[0] + 150;
	c.limit[1] = c.used[1] + 100;
	run_threads(&c, seed + 100, 5000);
	slab_case_stop(&c);
}

static void test_threads_shuffled(void **state)
{
	struct slab_case c = {.nr_nodes = 2, .nr_cpus = NR_THREADS, .freelist_seed = 77};

	slab_case_start(&c);
	run_threads(&c, slab_case_seed(), 10000);
	slab_case_stop(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_plain_freelist),
		cmocka_unit_test(test_random_freelist),
		cmocka_unit_test(test_cpu_partial),
		cmocka_unit_test(test_remote_free),
		cmocka_unit_test(test_empty_node),
		cmocka_unit_test(test_other_nodes_partial),
		cmocka_unit_test(test_zonelist_order),
		cmocka_unit_test(test_min_order),
		cmocka_unit_test(test_refused_pages),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_threads_shuffled),
	};

	return cmocka_run_group_tests_name("slab_cache", tests, NULL, NULL);
}
