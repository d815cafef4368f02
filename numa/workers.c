/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/grow.h"
#include "numa/pin.h"
#include "numa/workers.h"

#define MAX_STAGES 8  /* in which workers look where they are */
#define MAX_SEEN   16 /* CPUs of one of them */

/* Where a worker was in a stage. */
struct seen {
	const char *stage; /* NULL: behind the last one */
	unsigned index;
	unsigned nr_cpus;
	int cpus[MAX_SEEN];
};

/* One thread. go hands it to the thread with task set, done hands it back with result set. */
struct thread {
	struct mb_workers *workers;
	pthread_t pthread;
	sem_t go;
	struct mb_worker id;               /* index is that of the current task; mine is this */
	struct mb_counters_thread *events; /* NULL: none are counted */
	struct seen seen[MAX_STAGES];
	struct mb_task *task; /* NULL: end */
	int wanted_cpu;
	int result;
	bool strayed;
	struct mb_err err; /* why it is not pinned, or where it was found */
};

struct pool {
	struct thread **threads; /* by start, which gives their CPUs */
	size_t nr_threads;
	size_t nr_taken; /* by the set that is being run */
};

struct mb_workers {
	const struct mb_topo *topo;
	const struct mb_host_map *map;
	struct mb_counters *counters; /* borrowed; may be NULL */
	struct pool *pools;           /* by nid */
	struct mb_pin *
		home; /* CPUs of the thread that made this, for threads that cannot be pinned; may be NULL */
	pthread_mutex_t lock; /* held for a whole set */
	size_t nr_starting;
	atomic_size_t nr_running;
	sem_t done; /* each starting thread, then the last running thread of a set */
};

int mb_workers_new(const struct mb_topo *topo, const struct mb_host_map *map, struct mb_err *err,
		   struct mb_workers **ret_workers)
{
	struct mb_workers *workers = calloc(1, sizeof(*workers));

	if (workers)
		workers->pools = calloc(map->nr_node_ids, sizeof(*workers->pools));
	if (!workers || !workers->pools) {
		free(workers);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	workers->topo = topo;
	workers->map = map;
	if (mb_pin_save(topo, &workers->home))
		workers->home = NULL;
	pthread_mutex_init(&workers->lock, NULL);
	sem_init(&workers->done, 0, 0);
	*ret_workers = workers;
	return 0;
}

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) && errno == EINTR)
		;
}

static void end_thread(struct thread *thread)
{
	thread->task = NULL;
	sem_post(&thread->go);
	pthread_join(thread->pthread, NULL);
	sem_destroy(&thread->go);
	free(thread);
}

void mb_workers_free(struct mb_workers *workers)
{
	if (!workers)
		return;
	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++) {
		struct pool *pool = &workers->pools[nid];

		for (size_t i = 0; i < pool->nr_threads; i++)
			end_thread(pool->threads[i]);
		free(pool->threads);
	}
	mb_pin_free(workers->home);
	sem_destroy(&workers->done);
	pthread_mutex_destroy(&workers->lock);
	free(workers->pools);
	free(workers);
}

/* A thread starts with the CPUs of its maker, which may be a boot thread that is pinned to one. */
static void pin(struct thread *thread)
{
	const struct mb_workers *workers = thread->workers;

	if (!mb_pin_cpu(workers->topo, thread->wanted_cpu, &thread->err))
		thread->id.cpu = thread->wanted_cpu;
	else if (workers->home)
		mb_pin_restore(workers->topo, workers->home);
}

/*
 * A pinned thread is moved when its CPU goes offline or its cpuset changes: the kernel does not tell, so it is
 * asked. Returns the CPU.
 */
static int look_around(struct thread *thread)
{
	int cpu = mb_pin_current_cpu();

	if (thread->id.cpu < 0 || cpu == thread->id.cpu || thread->strayed)
		return cpu;
	thread->strayed = true;
	MB_FAIL(&thread->err, -EXDEV, "worker %u of node %d was pinned to CPU %d and ran on CPU %d",
		thread->id.index, thread->id.nid, thread->id.cpu, cpu);
	return cpu;
}

/* NULL when there are too many; the one behind the last when there is none of it. */
static struct seen *find_seen(struct thread *thread, const char *stage)
{
	for (size_t i = 0; i < MAX_STAGES; i++) {
		struct seen *seen = &thread->seen[i];

		if (!seen->stage ||
		    (seen->index == thread->id.index && !strcmp(seen->stage, stage)))
			return seen;
	}
	return NULL;
}

void mb_workers_look(const struct mb_worker *worker, const char *stage)
{
	struct thread *thread = worker->mine;
	struct seen *seen;
	int cpu;

	if (!thread)
		return;
	cpu = look_around(thread);
	seen = find_seen(thread, stage);
	if (!seen || cpu < 0)
		return;
	seen->stage = stage;
	seen->index = thread->id.index;
	for (unsigned i = 0; i < seen->nr_cpus; i++)
		if (seen->cpus[i] == cpu)
			return;
	if (seen->nr_cpus < MAX_SEEN)
		seen->cpus[seen->nr_cpus++] = cpu;
}

int mb_workers_seen(const struct mb_workers *workers, const char *stage, int nid, unsigned index,
		    uint64_t *map)
{
	const struct pool *pool = mb_host_map_find(workers->map, nid) ? &workers->pools[nid] : NULL;
	int r = -ENOENT;

	for (size_t i = 0; pool && i < pool->nr_threads; i++) {
		const struct seen *seen = pool->threads[i]->seen;

		for (; seen < pool->threads[i]->seen + MAX_STAGES && seen->stage; seen++) {
			if (seen->index != index || strcmp(seen->stage, stage) != 0)
				continue;
			for (unsigned k = 0; k < seen->nr_cpus; k++)
				if (seen->cpus[k] < MB_TOPO_MAX_CPUS)
					mb_bit_set(map, (size_t)seen->cpus[k]);
			r = 0;
		}
	}
	return r;
}

