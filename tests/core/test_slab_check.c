/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "core/slab_internal.h"
#include "tests/core/slab_case.h"

/*
 * Ten slabs of 16 objects on two nodes, in every state: CPU 0's own, on CPU 1's chain, on the
 * node's list, full. Each test breaks one thing, sees the check say so, and mends it.
 */
struct broken {
	struct slab_case c;
	struct mb_kmem_cache *cache;
	struct mb_page *own, *chained, *listed, *full;
	char *objects[160];
};

static int setup(void **state)
{
	static struct broken b;

	memset(&b, 0, sizeof(b));
	b.c.nr_nodes = 2;
	slab_case_start(&b.c);
	assert_int_equal(
		mb_slab_kmem_cache_create(b.c.slab, "thing", 1024, 1024, 0, NULL, &b.cache), 0);
	for (int i = 0; i < 160; i++)
		b.objects[i] = mb_slab_alloc(b.cache, 0, 0);
	for (int i = 0; i < 5; i++) {
		mb_slab_free(b.cache, b.objects[16 * i], 1);
		mb_slab_free(b.cache, b.objects[16 * i + 1], 1);
	}
	mb_slab_free(b.cache, b.objects[159], 0);
	mb_slab_free(b.cache, b.objects[158], 0);
	b.own = b.cache->cpu_slab[0].slab;
	b.chained = b.cache->cpu_slab[1].partial;
	b.listed = MB_LIST_ENTRY(mb_slab_get_node(b.cache, 0)->partial.next, struct mb_page,
				 slab_list);
	b.full = b.c.config.virt_to_page(&b.c, b.objects[16 * 7]);
	slab_case_check(&b.c);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	struct broken *b = *state;

	slab_case_check(&b->c);
	slab_case_stop(&b->c);
	return 0;
}

static void expect(struct broken *b, const char *text)
{
	struct mb_err err = {0};

	assert_int_equal(mb_slab_check(b->c.slab, &err), -EUCLEAN);
	assert_int_equal(err.code, -EUCLEAN);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
}

static void test_free_pointer(void **state)
{
	struct broken *b = *state;
	char *object = b->listed->freelist;
	void *next = mb_slab_get_freepointer(b->cache, object);

	mb_slab_set_freepointer(b->cache, object, object + 8);
	expect(b, "no object of its slab");
	mb_slab_set_freepointer(b->cache, object, object - 1024 * 16);
	expect(b, "no object of its slab");
	mb_slab_set_freepointer(b->cache, object, object);
	expect(b, "free twice");
	mb_slab_set_freepointer(b->cache, object, NULL);
	expect(b, "1 free and 14 in use of 16 objects");
	mb_slab_set_freepointer(b->cache, object, next);
}

/* The CPU's list and the slab's share no object. */
static void test_cpu_freelist(void **state)
{
	struct broken *b = *state;
	struct mb_kmem_cache_cpu *c = &b->cache->cpu_slab[0];
	void *freelist = c->freelist;

	b->own->freelist = freelist;
	b->own->inuse -= 2;
	expect(b, "free twice");
	b->own->freelist = NULL;
	b->own->inuse += 2;
	c->freelist = b->objects[0];
	expect(b, "no object of its slab");
	c->freelist = freelist;
	c->slab = NULL;
	expect(b, "free objects and no slab");
	c->slab = b->own;
}

static void test_counters(void **state)
{
	struct broken *b = *state;

	b->full->inuse--;
	expect(b, "0 free and 15 in use of 16 objects");
	b->full->inuse += 2;
	expect(b, "17 of 16 objects in use");
	b->full->inuse--;
	b->full->objects++;
	expect(b, "slab of 17 objects");
	b->full->objects--;
}

static void test_flags(void **state)
{
	struct broken *b = *state;

	b->full->flags ^= UINT64_C(1) << MB_PG_SLAB;
	expect(b, "without its flag");
	b->full->flags ^= UINT64_C(1) << MB_PG_SLAB | UINT64_C(1) << MB_PG_HEAD;
	expect(b, "head flag");
	b->full->flags ^= UINT64_C(1) << MB_PG_HEAD;
}

