/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "benches/bench.h"
#include "benches/boots.h"
#include "benches/question.h"
#include "benches/team.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/deferred.h"

/*
 * Boots that answer a question (benches/question.h): of a server's machine, scaled so that its memmap has the size of
 * the arena, which no cache holds. One thing varies in each.
 *
 *   0     512 MiB     4 GiB                            most of the memory, in one zone that ends where the node does
 *   |------|            |------------------------------------ … -----|
 */
#define ROUNDS    3
#define LOW_BYTES (512 * MB_MIB)
#define TOP       (4 * MB_GIB)
#define LEAST     (2 * MB_GIB)
#define MOST      (4 * MB_TIB)
#define SECTION   (128 * MB_MIB)

#define COUNT(figure) (UINT64_C(1) << MB_BOOTS_##figure)

/* What a bench boots. */
struct plan {
	struct mb_strbuf *text; /* of the machine */
	struct mb_boots what;
	int64_t arg;
	uint64_t high;  /* bytes above 4 GiB */
	unsigned cpus;  /* of the host's first node: as many as a node of the machine has */
	unsigned shown; /* threads that are a matter of the bench, 0: none */
};

struct kind {
	const char *slug, *variant, *summary;
	const char *arg_name;
	const int64_t *args;
	size_t nr_args;
	const char *(*arg_text)(int64_t arg);
	const char *profile; /* NULL: the newest */
	enum mb_policy policy;
	const struct mb_stage *stage;
	enum mb_boots_figure_id timed;
	uint64_t counted;
	void (*plan)(struct plan *plan);
	/* Arguments of a look at everything; the others are for full runs. */
	int64_t few[2];
	enum mb_bench_offer (*offer)(const struct mb_bench *row, const struct mb_bench_env *env,
				     int64_t arg);
};

/* --- machines --- */

static void add_memory(struct plan *plan, uint64_t high)
{
	mb_strbuf_addf(plan->text, "arch=x86_64 node0=%lluM@0+%lluM@4G node0.cpus=0-%u",
		       (unsigned long long)(LOW_BYTES / MB_MIB),
		       (unsigned long long)(high / MB_MIB), plan->cpus - 1);
}

/* Q3: the deferred part by so many threads. */
static void plan_threads(struct plan *plan)
{
	add_memory(plan, plan->high);
	plan->what.threads = plan->arg == MB_TEAM_ALL ? plan->cpus : (unsigned)plan->arg;
	plan->shown = plan->what.threads;
}

/* Q4: nearly all is memory of a node without CPUs. */
static void plan_cpuless(struct plan *plan)
{
	add_memory(plan, LOW_BYTES);
	mb_strbuf_addf(plan->text, " node1=%lluM",
		       (unsigned long long)((plan->high - LOW_BYTES) / MB_MIB));
	plan->what.threads = plan->arg == 1 ? 0 : plan->cpus;
	plan->shown = plan->arg == 1 ? 1 : plan->cpus;
}

/*
 * Q5: reservations of a page each, evenly spread over what is deferred.
 *
 * With one in each block of the largest order nothing can be released as a whole: deferred_free_pages (6.12) and
 * deferred_init_memmap_chunk (6.18) then hand page by page to __free_pages_core, which takes the zone's lock each time. In 6.12
 * (deferred_init_memmap, padata_do_multithreaded) each range's job ends with its section, and a job of one section is one thread's:
 * no other wants the lock. In 6.18 the zone is one job, and all threads do. Both execute the same number of instructions, and
 * 6.18 may be the slower one: the lock goes from CPU to CPU for each page. How much slower depends on the lock, which here spins
 * and then sleeps (core/base/lock.h).
 */
static void plan_ranges(struct plan *plan)
{
	uint64_t step = plan->high / (uint64_t)plan->arg;

	add_memory(plan, plan->high);
	for (uint64_t i = 0; i < (uint64_t)plan->arg; i++)
		mb_strbuf_addf(plan->text, " reserve=4K@0x%llx",
			       (unsigned long long)mb_align_down_pow2(TOP + i * step + step / 2,
								      4 * MB_KIB));
}

/* Two nodes, as on a server. */
static void plan_two_nodes(struct plan *plan)
{
	uint64_t half = mb_align_up_pow2(plan->high / 2, SECTION);

	add_memory(plan, half);
	mb_strbuf_addf(plan->text, " node1=%lluM node1.cpus=%u-%u",
		       (unsigned long long)((plan->high - half) / MB_MIB), plan->cpus,
		       2 * plan->cpus - 1);
}

/* Q10 */
static void plan_kexec(struct plan *plan)
{
	plan_two_nodes(plan);
	plan->what.policy = (enum mb_policy)plan->arg;
}

/* Q11: a guest with two CPUs; the argument is its memory in MiB. */
static void plan_guest(struct plan *plan)
{
	plan->cpus = 2;
	mb_strbuf_addf(plan->text, "arch=x86_64 node0=128M@0+%lluM@4G node0.cpus=0-1",
		       (unsigned long long)plan->arg - 128);
}

