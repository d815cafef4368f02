/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>

#include "cli/host_noise.h"
#include "cli/predict_host.h"

#define OTHERS_UNFIT  0.25 /* of all CPU time: what other programs had of it */
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

/*
 * Checks that do not spoil a fit: load of the minute before is seen in what the fit had of the CPUs; what a hypervisor takes, too, and an
 * emulated CPU is slow, but as steady as another.
 */
static bool is_no_matter(const struct mb_noise *row)
{
	const char *name = row->texts[MB_NOISE_NAME];

	return !strcmp(name, "load") || !strcmp(name, "hypervisor");
}

/* A check of the host that spoils all figures. */
static bool is_spoilt(const struct mb_noises *noise, struct mb_strbuf *why)
{
	for (size_t i = 0; i < noise->count; i++) {
		const struct mb_noise *row = &noise->rows[i];

		if (row->verdict != MB_NOISE_SPOILS || is_no_matter(row))
			continue;
		mb_host_noise_add_reason(why, row);
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

	if (is_spoilt(noise, ret_why) ||
	    mb_host_noise_stolen(&before->ticks, &after->ticks, "the boots", ret_why))
		return true;
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
