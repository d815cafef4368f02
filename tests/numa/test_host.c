/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/mman.h>

#include "core/base/bits.h"
#include "numa/host.h"
#include "numa/pin.h"
#include "tests/numa/numa_test.h"

#define NR_NODES 3
#define PAGES    48 /* of each node */

struct fixture {
	struct mb_topo *topo;
	struct mb_machine machine;
	int cpu_node[1];
	atomic_int cancel;
	struct mb_numa_host *host;
	struct mb_host *hooks;
	uint64_t page; /* bytes */
};

/* Nodes 0, 1 and 3; CPU 0 is on node 3. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->topo = new_topo();
	f->page = f->topo->page_sizes[0];
	f->machine = machine_of(0xb);
	f->cpu_node[0] = 3;
	f->machine.nr_cpus = 1;
	f->machine.cpu_node = f->cpu_node;
	assert_int_equal(mb_host_new(&f->machine, f->topo, NULL, &f->cancel, NULL, &f->host), 0);
	f->hooks = mb_host_hooks(f->host);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mb_host_free(f->host);
	mb_topo_free(f->topo);
	free(f);
	return 0;
}

struct share {
	struct fixture *f;
	char *addr;
	uint64_t bytes;
};

/* Each worker touches its third. */
static int touch(void *arg, const struct mb_worker *worker)
{
	struct share *share = arg;
	struct mb_host *hooks = share->f->hooks;
	uint64_t bytes = share->bytes / 3;

	return hooks->ops->fault(hooks->ctx, share->addr + worker->index * bytes, bytes, worker);
}

/* The way of a memmap: a window, a part for each node, touched by the node's workers, asked for. */
static void test_memory_of_nodes(void **state)
{
	static const int nids[NR_NODES] = {0, 1, 3};
	struct fixture *f = *state;
	struct mb_host *hooks = f->hooks;
	uint64_t bytes = PAGES * f->page;
	struct share shares[NR_NODES];
	struct mb_task tasks[NR_NODES];
	void *window = NULL;

	need_placement(f->topo);
	assert_int_equal(hooks->ops->map(hooks->ctx, NR_NODES * bytes, 2 << 20, &window), 0);
	for (int i = 0; i < NR_NODES; i++) {
		shares[i] = (struct share){f, (char *)window + (size_t)i * bytes, bytes};
		tasks[i] = (struct mb_task){nids[i], 3, touch, &shares[i], 1};
		assert_int_equal(hooks->ops->back(hooks->ctx, shares[i].addr, bytes, nids[i]), 0);
	}
	assert_int_equal(hooks->ops->run(hooks->ctx, tasks, NR_NODES), 0);
	for (int i = 0; i < NR_NODES; i++) {
		struct mb_place_count count = {0};
		int node = mb_host_map_find(mb_host_mapping(f->host), nids[i])->host->os_index;

		assert_int_equal(mb_arena_verify(mb_host_arena(f->host), shares[i].addr, bytes,
						 node, &count, NULL),
				 0);
		assert_int_equal(hooks->ops->verify(hooks->ctx, shares[i].addr, bytes, nids[i]),
				 count.assumed ? -ENOTSUP : 0);
		assert_int_equal(count.right, PAGES);
		assert_int_equal(shares[i].addr[bytes - 1], 0);
	}
	assert_int_equal(mb_arena_backed_bytes(mb_host_arena(f->host)), NR_NODES * bytes);
	hooks->ops->unmap(hooks->ctx, window, NR_NODES * bytes);
	assert_int_equal(mb_arena_backed_bytes(mb_host_arena(f->host)), 0);
}

/* Memory that is on another node is found; only a host with two can show it. */
static void test_wrong_node(void **state)
{
	struct fixture *f = *state;
	struct mb_host *hooks = f->hooks;
	const struct mb_host_map *map = mb_host_mapping(f->host);
	void *window = NULL;
	struct mb_err err;

	need_placement(f->topo);
	if (mb_host_map_find(map, 0)->host == mb_host_map_find(map, 1)->host) {
		print_message("skipped: the host has one node alone\n");
		skip();
	}
	assert_int_equal(hooks->ops->map(hooks->ctx, f->page, f->page, &window), 0);
	assert_int_equal(hooks->ops->back(hooks->ctx, window, f->page, 0), 0);
	assert_int_equal(hooks->ops->fault(hooks->ctx, window, f->page, NULL), 0);
	assert_int_equal(hooks->ops->verify(hooks->ctx, window, f->page, 1), -EXDEV);
	mb_host_take_err(f->host, &err);
	assert_int_equal(err.code, -EXDEV);
}

static void test_boot_thread(void **state)
{
	struct fixture *f = *state;
	struct mb_workers_report report;
	struct mb_err err = {0};
	int cpu = mb_host_boot_cpu(f->host, &err);

	if (f->topo->parts[MB_TOPO_BINDING].code) {
		assert_int_equal(cpu, -1);
		assert_true(strlen(err.text) > 0);
		print_message("skipped: %s\n", err.text);
		skip();
	}
	assert_int_equal(cpu, mb_host_map_cpu(mb_host_mapping(f->host), 3, 0));
	assert_int_equal(mb_pin_current_cpu(), cpu);
	mb_host_workers(f->host, &report);
	assert_int_equal(report.nr_unpinned + report.nr_strayed, 0);
}

/* After a host has come and gone, the thread may use what it could before. */
static void test_boot_thread_is_released(void **state)
{
	struct mb_topo *before = new_topo(), *after;
	void *inner = NULL;

	(void)state;
	setup(&inner);
	teardown(&inner);
	after = new_topo();
	assert_int_equal(after->nr_cpus, before->nr_cpus);
	mb_topo_free(before);
	mb_topo_free(after);
}