/* Q13: the upper part is reserved before boot, as pages of hugetlb are. */
static void plan_reserved(struct plan *plan)
{
	uint64_t bytes = mb_align_down_pow2(plan->high / 100 * (uint64_t)plan->arg, 2 * MB_MIB);

	add_memory(plan, plan->high);
	if (bytes)
		mb_strbuf_addf(plan->text, " reserve=%lluM@0x%llx",
			       (unsigned long long)(bytes / MB_MIB),
			       (unsigned long long)(TOP + plan->high - bytes));
}

/* Q14: the upper part of each section is no memory. */
static void plan_holes(struct plan *plan)
{
	uint64_t bytes = SECTION / 100 * (uint64_t)plan->arg / MB_MIB * MB_MIB;

	add_memory(plan, plan->high);
	for (uint64_t at = 0; bytes && at + SECTION <= plan->high; at += SECTION)
		mb_strbuf_addf(plan->text, " hole=%lluM@0x%llx",
			       (unsigned long long)(bytes / MB_MIB),
			       (unsigned long long)(TOP + at + SECTION - bytes));
}

/* Q16: the command line asks for so many per cent of movable memory. */
static void plan_movable(struct plan *plan)
{
	plan_two_nodes(plan);
	if (plan->arg)
		mb_strbuf_addf(plan->text, " cmdline='movablecore=%lld%%'", (long long)plan->arg);
}

/* --- arguments --- */

static const int64_t workers[] = {1, MB_TEAM_ALL};
static const int64_t ranges[] = {1, 16, 256, 4096};
static const int64_t policies[] = {MB_POLICY_EAGER, MB_POLICY_DEFERRED, MB_POLICY_LAZY};
static const int64_t guest_mib[] = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};
static const int64_t reserved[] = {0, 25, 50, 75};
static const int64_t holes[] = {0, 25, 50};
static const int64_t movable[] = {0, 25, 50, 75};

static const char *workers_text(int64_t arg)
{
	return arg == 1 ? "one" : "borrowed";
}

static const char *policy_text(int64_t arg)
{
	return mb_boot_policies[arg];
}

static const char *guest_text(int64_t arg)
{
	static const char *const names[] = {"512M", "1G", "2G", "4G", "8G", "16G", "32G", "64G"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++)
		if (guest_mib[i] == arg)
			return names[i];
	return "";
}

/* Bytes of the machine whose memmap fills the arena. */
static uint64_t machine_bytes(const struct mb_bench_env *env)
{
	uint64_t bytes = mb_clamp(env->arena_bytes * UINT64_C(64), LEAST, MOST);

	return mb_align_down_pow2(bytes, SECTION);
}

static enum mb_bench_offer offer_workers(const struct mb_bench *row, const struct mb_bench_env *env,
					 int64_t arg)
{
	(void)row;
	return arg == 1 ? MB_BENCH_OFFER_ALWAYS : mb_team_offer(env, arg);
}

static bool is_few(const struct kind *kind, int64_t arg)
{
	return arg == kind->few[0] || arg == kind->few[1];
}

static enum mb_bench_offer offer_guest(const struct mb_bench *row, const struct mb_bench_env *env,
				       int64_t arg)
{
	if ((uint64_t)arg * MB_MIB > machine_bytes(env))
		return MB_BENCH_OFFER_NEVER;
	return is_few(row->param, arg) ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_FULL;
}

static enum mb_bench_offer offer_few(const struct mb_bench *row, const struct mb_bench_env *env,
				     int64_t arg)
{
	(void)env;
	return is_few(row->param, arg) ? MB_BENCH_OFFER_ALWAYS : MB_BENCH_OFFER_FULL;
}

/* --- rows --- */

#define ARGS(array) .args = (array), .nr_args = MB_ARRAY_SIZE(array)

#define RANGES(release)                                                                   \
	{                                                                                 \
		.slug = "ranges", .variant = release, .profile = release,                 \
		.summary = "the deferred part by the number of reservations in it",       \
		.arg_name = "reservations", ARGS(ranges), .policy = MB_POLICY_DEFERRED,   \
		.stage = &mb_deferred_stage, .counted = COUNT(JOBS), .plan = plan_ranges, \
		.few = {1, 4096}, .offer = offer_few,                                     \
	}

#define POLICY(name, id, counters)                                                             \
	{                                                                                      \
		.slug = "policies", .variant = name,                                           \
		.summary = "what the boot of a guest waits for, by its memory",                \
		.arg_name = "memory", ARGS(guest_mib), .arg_text = guest_text, .policy = (id), \
		.timed = MB_BOOTS_USER_SPACE, .counted = (counters), .plan = plan_guest,       \
		.few = {512, 2048}, .offer = offer_guest,                                      \
	}

