/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "numa/arena.h"
#include "tests/numa/numa_test.h"

struct fixture {
	struct mb_topo *topo;
	struct mb_arena *arena;
	uint64_t page; /* bytes */
	int node;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->topo = new_topo();
	f->page = f->topo->page_sizes[0];
	f->node = first_memory_node(f->topo)->os_index;
	assert_int_equal(mb_arena_new(f->topo, NULL, &f->arena), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mb_arena_free(f->arena);
	mb_topo_free(f->topo);
	free(f);
	return 0;
}

static char *map(struct fixture *f, uint64_t pages)
{
	void *addr = NULL;

	assert_int_equal(mb_arena_map(f->arena, pages * f->page, f->page, NULL, &addr), 0);
	return addr;
}

/* Asks the kernel to read a byte, which answers instead of ending the process. */
static bool is_readable(const char *addr)
{
	int fds[2];
	bool readable;

	assert_int_equal(pipe(fds), 0);
	readable = syscall(SYS_write, fds[1], addr, (size_t)1) == 1;
	close(fds[0]);
	close(fds[1]);
	return readable;
}

static void test_windows(void **state)
{
	static const size_t aligns[] = {4096, 65536, 2 << 20, 128 << 20};
	struct fixture *f = *state;
	void *addr = NULL, *kept;

	for (size_t i = 0; i < MB_ARRAY_SIZE(aligns); i++) {
		assert_int_equal(mb_arena_map(f->arena, 3 * f->page, aligns[i], NULL, &addr), 0);
		assert_int_equal((uintptr_t)addr % aligns[i], 0);
		assert_false(is_readable(addr));
		mb_arena_unmap(f->arena, addr);
	}
	kept = addr;
	assert_int_equal(mb_arena_map(f->arena, 0, 4096, NULL, &addr), -EINVAL);
	assert_int_equal(mb_arena_map(f->arena, 4096, 3000, NULL, &addr), -EINVAL);
	assert_int_equal(mb_arena_map(f->arena, (size_t)1 << 62, 4096, NULL, &addr), -ENOMEM);
	assert_ptr_equal(addr, kept);
	mb_arena_unmap(f->arena, NULL);
}

static void test_life_of_a_part(void **state)
{
	struct fixture *f = *state;
	struct mb_place_count count = {0};
	char *addr = map(f, 64);

	need_placement(f->topo);
	assert_int_equal(mb_arena_back(f->arena, addr + 8 * f->page, 16 * f->page, f->node, NULL),
			 0);
	assert_int_equal(mb_arena_backed_bytes(f->arena), 16 * f->page);
	assert_int_equal(mb_arena_fault(f->arena, addr + 8 * f->page, 16 * f->page, NULL), 0);
	assert_int_equal(
		mb_arena_verify(f->arena, addr + 8 * f->page, 16 * f->page, f->node, &count, NULL),
		0);
	assert_int_equal(count.right, 16);
	assert_false(is_readable(addr + 8 * f->page - 1));
	assert_false(is_readable(addr + 24 * f->page));
	for (uint64_t i = 0; i < 16 * f->page; i++)
		assert_int_equal(addr[8 * f->page + i], 0);
	memset(addr + 8 * f->page, 1, 16 * f->page);
	assert_int_equal(mb_arena_unback(f->arena, addr + 8 * f->page, 16 * f->page, NULL), 0);
	assert_false(is_readable(addr + 8 * f->page));
	assert_int_equal(mb_arena_backed_bytes(f->arena), 0);

	/* What comes back is new memory. */
	assert_int_equal(mb_arena_back(f->arena, addr, 64 * f->page, f->node, NULL), 0);
	assert_int_equal(addr[8 * f->page], 0);
	mb_arena_unmap(f->arena, addr);
	assert_false(is_readable(addr));
	assert_int_equal(mb_arena_backed_bytes(f->arena), 0);
}

/* The first touch adds pages and nothing else, by the kernel and by hand. */
static void test_fault_keeps_contents(void **state)
{
	struct fixture *f = *state;

	need_placement(f->topo);
	for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
		struct mb_place_count count = {0};
		char *addr = map(f, 32);

		if (by_hand)
			mb_arena_touch_by_hand(f->arena);
		assert_int_equal(mb_arena_back(f->arena, addr, 32 * f->page, f->node, NULL), 0);
		addr[5 * f->page + 17] = 42;
		assert_int_equal(mb_arena_fault(f->arena, addr + 100, 31 * f->page, NULL), 0);
		assert_int_equal(addr[5 * f->page + 17], 42);
		assert_int_equal(
			mb_arena_verify(f->arena, addr, 32 * f->page, f->node, &count, NULL), 0);
		assert_int_equal(count.right, 32);
		mb_arena_unmap(f->arena, addr);
	}
}

