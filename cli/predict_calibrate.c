/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/machine_opt.h"
#include "cli/predict_calibrate.h"
#include "cli/predict_target.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/rng.h"
#include "core/memmodel.h"
#include "numa/clock.h"
#include "numa/host.h"
#include "reports/format.h"
#include "reports/stats.h"

/* --- the machines --- */

#define STEPS (-1) /* threads: 1, 2, 4 … below the CPUs of a node */
#define RANGE_AT \
	UINT64_C(0x148000000) /* reservations and holes begin there: memory on every architecture */
#define STRIDE (UINT64_C(8) << 20)

/* Each varies one thing that a time may depend on, from small to large. */
static const struct shape {
	unsigned nodes;
	uint64_t each_mib;
	unsigned idle; /* CPUs of a node beyond those of a host node */
	int threads;   /* 0: as many as a node has */
	enum mb_policy policy;
	unsigned reserved, reserved_kib; /* ranges, and the size of each */
	unsigned holes;                  /* ranges of three quarters of a MiB */
} shapes[] = {
	{1, 2048, .policy = MB_POLICY_DEFERRED},
	{1, 1024, .policy = MB_POLICY_EAGER},
	{1, 4096, .policy = MB_POLICY_DEFERRED},
	{1, 8192, .policy = MB_POLICY_DEFERRED},
	{1, 16384, .policy = MB_POLICY_DEFERRED},
	{1, 32768, .policy = MB_POLICY_DEFERRED},
	{1, 4096, .threads = STEPS, .policy = MB_POLICY_DEFERRED},
	{1, 8192, .threads = STEPS, .policy = MB_POLICY_DEFERRED},
	{1, 16384, .threads = STEPS, .policy = MB_POLICY_DEFERRED},
	{1, 32768, .threads = STEPS, .policy = MB_POLICY_DEFERRED},
	{1, 4096, .policy = MB_POLICY_EAGER},
	{1, 16384, .policy = MB_POLICY_EAGER},
	{1, 4096, .policy = MB_POLICY_LAZY},
	{1, 16384, .policy = MB_POLICY_LAZY},
	{2, 1024, .policy = MB_POLICY_DEFERRED},
	{2, 4096, .policy = MB_POLICY_DEFERRED},
	{2, 16384, .policy = MB_POLICY_DEFERRED},
	{2, 8192, .threads = 1, .policy = MB_POLICY_DEFERRED},
	{4, 1024, .policy = MB_POLICY_DEFERRED},
	{4, 4096, .policy = MB_POLICY_DEFERRED},
	{4, 8192, .policy = MB_POLICY_DEFERRED},
	{4, 2048, .policy = MB_POLICY_EAGER},
	{4, 2048, .policy = MB_POLICY_LAZY},
	{8, 1024, .policy = MB_POLICY_DEFERRED},
	{8, 4096, .policy = MB_POLICY_DEFERRED},
	{1, 4096, .idle = 62, .policy = MB_POLICY_DEFERRED},
	{2, 2048, .idle = 126, .policy = MB_POLICY_DEFERRED},
	{1, 8192, .policy = MB_POLICY_DEFERRED, .reserved = 24, .reserved_kib = 64},
	{1, 8192, .policy = MB_POLICY_DEFERRED, .reserved = 12, .reserved_kib = 4096},
	{1, 16384, .policy = MB_POLICY_DEFERRED, .reserved = 1, .reserved_kib = 4 << 20},
	{1, 8192, .policy = MB_POLICY_DEFERRED, .holes = 16},
	{1, 8192, .policy = MB_POLICY_EAGER, .holes = 8},
};

static void add_ranges(struct mb_predict_row *row, const char *key, unsigned count, unsigned kib)
{
	size_t length = strlen(row->text);

	for (unsigned i = 0; i < count && length < sizeof(row->text); i++)
		length += (size_t)snprintf(row->text + length, sizeof(row->text) - length,
					   " %s=%uK@%#llx", key, kib,
					   (unsigned long long)(RANGE_AT + i * STRIDE));
}

static void set_row(const struct shape *shape, unsigned host_cpus, unsigned threads,
		    struct mb_predict_row *ret_row)
{
	snprintf(ret_row->text, sizeof(ret_row->text), "nodes=%u each=%lluM cpus=%u", shape->nodes,
		 (unsigned long long)shape->each_mib, host_cpus + shape->idle);
	add_ranges(ret_row, "reserve", shape->reserved, shape->reserved_kib);
	add_ranges(ret_row, "hole", shape->holes, 768);
	ret_row->policy = shape->policy;
	ret_row->threads = threads;
}

