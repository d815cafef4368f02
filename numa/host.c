/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "numa/clock.h"
#include "numa/host.h"
#include "numa/pin.h"

struct mb_numa_host {
	struct mb_host hooks;
	struct mb_host_options options;
	const struct mb_topo *topo;
	struct mb_host_map *map;
	struct mb_arena *arena;
	struct mb_workers *workers;
	struct mb_pin *boot_pin;                /* CPUs of the boot thread before */
	struct mb_counters_thread *boot_counts; /* NULL: nothing is counted */
	int boot_cpu;
	struct mb_err boot_err; /* why boot_cpu is -1 */
	pthread_mutex_t err_lock;
	struct mb_err err; /* first failure of a hook */
};

/* Keeps the first reason and passes the code on. */
static int note(struct mb_numa_host *host, const struct mb_err *err, int rc)
{
	if (!rc)
		return 0;
	pthread_mutex_lock(&host->err_lock);
	if (!host->err.code)
		host->err = *err;
	pthread_mutex_unlock(&host->err_lock);
	return rc;
}

static int host_map(void *ctx, size_t bytes, size_t align, void **ret_addr)
{
	struct mb_numa_host *host = ctx;
	struct mb_err err = {0};

	return note(host, &err, mb_arena_map(host->arena, bytes, align, &err, ret_addr));
}

static void host_unmap(void *ctx, void *addr, size_t bytes)
{
	struct mb_numa_host *host = ctx;

	(void)bytes;
	mb_arena_unmap(host->arena, addr);
}

/* The host node of a simulated one, or a negative errno. */
static int to_host_node(const struct mb_numa_host *host, int nid, struct mb_err *err)
{
	const struct mb_host_map_node *node = mb_host_map_find(host->map, nid);

	if (!node)
		return MB_FAIL(err, -EINVAL, "the machine has no node %d", nid);
	return node->host->os_index;
}

static int host_back(void *ctx, void *addr, size_t bytes, int nid)
{
	struct mb_numa_host *host = ctx;
	struct mb_err err = {0};
	int node = to_host_node(host, nid, &err);

	if (node < 0)
		return note(host, &err, node);
	return note(host, &err, mb_arena_back(host->arena, addr, bytes, node, &err));
}

static int host_fault(void *ctx, void *addr, size_t bytes, const struct mb_worker *worker)
{
	struct mb_numa_host *host = ctx;
	struct mb_err err = {0};

	(void)worker;
	return note(host, &err, mb_arena_fault(host->arena, addr, bytes, &err));
}

static int verify(struct mb_numa_host *host, const void *addr, size_t bytes, int nid,
		  struct mb_err *err)
{
	struct mb_place_count count;
	int node = to_host_node(host, nid, err);
	int rc;

	if (node < 0)
		return node;
	rc = mb_arena_verify(host->arena, addr, bytes, node, &count, err);
	if (rc)
		return rc == -ENOMEM ? rc : -ENOTSUP;
	if (count.assumed)
		return -ENOTSUP;
	if (count.wrong)
		return MB_FAIL(err, -EXDEV, "%llu of %llu pages of node %d are not on host node %d",
			       (unsigned long long)count.wrong,
			       (unsigned long long)(count.right + count.wrong), nid, node);
	if (count.absent)
		return MB_FAIL(err, -ENOTSUP,
			       "the kernel does not show %llu of %llu pages of node %d",
			       (unsigned long long)count.absent,
			       (unsigned long long)(count.right + count.absent), nid);
	return 0;
}

static int host_verify(void *ctx, const void *addr, size_t bytes, int nid)
{
	struct mb_err err = {0};
	int rc = verify(ctx, addr, bytes, nid, &err);

	return rc == -ENOTSUP ? rc : note(ctx, &err, rc); /* no failure of a boot */
}

static unsigned host_nr_workers(void *ctx, int nid)
{
	struct mb_numa_host *host = ctx;
	const struct mb_host_map_node *node = mb_host_map_find(host->map, nid);

	if (!node)
		return 1;
	return (unsigned)(host->options.cores ? node->host->nr_cores : node->host->nr_cpus);
}

static int host_run(void *ctx, struct mb_task *tasks, size_t nr_tasks)
{
	struct mb_numa_host *host = ctx;
	struct mb_err err = {0};
	int rc = mb_workers_run(host->workers, tasks, nr_tasks, &err);

	/* A task that failed has its own reason; err is that of a set that did not start. */
	return err.code ? note(host, &err, rc) : rc;
}

static uint64_t host_now_ns(void *ctx)
{
	(void)ctx;
	return mb_clock_now_ns();
}

static void host_begin(void *ctx, const char *stage, const struct mb_worker *worker)
{
	const struct mb_numa_host *host = ctx;

	if (!worker) {
		mb_counters_begin(host->boot_counts, stage, -1, -1);
		return;
	}
	mb_workers_look(worker, stage);
	mb_counters_begin(mb_workers_events(worker), stage, worker->nid, (int)worker->index);
}