static void test_fault_of_nothing(void **state)
{
	struct fixture *f = *state;
	char *addr = map(f, 32);

	need_placement(f->topo);
	for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
		struct mb_err err = {0};

		if (by_hand)
			mb_arena_touch_by_hand(f->arena);
		assert_int_equal(mb_arena_fault(f->arena, addr, f->page, &err), -EFAULT);
		assert_true(strlen(err.text) > 0);
		assert_int_equal(mb_arena_fault(f->arena, addr, 0, NULL), 0);
	}
	assert_int_equal(mb_arena_back(f->arena, addr, 8 * f->page, f->node, NULL), 0);
	assert_int_equal(mb_arena_fault(f->arena, addr + 7 * f->page, 2 * f->page, NULL), -EFAULT);
	assert_int_equal(mb_arena_fault(f->arena, addr, 8 * f->page, NULL), 0);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;
	char *addr = map(f, 32);
	struct mb_err err = {0};

	need_placement(f->topo);
	assert_int_equal(mb_arena_back(f->arena, addr, 8 * f->page, f->node, NULL), 0);
	assert_int_equal(mb_arena_back(f->arena, addr + 7 * f->page, f->page, f->node, &err),
			 -EINVAL);
	assert_non_null(strstr(err.text, "already"));
	assert_int_equal(mb_arena_back(f->arena, addr + 31 * f->page, 2 * f->page, f->node, NULL),
			 -EINVAL);
	assert_int_equal(mb_arena_back(f->arena, addr + 8 * f->page, 0, f->node, NULL), -EINVAL);
	assert_int_equal(mb_arena_back(f->arena, addr + 8 * f->page, f->page, 1000, NULL), -EINVAL);
	assert_int_equal(mb_arena_unback(f->arena, addr, 7 * f->page, NULL), -EINVAL);
	assert_int_equal(mb_arena_unback(f->arena, addr + f->page, 7 * f->page, NULL), -EINVAL);
	assert_int_equal(mb_arena_unback(f->arena, addr + 8 * f->page, f->page, NULL), -EINVAL);
	assert_int_equal(mb_arena_backed_bytes(f->arena), 8 * f->page);
	assert_false(is_readable(addr + 8 * f->page));
}

/* More than the node has is refused before the kernel would have to kill someone for it. */
static void test_more_than_there_is(void **state)
{
	struct fixture *f = *state;
	uint64_t pages = 2 * first_memory_node(f->topo)->total_bytes / f->page;
	char *addr = map(f, pages);
	struct mb_err err = {0};

	need_placement(f->topo);
	assert_int_equal(mb_arena_back(f->arena, addr, pages * f->page, f->node, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "to give"));
	assert_int_equal(mb_arena_backed_bytes(f->arena), 0);
	assert_false(is_readable(addr));
	assert_int_equal(mb_arena_back(f->arena, addr, f->page, f->node, NULL), 0);
	assert_int_equal(
		mb_arena_back(f->arena, addr + f->page, (pages - 1) * f->page, f->node, NULL),
		-ENOMEM);
	assert_int_equal(mb_arena_backed_bytes(f->arena), f->page);
}

static void test_every_node(void **state)
{
	struct fixture *f = *state;
	char *addr = map(f, 16 * f->topo->nr_nodes);
	uint64_t backed = 0;

	need_placement(f->topo);
	for (size_t i = 0; i < f->topo->nr_nodes; i++) {
		char *part = addr + i * 16 * f->page;
		int node = f->topo->nodes[i].os_index;
		struct mb_place_count count = {0};

		if (!f->topo->nodes[i].total_bytes)
			continue;
		assert_int_equal(mb_arena_back(f->arena, part, 16 * f->page, node, NULL), 0);
		assert_int_equal(mb_arena_fault(f->arena, part, 16 * f->page, NULL), 0);
		assert_int_equal(mb_arena_verify(f->arena, part, 16 * f->page, node, &count, NULL),
				 0);
		assert_int_equal(count.right, 16);
		backed += 16 * f->page;
		assert_int_equal(mb_arena_backed_bytes(f->arena), backed);
	}
}

/*
 * A host with larger pages than the pieces that the engine asks for, here 4 of the real ones:
 *
 *   pieces   |  a   |  b  |    c   |
 *   pages    |  0  |  1  |  2  |  3  |
 *
 * The page in which a ends and b begins is a's; b is within it and adds nothing; c has pages 2 and 3.
 */
static void test_pieces_of_large_pages(void **state)
{
	struct fixture *f = *state;
	uint64_t real = f->page;
	struct mb_arena *arena = NULL;
	void *window = NULL;
	char *addr;

	need_placement(f->topo);
	f->topo->page_sizes[0] = 4 * real;
	assert_int_equal(mb_arena_new(f->topo, NULL, &arena), 0);
	assert_int_equal(mb_arena_map(arena, 16 * real, 4 * real, NULL, &window), 0);
	addr = window;
	assert_int_equal(mb_arena_back(arena, addr, 5 * real, f->node, NULL), 0);
	assert_int_equal(mb_arena_backed_bytes(arena), 8 * real);
	assert_int_equal(mb_arena_back(arena, addr + 5 * real, 2 * real, f->node, NULL), 0);
	assert_int_equal(mb_arena_backed_bytes(arena), 8 * real);
	assert_int_equal(mb_arena_back(arena, addr + 7 * real, 9 * real, f->node, NULL), 0);
	assert_int_equal(mb_arena_backed_bytes(arena), 16 * real);
	assert_int_equal(mb_arena_fault(arena, addr, 16 * real, NULL), 0);
	assert_int_equal(mb_arena_unback(arena, addr + 7 * real, 9 * real, NULL), 0);
	assert_int_equal(mb_arena_backed_bytes(arena), 8 * real);
	assert_true(is_readable(addr + 8 * real - 1));
	assert_false(is_readable(addr + 8 * real));
	mb_arena_free(arena);
	f->topo->page_sizes[0] = real;
}