bool mb_predict_calibrate_row(size_t index, unsigned host_cpus, struct mb_predict_row *ret_row)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(shapes); i++) {
		const struct shape *shape = &shapes[i];
		bool steps = shape->threads == STEPS;
		/* More workers than the host can run say nothing. */
		unsigned fixed = shape->idle ? host_cpus : (unsigned)shape->threads;

		for (unsigned threads = 1; steps && threads < host_cpus; threads *= 2)
			if (!index--) {
				set_row(shape, host_cpus, threads, ret_row);
				return true;
			}
		if (!steps && !index--) {
			set_row(shape, host_cpus, fixed, ret_row);
			return true;
		}
	}
	return false;
}

/* --- booting --- */

struct mb_predict_machine {
	struct mb_machine *machine;
	struct mb_boot_config config; /* without host */
	struct mb_predict_target target;
	uint64_t bytes; /* of real memory that its boot takes */
	double *ns;     /* as in the sample */
};

/* Times of all boots of a machine, [round * phases + phase], until they are put in the sample's order. */
#define TIMES (MB_PREDICT_MAX_ROUNDS * MB_COSTMODEL_NR_PHASES)

static void take_times(const struct mb_boot *boot, double *ns)
{
	size_t count;
	const struct mb_stage_stat *stats = mb_boot_stats(boot, &count);

	for (size_t i = 0; i < count; i++) {
		int phase = mb_costmodel_phase_find(stats[i].stage->name);

		if (phase >= 0 && stats[i].ran)
			ns[phase] = (double)stats[i].ns;
	}
}

static int boot_once(const struct mb_predict_calibrate *want, struct mb_predict_machine *machine,
		     size_t round, struct mb_err *err)
{
	struct mb_boot_config config = machine->config;
	struct mb_numa_host *host = NULL;
	struct mb_boot *boot = NULL;
	int r = mb_host_new(machine->machine, want->topo, NULL, want->cancel, err, &host);

	if (r)
		return r;
	config.host = mb_host_hooks(host);
	if (!machine->target.nodes)
		r = mb_predict_target_new(&config, mb_host_mapping(host), err, &machine->target);
	if (!r)
		r = mb_boot_new(&config, err, &boot);
	if (!r) {
		r = mb_boot_run(boot);
		if (r)
			*err = *mb_boot_err(boot);
		if (r && !err->code)
			mb_host_take_err(host, err);
	}
	if (!r)
		take_times(boot, machine->ns + round * MB_COSTMODEL_NR_PHASES);
	mb_boot_free(boot);
	mb_host_free(host);
	return r;
}

/* --- the budget --- */

#define MOST_BYTES_S 1e12 /* that no host initialises in a second */

/* How far the boots are. */
struct pace {
	uint64_t began_ns, budget_ns;
	uint64_t round_ns, slowest_ns; /* when this round began; the slowest one before */
	uint64_t all_bytes, bytes;     /* of a round's boots; of those that ended in this one */
};

static int fail_budget(const struct pace *pace, size_t rounds, double spent_ns, struct mb_err *err)
{
	double need_ns = spent_ns / (double)pace->bytes * (double)pace->all_bytes;

	if (rounds)
		need_ns = fmax(need_ns, (double)pace->slowest_ns);
	return MB_FAIL(
		err, -ETIME,
		"a budget of %s is too small: %d rounds of boots are the least, and take about %s",
		mb_format_time((double)pace->budget_ns, MB_FORMAT_ASCII).text,
		MB_PREDICT_MIN_ROUNDS,
		mb_format_time(MB_PREDICT_MIN_ROUNDS * need_ns, MB_FORMAT_ASCII).text);
}

/* Before the first boot: whether any host could do the least rounds. */
static int check_budget(const struct pace *pace, struct mb_err *err)
{
	double least_ns = MB_PREDICT_MIN_ROUNDS * (double)pace->all_bytes / MOST_BYTES_S * 1e9;

	if ((double)pace->budget_ns >= least_ns)
		return 0;
	return MB_FAIL(err, -ETIME,
		       "a budget of %s is too small for %d rounds of boots, which are the least",
		       mb_format_time((double)pace->budget_ns, MB_FORMAT_ASCII).text,
		       MB_PREDICT_MIN_ROUNDS);
}

/* After a boot: whether the least rounds can still be had, if each takes as long as the slowest one. */
static int check_pace(const struct pace *pace, size_t rounds, struct mb_err *err)
{
	uint64_t now = mb_clock_now_ns(), spent = now - pace->round_ns;
	uint64_t left = MB_PREDICT_MIN_ROUNDS - 1 - mb_min(rounds, MB_PREDICT_MIN_ROUNDS - 1);

	if (rounds >= MB_PREDICT_MIN_ROUNDS ||
	    now - pace->began_ns + left * mb_max(pace->slowest_ns, spent) <= pace->budget_ns)
		return 0;
	return fail_budget(pace, rounds, (double)spent, err);
}

