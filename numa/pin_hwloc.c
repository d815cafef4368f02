/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "numa/pin.h"

struct mb_pin {
	hwloc_bitmap_t set;
};

static int set_and_check(const struct mb_topo *topo, int cpu, hwloc_bitmap_t set,
			 struct mb_err *err)
{
	hwloc_bitmap_only(set, (unsigned)cpu);
	if (hwloc_set_cpubind(topo->handle, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT))
		return MB_FAIL(err, -errno, "CPU %d cannot be used: %s", cpu, strerror(errno));
	if (hwloc_get_cpubind(topo->handle, set, HWLOC_CPUBIND_THREAD))
		return MB_FAIL(err, -errno, "the binding cannot be read back");
	if (hwloc_bitmap_weight(set) != 1 || hwloc_bitmap_first(set) != cpu)
		return MB_FAIL(err, -EXDEV, "the kernel did not keep the thread on CPU %d", cpu);
	return 0;
}

int mb_pin_cpu(const struct mb_topo *topo, int cpu, struct mb_err *err)
{
	const struct mb_topo_status *status = &topo->parts[MB_TOPO_BINDING];
	hwloc_bitmap_t set;
	int rc;

	if (status->code)
		return MB_FAIL(err, status->code, "%s", status->reason);
	if (cpu < 0)
		return MB_FAIL(err, -EINVAL, "there is no CPU %d", cpu);
	set = hwloc_bitmap_alloc();
	if (!set)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = set_and_check(topo, cpu, set, err);
	hwloc_bitmap_free(set);
	return rc;
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
	pin->set = hwloc_bitmap_alloc();
	rc = pin->set ? 0 : -ENOMEM;
	if (!rc && hwloc_get_cpubind(topo->handle, pin->set, HWLOC_CPUBIND_THREAD))
		rc = -errno;
	if (rc) {
		mb_pin_free(pin);
		return rc;
	}
	*ret_pin = pin;
	return 0;
}

int mb_pin_restore(const struct mb_topo *topo, const struct mb_pin *pin)
{
	if (hwloc_set_cpubind(topo->handle, pin->set, HWLOC_CPUBIND_THREAD))
		return -errno;
	return 0;
}

void mb_pin_free(struct mb_pin *pin)
{
	if (!pin)
		return;
	hwloc_bitmap_free(pin->set);
	free(pin);
}

int mb_pin_current_cpu(const struct mb_topo *topo)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int cpu = -ENOMEM;

	if (set && hwloc_get_last_cpu_location(topo->handle, set, HWLOC_CPUBIND_THREAD))
		cpu = -errno;
	else if (set)
		cpu = hwloc_bitmap_first(set);
	hwloc_bitmap_free(set);
	return cpu;
}