#define ORACLE_PAGES 64

/* owner[i]: number of the part that has backed page i, 0 for none. */
static void check_pages(struct fixture *f, const char *addr, const unsigned *owner)
{
	uint64_t backed = 0;

	for (uint64_t i = 0; i < ORACLE_PAGES; i++) {
		backed += owner[i] != 0;
		assert_int_equal(is_readable(addr + i * f->page), owner[i] != 0);
	}
	assert_int_equal(mb_arena_backed_bytes(f->arena), backed * f->page);
}

static void test_random_parts(void **state)
{
	struct fixture *f = *state;
	struct mb_rng rng = {test_seed()};
	unsigned owner[ORACLE_PAGES] = {0};
	char *addr = map(f, ORACLE_PAGES);

	need_placement(f->topo);
	for (unsigned step = 1; step <= 400; step++) {
		uint64_t from = mb_rng_below(&rng, ORACLE_PAGES);
		uint64_t count = 1 + mb_rng_below(&rng, mb_min(8, ORACLE_PAGES - from));
		bool back = mb_rng_below(&rng, 2);
		bool fits = true;
		int rc;

		/* A part can be released as a whole only: not less, not more. */
		for (uint64_t i = from; i < from + count; i++)
			fits = fits && (back ? !owner[i] : owner[i] && owner[i] == owner[from]);
		if (!back && fits)
			fits = (from == 0 || owner[from - 1] != owner[from]) &&
			       (from + count == ORACLE_PAGES || owner[from + count] != owner[from]);
		if (back)
			rc = mb_arena_back(f->arena, addr + from * f->page, count * f->page,
					   f->node, NULL);
		else
			rc = mb_arena_unback(f->arena, addr + from * f->page, count * f->page,
					     NULL);
		assert_int_equal(rc, fits ? 0 : -EINVAL);
		for (uint64_t i = from; fits && i < from + count; i++)
			owner[i] = back ? step : 0;
		check_pages(f, addr, owner);
	}
}

/* What the kernel says of a megabyte in windows, for every kind of page that the host has. */
static void test_pages(void **state)
{
	struct fixture *f = *state;

	need_placement(f->topo);
	for (int pages = 0; pages < MB_ARENA_NR_PAGES; pages++) {
		struct mb_hugepages_got got = {0};
		struct mb_arena *arena = NULL;
		struct mb_err err = {0};
		void *addr = NULL;
		size_t bytes = 4 * MB_MIB + f->page;

		assert_int_equal(mb_arena_new(f->topo, NULL, &arena), 0);
		if (mb_arena_set_pages(arena, pages, &err)) {
			assert_true(err.code == -ENOENT || err.code == -ENOTSUP);
			mb_arena_free(arena);
			continue;
		}
		assert_int_equal(mb_arena_map(arena, bytes, 4096, NULL, &addr), 0);
		assert_int_equal((uintptr_t)addr % mb_max(mb_arena_pool_bytes(pages), 4096), 0);
		if (mb_arena_back(arena, addr, bytes, f->node, &err)) {
			assert_int_equal(pages, MB_ARENA_2M);
			assert_int_equal(err.code, -ENOMEM);
			assert_non_null(strstr(err.text, "2 pages of 2 MiB are needed"));
			assert_int_equal(mb_arena_backed_bytes(arena), 0);
			assert_false(is_readable(addr));
			mb_arena_free(arena);
			continue;
		}
		assert_int_equal(mb_arena_fault(arena, addr, bytes, NULL), 0);
		assert_int_equal(mb_arena_got(arena, &got, NULL), 0);
		assert_int_equal(got.base_bytes + got.thp_bytes + got.hugetlb_bytes, bytes);
		if (pages == MB_ARENA_2M)
			assert_int_equal(got.hugetlb_bytes, 4 * MB_MIB);
		if (pages == MB_ARENA_4K)
			assert_int_equal(got.base_bytes, bytes);
		assert_int_equal(mb_arena_unback(arena, addr, bytes, NULL), 0);
		assert_int_equal(mb_arena_backed_bytes(arena), 0);
		assert_false(is_readable(addr));
		mb_arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_life_of_a_part, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fault_keeps_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fault_of_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_more_than_there_is, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pieces_of_large_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(test_random_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
