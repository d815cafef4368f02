/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/host_noise.h"
#include "numa/sysstate.h"
#include "reports/result.h"
#include "reports/text.h"

#define STEAL_UNFIT 0.1 /* of all CPU time */

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

bool mb_host_noise_no_rates(const struct mb_virt *virt, struct mb_strbuf *why)
{
	if (virt->kind != MB_VIRT_EMULATED && virt->kind != MB_VIRT_PERHAPS)
		return false;
	mb_strbuf_add(why, "the CPU is ");
	mb_virt_add(why, virt);
	mb_strbuf_add(why, virt->kind == MB_VIRT_PERHAPS
				   ? ", whose times would say nothing about speed"
				   : ", its times say nothing about speed");
	return true;
}

void mb_host_noise_add_line(struct mb_strbuf *text, const struct mb_result *result)
{
	const char *before = "\nspoilt by this host: ";

	for (size_t i = 0; i < result->noise.count; i++) {
		const struct mb_noise *row = &result->noise.rows[i];

		if (row->verdict != MB_NOISE_SPOILS)
			continue;
		mb_strbuf_add(text, before);
		mb_strbuf_addf(text, "%s (", row->texts[MB_NOISE_TITLE]);
		mb_text_add_printable(text, row->texts[MB_NOISE_VALUE]);
		mb_strbuf_add(text, ")");
		before = ", ";
	}
	if (*before == ',')
		mb_strbuf_add(text, "; see 'memboot doctor'\n");
}

void mb_host_noise_add_reason(struct mb_strbuf *text, const struct mb_noise *row)
{
	const char *value = row->texts[MB_NOISE_VALUE];

	mb_strbuf_addf(text, "%s (", row->texts[MB_NOISE_TITLE]);
	mb_text_add_printable(text, value ? value : "not known");
	mb_strbuf_add(text, "); see 'memboot doctor'");
}

bool mb_host_noise_stolen(const struct mb_sysstate_ticks *before,
			  const struct mb_sysstate_ticks *after, const char *during,
			  struct mb_strbuf *why)
{
	double all = (double)after->all - (double)before->all;
	double steal = (double)after->steal - (double)before->steal;

	if (!(all > 0) || steal / all < STEAL_UNFIT)
		return false;
	mb_strbuf_addf(why, "the hypervisor took %.0f %% of all CPU time during %s",
		       100 * steal / all, during);
	return true;
}
