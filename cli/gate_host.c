/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/gate_host.h"

#define STEAL_UNFIT 0.1

static void judge_check(struct mb_comparison *comparison, const struct mb_noise *check)
{
	const char *value = check->texts[MB_NOISE_VALUE];
	char text[256];

	snprintf(text, sizeof(text), "%s (%s); see 'memboot doctor'", check->texts[MB_NOISE_TITLE],
		 value ? value : "not known");
	if (!strcmp(check->texts[MB_NOISE_NAME], "load"))
		mb_comparison_note(comparison, text);
	else
		mb_comparison_set_unfit(comparison, text);
}

void mb_gate_host_judge(struct mb_comparison *comparison, const struct mb_noises *noise,
			const struct mb_sysstate_ticks *before,
			const struct mb_sysstate_ticks *after)
{
	double all = (double)after->all - (double)before->all;
	double steal = (double)after->steal - (double)before->steal;
	char text[128];

	for (size_t i = 0; i < noise->count; i++)
		if (noise->rows[i].verdict == MB_NOISE_SPOILS)
			judge_check(comparison, &noise->rows[i]);
	if (!(all > 0) || steal / all < STEAL_UNFIT)
		return;
	snprintf(text, sizeof(text), "the hypervisor took %.0f %% of all CPU time during the gate",
		 100 * steal / all);
	mb_comparison_set_unfit(comparison, text);
}
