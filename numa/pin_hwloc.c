/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>

#include "numa/pin.h"

struct mb_pin {
	hwloc_bitmap_t set;
};

struct mb_pin *mb_pin_alloc(void)
{
	struct mb_pin *pin = calloc(1, sizeof(*pin));

	if (pin)
		pin->set = hwloc_bitmap_alloc();
	if (pin && !pin->set) {
		free(pin);
		pin = NULL;
	}
	return pin;
}

void mb_pin_free(struct mb_pin *pin)
{
	if (!pin)
		return;
	hwloc_bitmap_free(pin->set);
	free(pin);
}

int mb_pin_read(const struct mb_topo *topo, struct mb_pin *pin)
{
	return hwloc_get_cpubind(topo->handle, pin->set, HWLOC_CPUBIND_THREAD) ? -errno : 0;
}

void mb_pin_only(struct mb_pin *pin, int cpu)
{
	hwloc_bitmap_only(pin->set, (unsigned)cpu);
}

bool mb_pin_is_only(const struct mb_pin *pin, int cpu)
{
	return hwloc_bitmap_weight(pin->set) == 1 && hwloc_bitmap_first(pin->set) == cpu;
}

int mb_pin_restore(const struct mb_topo *topo, const struct mb_pin *pin)
{
	int flags = HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT;

	return hwloc_set_cpubind(topo->handle, pin->set, flags) ? -errno : 0;
}
