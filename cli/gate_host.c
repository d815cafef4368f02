/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/gate_host.h"
#include "cli/host_noise.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"

static void judge_check(struct mb_comparison *comparison, const struct mb_noise *check)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};

	mb_host_noise_add_reason(&why, check);
	if (!strcmp(check->texts[MB_NOISE_NAME], "load"))
		mb_comparison_note(comparison, mb_strbuf_text(&why));
	else
		mb_comparison_set_unfit(comparison, mb_strbuf_text(&why));
}

void mb_gate_host_judge(struct mb_comparison *comparison, const struct mb_noises *noise,
			const struct mb_sysstate_ticks *before,
			const struct mb_sysstate_ticks *after)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};

	for (size_t i = 0; i < noise->count; i++)
		if (noise->rows[i].verdict == MB_NOISE_SPOILS)
			judge_check(comparison, &noise->rows[i]);
	if (mb_host_noise_stolen(before, after, "the gate", &why))
		mb_comparison_set_unfit(comparison, mb_strbuf_text(&why));
}
