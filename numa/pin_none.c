/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include "numa/pin.h"

struct mb_pin {
	cpu_set_t set[MB_TOPO_MAX_CPUS / CPU_SETSIZE];
};

struct mb_pin *mb_pin_alloc(void)
{
	return calloc(1, sizeof(struct mb_pin));
}

void mb_pin_free(struct mb_pin *pin)
{
	free(pin);
}

int mb_pin_read(const struct mb_topo *topo, struct mb_pin *pin)
{
	(void)topo;
	return sched_getaffinity(0, sizeof(pin->set), pin->set) ? -errno : 0;
}

void mb_pin_only(struct mb_pin *pin, int cpu)
{
	CPU_ZERO_S(sizeof(pin->set), pin->set);
	CPU_SET_S((size_t)cpu, sizeof(pin->set), pin->set);
}

bool mb_pin_is_only(const struct mb_pin *pin, int cpu)
{
	return CPU_COUNT_S(sizeof(pin->set), pin->set) == 1 &&
	       CPU_ISSET_S((size_t)cpu, sizeof(pin->set), pin->set);
}

int mb_pin_restore(const struct mb_topo *topo, const struct mb_pin *pin)
{
	(void)topo;
	return sched_setaffinity(0, sizeof(pin->set), pin->set) ? -errno : 0;
}
