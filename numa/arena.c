/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/list.h"
#include "core/base/strbuf.h"
#include "numa/arena.h"
#include "numa/meminfo.h"
#include "numa/sysroot_file.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14, include/uapi/asm-generic/mman-common.h */
#endif

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26 /* include/uapi/asm-generic/hugetlb_encode.h */
#endif

#define MIN_PAGE_BYTES 4096 /* mmap(2) aligns to at least this */

/* A backed part of a window: whole host pages. */
struct part {
	const char *addr; /* as the caller gave it, with bytes */
	size_t bytes;
	char *start, *end;
	char *large, *large_end; /* whole pages of a pool inside of it; equal: none */
	size_t node;             /* index in budgets */
};

struct window {
	struct mb_list link;
	char *start, *end;
	struct part *parts; /* by address, disjoint */
	size_t nr_parts, max_parts;
};

/*
 * What a host node may be asked for. A strict binding to a full node would wake the kernel's OOM killer on first touch, so
 * the refusal comes before.
 */
struct budget {
	uint64_t limit_bytes; /* available when nothing was backed yet */
	uint64_t backed_bytes;
	uint64_t large_bytes;     /* of it, from the pool */
	struct mb_hugepages pool; /* when nothing was taken from it yet */
};

struct mb_arena {
	const struct mb_topo *topo;
	uint64_t page_bytes;
	enum mb_arena_pages pages;
	uint64_t pool_bytes;  /* of a page of the pool; 0: none is asked for */
	pthread_mutex_t lock; /* all below but by_hand */
	struct mb_list windows;
	struct budget *budgets; /* by index in topo's nodes */
	atomic_bool by_hand;
};

