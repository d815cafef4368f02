/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "numa/pin.h"

static int set_and_check(const struct mb_topo *topo, int cpu, struct mb_pin *pin,
			 struct mb_err *err)
{
	int rc;

	mb_pin_only(pin, cpu);
	rc = mb_pin_restore(topo, pin);
	if (rc)
		return MB_FAIL(err, rc, "CPU %d cannot be used: %s", cpu, strerror(-rc));
	rc = mb_pin_read(topo, pin);
	if (rc)
		return MB_FAIL(err, rc, "the binding cannot be read back");
	if (!mb_pin_is_only(pin, cpu))
		return MB_FAIL(err, -EXDEV, "the kernel did not keep the thread on CPU %d", cpu);
	return 0;
}

int mb_pin_cpu(const struct mb_topo *topo, int cpu, struct mb_err *err)
{
	const struct mb_topo_status *status = &topo->parts[MB_TOPO_BINDING];
	struct mb_pin *pin;
	int rc;

	if (status->code)
		return MB_FAIL(err, status->code, "%s", status->reason);
	if (cpu < 0 || cpu >= MB_TOPO_MAX_CPUS)
		return MB_FAIL(err, -EINVAL, "there is no CPU %d", cpu);
	pin = mb_pin_alloc();
	if (!pin)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = set_and_check(topo, cpu, pin, err);
	mb_pin_free(pin);
	return rc;
}

int mb_pin_save(const struct mb_topo *topo, struct mb_pin **ret_pin)
{
	struct mb_pin *pin;
	int rc;

	if (topo->parts[MB_TOPO_BINDING].code)
		return topo->parts[MB_TOPO_BINDING].code;
	pin = mb_pin_alloc();
	rc = pin ? mb_pin_read(topo, pin) : -ENOMEM;
	if (rc) {
		mb_pin_free(pin);
		return rc;
	}
	*ret_pin = pin;
	return 0;
}

int mb_pin_current_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? -errno : cpu;
}
