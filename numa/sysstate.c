/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "numa/sysroot_file.h"
#include "numa/sysstate.h"

#define MAX_CPUS 8192

static mb_sysstate_look_fn look_number;

const struct mb_sysstate_check mb_sysstate_checks[] = {
	{
		.name = "hypervisor",
		.title = "hypervisor",
		.should = "no hypervisor",
		.why = "memory and CPUs are shared with others unseen; emulated CPUs have times of "
		       "their own",
		.look = mb_sysstate_hypervisor,
	},
	{
		.name = "load",
		.title = "load average",
		.should = "below a quarter of the CPUs",
		.why = "workers wait for CPUs and memory that others use",
		.look = mb_sysstate_load,
		.command = "ps -eo pcpu,pid,comm --sort=-pcpu | head",
	},
	{
		.name = "steal",
		.title = "steal time",
		.should = "below 0.5 %",
		.why = "the hypervisor runs others on these CPUs in the middle of a stage",
		.look = mb_sysstate_steal,
	},
	{
		.name = "cpu_quota",
		.title = "cgroup CPU quota",
		.should = "none",
		.why = "workers are stopped for the rest of each period once the quota is used",
		.look = mb_sysstate_quota,
	},
	{
		.name = "governor",
		.title = "CPU frequency governor",
		.should = "performance",
		.why = "the frequency follows the load, so the first part of a stage runs slower",
		.look = mb_sysstate_governor,
		.command = "echo performance | tee "
			   "/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
	},
	{
		.name = "turbo",
		.title = "turbo",
		.should = "off",
		.why = "the frequency depends on temperature and on how many cores work",
		.look = mb_sysstate_turbo,
	},
	{
		.name = "smt",
		.title = "SMT",
		.should = "off, or siblings idle",
		.why = "what runs on a core's other thread takes half of the core",
		.look = mb_sysstate_smt,
		.command = "echo off > /sys/devices/system/cpu/smt/control",
	},
	{
		.name = "isolated_cpus",
		.title = "isolated CPUs",
		.should = "none, or used",
		.why = "workers get the other CPUs only",
		.look = mb_sysstate_isolated,
	},
	{
		.name = "clock_source",
		.title = "clock source",
		.should = "tsc, arch_sys_counter",
		.why = "each look at the clock is a system call that takes microseconds",
		.look = mb_sysstate_clock,
	},
	{
		.name = "memory",
		.title = "available memory",
		.should = "a sixteenth of each node",
		.why = "descriptors do not fit beside what is used, or push it out",
		.look = mb_sysstate_available,
		.command = "ps -eo rss,pid,comm --sort=-rss | head",
	},
	{
		.name = "swap",
		.title = "swap in use",
		.should = "none",
		.why = "memory was short, and what comes back from swap disturbs",
		.look = mb_sysstate_swap,
		.command = "swapoff -a && swapon -a",
	},
	{
		.name = "transparent_hugepage",
		.title = "transparent huge pages",
		.should = "madvise or never",
		.why = "khugepaged moves pages meanwhile, and which part has huge pages is luck",
		.look = mb_sysstate_thp,
		.command = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
	},
	{
		.name = "huge_pages",
		.title = "free huge pages",
		.should = "some, where there is a pool",
		.why = "a pool without free pages gives none to a run that asks for them",
		.look = mb_sysstate_hugepages,
	},
	{
		.name = "numa_balancing",
		.title = "NUMA balancing",
		.should = "0",
		.why = "pages are unmapped to see who uses them, and moved: faults inside stages",
		.look = look_number,
		.command = "echo 0 > /proc/sys/kernel/numa_balancing",
		.path = "proc/sys/kernel/numa_balancing",
		.otherwise = MB_SYSSTATE_DISTURBS,
	},
	{
		.name = "zone_reclaim",
		.title = "zone_reclaim_mode",
		.should = "0",
		.why = "a node that is short reclaims before it asks others: long first touches",
		.look = look_number,
		.command = "echo 0 > /proc/sys/vm/zone_reclaim_mode",
		.path = "proc/sys/vm/zone_reclaim_mode",
		.otherwise = MB_SYSSTATE_DISTURBS,
	},
	{
		.name = "ksm",
		.title = "KSM",
		.should = "0",
		.why = "ksmd reads and merges memory in the background",
		.look = look_number,
		.command = "echo 0 > /sys/kernel/mm/ksm/run",
		.path = "sys/kernel/mm/ksm/run",
		.otherwise = MB_SYSSTATE_DISTURBS,
	},
	{
		.name = "memory_growing",
		.title = "initialised memory",
		.should = "all of it",
		.why = "the first touch of a run initialises the kernel's own descriptors too",
		.look = mb_sysstate_growing,
	},
	{
		.name = "backing",
		.title = "host's backing",
		.should = "below 1.5 times",
		.why = "first touches wait for the hypervisor to find memory of its own",
		.look = mb_sysstate_backing,
	},
	{
		.name = "perf_event_paranoid",
		.title = "perf_event_paranoid",
		.should = "2 or less",
		.why = "no hardware counters without CAP_PERFMON",
		.look = mb_sysstate_paranoid,
		.command = "echo 2 > /proc/sys/kernel/perf_event_paranoid",
	},
	{
		.name = "nmi_watchdog",
		.title = "NMI watchdog",
		.should = "0",
		.why = "it holds one hardware counter on each CPU and interrupts by it",
		.look = look_number,
		.command = "echo 0 > /proc/sys/kernel/nmi_watchdog",
		.path = "proc/sys/kernel/nmi_watchdog",
		.otherwise = MB_SYSSTATE_DISTURBS,
	},
};

