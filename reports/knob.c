/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "reports/knob.h"

const struct mb_knob mb_knobs[] = {
	{"transparent_hugepage", "sys/kernel/mm/transparent_hugepage/enabled", true},
	{"transparent_hugepage_defrag", "sys/kernel/mm/transparent_hugepage/defrag", true},
	{"numa_balancing", "proc/sys/kernel/numa_balancing", true},
	{"cpu_governor", "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", true},
	{"turbo_disabled", "sys/devices/system/cpu/intel_pstate/no_turbo", true},
	{"smt", "sys/devices/system/cpu/smt/control", true},
	{"perf_event_paranoid", "proc/sys/kernel/perf_event_paranoid", false},
};

const size_t mb_nr_knobs = MB_ARRAY_SIZE(mb_knobs);

bool mb_knob_matters(const char *name)
{
	for (size_t i = 0; i < mb_nr_knobs; i++)
		if (!strcmp(mb_knobs[i].name, name))
			return mb_knobs[i].matters;
	return true;
}
