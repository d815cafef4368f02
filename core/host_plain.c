/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/align.h"
#include "core/host_plain.h"

static bool strike(atomic_uint *count, unsigned nth)
{
	return atomic_fetch_add(count, 1) + 1 == nth;
}

static int plain_map(void *ctx, size_t bytes, size_t align, void **ret_addr)
{
	struct mb_host_plain *plain = ctx;
	size_t slack = align > 4096 ? align : 0;
	char *raw, *start;

	raw = mmap(NULL, bytes + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
	if (raw == MAP_FAILED)
		return -errno;
	start = raw + (slack ? mb_align_up_pow2((uintptr_t)raw, align) - (uintptr_t)raw : 0);
	if (start > raw)
		munmap(raw, (size_t)(start - raw));
	if (raw + slack > start)
		munmap(start + bytes, (size_t)(raw + slack - start));
	/* One fault takes 2 MiB where the host can: first touch was most of the time here. */
	madvise(start, bytes, MADV_HUGEPAGE);
	atomic_fetch_add(&plain->mapped_bytes, bytes);
	*ret_addr = start;
	return 0;
}

static void plain_unmap(void *ctx, void *addr, size_t bytes)
{
	struct mb_host_plain *plain = ctx;

	munmap(addr, bytes);
	atomic_fetch_sub(&plain->mapped_bytes, bytes);
}

static int plain_back(void *ctx, void *addr, size_t bytes, int nid)
{
	struct mb_host_plain *plain = ctx;

	if (strike(&plain->nr_back, plain->fail_back))
		return -ENOMEM;
	return mprotect(addr, bytes, PROT_READ | PROT_WRITE) ? -errno : 0;
}

static int plain_fault(void *ctx, void *addr, size_t bytes, const struct mb_worker *worker)
{
	struct mb_host_plain *plain = ctx;
	unsigned nth = atomic_fetch_add(&plain->nr_fault, 1) + 1;

	if (nth == plain->fail_fault)
		return -ENOMEM;
	if (nth == plain->cancel_fault)
		atomic_store(&plain->cancel, 1);
	for (size_t i = 0; i < bytes; i += 4096)
		((volatile char *)addr)[i] = 0;
	return 0;
}

static int plain_verify(void *ctx, const void *addr, size_t bytes, int nid)
{
	return 0;
}

static unsigned plain_nr_workers(void *ctx, int nid)
{
	return ((struct mb_host_plain *)ctx)->workers;
}

/*
 * Threads wait here until all of them exist: a task's workers may meet at barriers, so either all of
 * them start or none does.
 */
struct plain_gate {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int state; /* 0: wait, 1: go, -1: go home */
};

/* One thread of a task. */
struct plain_thread {
	struct plain_gate *gate;
	struct mb_task *task;
	struct mb_worker worker;
	pthread_t thread;
	int result;
};

static void *plain_thread_main(void *arg)
{
	struct plain_thread *self = arg;
	int state;

	pthread_mutex_lock(&self->gate->mutex);
	while (!self->gate->state)
		pthread_cond_wait(&self->gate->cond, &self->gate->mutex);
	state = self->gate->state;
	pthread_mutex_unlock(&self->gate->mutex);
	self->result = state > 0 ? self->task->fn(self->task->arg, &self->worker) : -EAGAIN;
	return NULL;
}

static struct plain_thread *plain_threads(struct plain_gate *gate, struct mb_task *tasks,
					  size_t nr_tasks, size_t *ret_count)
{
	struct plain_thread *threads;
	size_t count = 0, next = 0;

	for (size_t i = 0; i < nr_tasks; i++)
		count += tasks[i].threads;
	threads = calloc(count ? count : 1, sizeof(*threads));
	if (!threads)
		return NULL;
	for (size_t i = 0; i < nr_tasks; i++)
		for (unsigned t = 0; t < tasks[i].threads; t++)
			threads[next++] = (struct plain_thread){
				.gate = gate,
				.task = &tasks[i],
				.worker = {.nid = tasks[i].nid, .index = t, .cpu = -1},
			};
	*ret_count = count;
	return threads;
}

/* Starts all threads and opens the gate: 0, or -EAGAIN and nobody has worked. */
static int plain_start(struct plain_gate *gate, struct plain_thread *threads, size_t count,
		       size_t *ret_started)
{
	size_t started = 0;

	while (started < count && !pthread_create(&threads[started].thread, NULL, plain_thread_main,
						  &threads[started]))
		started++;
	pthread_mutex_lock(&gate->mutex);
	gate->state = started == count ? 1 : -1;
	pthread_cond_broadcast(&gate->cond);
	pthread_mutex_unlock(&gate->mutex);
	*ret_started = started;
	return started == count ? 0 : -EAGAIN;
}

static int plain_run(void *ctx, struct mb_task *tasks, size_t nr_tasks)
{
	struct mb_host_plain *plain = ctx;
	struct plain_gate gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
	struct plain_thread *threads;
	size_t count, started;
	int result;

	if (strike(&plain->nr_run, plain->fail_run))
		return -EAGAIN;
	threads = plain_threads(&gate, tasks, nr_tasks, &count);
	if (!threads)
		return -ENOMEM;
	for (size_t i = 0; i < nr_tasks; i++)
		tasks[i].result = 0;
	result = plain_start(&gate, threads, count, &started);
	for (size_t i = 0; i < started; i++) {
		pthread_join(threads[i].thread, NULL);
		if (!threads[i].task->result)
			threads[i].task->result = threads[i].result;
		if (!result)
			result = threads[i].result;
	}
	free(threads);
	return result;
}

static uint64_t plain_now_ns(void *ctx)
{
	struct mb_host_plain *plain = ctx;
	struct timespec now;

	if (strike(&plain->nr_now, plain->cancel_now))
		atomic_store(&plain->cancel, 1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const struct mb_host_ops plain_ops = {
	.map = plain_map,
	.unmap = plain_unmap,
	.back = plain_back,
	.fault = plain_fault,
	.verify = plain_verify,
	.nr_workers = plain_nr_workers,
	.run = plain_run,
	.now_ns = plain_now_ns,
};

void mb_host_plain_init(struct mb_host_plain *plain)
{
	memset(plain, 0, sizeof(*plain));
	plain->workers = 1;
	plain->host.ops = &plain_ops;
	plain->host.ctx = plain;
	plain->host.cancel = &plain->cancel;
}
