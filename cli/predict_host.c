/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>

#include "cli/predict_host.h"
#include "reports/text.h"

#define STEAL_UNFIT   0.1  /* of all CPU time, as in gates */
#define OTHERS_UNFIT  0.25 /* what other programs had of it */
#define SCATTER_UNFIT 0.25

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void mb_predict_host_look(struct mb_predict_host *ret_host)
{
	static const struct mb_sysroot root = {.path = "/"};
	struct mb_predict_host host = {0};
	struct rusage usage;

	mb_sysstate_read_ticks(&root, &host.ticks);
	if (!getrusage(RUSAGE_SELF, &usage))
		host.own_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	*ret_host = host;
}

/* A check of the host that spoils all figures. Load of the minute before is seen in what the fit had of the CPUs. */
static bool is_spoilt(const struct mb_noises *noise, struct mb_strbuf *why)
{
	for (size_t i = 0; i < noise->count; i++) {
		const struct mb_noise *row = &noise->rows[i];

		if (row->verdict != MB_NOISE_SPOILS || !strcmp(row->texts[MB_NOISE_NAME], "load"))
			continue;
		mb_strbuf_addf(why, "%s (", row->texts[MB_NOISE_TITLE]);
		mb_text_add_printable(why, row->texts[MB_NOISE_VALUE] ? row->texts[MB_NOISE_VALUE]
								      : "not known");
		mb_strbuf_add(why, "); see 'memboot doctor'");
		return true;
	}
	return false;
}

bool mb_predict_host_loaded(const struct mb_noises *noise, const struct mb_predict_host *before,
			    const struct mb_predict_host *after, double ticks_per_s, double scatter,
			    struct mb_strbuf *ret_why)
{
	double all = (double)after->ticks.all - (double)before->ticks.all;
	double steal = (double)after->ticks.steal - (double)before->ticks.steal;
	double idle = (double)after->ticks.idle - (double)before->ticks.idle;
	double own = (after->own_s - before->own_s) * ticks_per_s;
	double others = all - steal - idle - own;

	if (is_spoilt(noise, ret_why))
		return true;
	if (all > 0 && steal / all >= STEAL_UNFIT) {
		mb_strbuf_addf(ret_why,
			       "the hypervisor took %.0f %% of all CPU time during the boots",
			       100 * steal / all);
		return true;
	}
	if (all > 0 && others / all >= OTHERS_UNFIT) {
		mb_strbuf_addf(ret_why,
			       "other programs had %.0f %% of all CPU time during the boots",
			       100 * others / all);
		return true;
	}
	if (!(scatter < SCATTER_UNFIT)) {
		mb_strbuf_addf(ret_why, "boots of one and the same machine scatter by %.0f %%",
			       100 * scatter);
		return true;
	}
	return false;
}
