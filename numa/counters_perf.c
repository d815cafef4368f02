/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/counters_perf.h"

#define CACHE(cache, op, result)                                                    \
	(PERF_COUNT_HW_CACHE_##cache | (uint64_t)PERF_COUNT_HW_CACHE_OP_##op << 8 | \
	 (uint64_t)PERF_COUNT_HW_CACHE_RESULT_##result << 16)

/* The names of perf-list(1), as linux/perf_event.h numbers them. */
static const struct row {
	const char *name;
	uint32_t type;
	uint64_t config;
	bool in_kernel; /* happens in the kernel alone */
	bool unmovable;
} rows[] = {
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false, false},
	{"cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, false, false},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, false, false},
	{"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, false, false},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, false, false},
	{"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, false, false},
	{"branch-instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, false,
	 false},
	{"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, false, false},
	{"bus-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES, false, false},
	{"ref-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES, false, false},
	{"stalled-cycles-frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
	 false, false},
	{"stalled-cycles-backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, false,
	 false},
	{"L1-dcache-loads", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, ACCESS), false, false},
	{"L1-dcache-load-misses", PERF_TYPE_HW_CACHE, CACHE(L1D, READ, MISS), false, false},
	{"L1-dcache-stores", PERF_TYPE_HW_CACHE, CACHE(L1D, WRITE, ACCESS), false, false},
	{"L1-dcache-store-misses", PERF_TYPE_HW_CACHE, CACHE(L1D, WRITE, MISS), false, false},
	{"LLC-loads", PERF_TYPE_HW_CACHE, CACHE(LL, READ, ACCESS), false, false},
	{"LLC-load-misses", PERF_TYPE_HW_CACHE, CACHE(LL, READ, MISS), false, false},
	{"LLC-stores", PERF_TYPE_HW_CACHE, CACHE(LL, WRITE, ACCESS), false, false},
	{"LLC-store-misses", PERF_TYPE_HW_CACHE, CACHE(LL, WRITE, MISS), false, false},
	{"dTLB-loads", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, ACCESS), false, false},
	{"dTLB-load-misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, READ, MISS), false, false},
	{"dTLB-stores", PERF_TYPE_HW_CACHE, CACHE(DTLB, WRITE, ACCESS), false, false},
	{"dTLB-store-misses", PERF_TYPE_HW_CACHE, CACHE(DTLB, WRITE, MISS), false, false},
	{"node-loads", PERF_TYPE_HW_CACHE, CACHE(NODE, READ, ACCESS), false, false},
	{"node-load-misses", PERF_TYPE_HW_CACHE, CACHE(NODE, READ, MISS), false, false},
	{"node-stores", PERF_TYPE_HW_CACHE, CACHE(NODE, WRITE, ACCESS), false, false},
	{"node-store-misses", PERF_TYPE_HW_CACHE, CACHE(NODE, WRITE, MISS), false, false},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false, false},
	{"faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, false, false},
	{"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, false, false},
	{"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ, false, true},
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, false, false},
	{"cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, false, false},
	{"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, true, false},
	{"cs", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, true, false},
	{"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, false},
	{"migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, false},
	{"alignment-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS, false, true},
	{"emulation-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS, false, true},
};

int mb_counters_perf_find(const char *name, struct mb_counters_event *ret_event)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		if (strcasecmp(rows[i].name, name) != 0)
			continue;
		ret_event->type = rows[i].type;
		ret_event->config = rows[i].config;
		ret_event->source = rows[i].type == PERF_TYPE_SOFTWARE ? MB_COUNTERS_SOFTWARE
								       : MB_COUNTERS_GENERIC;
		return 0;
	}
	return -ENOENT;
}

const char *mb_counters_perf_name(size_t index)
{
	return index < MB_ARRAY_SIZE(rows) ? rows[index].name : NULL;
}

static unsigned faults_of(const struct mb_counters_event *event)
{
	static const struct {
		uint64_t config;
		unsigned faults;
	} kinds[] = {
		{PERF_COUNT_SW_PAGE_FAULTS, MB_COUNTERS_MINOR_FAULTS | MB_COUNTERS_MAJOR_FAULTS},
		{PERF_COUNT_SW_PAGE_FAULTS_MIN, MB_COUNTERS_MINOR_FAULTS},
		{PERF_COUNT_SW_PAGE_FAULTS_MAJ, MB_COUNTERS_MAJOR_FAULTS},
	};

	for (size_t i = 0; event->software && i < MB_ARRAY_SIZE(kinds); i++)
		if (kinds[i].config == event->config)
			return kinds[i].faults;
	return 0;
}

bool mb_counters_perf_describe(struct mb_counters_event *event)
{
	event->software = event->type == PERF_TYPE_SOFTWARE;
	event->faults = faults_of(event);
	event->unmovable = false;
	for (size_t i = 0; event->software && i < MB_ARRAY_SIZE(rows); i++) {
		if (rows[i].type != event->type || rows[i].config != event->config)
			continue;
		event->unmovable = rows[i].unmovable;
		return rows[i].in_kernel;
	}
	return false;
}

int mb_counters_perf_open(const struct mb_counters_event *event, int leader)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = event->type,
		.config = event->config,
		.config1 = event->config1,
		.config2 = event->config2,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = leader < 0,
		.exclude_user = !event->user,
		.exclude_kernel = !event->kernel,
		.exclude_hv = !event->kernel,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int mb_counters_perf_start(int leader)
{
	return ioctl(leader, PERF_EVENT_IOC_ENABLE, 0) ? -errno : 0;
}

int mb_counters_perf_read(int leader, size_t nr, struct mb_counters_reading *ret_reading)
{
	/* What read(2) gives for the read_format above. */
	struct {
		uint64_t nr, enabled_ns, running_ns, values[MB_COUNTERS_MAX_EVENTS];
	} got;
	ssize_t size = (ssize_t)((3 + nr) * sizeof(uint64_t)), r;

	do {
		r = read(leader, &got, sizeof(got));
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	if (r != size || got.nr != nr) /* nothing to read: an event that is in an error state */
		return -EIO;
	ret_reading->enabled_ns = got.enabled_ns;
	ret_reading->running_ns = got.running_ns;
	memcpy(ret_reading->values, got.values, nr * sizeof(uint64_t));
	return 0;
}
