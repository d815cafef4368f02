/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_HOST_NOISE_H
#define MB_CLI_HOST_NOISE_H

#include <stdbool.h>

struct mb_result;
struct mb_sysstate;

/* All host checks (numa/sysstate.h) as noise rows of a result, in the order of their table. */
void mb_host_noise_add(struct mb_result *result, const struct mb_sysstate *state);

/* The same of this host as it is now, without what takes time to measure. */
void mb_host_noise_add_now(struct mb_result *result);

/* One line for the end of a command's tables: what spoils its figures; nothing when nothing does. */
struct mb_strbuf;
void mb_host_noise_add_line(struct mb_strbuf *text, const struct mb_result *result);

/* A row of the noise as a reason: "CPU quota (50 %); see 'memboot doctor'". */
struct mb_noise;
void mb_host_noise_add_reason(struct mb_strbuf *text, const struct mb_noise *row);

/*
 * Whether a hypervisor took away a tenth of all CPU time between two looks, so that figures of that time are mostly its doing. Then why gets the
 * reason; during: "the boots".
 */
struct mb_sysstate_ticks;
bool mb_host_noise_stolen(const struct mb_sysstate_ticks *before,
			  const struct mb_sysstate_ticks *after, const char *during,
			  struct mb_strbuf *why);

/* What there is instead of rates where each instruction is translated, or may be; false on real CPUs. */
struct mb_virt;
bool mb_host_noise_no_rates(const struct mb_virt *virt, struct mb_strbuf *why);

#endif