static void test_nodes(void **state)
{
	struct broken *b = *state;
	struct mb_kmem_cache_node *node = mb_slab_get_node(b->cache, 1);

	b->listed->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	expect(b, "slab of node 1 on node 0's partial list");
	b->listed->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	b->full->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	expect(b, "node 0 has 9 slabs and counts 10");
	b->full->flags ^= UINT64_C(1) << MB_PAGE_NODE_SHIFT;
	b->full->flags ^= UINT64_C(4) << MB_PAGE_NODE_SHIFT;
	expect(b, "slab on node 4");
	b->full->flags ^= UINT64_C(4) << MB_PAGE_NODE_SHIFT;
	mb_slab_set_node(b->cache, 1, NULL);
	expect(b, "memory or structure alone");
	mb_slab_set_node(b->cache, 1, node);
	node->nr_slabs++;
	expect(b, "node 1 has 0 slabs and counts 1");
	node->nr_slabs--;
	node->nr_partial++;
	expect(b, "node 1 lists 0 partial slabs and counts 1");
	node->nr_partial--;
}

static void test_lists(void **state)
{
	struct broken *b = *state;
	struct mb_kmem_cache_node *node = mb_slab_get_node(b->cache, 0);

	mb_slab_remove_partial(node, b->listed);
	expect(b, "is on no list");
	mb_slab_add_partial(node, b->listed, false);
	b->listed->objects ^= MB_SLAB_PAGE_FROZEN;
	expect(b, "is frozen");
	b->listed->objects ^= MB_SLAB_PAGE_FROZEN;
	b->own->objects ^= MB_SLAB_PAGE_FROZEN;
	expect(b, "is not frozen");
	b->own->objects ^= MB_SLAB_PAGE_FROZEN;
	mb_slab_add_partial(node, b->full, true);
	expect(b, "or a full one");
	mb_slab_remove_partial(node, b->full);
	b->full->slab_cache = b->c.slab->kmem_cache;
	expect(b, "kmem_cache");
	b->full->slab_cache = b->cache;
}

static void test_chain(void **state)
{
	struct broken *b = *state;
	struct mb_kmem_cache_cpu *c = &b->cache->cpu_slab[1];

	b->chained->slab_list.prev = (struct mb_list *)(mb_slab_chain_length(b->chained) + 1);
	expect(b, "chain of wrong length");
	b->chained->slab_list.prev = (struct mb_list *)(mb_slab_chain_length(b->chained) - 1);
	c->slab = b->chained;
	expect(b, "another list too");
	c->slab = NULL;
	c->partial = b->c.config.virt_to_page(&b->c, b->cache);
	expect(b, "no slab of the cache");
	c->partial = b->chained;
}

static void test_unaligned(void **state)
{
	struct broken *b = *state;

	b->cache->sizes.align = 1 << 20;
	expect(b, "no object of its slab");
	b->cache->sizes.align = 1024;
	b->cache->sizes.order++;
	b->cache->sizes.min_order = b->cache->sizes.order;
	expect(b, "slab of order 2");
	b->cache->sizes.order--;
	b->cache->sizes.min_order = 0;
}

static void test_stats(void **state)
{
	struct broken *b = *state;
	struct mb_slab_stats stats;
	struct mb_slab_node_stat node;

	mb_slab_stats(b->c.slab, b->cache, &stats);
	assert_int_equal(stats.slabs, 10);
	assert_int_equal(stats.pages, 40);
	assert_int_equal(stats.objects, 160);
	assert_int_equal(stats.used, 148);
	mb_slab_node_stat(b->cache, 0, &node);
	assert_int_equal(node.nr_slabs, 10);
	assert_int_equal(node.total_objects, 160);
	assert_int_equal(node.nr_partial, 3);
	mb_slab_node_stat(b->cache, MB_NO_NODE, &node);
	assert_int_equal(node.nr_slabs, 0);
	mb_slab_node_stat(b->cache, 2, &node);
	assert_int_equal(node.nr_slabs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_free_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_freelist, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unaligned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats, setup, teardown),
	};

	return cmocka_run_group_tests_name("slab_check", tests, NULL, NULL);
}
