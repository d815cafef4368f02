/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "tests/core/slab_case.h"
#include "tests/seed.h"

#define BLOCK_ALIGN (size_t)(64 << 20) /* above any block */

static size_t page_bytes(const struct slab_case *c)
{
	return (size_t)1 << c->page_shift;
}

static struct mb_page ordinary(struct mb_page *page, int nid, int refcount)
{
	struct mb_page image = {
		.flags = mb_page_flags(MB_ZONE_NORMAL, nid), .mapcount = -1, .refcount = refcount};

	mb_list_init(&image.lru);
	image.lru.next = &page->lru;
	image.lru.prev = &page->lru;
	return image;
}

/* First free block of the node, or the number of all pages. */
static size_t find_block(const struct slab_case *c, unsigned nid, unsigned order)
{
	size_t count = (size_t)1 << order, first = nid * c->node_pages;

	if (c->used[nid] + count > c->limit[nid])
		return c->nr_nodes * c->node_pages;
	for (size_t at = first; at + count <= first + c->node_pages; at += count) {
		size_t i = 0;

		while (i < count && !c->head[at + i])
			i++;
		if (i == count)
			return at;
	}
	return c->nr_nodes * c->node_pages;
}

static struct mb_page *take_block(struct slab_case *c, int nid, unsigned order)
{
	unsigned from = nid == MB_NO_NODE ? 0 : (unsigned)nid;

	for (unsigned i = 0; i < c->nr_nodes; i++) {
		unsigned node = (from + i) % c->nr_nodes;
		size_t at = find_block(c, node, order), count = (size_t)1 << order;

		if (at == c->nr_nodes * c->node_pages)
			continue;
		for (size_t page = at; page < at + count; page++)
			c->head[page] = at + 1;
		c->used[node] += count;
		c->pages[at] = ordinary(&c->pages[at], (int)node, 1);
		memset(c->memory + at * page_bytes(c), 0xa5, count * page_bytes(c));
		return &c->pages[at];
	}
	return NULL;
}

static struct mb_page *case_alloc_pages(void *ctx, int nid, unsigned order, unsigned flags,
					unsigned cpu)
{
	struct slab_case *c = ctx;
	struct mb_page *page = NULL;

	(void)cpu;
	pthread_mutex_lock(&c->lock);
	c->asked_nid = nid;
	c->asked_flags = flags;
	if (++c->calls != c->fail_at && order <= c->order_limit)
		page = take_block(c, nid, order);
	pthread_mutex_unlock(&c->lock);
	return page;
}

static void case_free_pages(void *ctx, struct mb_page *page, unsigned order, unsigned cpu)
{
	struct slab_case *c = ctx;
	size_t at = (size_t)(page - c->pages), count = (size_t)1 << order;
	int nid = (int)(at / c->node_pages);
	struct mb_page image = ordinary(page, nid, 1);

	(void)cpu;
	pthread_mutex_lock(&c->lock);
	for (size_t i = at; i < at + count; i++) {
		if (c->head[i] != at + 1)
			c->spoilt++;
		c->head[i] = 0;
	}
	if (memcmp(page, &image, sizeof(image)) != 0 ||
	    (at + count < c->nr_nodes * c->node_pages && c->head[at + count] == at + 1))
		c->spoilt++;
	c->used[nid] -= count;
	memset(c->memory + at * page_bytes(c), 0x6b, count * page_bytes(c));
	pthread_mutex_unlock(&c->lock);
}

static void *case_page_address(void *ctx, struct mb_page *page, unsigned order)
{
	struct slab_case *c = ctx;

	(void)order;
	return c->refuse_memory ? NULL : c->memory + (size_t)(page - c->pages) * page_bytes(c);
}

static struct mb_page *case_virt_to_page(void *ctx, const void *addr)
{
	struct slab_case *c = ctx;

	return &c->pages[c->head[(size_t)((const char *)addr - c->memory) / page_bytes(c)] - 1];
}

