/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "reports/noise.h"

static const struct {
	const char *name, *label;
} verdicts[MB_NOISE_NR_VERDICTS] = {
	[MB_NOISE_FINE] = {"fine", "fine"},
	[MB_NOISE_DISTURBS] = {"disturbs", "may disturb"},
	[MB_NOISE_SPOILS] = {"spoils", "spoils"},
	[MB_NOISE_UNKNOWN] = {"unknown", "not known"},
};

const char *mb_noise_key(enum mb_noise_text text)
{
	static const char *const keys[MB_NOISE_NR_TEXTS] = {
		[MB_NOISE_NAME] = "name",       [MB_NOISE_TITLE] = "title",
		[MB_NOISE_VALUE] = "value",     [MB_NOISE_REASON] = "reason",
		[MB_NOISE_SHOULD] = "should",   [MB_NOISE_WHY] = "why",
		[MB_NOISE_COMMAND] = "command",
	};

	return keys[text];
}

const char *mb_noise_verdict_name(enum mb_noise_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *mb_noise_verdict_label(enum mb_noise_verdict verdict)
{
	return verdicts[verdict].label;
}

int mb_noise_verdict_find(const char *name)
{
	for (int i = 0; i < MB_NOISE_NR_VERDICTS; i++)
		if (!strcmp(verdicts[i].name, name))
			return i;
	return -ENOENT;
}

size_t mb_noise_count(const struct mb_noises *noises, enum mb_noise_verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < noises->count; i++)
		count += noises->rows[i].verdict == verdict;
	return count;
}
