/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_HOST_H
#define MB_CLI_GATE_HOST_H

#include "numa/sysstate.h"
#include "reports/comparison.h"

/*
 * Whether a host could judge: it is unfit where one of its checks spoils figures, or where its hypervisor took away a tenth of all CPU
 * time between the two looks, since a turn is then mostly the hypervisor's doing. Other load comes and goes, and is seen in the
 * intervals: it is noted alone.
 */
void mb_gate_host_judge(struct mb_comparison *comparison, const struct mb_noises *noise,
			const struct mb_sysstate_ticks *before,
			const struct mb_sysstate_ticks *after);

#endif