#define RESERVED(release)                                                                     \
	{                                                                                     \
		.slug = "reserved", .variant = release, .profile = release,                   \
		.summary = "to the first page, by the part of the memory that is reserved",   \
		.arg_name = "percent", ARGS(reserved), .policy = MB_POLICY_DEFERRED,          \
		.timed = MB_BOOTS_FIRST_ALLOCATION,                                           \
		.counted = COUNT(RESERVED_NS) | COUNT(RESERVED_PAGES), .plan = plan_reserved, \
		.few = {0, 50}, .offer = offer_few,                                           \
	}

/* clang-format off */
static const struct kind kinds[] = {
	{
		.slug = "knee",
		.summary = "the deferred part of a node by so many threads",
		.arg_name = "threads", .args = mb_team_args, .nr_args = MB_TEAM_MAX_ARGS,
		.arg_text = mb_team_arg_text,
		.policy = MB_POLICY_DEFERRED,
		.stage = &mb_deferred_stage,
		.plan = plan_threads,
		.offer = mb_team_row_offer,
	},
	{
		.slug = "cpuless",
		.summary = "the deferred part of a node without CPUs",
		.arg_name = "workers", ARGS(workers), .arg_text = workers_text,
		.policy = MB_POLICY_DEFERRED,
		.timed = MB_BOOTS_LAST_NODE,
		.plan = plan_cpuless,
		.offer = offer_workers,
	},
	RANGES("6.12"),
	RANGES("6.18"),
	{
		.slug = "kexec",
		.summary = "from the start of a boot to the last page, by policy",
		.arg_name = "policy", ARGS(policies), .arg_text = policy_text,
		.timed = MB_BOOTS_ALL_MEMORY,
		.counted = COUNT(FIRST_ALLOCATION),
		.plan = plan_kexec,
	},
	POLICY("eager", MB_POLICY_EAGER, 0),
	POLICY("deferred", MB_POLICY_DEFERRED, 0),
	POLICY("lazy", MB_POLICY_LAZY, COUNT(GROWTHS) | COUNT(GROWTH_MEDIAN) | COUNT(GROWTH_MAX)),
	RESERVED("6.1"),
	RESERVED("6.18"),
	{
		.slug = "holes",
		.summary = "to the first page, by the part of each section that is no memory",
		.arg_name = "percent", ARGS(holes),
		.policy = MB_POLICY_DEFERRED,
		.timed = MB_BOOTS_FIRST_ALLOCATION,
		.counted = COUNT(HOLE_NS) | COUNT(HOLE_PAGES),
		.plan = plan_holes,
		.few = {0, 50}, .offer = offer_few,
	},
	{
		.slug = "movable",
		.summary = "to the last page, by the part that movablecore= asks for",
		.arg_name = "movablecore", ARGS(movable),
		.policy = MB_POLICY_DEFERRED,
		.timed = MB_BOOTS_ALL_MEMORY,
		.counted = COUNT(FIRST_ALLOCATION) | COUNT(SERIAL_PERCENT),
		.plan = plan_movable,
		.few = {0, 50}, .offer = offer_few,
	},
};
/* clang-format on */

static int setup(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	struct mb_strbuf text = {0};
	struct plan plan = {
		.text = &text,
		.what = {.policy = kind->policy,
			 .stage = kind->stage,
			 .timed = kind->timed,
			 .counted = kind->counted},
		.arg = run->arg,
		.high = machine_bytes(run->env) - LOW_BYTES,
		.cpus = mb_team_size(run->env, MB_TEAM_ALL),
	};
	int rc;

	plan.what.profile =
		kind->profile ? mb_profile_find(kind->profile) : &mb_profiles[mb_nr_profiles - 1];
	kind->plan(&plan);
	plan.what.machine = mb_strbuf_text(&text);
	run->threads = plan.shown;
	rc = text.error ? MB_FAIL(&run->err, -ENOMEM, "out of memory")
			: mb_boots_setup(run, &plan.what);
	mb_strbuf_fini(&text);
	return rc;
}

static int report(struct mb_bench_run *run)
{
	const struct kind *kind = run->row->param;
	int rc = mb_boots_report(run);

	if (!rc && kind->plan == plan_cpuless)
		mb_bench_count(run, "host_nodes", mb_team_nr_nodes(run->env));
	return rc;
}

bool mb_bench_questions_row(size_t index, struct mb_bench *ret_row)
{
	const struct kind *kind = kinds + index;

	if (index >= MB_ARRAY_SIZE(kinds))
		return false;
	*ret_row = (struct mb_bench){
		.group = MB_QUESTION_GROUP,
		.name = kind->slug,
		.variant = kind->variant,
		.summary = kind->summary,
		.temperature = MB_BENCH_MIXED,
		.arg_name = kind->arg_name,
		.args = kind->args,
		.nr_args = kind->nr_args,
		.arg_text = kind->arg_text,
		.offer = kind->offer,
		.rounds = ROUNDS,
		.param = kind,
		.setup = setup,
		.run = mb_boots_run,
		.validate = mb_boots_validate,
		.report = report,
		.teardown = mb_boots_teardown,
	};
	return true;
}