struct mb_counters_thread *mb_workers_events(const struct mb_worker *worker)
{
	const struct thread *thread = worker->mine;

	return thread ? thread->events : NULL;
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct mb_workers *workers = thread->workers;

	pin(thread);
	if (workers->counters)
		thread->events = mb_counters_thread_new(workers->counters);
	sem_post(&workers->done);
	for (;;) {
		wait_for(&thread->go);
		if (!thread->task)
			return NULL;
		look_around(thread);
		thread->result = thread->task->fn(thread->task->arg, &thread->id);
		look_around(thread);
		if (atomic_fetch_sub(&workers->nr_running, 1) == 1)
			sem_post(&workers->done);
	}
}

/* A worker that took the user's Ctrl-C would run the handler in the middle of what is measured. */
static int start_pthread(struct thread *thread)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&thread->pthread, NULL, thread_main, thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -rc;
}

static int start_thread(struct mb_workers *workers, int nid, struct mb_err *err)
{
	struct pool *pool = &workers->pools[nid];
	struct thread *thread = calloc(1, sizeof(*thread));
	int rc;

	if (!thread || mb_grow(&pool->threads, pool->nr_threads, sizeof(struct thread *))) {
		free(thread);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	thread->workers = workers;
	thread->id = (struct mb_worker){.nid = nid, .cpu = -1, .mine = thread};
	thread->wanted_cpu = mb_host_map_cpu(workers->map, nid, (unsigned)pool->nr_threads);
	sem_init(&thread->go, 0, 0);
	rc = start_pthread(thread);
	if (rc) {
		sem_destroy(&thread->go);
		free(thread);
		return MB_FAIL(err, rc, "thread %zu of node %d cannot be started: %s",
			       pool->nr_threads + 1, nid, strerror(-rc));
	}
	pool->threads[pool->nr_threads++] = thread;
	workers->nr_starting++;
	return 0;
}

/* Gives a task its threads, of which the node's pool may need more. */
static int prepare(struct mb_workers *workers, struct mb_task *task, struct mb_err *err)
{
	struct pool *pool;
	int rc = 0;

	if (!mb_host_map_find(workers->map, task->nid))
		return MB_FAIL(err, -EINVAL, "the machine has no node %d to work for", task->nid);
	if (!task->threads)
		return MB_FAIL(err, -EINVAL, "a task of node %d has no threads", task->nid);
	pool = &workers->pools[task->nid];
	while (!rc && pool->nr_threads - pool->nr_taken < task->threads)
		rc = start_thread(workers, task->nid, err);
	for (unsigned i = 0; !rc && i < task->threads; i++) {
		struct thread *thread = pool->threads[pool->nr_taken++];

		thread->task = task;
		thread->id.index = i;
	}
	return rc;
}

static size_t release(struct mb_workers *workers)
{
	size_t count = 0;

	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++) {
		for (size_t i = 0; i < workers->pools[nid].nr_taken; i++, count++)
			sem_post(&workers->pools[nid].threads[i]->go);
	}
	return count;
}

static size_t count_taken(const struct mb_workers *workers)
{
	size_t count = 0;

	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++)
		count += workers->pools[nid].nr_taken;
	return count;
}

/* A pool's threads are in the order of its tasks and of the workers in them. */
static void collect(struct mb_workers *workers)
{
	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++) {
		struct pool *pool = &workers->pools[nid];

		for (size_t i = 0; i < pool->nr_taken; i++) {
			struct thread *thread = pool->threads[i];

			if (!thread->task->result)
				thread->task->result = thread->result;
		}
		pool->nr_taken = 0;
	}
}

/* Lock held. */
static int run(struct mb_workers *workers, struct mb_task *tasks, size_t nr_tasks,
	       struct mb_err *err)
{
	size_t count;
	int rc = 0;

	for (size_t i = 0; i < nr_tasks && !rc; i++)
		rc = prepare(workers, &tasks[i], err);
	for (; workers->nr_starting; workers->nr_starting--)
		wait_for(&workers->done);
	for (size_t i = 0; i < nr_tasks; i++)
		tasks[i].result = rc;
	count = count_taken(workers);
	if (!rc && count) {
		atomic_store(&workers->nr_running, count);
		release(workers);
		wait_for(&workers->done);
		collect(workers);
	}
	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++)
		workers->pools[nid].nr_taken = 0;
	for (size_t i = 0; i < nr_tasks && !rc; i++)
		rc = tasks[i].result;
	return rc;
}

int mb_workers_run(struct mb_workers *workers, struct mb_task *tasks, size_t nr_tasks,
		   struct mb_err *err)
{
	int rc;

	pthread_mutex_lock(&workers->lock);
	rc = run(workers, tasks, nr_tasks, err);
	pthread_mutex_unlock(&workers->lock);
	return rc;
}

void mb_workers_count_events(struct mb_workers *workers, struct mb_counters *counters)
{
	workers->counters = counters;
}

void mb_workers_report(const struct mb_workers *workers, struct mb_workers_report *ret_report)
{
	struct mb_workers_report report = {0};

	for (unsigned nid = 0; nid < workers->map->nr_node_ids; nid++) {
		const struct pool *pool = &workers->pools[nid];

		for (size_t i = 0; i < pool->nr_threads; i++) {
			const struct thread *thread = pool->threads[i];

			report.nr_workers++;
			report.nr_unpinned += thread->id.cpu < 0;
			report.nr_strayed += thread->strayed;
			if (!report.err.code)
				report.err = thread->err;
		}
	}
	*ret_report = report;
}