static void set_defaults(struct slab_case *c)
{
	if (!c->profile)
		c->profile = mb_profile_find("6.1");
	c->page_shift = c->page_shift ? c->page_shift : 12;
	c->nr_nodes = c->nr_nodes ? c->nr_nodes : 1;
	c->nr_cpus = c->nr_cpus ? c->nr_cpus : 2;
	c->node_pages = c->node_pages ? c->node_pages : 16384;
	c->normal = c->normal ? c->normal : (UINT64_C(1) << c->nr_nodes) - 1;
	c->order_limit = MB_MAX_ORDERS;
	c->normal_map[0] = c->normal;
	for (unsigned i = 0; i < c->nr_nodes; i++)
		c->limit[i] = c->normal >> i & 1 ? c->node_pages : 0;
	for (unsigned i = 0; i < c->nr_cpus; i++)
		c->cpu_node[i] = (int)(i % c->nr_nodes);
}

void slab_case_init(struct slab_case *c)
{
	size_t pages, bytes;
	void *memory;

	set_defaults(c);
	pages = c->nr_nodes * c->node_pages;
	bytes = pages * page_bytes(c);
	pthread_mutex_init(&c->lock, NULL);
	c->pages = aligned_alloc(64, pages * sizeof(*c->pages));
	c->head = calloc(pages, sizeof(*c->head));
	memory = mmap(NULL, bytes + BLOCK_ALIGN, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(c->pages && c->head && memory != MAP_FAILED);
	/* Keep the aligned part alone, so that slab_case_stop() knows what to unmap. */
	c->memory = (char *)mb_align_up_pow2((uintptr_t)memory, BLOCK_ALIGN);
	munmap(memory, (size_t)(c->memory - (char *)memory));
	munmap(c->memory + bytes, BLOCK_ALIGN - (size_t)(c->memory - (char *)memory));
	c->config = (struct mb_slab_config){
		.profile = c->profile,
		.arch = c->arch,
		.page_shift = c->page_shift,
		.max_order = mb_profile_max_order(c->page_shift),
		.nr_node_ids = c->nr_nodes,
		.normal_memory_nodes = c->normal_map,
		.nr_cpus = c->nr_cpus,
		.present_cpus = c->arch == MB_ARCH_ARM64 ? 1 : c->nr_cpus,
		.cpu_node = c->cpu_node,
		.freelist_seed = c->freelist_seed,
		.alloc_pages = case_alloc_pages,
		.free_pages = case_free_pages,
		.page_address = case_page_address,
		.virt_to_page = case_virt_to_page,
		.ctx = c,
	};
}

void slab_case_start(struct slab_case *c)
{
	slab_case_init(c);
	if (mb_slab_init(&c->config, &c->err, &c->slab))
		fail_msg("mb_slab_init: %s (%s:%d)", c->err.text, c->err.file, c->err.line);
}

void slab_case_stop(struct slab_case *c)
{
	mb_slab_fini(c->slab);
	c->slab = NULL;
	assert_int_equal(slab_case_used(c), 0);
	assert_int_equal(c->spoilt, 0);
	munmap(c->memory, c->nr_nodes * c->node_pages * page_bytes(c));
	free(c->head);
	free(c->pages);
	pthread_mutex_destroy(&c->lock);
}

void slab_case_check(struct slab_case *c)
{
	struct mb_err err = {0};

	if (mb_slab_check(c->slab, &err))
		fail_msg("mb_slab_check: %s (%s:%d)", err.text, err.file, err.line);
}

size_t slab_case_used(const struct slab_case *c)
{
	size_t used = 0;

	for (unsigned i = 0; i < c->nr_nodes; i++)
		used += c->used[i];
	return used;
}

int slab_case_nid(const struct slab_case *c, const void *object)
{
	return (int)((size_t)((const char *)object - c->memory) / page_bytes(c) / c->node_pages);
}

uint64_t slab_case_seed(void)
{
	return seed_or(20240611);
}
