/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host_noise.h"
#include "numa/sysstate.h"
#include "reports/result.h"

static const enum mb_noise_verdict verdicts[] = {
	[MB_SYSSTATE_FINE] = MB_NOISE_FINE,
	[MB_SYSSTATE_DISTURBS] = MB_NOISE_DISTURBS,
	[MB_SYSSTATE_SPOILS] = MB_NOISE_SPOILS,
	[MB_SYSSTATE_UNKNOWN] = MB_NOISE_UNKNOWN,
};

void mb_host_noise_add(struct mb_result *result, const struct mb_sysstate *state)
{
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++) {
		const struct mb_sysstate_check *check = &mb_sysstate_checks[i];
		struct mb_sysstate_row row;
		bool known;

		mb_sysstate_look(state, check, &row);
		known = row.verdict != MB_SYSSTATE_UNKNOWN;
		mb_result_add_noise(result, verdicts[row.verdict],
				    (const char *[MB_NOISE_NR_TEXTS]){
					    [MB_NOISE_NAME] = check->name,
					    [MB_NOISE_TITLE] = check->title,
					    [MB_NOISE_VALUE] = known ? row.is : NULL,
					    [MB_NOISE_REASON] = known ? NULL : row.is,
					    [MB_NOISE_SHOULD] = check->should,
					    [MB_NOISE_WHY] = check->why,
					    [MB_NOISE_COMMAND] = *row.command ? row.command : NULL,
				    });
	}
}

void mb_host_noise_add_now(struct mb_result *result)
{
	const struct mb_sysroot root = {.path = "/"};
	struct mb_sysstate state;

	mb_sysstate_begin(&root, NULL, &state);
	mb_host_noise_add(result, &state);
}
