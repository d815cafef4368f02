/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "numa/pin.h"
#include "numa/workers.h"
#include "tests/numa/numa_test.h"

#define NR_NODES 3

struct fixture {
	struct mb_topo *topo;
	struct mb_host_map *map;
	struct mb_workers *workers;
};

/* More simulated nodes than most hosts have. */
static int setup(void **state)
{
	struct mb_machine machine = machine_of((1 << NR_NODES) - 1);
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->topo = new_topo();
	assert_int_equal(mb_host_map_new(&machine, f->topo, MB_HOST_MAP_NODE, NULL, &f->map), 0);
	assert_int_equal(mb_workers_new(f->topo, f->map, NULL, &f->workers), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mb_workers_free(f->workers);
	mb_host_map_free(f->map);
	mb_topo_free(f->topo);
	free(f);
	return 0;
}

/* What the workers of a task leave behind. */
struct job {
	pthread_barrier_t *barrier; /* all workers of the set, or NULL */
	const struct fixture *f;
	atomic_uint runs;
	atomic_uint seen[16];  /* by index */
	unsigned fail_from;    /* workers from this index on return -(100 + index); 0: none */
	atomic_uint misplaced; /* not on the CPU that they were told, or with signals open */
	int cpu[16];
};

static size_t count_workers(const struct mb_workers *workers)
{
	struct mb_workers_report report;

	mb_workers_report(workers, &report);
	return report.nr_workers;
}

static int work(void *arg, const struct mb_worker *worker)
{
	struct job *job = arg;
	sigset_t blocked;

	atomic_fetch_add(&job->runs, 1);
	atomic_fetch_add(&job->seen[worker->index], 1);
	job->cpu[worker->index] = worker->cpu;
	if (worker->cpu >= 0 && mb_pin_current_cpu() != worker->cpu)
		atomic_fetch_add(&job->misplaced, 1);
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (!sigismember(&blocked, SIGINT))
		atomic_fetch_add(&job->misplaced, 1);
	if (job->barrier)
		pthread_barrier_wait(job->barrier);
	if (job->fail_from && worker->index >= job->fail_from)
		return -(int)(100 + worker->index);
	return 0;
}

static void assert_ran(struct job *job, unsigned threads)
{
	assert_int_equal(atomic_load(&job->runs), threads);
	for (unsigned i = 0; i < threads; i++)
		assert_int_equal(atomic_load(&job->seen[i]), 1);
	assert_int_equal(atomic_load(&job->misplaced), 0);
}

/* Nobody passes the barrier before the workers of all tasks are there. */
static void test_all_at_once(void **state)
{
	static const unsigned threads[NR_NODES] = {1, 4, 7};
	struct fixture *f = *state;
	struct job jobs[NR_NODES] = {0};
	struct mb_task tasks[NR_NODES];
	pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, 12);
	for (int i = 0; i < NR_NODES; i++) {
		jobs[i].f = f;
		jobs[i].barrier = &barrier;
		tasks[i] = (struct mb_task){i, threads[i], work, &jobs[i], 77};
	}
	assert_int_equal(mb_workers_run(f->workers, tasks, NR_NODES, NULL), 0);
	for (int i = 0; i < NR_NODES; i++) {
		assert_ran(&jobs[i], threads[i]);
		assert_int_equal(tasks[i].result, 0);
	}
	assert_int_equal(count_workers(f->workers), 12);
	pthread_barrier_destroy(&barrier);
}

static void test_cpus(void **state)
{
	struct fixture *f = *state;
	struct mb_workers_report report;

	for (int nid = 0; nid < NR_NODES; nid++) {
		struct job job = {.f = f};
		struct mb_task task = {nid, 5, work, &job, 0};

		assert_int_equal(mb_workers_run(f->workers, &task, 1, NULL), 0);
		assert_ran(&job, 5);
		for (unsigned i = 0; i < 5; i++) {
			if (job.cpu[i] >= 0)
				assert_int_equal(job.cpu[i], mb_host_map_cpu(f->map, nid, i));
		}
	}
	mb_workers_report(f->workers, &report);
	assert_int_equal(report.nr_strayed, 0);
	assert_int_equal(report.nr_unpinned,
			 f->topo->parts[MB_TOPO_BINDING].code ? 5 * NR_NODES : 0);
}

static void test_threads_are_kept(void **state)
{
	struct fixture *f = *state;

	for (unsigned round = 0; round < 50; round++) {
		unsigned threads = 1 + round % 4;
		struct job job = {.f = f};
		struct mb_task task = {0, threads, work, &job, 0};

		assert_int_equal(mb_workers_run(f->workers, &task, 1, NULL), 0);
		assert_ran(&job, threads);
		assert_int_equal(count_workers(f->workers), round < 4 ? threads : 4);
	}
}

