/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/cgroup.h"
#include "numa/sysroot_file.h"
#include "numa/sysstate.h"

/* The checks of CPUs, time and counters. */

#define CPU        "sys/devices/system/cpu/"
#define CLOCK      "sys/devices/system/clocksource/clocksource0/"
#define NO_CPUFREQ "no cpufreq: hypervisor or firmware decides"

#define LOAD_FINE    0.25 /* of the CPUs */
#define LOAD_SPOILS  1.0
#define STEAL_FINE   0.5 /* per cent */
#define STEAL_SPOILS 5.0

void mb_sysstate_hypervisor(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			    struct mb_sysstate_row *row)
{
	static const enum mb_sysstate_verdict verdicts[] = {
		[MB_VIRT_NONE] = MB_SYSSTATE_FINE,       [MB_VIRT_GUEST] = MB_SYSSTATE_DISTURBS,
		[MB_VIRT_EMULATED] = MB_SYSSTATE_SPOILS, [MB_VIRT_PERHAPS] = MB_SYSSTATE_DISTURBS,
		[MB_VIRT_UNKNOWN] = MB_SYSSTATE_UNKNOWN,
	};
	struct mb_strbuf text = {0};

	if (state->virt.kind == MB_VIRT_UNKNOWN)
		mb_strbuf_add(&text, state->virt.what);
	else
		mb_virt_add(&text, &state->virt);
	mb_sysstate_say(row, verdicts[state->virt.kind], "%s", mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

/* The load counts the whole system, so all its CPUs are what it is held against. */
void mb_sysstate_load(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		      struct mb_sysstate_row *row)
{
	char *text MB_FREE = NULL, *end;
	int r = mb_sysroot_file_first(state->root, &text, "proc/loadavg");
	double load = r ? 0 : strtod(text, &end);

	if (r) {
		mb_sysstate_missing(state, row, "proc/loadavg", r, NULL);
		return;
	}
	if (end == text || !(load >= 0)) {
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "proc/loadavg holds no load");
		return;
	}
	if (!state->nr_cpus) {
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%.2f, on an unknown number of CPUs",
				load);
		return;
	}
	mb_sysstate_say(row,
			load >= LOAD_SPOILS * state->nr_cpus ? MB_SYSSTATE_SPOILS
			: load > LOAD_FINE * state->nr_cpus  ? MB_SYSSTATE_DISTURBS
							     : MB_SYSSTATE_FINE,
			"%.2f over the last minute, %u CPU%s", load, state->nr_cpus,
			state->nr_cpus == 1 ? "" : "s");
}

void mb_sysstate_steal(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		       struct mb_sysstate_row *row)
{
	const struct mb_sysstate_measured *measured = &state->measured;
	struct mb_sysstate_ticks ticks = {measured->steal_ticks, measured->all_ticks, 0};
	bool sampled = measured->all_ticks > 0;
	char when[32] = "since boot";
	double percent;
	int r = sampled ? 0 : mb_sysstate_read_ticks(state->root, &ticks);

	if (r || !ticks.all) {
		mb_sysstate_missing(state, row, "proc/stat", r ? r : -ENODATA, NULL);
		return;
	}
	if (sampled)
		snprintf(when, sizeof(when), "over %.1f s", measured->seconds);
	percent = 100.0 * (double)ticks.steal / (double)ticks.all;
	mb_sysstate_say(row,
			percent >= STEAL_SPOILS ? MB_SYSSTATE_SPOILS
			: percent >= STEAL_FINE ? MB_SYSSTATE_DISTURBS
						: MB_SYSSTATE_FINE,
			"%.1f %% of all CPU time %s", percent, when);
}

/* "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guests count as user already. */
int mb_sysstate_read_ticks(const struct mb_sysroot *root, struct mb_sysstate_ticks *ret_ticks)
{
	unsigned long long t[8] = {0};
	char *text MB_FREE = NULL;
	struct mb_sysstate_ticks ticks = {0};
	int r = mb_sysroot_file_read(root, &text, "proc/stat");

	if (r)
		return r;
	if (sscanf(text, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3],
		   &t[4], &t[5], &t[6], &t[7]) != 8)
		return -EINVAL;
	for (size_t i = 0; i < MB_ARRAY_SIZE(t); i++)
		ticks.all += t[i];
	ticks.idle = t[3] + t[4];
	ticks.steal = t[7];
	*ret_ticks = ticks;
	return 0;
}

/* --- cgroup quota --- */

/* The tightest quota of a group and those above it, in CPUs; and where it is. */
struct quota {
	double cpus;         /* 0: none */
	char path[PATH_MAX]; /* "": too long */
	unsigned version;
};

