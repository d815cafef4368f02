/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "numa/place.h"
#include "tests/numa/numa_test.h"

#define NR_PAGES 2500 /* more than one batch of questions */

static bool refuses; /* as containers do that lack CAP_SYS_NICE */

long __wrap_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status,
		       int flags);

long __wrap_move_pages(int pid, unsigned long count, void **pages, const int *nodes, int *status,
		       int flags)
{
	if (refuses) {
		errno = EPERM;
		return -1;
	}
	return syscall(SYS_move_pages, pid, count, pages, nodes, status, flags);
}

static char *map_pages(const struct mb_topo *topo, size_t *ret_bytes)
{
	size_t bytes = NR_PAGES * topo->page_sizes[0];
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	*ret_bytes = bytes;
	return pages;
}

static void test_bound_pages_are_there(void **state)
{
	const struct mb_topo *topo = *state;

	need_placement(topo);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		int node = topo->nodes[i].os_index;
		struct mb_place_count count = {0};
		size_t bytes;
		char *pages;

		if (!topo->nodes[i].total_bytes)
			continue;
		pages = map_pages(topo, &bytes);
		assert_int_equal(mb_place_bind(topo, pages, bytes, node, NULL), 0);
		memset(pages, 1, bytes);
		assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
		assert_int_equal(count.right, NR_PAGES);
		assert_int_equal(count.wrong + count.absent, 0);
		munmap(pages, bytes);
	}
}

/* Binding moves what is already there, so this holds on every host. */
static void test_touched_pages_move(void **state)
{
	const struct mb_topo *topo = *state;
	int node = topo->nodes[topo->nr_nodes - 1].os_index;
	struct mb_place_count count = {0};
	size_t bytes;
	char *pages;

	need_placement(topo);
	if (!topo->nodes[topo->nr_nodes - 1].total_bytes) {
		print_message("skipped: the host's last node has no memory\n");
		skip();
	}
	pages = map_pages(topo, &bytes);
	memset(pages, 1, bytes);
	assert_int_equal(mb_place_bind(topo, pages, bytes, node, NULL), 0);
	assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
	assert_int_equal(count.right, NR_PAGES);
	munmap(pages, bytes);
}

static void test_absent_and_wrong(void **state)
{
	const struct mb_topo *topo = *state;
	int node = first_memory_node(topo)->os_index;
	struct mb_place_count count = {0};
	size_t bytes;
	char *pages;

	need_placement(topo);
	if (!strcmp(mb_place_version(), "none")) {
		print_message("skipped: built without libnuma\n");
		skip();
	}
	pages = map_pages(topo, &bytes);
	assert_int_equal(mb_place_bind(topo, pages, bytes, node, NULL), 0);
	assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
	if (count.right) {
		munmap(pages, bytes);
		print_message("skipped: the kernel does not say where memory is\n");
		skip();
	}
	assert_int_equal(count.absent, NR_PAGES);
	memset(pages, 1, bytes / 2);
	assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
	assert_int_equal(count.wrong, 0);
	assert_true(count.right >= NR_PAGES / 2);
	assert_int_equal(count.right + count.absent, NR_PAGES);
	memset(pages, 1, bytes);
	assert_int_equal(mb_place_count(topo, pages, bytes, node + 1, &count, NULL), 0);
	assert_int_equal(count.wrong, NR_PAGES);
	munmap(pages, bytes);
}

static void test_no_such_node(void **state)
{
	const struct mb_topo *topo = *state;
	struct mb_err err = {0};
	size_t bytes;
	char *pages;

	need_placement(topo);
	pages = map_pages(topo, &bytes);
	assert_int_equal(mb_place_bind(topo, pages, bytes, -1, NULL), -EINVAL);
	assert_int_equal(mb_place_bind(topo, pages, bytes, 1000, &err), -EINVAL);
	assert_non_null(strstr(err.text, "1000"));
	assert_int_equal(mb_place_bind(topo, pages, bytes, 1 << 20, NULL), -EINVAL);
	munmap(pages, bytes);
}

/* Where nobody can be asked, one node alone is right by itself, and said to be assumed. */
static void test_assumed(void **state)
{
	const struct mb_topo *topo = *state;
	int node = first_memory_node(topo)->os_index;
	bool none = !strcmp(mb_place_version(), "none");
	struct mb_place_count count = {0};
	size_t bytes;
	char *pages;

	need_placement(topo);
	pages = map_pages(topo, &bytes);
	assert_int_equal(mb_place_bind(topo, pages, bytes, node, NULL), 0);
	memset(pages, 1, bytes);
	refuses = true;
	if (mb_topo_single(topo)) {
		assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
		assert_int_equal(count.right, NR_PAGES);
		assert_true(count.assumed);
	} else {
		assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), -EPERM);
	}
	refuses = false;
	assert_int_equal(mb_place_count(topo, pages, bytes, node, &count, NULL), 0);
	assert_int_equal(count.right, NR_PAGES);
	if (none)
		assert_true(count.assumed);
	munmap(pages, bytes);
}

/* Nodes that the topology cannot tell apart, or that this build cannot bind to, are refused and not guessed. */
static void test_nodes_not_told_apart(void **state)
{
	struct mb_topo *topo = fake_topo(1, 1);
	struct mb_place_count count = {.right = 7};
	struct mb_err err = {0};
	size_t bytes;
	char *pages = map_pages(topo, &bytes);

	(void)state;
	mb_topo_lacks(topo, MB_TOPO_NODES, -ENOTSUP, "made by hand");
	assert_int_equal(mb_place_bind(topo, pages, bytes, 0, &err), -ENOTSUP);
	assert_true(strlen(err.text) > 0);
	assert_int_equal(mb_place_count(topo, pages, bytes, 0, &count, NULL), -ENOTSUP);
	assert_int_equal(count.right, 7);
	munmap(pages, bytes);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bound_pages_are_there, setup_topo,
						teardown_topo),
		cmocka_unit_test_setup_teardown(test_touched_pages_move, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_absent_and_wrong, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_no_such_node, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_assumed, setup_topo, teardown_topo),
		cmocka_unit_test(test_nodes_not_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
