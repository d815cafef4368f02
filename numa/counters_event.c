/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/counters_event.h"
#include "numa/counters_perf.h"
#include "numa/counters_sysfs.h"

const char *mb_counters_source_name(enum mb_counters_source source)
{
	static const char *const names[MB_COUNTERS_NR_SOURCES] = {
		[MB_COUNTERS_LIBPFM] = "libpfm4",
		[MB_COUNTERS_SYSFS] = "sysfs",
		[MB_COUNTERS_GENERIC] = "generic",
		[MB_COUNTERS_SOFTWARE] = "software",
	};

	return names[source];
}

const char *mb_counters_event_scope(const struct mb_counters_event *event)
{
	return event->user && event->kernel ? "user+kernel" : event->kernel ? "kernel" : "user";
}

const char *mb_counters_event_counted_by(const struct mb_counters_event *event)
{
	return event->faults ? "getrusage" : event->software ? "kernel" : "CPU";
}

bool mb_counters_event_same(const struct mb_counters_event *a, const struct mb_counters_event *b)
{
	return a->type == b->type && a->config == b->config && a->config1 == b->config1 &&
	       a->config2 == b->config2 && a->user == b->user && a->kernel == b->kernel;
}

/* Length of the name without ":u", ":k" or ":uk", and "u" and so on behind DEVICE/TERMS/; the modes are set when there are any. */
static size_t split_modes(const char *name, bool *user, bool *kernel)
{
	const char *mark = strrchr(name, strchr(name, '/') ? '/' : ':');

	if (!mark || !mark[1] || strspn(mark + 1, "uk") != strlen(mark + 1))
		return strlen(name);
	*user = strchr(mark + 1, 'u') != NULL;
	*kernel = strchr(mark + 1, 'k') != NULL;
	return (size_t)(mark - name) + (*mark == '/');
}

static int find_name(const char *sysfs, const char *name, struct mb_err *err,
		     struct mb_counters_event *event)
{
	struct mb_err why = {0};
	int r = strchr(name, '/') ? -ENOENT : mb_counters_pfm_find(name, &why, event);

	if (r)
		r = mb_counters_sysfs_find(sysfs, name, &why, event);
	if (r == -ENOENT)
		r = mb_counters_perf_find(name, event);
	if (!r)
		return 0;
	if (why.code)
		return MB_FAIL(err, why.code, "%s", why.text);
	return MB_FAIL(err, -ENOENT, "event '%.60s' is unknown%s", name, mb_counters_pfm_missing());
}

int mb_counters_event_find(const char *sysfs, const char *name, bool kernel, struct mb_err *err,
			   struct mb_counters_event *ret_event)
{
	struct mb_counters_event event = {.user = true, .kernel = kernel};
	bool user_asked = false, kernel_asked = false;
	size_t length = strlen(name), plain = mb_parse_printable(name, length);
	char bare[sizeof(event.name)];
	int r;

	if (!*name)
		return MB_FAIL(err, -EINVAL, "an event has no name");
	if (plain < length)
		return MB_FAIL(err, -EINVAL,
			       "an event has a name whose byte %zu is not printable ASCII",
			       plain + 1);
	if (snprintf(event.name, sizeof(event.name), "%s", name) >= (int)sizeof(event.name))
		return MB_FAIL(err, -EINVAL, "event '%.40s' has a name that is too long", name);
	snprintf(bare, sizeof(bare), "%.*s", (int)split_modes(name, &user_asked, &kernel_asked),
		 name);
	r = find_name(sysfs, bare, err, &event);
	if (r)
		return r;
	if (mb_counters_perf_describe(&event))
		event.kernel = true;
	if (user_asked || kernel_asked) {
		event.user = user_asked;
		event.kernel = kernel_asked;
	}
	if (event.faults && !event.user)
		return MB_FAIL(err, -EINVAL,
			       "event '%.60s': faults of kernel mode alone are not told apart: "
			       "leave ':k' out",
			       name);
	if (event.faults && user_asked && !kernel_asked)
		event.faults = 0;
	event.kernel |= event.faults != 0;
	*ret_event = event;
	return 0;
}