static void keep_quota(struct quota *quota, const struct mb_cgroup *group, double used,
		       double period)
{
	double cpus = used / period;
	int length;

	if (!(used > 0) || !(period > 0) || (quota->cpus > 0 && quota->cpus <= cpus))
		return;
	quota->cpus = cpus;
	quota->version = group->version;
	length = snprintf(quota->path, sizeof(quota->path), "%s%s/%s", group->mount, group->path,
			  group->version == 1 ? "cpu.cfs_quota_us" : "cpu.max");
	if (length < 0 || (size_t)length >= sizeof(quota->path))
		quota->path[0] = '\0';
}

/* systemd's names have backslashes, and others what a shell takes apart: these are quoted. */
static void set_quota_command(const struct quota *quota, struct mb_sysstate_row *row)
{
	bool plain = !strpbrk(quota->path, " \t\n\\\"'`$&|;<>()*?[]{}~#!");

	if (!*quota->path || strchr(quota->path, '\''))
		return;
	mb_sysstate_command(row, plain ? "echo %s > /%s" : "echo %s > '/%s'",
			    quota->version == 1 ? "-1" : "max", quota->path);
}

/* Version 2: "max 100000" or "50000 100000". Version 1: two files, quota -1 for none. */
static void look_quota(void *arg, const struct mb_sysroot *root, const struct mb_cgroup *group)
{
	bool first = group->version == 1;
	char *text MB_FREE = NULL;
	uint64_t period = 0;
	double used = 0, each = 0;

	if (mb_sysroot_file_read(root, &text, "%s%s/%s", group->mount, group->path,
				 first ? "cpu.cfs_quota_us" : "cpu.max"))
		return;
	if (!first && sscanf(text, "%lf %lf", &used, &each) == 2)
		keep_quota(arg, group, used, each);
	if (first && sscanf(text, "%lf", &used) == 1 &&
	    !mb_sysroot_file_u64(root, 10, &period, "%s%s/cpu.cfs_period_us", group->mount,
				 group->path))
		keep_quota(arg, group, used, (double)period);
}

void mb_sysstate_quota(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		       struct mb_sysstate_row *row)
{
	struct quota quota = {0};
	int r = mb_cgroup_each(state->root, "cpu", look_quota, &quota);

	if (r) {
		mb_sysstate_missing(state, row, MB_CGROUP_OWN, r, "this kernel has none");
		return;
	}
	if (!(quota.cpus > 0)) {
		mb_sysstate_say(row, MB_SYSSTATE_FINE, "none");
		return;
	}
	mb_sysstate_say(row, quota.cpus < state->nr_usable ? MB_SYSSTATE_SPOILS : MB_SYSSTATE_FINE,
			"%.2f CPUs, of %u usable", quota.cpus, state->nr_usable);
	set_quota_command(&quota, row);
}

/* --- frequency and threads --- */

/* What the governors of all CPUs are: how many, and the first that is not 'performance'. */
struct governors {
	unsigned nr_cpus, nr_others;
	char other[32], driver[32];
};

static void add_governor(const struct mb_sysroot *root, const char *cpu,
			 struct governors *governors)
{
	char *name MB_FREE = NULL, *driver MB_FREE = NULL;

	if (mb_sysroot_file_first(root, &name, CPU "%s/cpufreq/scaling_governor", cpu))
		return;
	governors->nr_cpus++;
	if (!strcmp(name, "performance") || governors->nr_others++)
		return;
	snprintf(governors->other, sizeof(governors->other), "%s", name);
	if (!mb_sysroot_file_first(root, &driver, CPU "%s/cpufreq/scaling_driver", cpu))
		snprintf(governors->driver, sizeof(governors->driver), "%s", driver);
}

/* In their active mode these drivers call it powersave when the CPU itself chooses. */
static bool chooses_itself(const char *driver)
{
	return !strcmp(driver, "intel_pstate") || !strcmp(driver, "amd-pstate-epp");
}

void mb_sysstate_governor(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			  struct mb_sysstate_row *row)
{
	struct governors governors = {0};
	char **names = NULL;
	int r = mb_sysroot_file_names(state->root, &names, CPU);

	for (size_t i = 0; !r && names[i]; i++)
		if (!strncmp(names[i], "cpu", 3) && names[i][3] >= '0' && names[i][3] <= '9')
			add_governor(state->root, names[i], &governors);
	mb_sysroot_file_names_free(names);
	if (!governors.nr_cpus)
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%s",
				state->live ? NO_CPUFREQ : "cpufreq was not captured");
	else if (!governors.nr_others)
		mb_sysstate_say(row, MB_SYSSTATE_FINE, "performance");
	else
		mb_sysstate_say(row,
				!strcmp(governors.other, "powersave") &&
						!chooses_itself(governors.driver)
					? MB_SYSSTATE_SPOILS
					: MB_SYSSTATE_DISTURBS,
				"%s on %u of %u CPUs", governors.other, governors.nr_others,
				governors.nr_cpus);
}

