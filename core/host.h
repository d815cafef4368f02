/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_HOST_H
#define MB_CORE_HOST_H

#include <stdatomic.h>

#include "core/types.h"

/*
 * Everything that the engine asks of the outside world. numa/host.c fills the table from arena,
 * workers and clock of the real host; core/host_plain.c fills it with malloc and one thread. nid is
 * always a node of the simulated machine; which host node stands for it is the host's business. All
 * hooks return 0 or a negative errno unless said otherwise.
 */

/* Who runs a piece of work. */
struct mb_worker {
	int nid;        /* simulated node that it works for */
	unsigned index; /* 0 … threads - 1 within the task; 0 starts the task's serial parts */
	int cpu;        /* host CPU it is pinned to, -1 when it is not pinned */
	void *mine;     /* the host's own, for its hooks */
};

/* One function run by several workers of a node at the same time. */
struct mb_task {
	int nid;
	unsigned threads; /* at least 1 */
	int (*fn)(void *arg, const struct mb_worker *worker);
	void *arg;
	int result; /* out: first non-zero return of the workers, or 0 */
};

struct mb_host_ops {
	/*
	 * Address space without memory behind it; bytes and align are multiples of 4 KiB, align a
	 * power of two.
	 */
	int (*map)(void *ctx, size_t bytes, size_t align, void **ret_addr);
	void (*unmap)(void *ctx, void *addr, size_t bytes);

	/*
	 * Puts memory of the node behind a part of a mapped window: readable, writable, zero when
	 * first touched, bound so that it cannot come from elsewhere. Not touched yet. -ENOMEM,
	 * -EINVAL.
	 */
	int (*back)(void *ctx, void *addr, size_t bytes, int nid);

	/*
	 * First touch of backed memory, by the calling worker. -ENOMEM when the node has none left.
	 */
	int (*fault)(void *ctx, void *addr, size_t bytes, const struct mb_worker *worker);

	/*
	 * Asks where touched memory really is: 0 when all of it is the node's; -EXDEV when some is
	 * not; -ENOTSUP.
	 */
	int (*verify)(void *ctx, const void *addr, size_t bytes, int nid);

	/* Workers that the host can really run at once for the node; at least 1. */
	unsigned (*nr_workers)(void *ctx, int nid);

	/*
	 * Runs all tasks at the same time, each on its own workers, and returns when the last
	 * worker is done: the first non-zero result, or the error that kept a worker from starting.
	 */
	int (*run)(void *ctx, struct mb_task *tasks, size_t nr_tasks);

	/* Monotonic time. */
	uint64_t (*now_ns)(void *ctx);

	/*
	 * Mark the begin and end of a stage's work on the calling thread: worker, or NULL for the
	 * boot thread. A second end moves the first one's. Either both are NULL or none: the host
	 * does not want to know.
	 */
	void (*begin)(void *ctx, const char *stage, const struct mb_worker *worker);
	void (*end)(void *ctx, const char *stage, const struct mb_worker *worker);
};

struct mb_host {
	const struct mb_host_ops *ops;
	void *ctx;
	/*
	 * Set from outside (a signal handler) to end the boot early; NULL: never. Polled at least
	 * every few milliseconds of work.
	 */
	const atomic_int *cancel;
};

static inline bool mb_host_cancelled(const struct mb_host *host)
{
	return host->cancel && atomic_load_explicit(host->cancel, memory_order_relaxed);
}

static inline uint64_t mb_host_now_ns(const struct mb_host *host)
{
	return host->ops->now_ns(host->ctx);
}

/*
 * What a host counts between the marks is what a timer measures: they stand right outside of the two
 * readings of the clock, so that marking is in no time.
 */
static inline uint64_t mb_host_begin(const struct mb_host *host, const char *stage,
				     const struct mb_worker *worker)
{
	if (host->ops->begin)
		host->ops->begin(host->ctx, stage, worker);
	return mb_host_now_ns(host);
}

static inline uint64_t mb_host_end(const struct mb_host *host, const char *stage,
				   const struct mb_worker *worker)
{
	uint64_t now_ns = mb_host_now_ns(host);

	if (host->ops->end)
		host->ops->end(host->ctx, stage, worker);
	return now_ns;
}

#endif