static void test_tasks_of_one_node(void **state)
{
	struct fixture *f = *state;
	struct job jobs[2] = {{.f = f}, {.f = f, .fail_from = 1}};
	struct mb_task tasks[2] = {{1, 2, work, &jobs[0], 0}, {1, 3, work, &jobs[1], 0}};
	pthread_barrier_t barrier;

	pthread_barrier_init(&barrier, NULL, 5);
	jobs[0].barrier = jobs[1].barrier = &barrier;
	assert_int_equal(mb_workers_run(f->workers, tasks, 2, NULL), -101);
	assert_ran(&jobs[0], 2);
	assert_ran(&jobs[1], 3);
	assert_int_equal(tasks[0].result, 0);
	assert_int_equal(tasks[1].result, -101);
	pthread_barrier_destroy(&barrier);
}

static void test_results(void **state)
{
	struct fixture *f = *state;
	struct job jobs[3] = {{.f = f}, {.f = f, .fail_from = 3}, {.f = f, .fail_from = 1}};
	struct mb_task tasks[3] = {
		{2, 2, work, &jobs[0], 1}, {1, 5, work, &jobs[1], 1}, {0, 2, work, &jobs[2], 1}};

	assert_int_equal(mb_workers_run(f->workers, tasks, 3, NULL), -103);
	assert_int_equal(tasks[0].result, 0);
	assert_int_equal(tasks[1].result, -103);
	assert_int_equal(tasks[2].result, -101);
	assert_ran(&jobs[1], 5);
	assert_int_equal(mb_workers_run(f->workers, NULL, 0, NULL), 0);
}

static void test_bad_tasks(void **state)
{
	struct fixture *f = *state;
	struct job job = {.f = f};
	struct mb_task tasks[2] = {{0, 2, work, &job, 0}, {NR_NODES, 1, work, &job, 0}};
	struct mb_err err = {0};

	assert_int_equal(mb_workers_run(f->workers, tasks, 2, &err), -EINVAL);
	assert_non_null(strstr(err.text, "3"));
	tasks[1] = (struct mb_task){1, 0, work, &job, 0};
	assert_int_equal(mb_workers_run(f->workers, tasks, 2, NULL), -EINVAL);
	assert_int_equal(tasks[0].result, -EINVAL);
	assert_int_equal(atomic_load(&job.runs), 0);
	assert_int_equal(mb_workers_run(f->workers, tasks, 1, NULL), 0);
	assert_ran(&job, 2);
}

/* No thread can have a stack of half the address space, so its start fails as with too many threads. */
static void test_no_more_threads(void **state)
{
	struct fixture *f = *state;
	struct job job = {.f = f}, other = {.f = f};
	struct mb_task tasks[2] = {{0, 2, work, &job, 0}, {1, 2, work, &other, 0}};
	struct mb_err err = {0};
	pthread_attr_t normal, huge;

	assert_int_equal(mb_workers_run(f->workers, tasks, 1, NULL), 0);
	pthread_getattr_default_np(&normal);
	pthread_attr_init(&huge);
	pthread_attr_setstacksize(&huge, (size_t)1 << 47);
	pthread_setattr_default_np(&huge);
	assert_int_equal(mb_workers_run(f->workers, tasks, 2, &err), -EAGAIN);
	pthread_setattr_default_np(&normal);
	assert_non_null(strstr(err.text, "node 1"));
	assert_int_equal(tasks[0].result, -EAGAIN);
	assert_int_equal(tasks[1].result, -EAGAIN);
	assert_int_equal(atomic_load(&job.runs), 2);
	assert_int_equal(atomic_load(&other.runs), 0);
	assert_int_equal(mb_workers_run(f->workers, tasks, 2, NULL), 0);
	assert_int_equal(atomic_load(&job.runs), 4);
	assert_ran(&other, 2);
	pthread_attr_destroy(&normal);
	pthread_attr_destroy(&huge);
}

struct affinity {
	const struct mb_topo *topo;
	unsigned nr_cpus;
	int cpu;
};

static int look(void *arg, const struct mb_worker *worker)
{
	struct affinity *affinity = arg;
	struct mb_topo *topo = NULL;
	int rc = mb_topo_new(NULL, &topo);

	affinity->cpu = worker->cpu;
	affinity->nr_cpus = rc ? 0 : topo->nr_cpus;
	mb_topo_free(topo);
	return rc;
}

