/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/counters.h"

/* perf_event_open(2), one event at a time, for the calling thread. */

static const struct event {
	const char *name;
	uint32_t type;
	uint64_t config;
} events[] = {
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
	{"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
};

/* What read(2) gives for the read_format below. */
struct reading {
	uint64_t value, enabled_ns, running_ns;
};

size_t mb_counters_nr_events(void)
{
	return MB_ARRAY_SIZE(events);
}

static int open_event(const struct event *event, bool exclude_kernel)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = event->type,
		.config = event->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
		.exclude_kernel = exclude_kernel,
		.exclude_hv = exclude_kernel,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

/* Hardware events count user mode; software ones happen in the kernel and need it where that is permitted. */
static int open_best(const struct event *event)
{
	int fd = -EACCES;

	if (event->type == PERF_TYPE_SOFTWARE)
		fd = open_event(event, false);
	if (fd == -EACCES || fd == -EPERM)
		fd = open_event(event, true);
	return fd;
}

/* Moves every event: new pages are touched, instructions run, lines are missed, the thread gives its CPU away. */
static int work(void)
{
	const struct timespec nap = {.tv_nsec = 1000000};
	const size_t bytes = 4 * MB_MIB;
	volatile char *pages =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return -errno;
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < bytes; i += 64)
			pages[i] = (char)(pages[i] + 1);
	}
	munmap((void *)(uintptr_t)pages, bytes);
	nanosleep(&nap, NULL);
	return 0;
}

static int measure(int fd, struct reading *ret_reading)
{
	int rc;

	if (ioctl(fd, PERF_EVENT_IOC_RESET, 0) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return -errno;
	rc = work();
	if (rc)
		return rc;
	if (ioctl(fd, PERF_EVENT_IOC_DISABLE, 0))
		return -errno;
	if (read(fd, ret_reading, sizeof(*ret_reading)) != (ssize_t)sizeof(*ret_reading))
		return -EIO;
	return 0;
}

static int read_paranoid(void)
{
	MB_FCLOSE FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int level = -1;

	if (!file || fscanf(file, "%d", &level) != 1)
		return -1;
	return level;
}

/* Hypervisors and kernels without the event answer with any of these. */
static bool is_absent(int rc)
{
	return rc == -ENOENT || rc == -ENODEV || rc == -EOPNOTSUPP || rc == -ENXIO || rc == -EINVAL;
}

static void say_why(struct mb_counters_status *status, const struct event *event, int rc)
{
	size_t size = sizeof(status->reason);
	bool hardware = event->type == PERF_TYPE_HARDWARE;

	status->code = rc;
	if (rc == -EACCES || rc == -EPERM)
		snprintf(status->reason, size,
			 "not permitted: perf_event_paranoid is %d, 2 or CAP_PERFMON is needed",
			 read_paranoid());
	else if (rc == -ENOSYS)
		snprintf(status->reason, size, "the kernel has no performance events");
	else if (is_absent(rc))
		snprintf(status->reason, size, "%s (%s)",
			 hardware ? "this CPU or virtual machine shows no such hardware counter"
				  : "the kernel has no such event",
			 strerror(-rc));
	else
		snprintf(status->reason, size, "%s", strerror(-rc));
}

static void probe(const struct event *event, struct mb_counters_status *status)
{
	MB_CLOSE int fd = open_best(event);
	struct reading reading = {0};
	int rc;

	*status = (struct mb_counters_status){.name = event->name};
	rc = fd < 0 ? fd : measure(fd, &reading);
	if (rc) {
		say_why(status, event, rc);
		return;
	}
	status->value = reading.value;
	if (reading.value && reading.running_ns)
		return;
	status->code = -ENODATA;
	status->value = 0;
	snprintf(status->reason, sizeof(status->reason), "%s",
		 reading.running_ns ? "opens but does not count"
				    : "opens but was never on a counter");
}

size_t mb_counters_probe(struct mb_counters_status *status, size_t max)
{
	size_t count = mb_min(max, MB_ARRAY_SIZE(events));

	for (size_t i = 0; i < count; i++)
		probe(&events[i], &status[i]);
	return count;
}
