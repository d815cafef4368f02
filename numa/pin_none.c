/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "numa/pin.h"

/* Enough for every kernel: the largest NR_CPUS of x86-64 and arm64 is 8192. */
#define MAX_CPUS 8192

struct mb_pin {
	cpu_set_t set[MAX_CPUS / CPU_SETSIZE];
};

static int set_and_check(int cpu, struct mb_pin *pin, struct mb_err *err)
{
	CPU_SET_S((size_t)cpu, sizeof(pin->set), pin->set);
	if (sched_setaffinity(0, sizeof(pin->set), pin->set))
		return MB_FAIL(err, -errno, "CPU %d cannot be used: %s", cpu, strerror(errno));
	if (sched_getaffinity(0, sizeof(pin->set), pin->set))
		return MB_FAIL(err, -errno, "the binding cannot be read back");
	if (CPU_COUNT_S(sizeof(pin->set), pin->set) != 1 ||
	    !CPU_ISSET_S((size_t)cpu, sizeof(pin->set), pin->set))
		return MB_FAIL(err, -EXDEV, "the kernel did not keep the thread on CPU %d", cpu);
	return 0;
}

int mb_pin_cpu(const struct mb_topo *topo, int cpu, struct mb_err *err)
{
	const struct mb_topo_status *status = &topo->parts[MB_TOPO_BINDING];
	struct mb_pin pin = {0};

	if (status->code)
		return MB_FAIL(err, status->code, "%s", status->reason);
	if (cpu < 0 || cpu >= MAX_CPUS)
		return MB_FAIL(err, -EINVAL, "there is no CPU %d", cpu);
	return set_and_check(cpu, &pin, err);
}

int mb_pin_save(const struct mb_topo *topo, struct mb_pin **ret_pin)
{
	struct mb_pin *pin;
	int rc;

	if (topo->parts[MB_TOPO_BINDING].code)
		return topo->parts[MB_TOPO_BINDING].code;
	pin = calloc(1, sizeof(*pin));
	if (!pin)
		return -ENOMEM;
	rc = sched_getaffinity(0, sizeof(pin->set), pin->set) ? -errno : 0;
	if (rc) {
		mb_pin_free(pin);
		return rc;
	}
	*ret_pin = pin;
	return 0;
}

int mb_pin_restore(const struct mb_topo *topo, const struct mb_pin *pin)
{
	(void)topo;
	return sched_setaffinity(0, sizeof(pin->set), pin->set) ? -errno : 0;
}

void mb_pin_free(struct mb_pin *pin)
{
	free(pin);
}

int mb_pin_current_cpu(const struct mb_topo *topo)
{
	int cpu = sched_getcpu();

	(void)topo;
	return cpu < 0 ? -errno : cpu;
}