/* A CPU that was taken away: the worker says so and runs where the pool's maker could, not on its one CPU. */
static void test_cpu_taken_away(void **state)
{
	struct fixture *f = *state;
	struct affinity affinity = {.cpu = 7};
	struct mb_task task = {0, 1, look, &affinity, 0};
	struct mb_topo_node *node = &f->topo->nodes[0];
	struct mb_pin *before = NULL;
	struct mb_workers_report report;
	int cpu = node->cpus[0];

	if (f->topo->parts[MB_TOPO_BINDING].code) {
		print_message("skipped: %s\n", f->topo->parts[MB_TOPO_BINDING].reason);
		skip();
	}
	assert_int_equal(mb_pin_save(f->topo, &before), 0);
	assert_int_equal(mb_pin_cpu(f->topo, cpu, NULL), 0);
	for (size_t i = 0; i < f->topo->nr_nodes; i++) {
		for (size_t j = 0; j < f->topo->nodes[i].nr_cpus; j++)
			f->topo->nodes[i].cpus[j] = 8191;
	}
	assert_int_equal(mb_workers_run(f->workers, &task, 1, NULL), 0);
	assert_int_equal(mb_pin_restore(f->topo, before), 0);
	mb_pin_free(before);
	assert_int_equal(affinity.cpu, -1);
	assert_int_equal(affinity.nr_cpus, f->topo->nr_cpus);
	mb_workers_report(f->workers, &report);
	assert_int_equal(report.nr_unpinned, 1);
	assert_non_null(strstr(report.err.text, "8191"));
}

/* Goes to the CPU that it is not pinned to. */
static int stray(void *arg, const struct mb_worker *worker)
{
	const struct mb_topo *topo = arg;
	const int *cpus = topo->nodes[0].cpus;
	int rc;

	mb_workers_look(worker, "both");
	rc = mb_pin_cpu(topo, cpus[worker->cpu == cpus[0]], NULL);
	mb_workers_look(worker, "both");
	mb_workers_look(worker, "end");
	return rc;
}

/* The CPUs on which worker 0 of node 0 was seen are these two; -1: none. */
static void assert_seen(const struct fixture *f, const char *stage, int one, int other)
{
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};

	assert_int_equal(mb_workers_seen(f->workers, stage, 0, 0, map), one < 0 ? -ENOENT : 0);
	for (int cpu = 0; cpu < MB_TOPO_MAX_CPUS; cpu++)
		assert_int_equal(mb_bit_test(map, (size_t)cpu), cpu == one || cpu == other);
}

/* A thread that is moved after it was pinned is found out, and stays on the list. */
static void test_strayed(void **state)
{
	struct fixture *f = *state;
	struct job job = {.f = f};
	struct mb_task task = {0, 1, stray, f->topo, 0};
	struct mb_task next = {0, 1, work, &job, 0};
	struct mb_workers_report report;
	uint64_t map[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	const int *cpus;
	int first;

	if (f->topo->parts[MB_TOPO_BINDING].code || f->topo->nodes[0].nr_cpus < 2) {
		print_message("skipped: one CPU alone, or no binding\n");
		skip();
	}
	assert_int_equal(mb_workers_run(f->workers, &task, 1, NULL), 0);
	mb_workers_report(f->workers, &report);
	assert_int_equal(report.nr_strayed, 1);
	assert_int_equal(report.nr_unpinned, 0);
	assert_int_equal(report.err.code, -EXDEV);
	assert_non_null(strstr(report.err.text, "worker 0 of node 0 was pinned to CPU"));
	cpus = f->topo->nodes[0].cpus;
	first = mb_host_map_cpu(f->map, 0, 0);
	assert_seen(f, "both", cpus[0], cpus[1]);
	assert_seen(f, "end", cpus[first == cpus[0]], -1);
	assert_seen(f, "other", -1, -1);
	assert_int_equal(mb_workers_seen(f->workers, "end", NR_NODES, 0, map), -ENOENT);
	mb_workers_look(&(struct mb_worker){.cpu = -1}, "end"); /* nobody's */
	assert_int_equal(mb_workers_run(f->workers, &next, 1, NULL), 0);
	assert_int_equal(atomic_load(&job.misplaced), 1);
	mb_workers_report(f->workers, &report);
	assert_int_equal(report.nr_strayed, 1);
}

struct caller {
	struct fixture *f;
	unsigned runs;
};

static int increment(void *arg, const struct mb_worker *worker)
{
	unsigned *value = arg;

	if (worker->index == 0)
		*value += 1;
	return 0;
}

static void *call(void *arg)
{
	struct caller *caller = arg;

	for (unsigned i = 0; i < 100; i++) {
		struct mb_task task = {(int)(i % NR_NODES), 2, increment, &caller->runs, 0};

		if (mb_workers_run(caller->f->workers, &task, 1, NULL))
			break;
	}
	return NULL;
}

static void test_several_callers(void **state)
{
	struct caller callers[3];
	pthread_t threads[3];

	for (size_t i = 0; i < MB_ARRAY_SIZE(callers); i++) {
		callers[i] = (struct caller){*state, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(callers); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(callers[i].runs, 100);
	}
	mb_workers_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tasks_of_one_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_results, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_tasks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_more_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_taken_away, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strayed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_several_callers, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