static int boot_all(const struct mb_predict_calibrate *want, struct mb_predict_boots *boots,
		    struct pace *pace, struct mb_rng *rng, struct mb_err *err)
{
	size_t *order = calloc(boots->nr_samples, sizeof(*order));
	int r = order ? 0 : MB_FAIL(err, -ENOMEM, "out of memory");

	for (size_t i = 0; order && i < boots->nr_samples; i++)
		order[i] = i;
	if (order)
		mb_rng_shuffle(rng, order, boots->nr_samples, sizeof(*order));
	pace->round_ns = mb_clock_now_ns();
	pace->bytes = 0;
	for (size_t i = 0; !r && i < boots->nr_samples; i++) {
		struct mb_predict_machine *machine = &boots->machines[order[i]];

		r = boot_once(want, machine, boots->rounds, err);
		pace->bytes += machine->bytes;
		boots->nr_boots += !r;
		if (!r)
			r = check_pace(pace, boots->rounds, err);
	}
	free(order);
	return r;
}

/* As many rounds as the budget holds, by how long the slowest one took. */
static int run_rounds(struct mb_predict_calibrate *want, struct mb_predict_boots *boots,
		      struct mb_err *err)
{
	struct pace pace = {.began_ns = mb_clock_now_ns(),
			    .budget_ns = (uint64_t)(want->budget_s * 1e9)};
	struct mb_rng rng = {want->seed};
	int r;

	for (size_t i = 0; i < boots->nr_samples; i++)
		pace.all_bytes += boots->machines[i].bytes;
	r = check_budget(&pace, err);
	atomic_store(&want->began_ns, pace.began_ns);
	while (!r && boots->rounds < MB_PREDICT_MAX_ROUNDS) {
		uint64_t now = mb_clock_now_ns();

		if (boots->rounds >= MB_PREDICT_MIN_ROUNDS &&
		    now - pace.began_ns + pace.slowest_ns > pace.budget_ns)
			break;
		atomic_store(&want->round, (unsigned)boots->rounds + 1);
		r = boot_all(want, boots, &pace, &rng, err);
		boots->rounds += !r;
		pace.slowest_ns = mb_max(pace.slowest_ns, mb_clock_now_ns() - now);
	}
	return r;
}

/* --- what is booted --- */

static unsigned host_cpus(const struct mb_topo *topo)
{
	size_t most = 1;

	for (size_t i = 0; i < topo->nr_nodes; i++)
		most = mb_max(most, topo->nodes[i].nr_cpus);
	return (unsigned)most;
}

static int parse_row(const struct mb_predict_calibrate *want, const struct mb_predict_row *row,
		     struct mb_err *err, struct mb_machine **ret_machine)
{
	const struct mb_machine *like = want->like;
	MB_FREE char *text = NULL;

	if (!like)
		return mb_machine_opt_parse(row->text, NULL, err, ret_machine);
	if (asprintf(&text, "arch=%s page=%u %s", mb_machine_arch_name(like->arch),
		     1u << like->page_shift, row->text) < 0) {
		text = NULL;
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	return mb_machine_opt_parse(text, NULL, err, ret_machine);
}

/* One that needs more than the host has is left out. *ret_bytes: what it needs; NaN: the model cannot have it. */
static int add_machine(const struct mb_predict_calibrate *want, const struct mb_predict_row *row,
		       struct mb_predict_boots *boots, struct mb_err *err, double *ret_bytes)
{
	struct mb_predict_machine *machine = &boots->machines[boots->nr_samples];
	struct mb_boot_config needed = {.model = want->model, .struct_page = want->struct_page};
	int r = parse_row(want, row, err, &machine->machine);
	bool fits;

	if (r)
		return r;
	needed.machine = machine->machine;
	machine->bytes = mb_boot_memory_needed(&needed);
	fits = !mb_memmodel_fits(want->model, machine->machine, want->struct_page, NULL);
	*ret_bytes = fits ? (double)machine->bytes : NAN;
	if (machine->bytes > want->allowed_bytes || !fits) {
		mb_machine_free(machine->machine);
		machine->machine = NULL;
		return 0;
	}
	boots->nr_samples++;
	machine->config = (struct mb_boot_config){
		.machine = machine->machine,
		.model = want->model,
		.struct_page = want->struct_page,
		.profile = want->profile,
		.policy = row->policy,
		.threads = row->threads,
	};
	machine->ns = calloc(TIMES, sizeof(*machine->ns));
	if (!machine->ns)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < TIMES; i++)
		machine->ns[i] = NAN;
	return 0;
}