static bool is_intel(const char *cpuinfo)
{
	MB_FCLOSE FILE *file = fopen(cpuinfo, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "vendor_id", 9))
			return strstr(line, ": GenuineIntel") != NULL;
	return false;
}

void mb_counters_system_read(const char *sysfs, const char *cpuinfo,
			     struct mb_counters_system *ret_system)
{
	MB_FCLOSE FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");

	ret_system->has_pmu = mb_counters_sysfs_has_pmu(sysfs);
	ret_system->intel = is_intel(cpuinfo);
	if (!file || fscanf(file, "%d", &ret_system->paranoid) != 1)
		ret_system->paranoid = INT_MIN;
}

/* Linux: Documentation/admin-guide/sysctl/kernel.rst; levels above 2 are distributions' own and refuse everything. */
static void refuse_permission(struct mb_counters_event *event,
			      const struct mb_counters_system *system)
{
	int needed = event->kernel ? 1 : 2;
	size_t size = sizeof(event->reason);

	if (system->paranoid == INT_MIN)
		snprintf(event->reason, size, "not permitted: CAP_PERFMON is needed");
	else if (system->paranoid > needed)
		snprintf(event->reason, size,
			 "not permitted: kernel.perf_event_paranoid is %d; %d%s or CAP_PERFMON is "
			 "needed",
			 system->paranoid, needed, event->kernel ? " for kernel mode" : "");
	else
		snprintf(event->reason, size,
			 "not permitted, although kernel.perf_event_paranoid is %d: a container or "
			 "security module forbids it",
			 system->paranoid);
}

bool mb_counters_event_is_absent(int code)
{
	static const int codes[] = {-ENOENT, -ENODEV, -EOPNOTSUPP, -ENXIO, -EINVAL};

	for (size_t i = 0; i < MB_ARRAY_SIZE(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

void mb_counters_event_refuse(struct mb_counters_event *event, int code,
			      const struct mb_counters_system *system)
{
	size_t size = sizeof(event->reason);

	event->code = code;
	if (code == -EACCES || code == -EPERM)
		refuse_permission(event, system);
	else if (code == -ENOSYS)
		snprintf(event->reason, size, "the kernel has no performance events");
	else if (code == -EMFILE || code == -ENFILE)
		snprintf(event->reason, size, "too many open files: raise ulimit -n");
	else if (code == -EBUSY)
		snprintf(event->reason, size, "somebody else has the counters to himself");
	else if (mb_counters_event_is_absent(code) && event->software)
		snprintf(event->reason, size, "unsupported: the kernel does not count it");
	else if (mb_counters_event_is_absent(code) && !system->has_pmu)
		snprintf(event->reason, size, "no PMU: this CPU or virtual machine shows none");
	else if (mb_counters_event_is_absent(code))
		snprintf(event->reason, size, "unsupported by this CPU or virtual machine");
	else
		snprintf(event->reason, size, "%s", strerror(-code));
}

/* A driver that cannot leave a mode out fails with EINVAL (PERF_PMU_CAP_NO_EXCLUDE: kernel/events/core.c, perf_try_init_event). */
bool mb_counters_event_refuse_mode(struct mb_counters_event *event, int code, int other,
				   const struct mb_counters_system *system)
{
	struct mb_counters_event both = *event;
	bool user, kernel;

	if (code != -EINVAL || event->software || (event->user && event->kernel))
		return false;
	both.user = both.kernel = true;
	if (other == -EACCES || other == -EPERM) {
		mb_counters_event_refuse(&both, other, system);
		event->code = both.code;
		memcpy(event->reason, both.reason, sizeof(event->reason));
		return true;
	}
	if (other < 0)
		return false;
	event->code = code;
	snprintf(
		event->reason, sizeof(event->reason),
		"the kernel counts it in user and kernel mode together alone: '%.*s%suk' or --counters-kernel",
		(int)split_modes(event->name, &user, &kernel), event->name,
		strchr(event->name, '/') ? "" : ":");
	return true;
}
