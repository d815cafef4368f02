/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdalign.h>
#include <stdlib.h>

#include "benches/team.h"
#include "benches/timer.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/topo.h"

#define PLAIN_THREADS 2 /* without a topology */

const int64_t mb_team_args[MB_TEAM_MAX_ARGS] = {
	1, MB_TEAM_ALL, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
};

const char *mb_team_arg_text(int64_t arg)
{
	static const char *const names[MB_TEAM_MAX_ARGS] = {
		"1",   "all", "2",   "4",    "8",    "16",   "32",   "64",
		"128", "256", "512", "1024", "2048", "4096", "8192",
	};

	for (size_t i = 0; i < MB_TEAM_MAX_ARGS; i++)
		if (mb_team_args[i] == arg)
			return names[i];
	return "";
}

/* The host's nodes with memory stand for those of every machine, in their order. */
static const struct mb_topo_node *node_of(const struct mb_topo *topo, unsigned nid)
{
	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (topo->nodes[i].total_bytes && !nid--)
			return &topo->nodes[i];
	return &topo->nodes[0];
}

unsigned mb_team_size(const struct mb_bench_env *env, int64_t arg)
{
	return arg == MB_TEAM_ALL ? mb_team_node_size(env, 0) : (unsigned)arg;
}

unsigned mb_team_node_size(const struct mb_bench_env *env, unsigned nid)
{
	return env->topo ? (unsigned)node_of(env->topo, nid)->nr_cpus : PLAIN_THREADS;
}

bool mb_team_has_cpus(const struct mb_bench_env *env, unsigned nid)
{
	const struct mb_topo_node *node = env->topo ? node_of(env->topo, nid) : NULL;

	return !node || node->cpu_node == node->os_index;
}

enum mb_bench_offer mb_team_offer(const struct mb_bench_env *env, int64_t arg)
{
	unsigned all = mb_team_size(env, MB_TEAM_ALL);

	if (arg == 1)
		return MB_BENCH_OFFER_ALWAYS;
	if (arg == MB_TEAM_ALL)
		return all > 1 ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_NEVER;
	return arg < all ? MB_BENCH_OFFER_FULL : MB_BENCH_OFFER_NEVER;
}

enum mb_bench_offer mb_team_row_offer(const struct mb_bench *row, const struct mb_bench_env *env,
				      int64_t arg)
{
	(void)row;
	return mb_team_offer(env, arg);
}

unsigned mb_team_nr_nodes(const struct mb_bench_env *env)
{
	unsigned count = 0;

	for (size_t i = 0; env->topo && i < env->topo->nr_nodes; i++)
		count += env->topo->nodes[i].total_bytes > 0;
	return mb_max(count, 1);
}

int mb_team_open(const struct mb_bench_env *env, struct mb_err *err, struct mb_ground **ret_ground)
{
	struct mb_strbuf text = {0};
	int rc;

	mb_strbuf_addf(&text, "nodes=%u each=1T cpus=1", mb_team_nr_nodes(env));
	rc = text.error ? MB_FAIL(err, -ENOMEM, "out of memory")
			: mb_ground_open(env, mb_strbuf_text(&text), err, ret_ground);
	mb_strbuf_fini(&text);
	return rc;
}

/* When a worker worked; a cache line of its own. */
struct span {
	alignas(64) uint64_t start, end;
};

struct team {
	struct mb_host *host;
	mb_team_fn *fn;
	void *arg;
	unsigned threads;
	bool counted;
	atomic_uint ready; /* threads that wait for the others */
	struct span *spans;
};

/* Awake threads begin together; who is woken by another begins later. */
static void meet(struct team *team)
{
	atomic_fetch_add(&team->ready, 1);
	while (atomic_load(&team->ready) < team->threads)
		sched_yield();
}

static int work(void *arg, const struct mb_worker *worker)
{
	struct team *team = arg;
	struct span *span = &team->spans[worker->index];
	int rc;

	meet(team);
	span->start = team->counted ? mb_host_begin(team->host, MB_TIMER_PART, worker)
				    : mb_host_now_ns(team->host);
	rc = team->fn(team->arg, worker->index, team->threads);
	span->end = team->counted ? mb_host_end(team->host, MB_TIMER_PART, worker)
				  : mb_host_now_ns(team->host);
	return rc;
}

static int run_team(struct mb_ground *ground, struct team *team, struct mb_err *err,
		    uint64_t *ret_ns)
{
	unsigned threads = team->threads;
	MB_FREE struct span *spans = aligned_alloc(64, threads * sizeof(*spans));
	struct mb_task task = {.nid = ground->cpu_nid, .threads = threads, .fn = work, .arg = team};
	uint64_t start = UINT64_MAX, end = 0;
	int rc;

	if (!spans)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	team->host = ground->host;
	team->spans = spans;
	rc = ground->host->ops->run(ground->host->ctx, &task, 1);
	if (rc)
		return mb_ground_hook_failed(ground, rc, "the row's threads", err);
	for (unsigned i = 0; i < threads; i++) {
		start = mb_min(start, spans[i].start);
		end = mb_max(end, spans[i].end);
	}
	*ret_ns = mb_max(end - start, 1);
	return 0;
}

int mb_team_run(struct mb_ground *ground, unsigned threads, mb_team_fn *fn, void *arg,
		struct mb_err *err, uint64_t *ret_ns)
{
	struct team team = {.fn = fn, .arg = arg, .threads = threads};

	return run_team(ground, &team, err, ret_ns);
}

int mb_team_measure(struct mb_bench_run *run, unsigned threads, mb_team_fn *fn, void *arg)
{
	struct team team = {
		.fn = fn, .arg = arg, .threads = threads, .counted = run->env->counters != NULL};
	uint64_t ns;
	int rc = run_team(run->ground, &team, &run->err, &ns);

	mb_bench_add_part(run, MB_TIMER_PART, -1);
	if (!rc)
		run->ns += ns;
	return rc;
}