static void host_end(void *ctx, const char *stage, const struct mb_worker *worker)
{
	const struct mb_numa_host *host = ctx;

	mb_counters_end(worker ? mb_workers_events(worker) : host->boot_counts, stage);
	if (worker)
		mb_workers_look(worker, stage);
}

static const struct mb_host_ops ops = {
	.map = host_map,
	.unmap = host_unmap,
	.back = host_back,
	.fault = host_fault,
	.verify = host_verify,
	.nr_workers = host_nr_workers,
	.run = host_run,
	.now_ns = host_now_ns,
	.begin = host_begin,
	.end = host_end,
};

/* The node of CPU 0, or the first one of a machine without CPUs. */
static int find_boot_node(const struct mb_machine *machine)
{
	int nid = 0;

	if (machine->nr_cpus)
		return machine->cpu_node[0];
	while (!mb_machine_node_possible(machine, nid) && (unsigned)nid < machine->nr_node_ids)
		nid++;
	return nid;
}

/* A boot thread that cannot be pinned still boots. */
static void pin_boot_thread(struct mb_numa_host *host, int nid)
{
	int cpu = mb_host_map_cpu(host->map, nid, 0);

	host->boot_cpu = -1;
	if (mb_pin_save(host->topo, &host->boot_pin))
		MB_FAIL(&host->boot_err, -ENOTSUP, "the CPUs of this thread cannot be read");
	else if (!mb_pin_cpu(host->topo, cpu, &host->boot_err))
		host->boot_cpu = cpu;
}

int mb_host_new(const struct mb_machine *machine, const struct mb_topo *topo,
		const struct mb_host_options *options, const atomic_int *cancel, struct mb_err *err,
		struct mb_numa_host **ret_host)
{
	struct mb_numa_host *host;
	int rc;

	if (!topo->this_system)
		return MB_FAIL(err, -ENOTSUP, "%s", topo->parts[MB_TOPO_BINDING].reason);
	host = calloc(1, sizeof(*host));
	if (!host)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	host->hooks = (struct mb_host){.ops = &ops, .ctx = host, .cancel = cancel};
	host->topo = topo;
	if (options)
		host->options = *options;
	pthread_mutex_init(&host->err_lock, NULL);
	rc = mb_host_map_new(machine, topo, host->options.bind, err, &host->map);
	if (!rc)
		rc = mb_arena_new(topo, err, &host->arena);
	if (!rc)
		rc = mb_arena_set_pages(host->arena, host->options.pages, err);
	if (!rc)
		rc = mb_workers_new(topo, host->map, err, &host->workers);
	if (rc) {
		mb_host_free(host);
		return rc;
	}
	pin_boot_thread(host, find_boot_node(machine));
	*ret_host = host;
	return 0;
}

void mb_host_free(struct mb_numa_host *host)
{
	if (!host)
		return;
	mb_workers_free(host->workers);
	mb_arena_free(host->arena);
	mb_host_map_free(host->map);
	if (host->boot_pin)
		mb_pin_restore(host->topo, host->boot_pin);
	mb_pin_free(host->boot_pin);
	pthread_mutex_destroy(&host->err_lock);
	free(host);
}

int mb_host_count_events(struct mb_numa_host *host, struct mb_counters *counters)
{
	host->boot_counts = mb_counters_thread_new(counters);
	if (!host->boot_counts)
		return -ENOMEM;
	mb_workers_count_events(host->workers, counters);
	return 0;
}

struct mb_counters_thread *mb_host_events(const struct mb_numa_host *host)
{
	return host->boot_counts;
}

struct mb_host *mb_host_hooks(struct mb_numa_host *host)
{
	return &host->hooks;
}

const struct mb_host_map *mb_host_mapping(const struct mb_numa_host *host)
{
	return host->map;
}

struct mb_arena *mb_host_arena(struct mb_numa_host *host)
{
	return host->arena;
}

int mb_host_boot_cpu(const struct mb_numa_host *host, struct mb_err *err)
{
	if (host->boot_cpu < 0 && err && !err->code)
		*err = host->boot_err;
	return host->boot_cpu;
}

void mb_host_workers(const struct mb_numa_host *host, struct mb_workers_report *ret_report)
{
	mb_workers_report(host->workers, ret_report);
}

int mb_host_seen(const struct mb_numa_host *host, const char *stage, int nid, unsigned index,
		 uint64_t *map)
{
	return mb_workers_seen(host->workers, stage, nid, index, map);
}

void mb_host_take_err(struct mb_numa_host *host, struct mb_err *ret_err)
{
	pthread_mutex_lock(&host->err_lock);
	*ret_err = host->err;
	mb_err_clear(&host->err);
	pthread_mutex_unlock(&host->err_lock);
}