/* bytes: of all machines, count of them; sorts them. */
static int check_memory(const struct mb_predict_calibrate *want, struct mb_predict_boots *boots,
			double *bytes, size_t count, struct mb_err *err)
{
	size_t least = mb_max(want->least, 1);

	if (boots->nr_samples >= least)
		return 0;
	count = mb_stats_sort(bytes, count);
	boots->enough_bytes = count < least ? 0 : (uint64_t)bytes[least - 1];
	return MB_FAIL(err, -ENOMEM, "%zu machine%s can be booted, and %zu are the least",
		       boots->nr_samples, boots->nr_samples == 1 ? "" : "s", least);
}

static int add_machines(const struct mb_predict_calibrate *want, struct mb_predict_boots *boots,
			struct mb_err *err)
{
	unsigned cpus = host_cpus(want->topo);
	MB_FREE double *bytes = NULL;
	struct mb_predict_row row;
	size_t count = 0;
	int r = 0;

	while (mb_predict_calibrate_row(count, cpus, &row))
		count++;
	boots->machines = calloc(count, sizeof(*boots->machines));
	boots->samples = calloc(count, sizeof(*boots->samples));
	bytes = calloc(count, sizeof(*bytes));
	if (!boots->machines || !boots->samples || !bytes)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !r && mb_predict_calibrate_row(i, cpus, &row); i++)
		r = add_machine(want, &row, boots, err, &bytes[i]);
	return r ? r : check_memory(want, boots, bytes, count, err);
}

/* --- what came of it --- */

/* How far the boots of one machine lie apart. */
static double scatter_of(const struct mb_predict_machine *machine, size_t rounds)
{
	double totals[MB_PREDICT_MAX_ROUNDS];
	struct mb_stats stats;

	for (size_t i = 0; i < rounds; i++) {
		totals[i] = 0;
		for (int p = 0; p < MB_COSTMODEL_NR_PHASES; p++) {
			double ns = machine->ns[i * MB_COSTMODEL_NR_PHASES + (size_t)p];

			if (!mb_costmodel_phases[p].beside && !isnan(ns))
				totals[i] += ns;
		}
	}
	return mb_stats_summarise(totals, rounds, &stats) ? NAN : stats.mad / stats.median;
}

/* From round by round to phase by phase. */
static int turn(struct mb_predict_machine *machine, size_t rounds)
{
	double *ns = calloc(rounds * MB_COSTMODEL_NR_PHASES, sizeof(*ns));

	if (!ns)
		return -ENOMEM;
	for (size_t i = 0; i < rounds; i++)
		for (size_t p = 0; p < MB_COSTMODEL_NR_PHASES; p++)
			ns[p * rounds + i] = machine->ns[i * MB_COSTMODEL_NR_PHASES + p];
	free(machine->ns);
	machine->ns = ns;
	return 0;
}

static int finish(struct mb_predict_boots *boots, struct mb_err *err)
{
	double *scatters = calloc(boots->nr_samples, sizeof(*scatters));
	int r = scatters ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < boots->nr_samples; i++) {
		struct mb_predict_machine *machine = &boots->machines[i];

		scatters[i] = scatter_of(machine, boots->rounds);
		r = turn(machine, boots->rounds);
		boots->samples[i] = (struct mb_costmodel_sample){machine->target.features,
								 machine->ns, boots->rounds};
	}
	if (!r) {
		size_t count = mb_stats_sort(scatters, boots->nr_samples);

		boots->scatter = mb_stats_quantile(scatters, count, 0.5);
	}
	free(scatters);
	return r ? MB_FAIL(err, r, "out of memory") : 0;
}

int mb_predict_calibrate_run(struct mb_predict_calibrate *want, struct mb_err *err,
			     struct mb_predict_boots *ret_boots)
{
	int r = add_machines(want, ret_boots, err);

	if (!r)
		r = run_rounds(want, ret_boots, err);
	return r ? r : finish(ret_boots, err);
}

void mb_predict_calibrate_view(void *arg, struct mb_progress_view *ret_view)
{
	struct mb_predict_calibrate *want = arg;
	uint64_t began = atomic_load(&want->began_ns);
	double spent_s = began ? (double)(mb_clock_now_ns() - began) / 1e9 : 0;

	snprintf(ret_view->label, sizeof(ret_view->label), "fitting this host, round %u",
		 atomic_load(&want->round));
	ret_view->total = (uint64_t)(want->budget_s * 1000);
	ret_view->done = mb_min((uint64_t)(spent_s * 1000), ret_view->total);
	ret_view->left_s = fmax(want->budget_s - spent_s, 0);
}

void mb_predict_boots_fini(struct mb_predict_boots *boots)
{
	for (size_t i = 0; i < boots->nr_samples; i++) {
		mb_predict_target_fini(&boots->machines[i].target);
		mb_machine_free(boots->machines[i].machine);
		free(boots->machines[i].ns);
	}
	free(boots->machines);
	free(boots->samples);
	*boots = (struct mb_predict_boots){0};
}
