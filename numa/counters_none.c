/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/counters.h"
#include "numa/counters_event.h"

/* Without libpfm: the kernel's lists, its generic and its software events. */

const char *mb_counters_version(void)
{
	return "none";
}

const char *mb_counters_pfm_missing(void)
{
	return "; built without libpfm4 (libpfm4-dev), which knows more names";
}

int mb_counters_pfm_find(const char *name, struct mb_err *err, struct mb_counters_event *ret_event)
{
	(void)name;
	(void)err;
	(void)ret_event;
	return -ENOENT;
}

void mb_counters_pfm_each(void (*add)(void *arg, const char *name), void *arg)
{
	(void)add;
	(void)arg;
}
