/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <perfmon/pfmlib_perf_event.h>

#include "numa/counters.h"
#include "numa/counters_event.h"

/* libpfm tells its major version only (4.13 says 4.0). */
const char *mb_counters_version(void)
{
	return PFM_MAJ_VERSION(pfm_get_version()) == 4 ? "libpfm 4" : "libpfm";
}

/*
 * Without a PMU that it knows, the library still has the kernel's generic and software names. The type that it gives is the
 * raw one, or that of the CPU's device in sysfs.
 */
int mb_counters_pfm_find(const char *name, struct mb_err *err, struct mb_counters_event *ret_event)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	pfm_perf_encode_arg_t arg = {.attr = &attr, .size = sizeof(arg)};
	pfm_err_t rc = pfm_initialize();

	if (rc == PFM_SUCCESS)
		rc = pfm_get_os_event_encoding(name, PFM_PLM3, PFM_OS_PERF_EVENT, &arg);
	if (rc == PFM_ERR_ATTR || rc == PFM_ERR_ATTR_VAL || rc == PFM_ERR_ATTR_SET ||
	    rc == PFM_ERR_UMASK || rc == PFM_ERR_FEATCOMB)
		return MB_FAIL(err, -EINVAL, "event '%.60s': libpfm says: %s", name,
			       pfm_strerror(rc));
	if (rc != PFM_SUCCESS)
		return -ENOENT;
	ret_event->source = MB_COUNTERS_LIBPFM;
	ret_event->type = attr.type;
	ret_event->config = attr.config;
	ret_event->config1 = attr.config1;
	ret_event->config2 = attr.config2;
	return 0;
}

const char *mb_counters_pfm_missing(void)
{
	return "";
}

void mb_counters_pfm_each(void (*add)(void *arg, const char *name), void *arg)
{
	pfm_pmu_t pmu;

	if (pfm_initialize() != PFM_SUCCESS)
		return;
	pfm_for_all_pmus(pmu)
	{
		pfm_pmu_info_t info = {.size = sizeof(info)};

		if (pfm_get_pmu_info(pmu, &info) != PFM_SUCCESS || !info.is_present)
			continue;
		for (int i = info.first_event; i != -1; i = pfm_get_event_next(i)) {
			pfm_event_info_t event = {.size = sizeof(event)};

			if (pfm_get_event_info(i, PFM_OS_PERF_EVENT, &event) == PFM_SUCCESS)
				add(arg, event.name);
		}
	}
}
