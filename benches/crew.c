/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "benches/crew.h"
#include "core/base/align.h"

struct crew {
	const struct mb_host *host;
	mb_crew_fn *fn;
	void *arg;
	unsigned threads;
	atomic_uint ready; /* threads that wait for the others */
	uint64_t begin_ns[MB_CREW_MAX], end_ns[MB_CREW_MAX];
};

/* "all" first, so that it can be left out. */
static const int64_t args[] = {0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
static const char *const texts[] = {"all", "1",  "2",   "4",   "8",  "16",
				    "32",  "64", "128", "256", "512"};

unsigned mb_crew_cpus(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return (unsigned)mb_clamp(cpus, 1, MB_CREW_MAX);
}

const int64_t *mb_crew_args(size_t *ret_count)
{
	unsigned cpus = mb_crew_cpus();
	size_t count = 1;

	while (count < MB_ARRAY_SIZE(args) && args[count] <= (int64_t)cpus)
		count++;
	if (args[count - 1] != (int64_t)cpus) {
		*ret_count = count;
		return args;
	}
	*ret_count = count - 1;
	return args + 1;
}

const char *mb_crew_arg_text(int64_t arg)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(args); i++)
		if (args[i] == arg)
			return texts[i];
	return "?";
}

int mb_crew_size(const struct mb_ground *ground, int64_t arg, struct mb_err *err,
		 unsigned *ret_threads)
{
	const struct mb_host *host = ground->host;
	unsigned most = mb_crew_cpus();

	if (ground->numa)
		most = mb_min(most, host->ops->nr_workers(host->ctx, 0));
	if (arg > (int64_t)most)
		return MB_FAIL(err, -ENOTSUP, "this host runs %u thread%s of a node at once", most,
			       most == 1 ? "" : "s");
	*ret_threads = arg ? (unsigned)arg : most;
	return 0;
}

/* Awake threads begin together; who is woken by another begins later. */
static void meet(struct crew *crew)
{
	atomic_fetch_add(&crew->ready, 1);
	while (atomic_load(&crew->ready) < crew->threads)
		sched_yield();
}

static int member(void *arg, const struct mb_worker *worker)
{
	struct crew *crew = arg;
	int rc;

	meet(crew);
	crew->begin_ns[worker->index] = mb_host_now_ns(crew->host);
	rc = crew->fn(crew->arg, worker->index);
	crew->end_ns[worker->index] = mb_host_now_ns(crew->host);
	return rc;
}

int mb_crew_run(const struct mb_ground *ground, unsigned threads, mb_crew_fn *fn, void *arg,
		struct mb_err *err, uint64_t *ret_ns)
{
	struct crew crew = {.host = ground->host, .fn = fn, .arg = arg, .threads = threads};
	struct mb_task task = {.nid = 0, .threads = threads, .fn = member, .arg = &crew};
	uint64_t begin, end;
	int rc = ground->host->ops->run(ground->host->ctx, &task, 1);

	if (rc)
		return MB_FAIL(err, rc, "%u threads: %s", threads, strerror(-rc));
	begin = crew.begin_ns[0];
	end = crew.end_ns[0];
	for (unsigned i = 1; i < threads; i++) {
		begin = mb_min(begin, crew.begin_ns[i]);
		end = mb_max(end, crew.end_ns[i]);
	}
	*ret_ns = mb_max(end - begin, 1);
	return 0;
}