int mb_arena_new(const struct mb_topo *topo, struct mb_err *err, struct mb_arena **ret_arena)
{
	struct mb_arena *arena = calloc(1, sizeof(*arena));

	if (arena)
		arena->budgets = calloc(topo->nr_nodes, sizeof(*arena->budgets));
	if (!arena || !arena->budgets) {
		free(arena);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	arena->topo = topo;
	arena->page_bytes = topo->page_sizes[0];
	pthread_mutex_init(&arena->lock, NULL);
	mb_list_init(&arena->windows);
	*ret_arena = arena;
	return 0;
}

/* --- pages --- */

const char *const mb_arena_pages[MB_ARENA_NR_PAGES] = {
	[MB_ARENA_HOST] = "host", [MB_ARENA_4K] = "4k", [MB_ARENA_THP] = "thp",
	[MB_ARENA_2M] = "2m",     [MB_ARENA_1G] = "1g",
};

uint64_t mb_arena_pool_bytes(enum mb_arena_pages pages)
{
	return pages == MB_ARENA_2M ? 2 * MB_MIB : pages == MB_ARENA_1G ? MB_GIB : 0;
}

static const struct mb_sysroot live = {.path = "/"};

/* The pool of a host node, or of the host where it shows no nodes. */
static int read_pool(const struct mb_arena *arena, int node, struct mb_hugepages *ret_pool)
{
	int r = mb_hugepages_read(&live, node, arena->pool_bytes, ret_pool);

	if (r && mb_topo_single(arena->topo))
		r = mb_hugepages_read(&live, MB_HUGEPAGES_HOST, arena->pool_bytes, ret_pool);
	return r;
}

/* A kernel that knows the advice takes it for no memory at all. */
static bool can_populate(void)
{
	return madvise(NULL, 0, MADV_POPULATE_WRITE) == 0;
}

int mb_arena_set_pages(struct mb_arena *arena, enum mb_arena_pages pages, struct mb_err *err)
{
	uint64_t pool_bytes = mb_arena_pool_bytes(pages);
	struct mb_hugepages pool;

	if (pool_bytes && mb_hugepages_read(&live, MB_HUGEPAGES_HOST, pool_bytes, &pool))
		return MB_FAIL(err, -ENOENT, "this host has no huge pages of %s",
			       mb_strbuf_size(pool_bytes).text);
	if (pool_bytes && !can_populate())
		return MB_FAIL(err, -ENOTSUP, "huge pages of a pool need Linux 5.14");
	arena->pages = pages;
	arena->pool_bytes = pool_bytes;
	return 0;
}

int mb_arena_got(struct mb_arena *arena, struct mb_hugepages_got *ret_got, struct mb_err *err)
{
	struct mb_hugepages_got got = {0};
	char *smaps MB_FREE = NULL;
	struct mb_list *pos;
	int r = mb_sysroot_file_read(&live, &smaps, "proc/self/smaps");

	if (r)
		return MB_FAIL(err, r, "/proc/self/smaps: %s", strerror(-r));
	pthread_mutex_lock(&arena->lock);
	mb_list_for_each(pos, &arena->windows) {
		const struct window *window = MB_LIST_ENTRY(pos, struct window, link);

		mb_hugepages_count(smaps, (uintptr_t)window->start, (uintptr_t)window->end, &got);
	}
	pthread_mutex_unlock(&arena->lock);
	*ret_got = got;
	return 0;
}

/* Whole pages of the pool inside of a part. */
static void find_large(const struct mb_arena *arena, struct part *part)
{
	uintptr_t start = (uintptr_t)part->start, end = (uintptr_t)part->end;

	part->large = part->large_end = part->start;
	if (!arena->pool_bytes)
		return;
	start = (uintptr_t)mb_align_up_pow2(start, arena->pool_bytes);
	end = (uintptr_t)mb_align_down_pow2(end, arena->pool_bytes);
	if (start < end) {
		part->large = (char *)start;
		part->large_end = (char *)end;
	}
}

static uint64_t large_bytes(const struct part *part)
{
	return (uint64_t)(part->large_end - part->large);
}

/* --- windows --- */

/* Adds a part to what its node has given, or takes it away. Lock held, or the last user. */
static void account(struct mb_arena *arena, const struct part *part, bool backed)
{
	struct budget *budget = &arena->budgets[part->node];
	uint64_t bytes = (uint64_t)(part->end - part->start);

	budget->backed_bytes += backed ? bytes : -bytes;
	budget->large_bytes += backed ? large_bytes(part) : -large_bytes(part);
}

/* Lock held, or the last user. */
static void drop_window(struct mb_arena *arena, struct window *window)
{
	for (size_t i = 0; i < window->nr_parts; i++)
		account(arena, &window->parts[i], false);
	munmap(window->start, (size_t)(window->end - window->start));
	mb_list_del(&window->link);
	free(window->parts);
	free(window);
}

void mb_arena_free(struct mb_arena *arena)
{
	struct mb_list *pos, *next;

	if (!arena)
		return;
	mb_list_for_each_safe(pos, next, &arena->windows)
		drop_window(arena, MB_LIST_ENTRY(pos, struct window, link));
	pthread_mutex_destroy(&arena->lock);
	free(arena->budgets);
	free(arena);
}

/* Address space of exactly [*ret_start, + bytes): more is reserved where the alignment asks for it, and cut. */
static int reserve(size_t bytes, size_t align, char **ret_start)
{
	size_t slack = align > MIN_PAGE_BYTES ? align - MIN_PAGE_BYTES : 0;
	size_t head;
	char *raw;

	if (bytes + slack < bytes)
		return -ENOMEM;
	raw = mmap(NULL, bytes + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
	if (raw == MAP_FAILED)
		return -errno;
	head = (size_t)(mb_align_up_pow2((uintptr_t)raw, align) - (uintptr_t)raw);
	if (head)
		munmap(raw, head);
	if (slack > head)
		munmap(raw + head + bytes, slack - head);
	*ret_start = raw + head;
	return 0;
}

int mb_arena_map(struct mb_arena *arena, size_t bytes, size_t align, struct mb_err *err,
		 void **ret_addr)
{
	size_t rounded = (size_t)mb_align_up_pow2(bytes, arena->page_bytes);
	struct window *window;
	int rc;

	if (!rounded || !mb_is_pow2(align))
		return MB_FAIL(err, -EINVAL, "a window of %zu bytes aligned to %zu is not possible",
			       bytes, align);
	window = calloc(1, sizeof(*window));
	if (!window)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	align = mb_max(align, mb_max(arena->page_bytes, arena->pool_bytes));
	rc = reserve(rounded, align, &window->start);
	if (rc) {
		free(window);
		return MB_FAIL(err, rc, "%s of address space cannot be reserved: %s",
			       mb_strbuf_size(rounded).text, strerror(-rc));
	}
	window->end = window->start + rounded;
	pthread_mutex_lock(&arena->lock);
	mb_list_add_tail(&window->link, &arena->windows);
	pthread_mutex_unlock(&arena->lock);
	*ret_addr = window->start;
	return 0;
}

static struct window *find_window(struct mb_arena *arena, const char *start, const char *end)
{
	struct mb_list *pos;

	mb_list_for_each(pos, &arena->windows) {
		struct window *window = MB_LIST_ENTRY(pos, struct window, link);

		if (start >= window->start && start < end && end <= window->end)
			return window;
	}
	return NULL;
}

void mb_arena_unmap(struct mb_arena *arena, void *addr)
{
	struct window *window;

	if (!addr)
		return;
	pthread_mutex_lock(&arena->lock);
	window = find_window(arena, addr, (char *)addr + 1);
	assert(window && window->start == addr);
	drop_window(arena, window);
	pthread_mutex_unlock(&arena->lock);
}

/* Index of the first part that ends above addr. */
static size_t find_part(const struct window *window, const char *addr)
{
	size_t low = 0, high = window->nr_parts;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (window->parts[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool touches_part(const struct window *window, const char *start, const char *end)
{
	size_t at = find_part(window, start);

	return at < window->nr_parts && window->parts[at].start < end;
}

static bool is_backed(const struct window *window, const char *start, const char *end)
{
	size_t at = find_part(window, start);

	while (at < window->nr_parts && window->parts[at].start <= start && start < end)
		start = window->parts[at++].end;
	return start >= end;
}

/* Whole host pages around [addr, addr + bytes). */
static void round_out(const struct mb_arena *arena, const void *addr, size_t bytes,
		      char **ret_start, char **ret_end)
{
	uintptr_t start = (uintptr_t)addr, end = start + bytes;

	*ret_start = (char *)(uintptr_t)mb_align_down_pow2(start, arena->page_bytes);
	*ret_end = (char *)(uintptr_t)mb_align_up_pow2(end, arena->page_bytes);
}

/* A page that is only partly asked for may be a neighbour's: it is left out. */
static void trim(const struct mb_arena *arena, const struct window *window, struct part *part)
{
	uint64_t page_bytes = arena->page_bytes;

	if (part->start != part->addr && is_backed(window, part->start, part->start + page_bytes))
		part->start += page_bytes;
	if (part->end != part->addr + part->bytes && part->end > part->start &&
	    is_backed(window, part->end - page_bytes, part->end))
		part->end -= page_bytes;
}

/* The pool's part of it: pages are taken when they are touched, so they are counted before. */
static int charge_pool(struct mb_arena *arena, const struct part *part, struct mb_err *err)
{
	int node = arena->topo->nodes[part->node].os_index;
	struct budget *budget = &arena->budgets[part->node];
	uint64_t pages = (budget->large_bytes + large_bytes(part)) / mb_max(arena->pool_bytes, 1);

	if (!large_bytes(part))
		return 0;
	if (!budget->large_bytes && read_pool(arena, node, &budget->pool))
		return MB_FAIL(err, -ENOMEM, "host node %d has no huge pages of %s", node,
			       mb_strbuf_size(arena->pool_bytes).text);
	if (pages <= budget->pool.free_pages)
		return 0;
	return mb_hugepages_fail(&budget->pool, node, pages, err);
}

static int charge(struct mb_arena *arena, const struct part *part, struct mb_err *err)
{
	const struct mb_topo_node *node = &arena->topo->nodes[part->node];
	struct budget *budget = &arena->budgets[part->node];
	uint64_t bytes = (uint64_t)(part->end - part->start) - large_bytes(part);
	uint64_t backed = budget->backed_bytes - budget->large_bytes;
	struct mb_meminfo info = {.available_bytes = node->available_bytes};

	if (!backed) {
		mb_topo_meminfo(arena->topo, node, &info);
		budget->limit_bytes = info.available_bytes;
	}
	if (bytes > budget->limit_bytes || backed > budget->limit_bytes - bytes)
		return MB_FAIL(err, -ENOMEM,
			       "host node %d has %llu MiB to give, %llu MiB are needed",
			       node->os_index, (unsigned long long)(budget->limit_bytes / MB_MIB),
			       (unsigned long long)((backed + bytes) / MB_MIB));
	return charge_pool(arena, part, err);
}

static int make_room(struct window *window)
{
	size_t max = window->max_parts ? 2 * window->max_parts : 8;
	struct part *parts;

	if (window->nr_parts < window->max_parts)
		return 0;
	parts = realloc(window->parts, max * sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	window->parts = parts;
	window->max_parts = max;
	return 0;
}

/* A fresh mapping in the place of the old one: memory, policy and accounting go at once. */
static int make_empty(char *start, char *end)
{
	void *addr = mmap(start, (size_t)(end - start), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	return addr == MAP_FAILED ? -errno : 0;
}

/* Pages of a pool in the place of the part's middle. Not reserved now: the kernel would take them of any node. */
static int open_large(const struct mb_arena *arena, const struct part *part)
{
	int size = (int)mb_ctz64(arena->pool_bytes) << MAP_HUGE_SHIFT;
	void *addr =
		mmap(part->large, large_bytes(part), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED | MAP_HUGETLB | size,
		     -1, 0);

	return addr == MAP_FAILED ? -errno : 0;
}

/* Advice that a kernel without transparent huge pages does not know changes nothing. */
static void advise(const struct mb_arena *arena, const struct part *part)
{
	size_t bytes = (size_t)(part->end - part->start);

	if (arena->pages == MB_ARENA_THP)
		madvise(part->start, bytes, MADV_HUGEPAGE);
	else if (arena->pages == MB_ARENA_4K)
		madvise(part->start, bytes, MADV_NOHUGEPAGE);
}

static int open_part(struct mb_arena *arena, const struct part *part, struct mb_err *err)
{
	size_t bytes = (size_t)(part->end - part->start);
	int rc = 0;

	if (mprotect(part->start, bytes, PROT_READ | PROT_WRITE))
		return MB_FAIL(err, -errno, "%zu bytes cannot be made writable: %s", bytes,
			       strerror(errno));
	if (large_bytes(part) && (rc = open_large(arena, part)))
		MB_FAIL(err, rc, "huge pages cannot be mapped: %s", strerror(-rc));
	if (!rc)
		rc = mb_place_bind(arena->topo, part->start, bytes,
				   arena->topo->nodes[part->node].os_index, err);
	if (rc)
		make_empty(part->start, part->end);
	else
		advise(arena, part);
	return rc;
}

/* Lock held. */
static int back(struct mb_arena *arena, struct part *part, struct mb_err *err)
{
	struct window *window = find_window(arena, part->start, part->end);
	size_t at;
	int rc;

	if (!window || !part->bytes)
		return MB_FAIL(err, -EINVAL, "%zu bytes to back are not inside of a window",
			       part->bytes);
	trim(arena, window, part);
	if (part->start >= part->end)
		return 0;
	if (touches_part(window, part->start, part->end))
		return MB_FAIL(err, -EINVAL, "a part of %zu bytes to back has memory already",
			       part->bytes);
	rc = make_room(window);
	if (rc)
		return MB_FAIL(err, rc, "out of memory");
	find_large(arena, part);
	rc = charge(arena, part, err);
	if (!rc)
		rc = open_part(arena, part, err);
	if (rc)
		return rc;
	at = find_part(window, part->start);
	memmove(&window->parts[at + 1], &window->parts[at],
		(window->nr_parts - at) * sizeof(*window->parts));
	window->parts[at] = *part;
	window->nr_parts++;
	account(arena, part, true);
	return 0;
}

int mb_arena_back(struct mb_arena *arena, void *addr, size_t bytes, int node, struct mb_err *err)
{
	const struct mb_topo_node *host = mb_topo_find(arena->topo, node);
	struct part part = {.addr = addr, .bytes = bytes};
	int rc;

	if (!host)
		return MB_FAIL(err, -EINVAL, "there is no host node %d", node);
	part.node = (size_t)(host - arena->topo->nodes);
	round_out(arena, addr, bytes, &part.start, &part.end);
	pthread_mutex_lock(&arena->lock);
	rc = back(arena, &part, err);
	pthread_mutex_unlock(&arena->lock);
	return rc;
}

/* Lock held. */
static int unback(struct mb_arena *arena, const char *addr, size_t bytes, struct mb_err *err)
{
	struct window *window = find_window(arena, addr, addr + bytes);
	size_t at = window ? find_part(window, addr) : 0;
	struct part *part;
	int rc;

	/* The page at addr may be a neighbour's, then the part begins behind it. */
	if (window && at < window->nr_parts && window->parts[at].addr != addr)
		at++;
	if (!window || at >= window->nr_parts || window->parts[at].addr != addr ||
	    window->parts[at].bytes != bytes)
		return MB_FAIL(err, -EINVAL, "%zu bytes to release were not backed so", bytes);
	part = &window->parts[at];
	rc = make_empty(part->start, part->end);
	if (rc)
		return MB_FAIL(err, rc, "%zu bytes cannot be released: %s", bytes, strerror(-rc));
	account(arena, part, false);
	window->nr_parts--;
	memmove(part, part + 1, (window->nr_parts - at) * sizeof(*part));
	return 0;
}

int mb_arena_unback(struct mb_arena *arena, void *addr, size_t bytes, struct mb_err *err)
{
	int rc;

	pthread_mutex_lock(&arena->lock);
	rc = unback(arena, addr, bytes, err);
	pthread_mutex_unlock(&arena->lock);
	return rc;
}

/*
 * Writes a byte of each page back as it is. Compare and exchange, since another thread may use the page (then it has been
 * touched as well), and since compilers turn other atomics that change nothing into reads.
 */
static void touch(char *start, const char *end, uint64_t page_bytes)
{
	for (; start < end; start += page_bytes) {
		char byte = __atomic_load_n(start, __ATOMIC_RELAXED);

		__atomic_compare_exchange_n(start, &byte, byte, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	}
}

static int populate(char *start, const char *end)
{
	int rc;

	do {
		rc = madvise(start, (size_t)(end - start), MADV_POPULATE_WRITE) ? -errno : 0;
	} while (rc == -EINTR);
	return rc;
}

/*
 * -EINVAL has two meanings: an old kernel, or memory that is not writable. The window knows which; touching memory that is
 * not backed would end the process.
 */
int mb_arena_fault(struct mb_arena *arena, void *addr, size_t bytes, struct mb_err *err)
{
	struct window *window;
	char *start, *end;
	bool backed;
	int rc = -EINVAL;

	round_out(arena, addr, bytes, &start, &end);
	if (start == end)
		return 0;
	if (!atomic_load_explicit(&arena->by_hand, memory_order_relaxed))
		rc = populate(start, end);
	if (!rc)
		return 0;
	pthread_mutex_lock(&arena->lock);
	window = find_window(arena, start, end);
	backed = window && is_backed(window, start, end);
	pthread_mutex_unlock(&arena->lock);
	if (!backed)
		return MB_FAIL(err, -EFAULT, "%zu bytes to touch are not backed", bytes);
	if (arena->pool_bytes && (rc == -EFAULT || rc == -EINVAL)) /* SIGBUS, in words */
		return MB_FAIL(err, -ENOMEM, "the pool of huge pages of %s is empty",
			       mb_strbuf_size(arena->pool_bytes).text);
	if (rc != -EINVAL)
		return MB_FAIL(err, rc, "%zu bytes cannot be touched: %s", bytes, strerror(-rc));
	atomic_store_explicit(&arena->by_hand, true, memory_order_relaxed);
	touch(start, end, arena->page_bytes);
	return 0;
}

int mb_arena_verify(struct mb_arena *arena, const void *addr, size_t bytes, int node,
		    struct mb_place_count *ret_count, struct mb_err *err)
{
	char *start, *end;

	round_out(arena, addr, bytes, &start, &end);
	return mb_place_count(arena->topo, start, (size_t)(end - start), node, ret_count, err);
}

uint64_t mb_arena_backed_bytes(struct mb_arena *arena)
{
	uint64_t bytes = 0;

	pthread_mutex_lock(&arena->lock);
	for (size_t i = 0; i < arena->topo->nr_nodes; i++)
		bytes += arena->budgets[i].backed_bytes;
	pthread_mutex_unlock(&arena->lock);
	return bytes;
}

void mb_arena_touch_by_hand(struct mb_arena *arena)
{
	atomic_store_explicit(&arena->by_hand, true, memory_order_relaxed);
}
