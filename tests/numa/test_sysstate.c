/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "numa/sysstate.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define CPU     "sys/devices/system/cpu/"
#define CLOCK   "sys/devices/system/clocksource/clocksource0/"
#define NODE    "sys/devices/system/node/"
#define THP     "sys/kernel/mm/transparent_hugepage/enabled"
#define HUGE    "sys/kernel/mm/hugepages/hugepages-"
#define CGROUP  "sys/fs/cgroup/"
#define MEMINFO "MemTotal: 65536 kB\nMemFree: 1 kB\nMemAvailable: "

/* What a check finds in a tree of these files: every check with every verdict that it can give. */
struct file {
	const char *path, *text;
};

static const struct row {
	const char *check;
	struct file files[5];
	enum mb_sysstate_verdict verdict;
	const char *is, *command; /* a part of each; NULL: whatever, and none */
} rows[] = {
	{"hypervisor",
	 {{"proc/cpuinfo", "x\nflags\t: fpu\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "no hypervisor"},
	{"hypervisor",
	 {{"proc/cpuinfo", "x\nflags\t: hypervisor\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "guest of"},
	{"hypervisor",
	 {{"proc/cpuinfo", "model name: QEMU TCG\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "emulated by QEMU TCG"},
	{"hypervisor", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "tell"},

	{"load",
	 {{"proc/loadavg", "0.50 9 9 1/2 3\n"}, {CPU "online", "0-1\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "0.50 over the last minute, 2 CPUs"},
	{"load",
	 {{"proc/loadavg", "0.51 0 0 1/2 3\n"}, {CPU "online", "0-1\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "0.51",
	 "ps "},
	{"load",
	 {{"proc/loadavg", "2.00 0 0 1/2 3\n"}, {CPU "online", "0-1\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "2.00",
	 "ps "},
	{"load",
	 {{"proc/loadavg", "2.00 0 0 1/2 3\n"}, {CPU "online", "0-63\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "64 CPUs"},
	{"load",
	 {{"proc/loadavg", "2.00 0 0 1/2 3\n"}},
	 .verdict = MB_SYSSTATE_UNKNOWN,
	 "number of CPUs"},
	{"load",
	 {{"proc/loadavg", "much\n"}, {CPU "online", "0\n"}},
	 .verdict = MB_SYSSTATE_UNKNOWN,
	 "no load"},
	{"load", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "proc/loadavg was not captured"},

	{"steal",
	 {{"proc/stat", "cpu  600 0 200 196 0 0 0 4 50 0\ncpu0 1\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "0.4 % of all CPU time since boot"},
	{"steal",
	 {{"proc/stat", "cpu  600 0 200 195 0 0 0 5 0 0\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "0.5 %"},
	{"steal",
	 {{"proc/stat", "cpu  600 0 200 150 0 0 0 50 0 0\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "5.0 %"},
	{"steal", {{"proc/stat", "intr 5\n"}}, .verdict = MB_SYSSTATE_UNKNOWN, "proc/stat"},
	{"steal", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"cpu_quota",
	 {{"proc/self/cgroup", "0::/a/b\n"}, {CGROUP "a/b/cpu.max", "max 100000\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "none"},
	{"cpu_quota",
	 {{"proc/self/cgroup", "0::/a/b\n"},
	  {CPU "online", "0-7\n"},
	  {CGROUP "a/b/cpu.max", "600000 100000\n"},
	  {CGROUP "a/cpu.max", "250000 100000\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "2.50 CPUs, of 8",
	 "echo max > /sys/fs/cgroup/a/cpu.max"},
	{"cpu_quota",
	 {{"proc/self/cgroup", "0::/..\n"},
	  {CPU "online", "0-1\n"},
	  {CGROUP "cpu.max", "200000 100000\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "2.00 CPUs, of 2"},
	{"cpu_quota",
	 {{"proc/self/cgroup", "5:memory:/m\n4:cpuset,cpu,cpuacct:/c\n"},
	  {CPU "online", "0-1\n"},
	  {CGROUP "cpu/c/cpu.cfs_quota_us", "50000\n"},
	  {CGROUP "cpu/c/cpu.cfs_period_us", "100000\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "0.50 CPUs",
	 "echo -1 > /sys/fs/cgroup/cpu/c/cpu.cfs_quota_us"},
	{"cpu_quota",
	 {{"proc/self/cgroup", "4:cpu:/c\n3:cpuset:/s\n"},
	  {CPU "online", "0-1\n"},
	  {CGROUP "cpu/c/cpu.cfs_quota_us", "-1\n"},
	  {CGROUP "cpu/s/cpu.cfs_quota_us", "1\n"},
	  {CGROUP "cpu/s/cpu.cfs_period_us", "9\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "none"},
	{"cpu_quota",
	 {{"proc/self/cgroup", "4:cpu,cpuacct:/c\n"},
	  {CPU "online", "0-1\n"},
	  {CGROUP "cpu,cpuacct/cpu.cfs_quota_us", "150000\n"},
	  {CGROUP "cpu,cpuacct/cpu.cfs_period_us", "100000\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "1.50 CPUs",
	 "echo -1 > /sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"},
	{"cpu_quota", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"governor",
	 {{CPU "cpu0/cpufreq/scaling_governor", "performance\n"},
	  {CPU "cpu10/cpufreq/scaling_governor", "performance\n"},
	  {CPU "cpufreq/scaling_governor", "ondemand\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "performance"},
	{"governor",
	 {{CPU "cpu0/cpufreq/scaling_governor", "performance\n"},
	  {CPU "cpu1/cpufreq/scaling_governor", "schedutil\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "schedutil on 1 of 2 CPUs",
	 "performance | tee"},
	{"governor",
	 {{CPU "cpu0/cpufreq/scaling_governor", "powersave\n"},
	  {CPU "cpu0/cpufreq/scaling_driver", "intel_pstate\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "powersave on 1",
	 "performance"},
	{"governor",
	 {{CPU "cpu0/cpufreq/scaling_governor", "powersave\n"},
	  {CPU "cpu0/cpufreq/scaling_driver", "acpi-cpufreq\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "powersave on 1",
	 "performance"},
	{"governor", {{CPU "cpu0/online", "1\n"}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"turbo",
	 {{CPU "intel_pstate/no_turbo", "1\n"}, {CPU "cpufreq/boost", "1\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "off"},
	{"turbo",
	 {{CPU "intel_pstate/no_turbo", "0\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "on",
	 "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"},
	{"turbo", {{CPU "cpufreq/boost", "0\n"}}, .verdict = MB_SYSSTATE_FINE, "off"},
	{"turbo",
	 {{CPU "cpufreq/boost", "1\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "on",
	 "echo 0 > /sys/devices/system/cpu/cpufreq/boost"},
	{"turbo", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"smt", {{CPU "smt/active", "0\n"}}, .verdict = MB_SYSSTATE_FINE, "off"},
	{"smt", {{CPU "smt/active", "1\n"}}, .verdict = MB_SYSSTATE_DISTURBS, "on", "echo off"},
	{"smt", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"isolated_cpus", {{CPU "isolated", "\n"}}, .verdict = MB_SYSSTATE_FINE, "none"},
	{"isolated_cpus",
	 {{CPU "isolated", "4-7\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "4-7",
	 "taskset -c 4-7"},
	{"isolated_cpus", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"clock_source",
	 {{CLOCK "current_clocksource", "tsc\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "tsc"},
	{"clock_source",
	 {{CLOCK "current_clocksource", "arch_sys_counter\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "arch"},
	{"clock_source",
	 {{CLOCK "current_clocksource", "hpet\n"}, {CLOCK "available_clocksource", "hpet tsc \n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "hpet",
	 "echo tsc >"},
	{"clock_source",
	 {{CLOCK "current_clocksource", "acpi_pm\n"}, {CLOCK "available_clocksource", "acpi_pm\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "acpi_pm",
	 "dmesg"},
	{"clock_source",
	 {{CLOCK "current_clocksource", "xen\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "xen",
	 "dmesg"},
	{"clock_source", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"memory",
	 {{"proc/meminfo", MEMINFO "4096 kB\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "4 MiB of 64 MiB"},
	{"memory",
	 {{"proc/meminfo", MEMINFO "4095 kB\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "of 64 MiB",
	 "ps "},
	{"memory",
	 {{"proc/meminfo", MEMINFO "1023 kB\n"}},
	 .verdict = MB_SYSSTATE_SPOILS,
	 "of 64 MiB",
	 "ps "},
	{"memory",
	 {{"proc/meminfo", "MemFree: 1 kB\n"}},
	 .verdict = MB_SYSSTATE_UNKNOWN,
	 "no MemTotal"},
	{"memory",
	 {{"proc/meminfo", MEMINFO "60000 kB\n"},
	  {NODE "node0/meminfo", "Node 0 MemTotal: 65536 kB\nNode 0 MemFree: 60000 kB\n"},
	  {NODE "node3/meminfo", "Node 3 MemTotal: 65536 kB\nNode 3 MemFree: 2048 kB\n"},
	  {NODE "node4/meminfo", "Node 4 MemTotal: 0 kB\nNode 4 MemFree: 0 kB\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "of 2 nodes least on node 3: 2 MiB of 64 MiB",
	 "ps "},
	{"memory",
	 {{"proc/meminfo", "MemTotal: 4008000 kB\nMemFree: 1 kB\nMemAvailable: 3900000 kB\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "3.7 GiB of 3.8 GiB"},
	{"memory", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"swap",
	 {{"proc/meminfo", "MemTotal: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "no swap at all"},
	{"swap",
	 {{"proc/meminfo", "SwapTotal: 2048 kB\nSwapFree: 2048 kB\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "none of 2 MiB"},
	{"swap",
	 {{"proc/meminfo", "SwapTotal: 2048 kB\nSwapFree: 1024 kB\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "1 MiB of 2 MiB",
	 "swapoff"},
	{"swap", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"transparent_hugepage",
	 {{THP, "always [madvise] never\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "madvise"},
	{"transparent_hugepage",
	 {{THP, "always madvise [never]\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "never"},
	{"transparent_hugepage",
	 {{THP, "[always] madvise never\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "always",
	 "echo madvise"},
	{"transparent_hugepage", {{THP, "always\n"}}, .verdict = MB_SYSSTATE_UNKNOWN, "no choice"},
	{"transparent_hugepage", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"huge_pages",
	 {{HUGE "2048kB/nr_hugepages", "0\n"}, {HUGE "2048kB/free_hugepages", "0\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "no pool"},
	{"huge_pages",
	 {{HUGE "2048kB/nr_hugepages", "8\n"}, {HUGE "2048kB/free_hugepages", "3\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "2 MiB: 3 of 8"},
	{"huge_pages",
	 {{HUGE "2048kB/nr_hugepages", "8\n"},
	  {HUGE "2048kB/free_hugepages", "0\n"},
	  {HUGE "1048576kB/nr_hugepages", "1\n"},
	  {HUGE "1048576kB/free_hugepages", "1\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "1 GiB: 1 of 1, 2 MiB: 0 of 8",
	 "echo 16 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"},
	{"huge_pages", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"numa_balancing",
	 {{"proc/sys/kernel/numa_balancing", "0\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "0"},
	{"numa_balancing",
	 {{"proc/sys/kernel/numa_balancing", "1\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "1",
	 "echo 0 > /proc/sys/kernel/numa_balancing"},
	{"numa_balancing", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},
	{"zone_reclaim",
	 {{"proc/sys/vm/zone_reclaim_mode", "0\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "0"},
	{"zone_reclaim",
	 {{"proc/sys/vm/zone_reclaim_mode", "3\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "3",
	 "echo 0"},
	{"ksm", {{"sys/kernel/mm/ksm/run", "0\n"}}, .verdict = MB_SYSSTATE_FINE, "0"},
	{"ksm", {{"sys/kernel/mm/ksm/run", "1\n"}}, .verdict = MB_SYSSTATE_DISTURBS, "1", "echo 0"},
	{"ksm",
	 {{"sys/kernel/mm/ksm/run", "yes\n"}},
	 .verdict = MB_SYSSTATE_UNKNOWN,
	 "sys/kernel/mm/ksm/run"},
	{"nmi_watchdog",
	 {{"proc/sys/kernel/nmi_watchdog", "0\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "0"},
	{"nmi_watchdog",
	 {{"proc/sys/kernel/nmi_watchdog", "1\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "1",
	 "echo 0"},

	{"memory_growing",
	 {{"proc/zoneinfo", "Node 0, zone   Normal\n        present  1000\n        managed  800\n"},
	  {"proc/cmdline", "quiet\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "all but the 20.0 % that are reserved"},
	{"memory_growing",
	 {{"proc/zoneinfo", "Node 0, zone   Normal\n        present  1000\n        managed  800\n"},
	  {"proc/cmdline", "quiet deferred_init=lazy\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "80.0 % of the pages (deferred_init=lazy)"},
	{"memory_growing",
	 {{"proc/zoneinfo", "Node 0, zone   Normal\n        present  1000\n        managed  980\n"},
	  {"proc/cmdline", "deferred_init=lazy\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "all but the 2.0 % that are reserved"},
	{"memory_growing", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},

	{"backing", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "only measured on the host"},

	{"perf_event_paranoid",
	 {{"proc/sys/kernel/perf_event_paranoid", "-1\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "-1"},
	{"perf_event_paranoid",
	 {{"proc/sys/kernel/perf_event_paranoid", "2\n"}},
	 .verdict = MB_SYSSTATE_FINE,
	 "2"},
	{"perf_event_paranoid",
	 {{"proc/sys/kernel/perf_event_paranoid", "3\n"}},
	 .verdict = MB_SYSSTATE_DISTURBS,
	 "3",
	 "echo 2 > /proc/sys/kernel/perf_event_paranoid"},
	{"perf_event_paranoid",
	 {{"proc/sys/kernel/perf_event_paranoid", "x\n"}},
	 .verdict = MB_SYSSTATE_UNKNOWN,
	 "no number"},
	{"perf_event_paranoid", {{0}}, .verdict = MB_SYSSTATE_UNKNOWN, "not captured"},
};

static const struct mb_sysstate_check *find(const char *name)
{
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++)
		if (!strcmp(mb_sysstate_checks[i].name, name))
			return &mb_sysstate_checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static void assert_row(const struct mb_sysstate_row *got, const char *check,
		       enum mb_sysstate_verdict verdict, const char *is, const char *command)
{
	bool found = verdict == got->verdict && strstr(got->is, is) &&
		     (command ? strstr(got->command, command) != NULL : !got->command[0]);

	if (!found)
		fail_msg("%s: verdict %d '%s' '%s', expected %d '%s' '%s'", check, got->verdict,
			 got->is, got->command, verdict, is, command ? command : "");
}

static void captured(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_sysstate_row got;
		struct mb_sysstate seen;
		char *tree = tree_new();

		for (size_t k = 0; k < MB_ARRAY_SIZE(rows[i].files); k++)
			if (rows[i].files[k].path)
				tree_write(tree, rows[i].files[k].path, "%s",
					   rows[i].files[k].text);
		mb_sysstate_begin(tree_root(tree), NULL, &seen);
		mb_sysstate_look(&seen, find(rows[i].check), &got);
		assert_row(&got, rows[i].check, rows[i].verdict, rows[i].is, rows[i].command);
		tree_free(tree);
	}
}

/* A command is there whole, however long its path is, or not at all; and a shell keeps the path as it is. */
static void commands_are_whole(void **state)
{
	static const char pod[] =
		"kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
		"pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope";
	char longest[1200], expected[1400];
	const struct {
		const char *group, *before, *after; /* NULL: no command */
	} groups[] = {
		{pod, "", ""},
		{"system.slice/dev-sd\\x2da.service", "'", "'"},
		{"it's", NULL, NULL},
		{longest, NULL, NULL},
	};

	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 200; i < sizeof(longest) - 1; i += 200)
		longest[i] = '/';
	for (size_t i = 0; i < MB_ARRAY_SIZE(groups); i++) {
		char *tree = tree_new(), path[1300];
		struct mb_sysstate_row got;
		struct mb_sysstate seen;

		snprintf(path, sizeof(path), CGROUP "%s/cpu.max", groups[i].group);
		tree_write(tree, "proc/self/cgroup", "0::/%s\n", groups[i].group);
		tree_write(tree, CPU "online", "0-7\n");
		tree_write(tree, path, "100000 100000\n");
		mb_sysstate_begin(tree_root(tree), NULL, &seen);
		mb_sysstate_look(&seen, find("cpu_quota"), &got);
		assert_int_equal(got.verdict, MB_SYSSTATE_SPOILS);
		snprintf(expected, sizeof(expected), "echo max > %s/%s%s", groups[i].before, path,
			 groups[i].after);
		assert_string_equal(got.command, groups[i].before ? expected : "");
		tree_free(tree);
	}
}

/* Each check is seen fine and not fine by the rows above, or by the measured ones below. */
static void both_ways(void **state)
{
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++) {
		const char *name = mb_sysstate_checks[i].name;
		bool fine = !strcmp(name, "backing"), other = fine;

		for (size_t k = 0; k < MB_ARRAY_SIZE(rows); k++) {
			if (strcmp(rows[k].check, name) != 0)
				continue;
			fine |= rows[k].verdict == MB_SYSSTATE_FINE;
			other |= rows[k].verdict == MB_SYSSTATE_DISTURBS ||
				 rows[k].verdict == MB_SYSSTATE_SPOILS;
		}
		if (!fine || !other)
			fail_msg("%s is not tried both ways", name);
	}
}

static void measured(void **state)
{
	static const struct {
		const char *check;
		struct mb_sysstate_measured measured;
		enum mb_sysstate_verdict verdict;
		const char *is;
	} cases[] = {
		{"steal",
		 {.seconds = 0.5, .steal_ticks = 0, .all_ticks = 100},
		 MB_SYSSTATE_FINE,
		 "0.0 % of all CPU time over 0.5 s"},
		{"steal",
		 {.seconds = 0.5, .steal_ticks = 1, .all_ticks = 100},
		 MB_SYSSTATE_DISTURBS,
		 "1.0 %"},
		{"steal",
		 {.seconds = 0.5, .steal_ticks = 50, .all_ticks = 100},
		 MB_SYSSTATE_SPOILS,
		 "50.0 %"},
		{"memory_growing",
		 {.seconds = 0.5, .grown_bytes = MB_MIB},
		 MB_SYSSTATE_DISTURBS,
		 "grew by 1 MiB in 0.5 s"},
		{"backing",
		 {.touch_bytes = MB_MIB, .first_ns = 15, .second_ns = 10},
		 MB_SYSSTATE_FINE,
		 "1 MiB: first touch takes 1.5 times the second"},
		{"backing",
		 {.touch_bytes = MB_MIB, .first_ns = 40, .second_ns = 10},
		 MB_SYSSTATE_DISTURBS,
		 "4.0 times"},
	};
	char *tree = tree_new();

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_sysstate_row got;
		struct mb_sysstate seen;

		mb_sysstate_begin(tree_root(tree), &cases[i].measured, &seen);
		mb_sysstate_look(&seen, find(cases[i].check), &got);
		assert_row(&got, cases[i].check, cases[i].verdict, cases[i].is, NULL);
	}
	tree_free(tree);
}

/* What a live kernel does not have is no noise; in a captured tree it is not known. */
static void absent(void **state)
{
	struct mb_sysstate_row row = {0};

	mb_sysstate_missing(&(struct mb_sysstate){.live = true}, &row, "a/b", -ENOENT, "none here");
	assert_row(&row, "live", MB_SYSSTATE_FINE, "none here", NULL);
	mb_sysstate_missing(&(struct mb_sysstate){.live = true}, &row, "a/b", -ENOENT, NULL);
	assert_row(&row, "live", MB_SYSSTATE_UNKNOWN, "a/b: ", NULL);
	mb_sysstate_missing(&(struct mb_sysstate){.live = true}, &row, "a/b", -EACCES, "none here");
	assert_row(&row, "live", MB_SYSSTATE_UNKNOWN, "a/b: ", NULL);
}

/* This host: every row says something, and a command only where something is wrong. */
static void live(void **state)
{
	struct mb_sysstate_measured measured;
	struct mb_sysstate seen;
	atomic_int cancel = 1;

	assert_int_equal(mb_sysstate_measure(&cancel, &measured), -ECANCELED);
	assert_int_equal(mb_sysstate_measure(NULL, &measured), 0);
	assert_true(measured.seconds > 0);
	mb_sysstate_begin(tree_root("/"), &measured, &seen);
	assert_true(seen.live && seen.nr_usable >= 1);
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++) {
		struct mb_sysstate_row row;

		mb_sysstate_look(&seen, &mb_sysstate_checks[i], &row);
		assert_true(row.is[0]);
		assert_true(!row.command[0] || row.verdict == MB_SYSSTATE_DISTURBS ||
			    row.verdict == MB_SYSSTATE_SPOILS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured),  cmocka_unit_test(commands_are_whole),
		cmocka_unit_test(both_ways), cmocka_unit_test(measured),
		cmocka_unit_test(absent),    cmocka_unit_test(live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