void mb_sysstate_turbo(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		       struct mb_sysstate_row *row)
{
	static const struct {
		const char *path;
		uint64_t off;
	} rows[] = {
		{CPU "intel_pstate/no_turbo", 1},
		{CPU "cpufreq/boost", 0},
	};
	uint64_t value;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		if (mb_sysroot_file_u64(state->root, 10, &value, "%s", rows[i].path))
			continue;
		mb_sysstate_say(row, value == rows[i].off ? MB_SYSSTATE_FINE : MB_SYSSTATE_DISTURBS,
				"%s", value == rows[i].off ? "off" : "on");
		mb_sysstate_command(row, "echo %u > /%s", (unsigned)rows[i].off, rows[i].path);
		return;
	}
	mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%s",
			state->live ? NO_CPUFREQ : "cpufreq was not captured");
}

void mb_sysstate_smt(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		     struct mb_sysstate_row *row)
{
	uint64_t active;
	int r = mb_sysroot_file_u64(state->root, 10, &active, CPU "smt/active");

	if (r)
		mb_sysstate_missing(state, row, CPU "smt/active", r, NULL);
	else
		mb_sysstate_say(row, active ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE, "%s",
				active ? "on" : "off");
}

void mb_sysstate_isolated(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			  struct mb_sysstate_row *row)
{
	char *list MB_FREE = NULL;
	int r = mb_sysroot_file_first(state->root, &list, CPU "isolated");

	if (r) {
		mb_sysstate_missing(state, row, CPU "isolated", r, "this kernel has none");
		return;
	}
	mb_sysstate_say(row, *list ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE, "%.100s",
			*list ? list : "none");
	mb_sysstate_command(row, "taskset -c %s memboot …", list);
}

/* --- time and counters --- */

/* User space reads the first ones without a system call; the slow ones are devices or ticks. */
static enum mb_sysstate_verdict judge_clock(const char *source)
{
	static const struct {
		const char *name;
		enum mb_sysstate_verdict verdict;
	} rows[] = {
		{"tsc", MB_SYSSTATE_FINE},
		{"arch_sys_counter", MB_SYSSTATE_FINE},
		{"kvm-clock", MB_SYSSTATE_FINE},
		{"hyperv_clocksource_tsc_page", MB_SYSSTATE_FINE},
		{"hpet", MB_SYSSTATE_SPOILS},
		{"acpi_pm", MB_SYSSTATE_SPOILS},
		{"pit", MB_SYSSTATE_SPOILS},
		{"jiffies", MB_SYSSTATE_SPOILS},
		{"refined-jiffies", MB_SYSSTATE_SPOILS},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (!strcmp(source, rows[i].name))
			return rows[i].verdict;
	return MB_SYSSTATE_DISTURBS;
}

void mb_sysstate_clock(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		       struct mb_sysstate_row *row)
{
	char *source MB_FREE = NULL, *known MB_FREE = NULL;
	int r = mb_sysroot_file_first(state->root, &source, CLOCK "current_clocksource");

	if (r) {
		mb_sysstate_missing(state, row, CLOCK "current_clocksource", r, NULL);
		return;
	}
	mb_sysstate_say(row, judge_clock(source), "%.60s", source);
	if (!mb_sysroot_file_first(state->root, &known, CLOCK "available_clocksource") &&
	    (!strncmp(known, "tsc", 3) || strstr(known, " tsc")))
		mb_sysstate_command(row, "echo tsc > /%s", CLOCK "current_clocksource");
	else
		mb_sysstate_command(row, "dmesg | grep -i clocksource");
}

/* CAP_PERFMON or CAP_SYS_ADMIN of this process (include/uapi/linux/capability.h). */
static bool may_count(const struct mb_sysstate *state)
{
	char *text MB_FREE = NULL, *at;
	unsigned long long caps;

	if (!state->live || mb_sysroot_file_read(state->root, &text, "proc/self/status"))
		return false;
	at = strstr(text, "\nCapEff:");
	return at && sscanf(at, "\nCapEff: %llx", &caps) == 1 && (caps >> 38 & 1 || caps >> 21 & 1);
}

void mb_sysstate_paranoid(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			  struct mb_sysstate_row *row)
{
	char *text MB_FREE = NULL, *end;
	int r = mb_sysroot_file_first(state->root, &text, "proc/sys/kernel/perf_event_paranoid");
	long level = r ? 0 : strtol(text, &end, 10);

	if (r)
		mb_sysstate_missing(state, row, "proc/sys/kernel/perf_event_paranoid", r, NULL);
	else if (end == text)
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "it holds no number");
	else if (level > 2 && may_count(state))
		mb_sysstate_say(row, MB_SYSSTATE_FINE,
				"%ld, and this process may count all the same", level);
	else
		mb_sysstate_say(row, level > 2 ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE, "%ld",
				level);
}
