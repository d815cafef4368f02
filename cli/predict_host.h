/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_HOST_H
#define MB_CLI_PREDICT_HOST_H

#include "core/base/strbuf.h"
#include "numa/sysstate.h"
#include "reports/noise.h"

/* Whether a host was quiet enough for its times to be fitted. */

/* What a process and all others had of the CPUs until now. */
struct mb_predict_host {
	struct mb_sysstate_ticks ticks;
	double own_s; /* CPU time of this process */
};

/* Reads it from the live system; zeros for what cannot be read. */
void mb_predict_host_look(struct mb_predict_host *ret_host);

/*
 * Why times between the two looks are not to be fitted, as a fragment added to ret_why; false and nothing when they are. noise: the host's
 * checks before; scatter: how far boots of one machine lie apart, relative to their time; ticks_per_s: of the ticks.
 */
bool mb_predict_host_loaded(const struct mb_noises *noise, const struct mb_predict_host *before,
			    const struct mb_predict_host *after, double ticks_per_s, double scatter,
			    struct mb_strbuf *ret_why);

#endif