static void test_workers_and_clock(void **state)
{
	struct fixture *f = *state;
	struct mb_host *hooks = f->hooks;
	uint64_t start = mb_host_now_ns(hooks);

	for (int nid = 0; nid < 4; nid++) {
		const struct mb_host_map_node *node =
			mb_host_map_find(mb_host_mapping(f->host), nid);

		assert_int_equal(hooks->ops->nr_workers(hooks->ctx, nid),
				 node ? node->host->nr_cpus : 1);
	}
	assert_int_equal(hooks->ops->nr_workers(hooks->ctx, -1), 1);
	assert_true(mb_host_now_ns(hooks) >= start);
	assert_false(mb_host_cancelled(hooks));
	atomic_store(&f->cancel, 1);
	assert_true(mb_host_cancelled(hooks));
}

/* Hooks return a number; the host keeps the words of the first failure until they are taken. */
static void test_reasons(void **state)
{
	struct fixture *f = *state;
	struct mb_host *hooks = f->hooks;
	struct mb_task task = {2, 1, touch, NULL, 0};
	struct mb_err err;
	void *window = NULL;

	mb_host_take_err(f->host, &err);
	assert_int_equal(err.code, 0);
	assert_int_equal(hooks->ops->map(hooks->ctx, f->page, f->page, &window), 0);
	assert_int_equal(hooks->ops->back(hooks->ctx, window, f->page, 2), -EINVAL);
	assert_int_equal(hooks->ops->run(hooks->ctx, &task, 1), -EINVAL);
	mb_host_take_err(f->host, &err);
	assert_int_equal(err.code, -EINVAL);
	assert_string_equal(err.text, "the machine has no node 2");
	assert_int_equal(hooks->ops->fault(hooks->ctx, window, f->page, NULL), -EFAULT);
	mb_host_take_err(f->host, &err);
	assert_int_equal(err.code, -EFAULT);
}

/* Touches new pages on every worker between the marks of a stage. */
static int count_touched(void *arg, const struct mb_worker *worker)
{
	struct fixture *f = arg;
	size_t bytes = (worker->index + 1) * 100 * f->page;
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return -ENOMEM;
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	mb_host_begin(f->hooks, "stage", worker);
	for (size_t i = 0; i < bytes; i += f->page)
		pages[i] = 1;
	mb_host_end(f->hooks, "stage", worker);
	munmap(pages, bytes);
	return 0;
}

static void test_counts_events(void **state)
{
	const struct mb_counters_request request = {.list = "page-faults"};
	struct fixture *f = *state;
	struct mb_task tasks[2] = {{0, 2, count_touched, f, 0}, {3, 1, count_touched, f, 0}};
	struct mb_counters *counters;
	struct mb_counters_value value;
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	/* A host that was never told to count has nothing to do at the marks. */
	assert_int_equal(f->hooks->ops->run(f->hooks->ctx, &tasks[1], 1), 0);
	/* But it has asked where it was. */
	assert_int_equal(mb_host_seen(f->host, "stage", 3, 0, map), 0);
	assert_int_equal(mb_host_seen(f->host, "stage", 3, 1, map), -ENOENT);
	assert_int_equal(mb_host_seen(f->host, "other", 3, 0, map), -ENOENT);
	if (!f->topo->parts[MB_TOPO_BINDING].code)
		assert_true(
			mb_bit_test(map, (size_t)mb_host_map_cpu(mb_host_mapping(f->host), 3, 0)));
	mb_host_free(f->host);
	assert_int_equal(mb_host_new(&f->machine, f->topo, NULL, &f->cancel, NULL, &f->host), 0);
	f->hooks = mb_host_hooks(f->host);
	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	assert_int_equal(mb_host_count_events(f->host, counters), 0);
	mb_host_begin(f->hooks, "stage", NULL);
	assert_int_equal(f->hooks->ops->run(f->hooks->ctx, tasks, 2), 0);
	mb_host_end(f->hooks, "stage", NULL);
	if (mb_counters_event(counters, 0)->code) {
		print_message("skipped: %s\n", mb_counters_event(counters, 0)->reason);
		mb_counters_free(counters);
		skip();
	}
	for (int worker = 0; worker < 2; worker++) {
		assert_int_equal(mb_counters_sum(counters, "stage", 0, worker, 0, &value), 0);
		assert_true(value.count >= 100 * (worker + 1));
	}
	assert_int_equal(mb_counters_sum(counters, "stage", 3, -1, 0, &value), 0);
	assert_true(value.count >= 100);
	assert_int_equal(mb_counters_sum(counters, "stage", -1, -1, 0, &value), 0);
	assert_true(value.count >= 400);
	mb_host_free(f->host); /* its threads count until they end */
	f->host = NULL;
	mb_counters_free(counters);
}

static void test_other_machine(void **state)
{
	struct mb_machine machine = machine_of(1);
	struct mb_topo *topo = fake_topo(1, 1);
	struct mb_numa_host *host = NULL;
	struct mb_err err = {0};

	(void)state;
	mb_topo_lacks(topo, MB_TOPO_BINDING, -ENOTSUP, "made by hand");
	assert_int_equal(mb_host_new(&machine, topo, NULL, NULL, &err, &host), -ENOTSUP);
	assert_string_equal(err.text, "made by hand");
	assert_null(host);
	mb_host_free(NULL);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: a thread that stays pinned would show the same before and after. */
		cmocka_unit_test(test_boot_thread_is_released),
		cmocka_unit_test_setup_teardown(test_memory_of_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_boot_thread, setup, teardown),
		cmocka_unit_test(test_boot_thread_is_released),
		cmocka_unit_test_setup_teardown(test_workers_and_clock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts_events, setup, teardown),
		cmocka_unit_test(test_other_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