const size_t mb_nr_sysstate_checks = MB_ARRAY_SIZE(mb_sysstate_checks);

void mb_sysstate_say(struct mb_sysstate_row *row, enum mb_sysstate_verdict verdict,
		     const char *text, ...)
{
	va_list args;

	row->verdict = verdict;
	va_start(args, text);
	vsnprintf(row->is, sizeof(row->is), text, args);
	va_end(args);
}

void mb_sysstate_command(struct mb_sysstate_row *row, const char *text, ...)
{
	va_list args;
	int length;

	va_start(args, text);
	length = vsnprintf(row->command, sizeof(row->command), text, args);
	va_end(args);
	if (length < 0 || (size_t)length >= sizeof(row->command))
		row->command[0] = '\0';
}

void mb_sysstate_missing(const struct mb_sysstate *state, struct mb_sysstate_row *row,
			 const char *path, int error, const char *absent)
{
	if (state->live && error == -ENOENT && absent)
		mb_sysstate_say(row, MB_SYSSTATE_FINE, "%s", absent);
	else if (!state->live && error == -ENOENT)
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%s was not captured", path);
	else
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%s: %s", path,
				mb_sysroot_file_reason(error));
}

static void look_number(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			struct mb_sysstate_row *row)
{
	uint64_t value;
	int r = mb_sysroot_file_u64(state->root, 10, &value, "%s", check->path);

	if (r)
		mb_sysstate_missing(state, row, check->path, r, "this kernel has none");
	else
		mb_sysstate_say(row, value == check->fine ? MB_SYSSTATE_FINE : check->otherwise,
				"%llu", (unsigned long long)value);
}

static unsigned count_online(const struct mb_sysroot *root)
{
	uint64_t cpus[MB_BITMAP_WORDS(MAX_CPUS)] = {0};
	unsigned count = 0;

	if (mb_sysroot_file_list(root, MAX_CPUS, cpus, "sys/devices/system/cpu/online"))
		return 0;
	for (size_t i = 0; i < MAX_CPUS; i++)
		count += mb_bit_test(cpus, i);
	return count;
}

static unsigned count_usable(void)
{
	cpu_set_t *set = CPU_ALLOC(MAX_CPUS);
	unsigned count = 0;

	if (set && !sched_getaffinity(0, CPU_ALLOC_SIZE(MAX_CPUS), set))
		count = (unsigned)CPU_COUNT_S(CPU_ALLOC_SIZE(MAX_CPUS), set);
	CPU_FREE(set);
	return count;
}

void mb_sysstate_begin(const struct mb_sysroot *root, const struct mb_sysstate_measured *measured,
		       struct mb_sysstate *ret_state)
{
	*ret_state = (struct mb_sysstate){
		.root = root,
		.live = mb_sysroot_file_is_live(root),
		.nr_cpus = count_online(root),
	};
	ret_state->nr_usable = ret_state->live ? count_usable() : ret_state->nr_cpus;
	if (measured)
		ret_state->measured = *measured;
	mb_virt_detect(root, &ret_state->virt);
}

void mb_sysstate_look(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		      struct mb_sysstate_row *ret_row)
{
	*ret_row = (struct mb_sysstate_row){.verdict = MB_SYSSTATE_UNKNOWN};
	check->look(state, check, ret_row);
	if (ret_row->verdict == MB_SYSSTATE_FINE || ret_row->verdict == MB_SYSSTATE_UNKNOWN)
		ret_row->command[0] = '\0';
	else if (check->command)
		mb_sysstate_command(ret_row, "%s", check->command);
}
