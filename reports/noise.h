/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_NOISE_H
#define MB_REPORTS_NOISE_H

#include <stddef.h>

/* What on the host makes figures noisy or wrong: rows of a result, one for each thing that was looked at. */
enum mb_noise_verdict {
	MB_NOISE_FINE,
	MB_NOISE_DISTURBS, /* it may */
	MB_NOISE_SPOILS,
	MB_NOISE_UNKNOWN,
	MB_NOISE_NR_VERDICTS,
};

/* The texts of a row. */
enum mb_noise_text {
	MB_NOISE_NAME,    /* "numa_balancing"; never NULL */
	MB_NOISE_TITLE,   /* "NUMA balancing" */
	MB_NOISE_VALUE,   /* what it is; NULL: unknown */
	MB_NOISE_REASON,  /* why it is unknown; NULL where it is not */
	MB_NOISE_SHOULD,  /* what it should be */
	MB_NOISE_WHY,     /* what it does to figures */
	MB_NOISE_COMMAND, /* that changes it; NULL: nothing does, or it is fine */
	MB_NOISE_NR_TEXTS,
};

struct mb_noise {
	enum mb_noise_verdict verdict;
	char *texts[MB_NOISE_NR_TEXTS];
};

struct mb_noises {
	struct mb_noise *rows;
	size_t count;
};

/* How files call a text: "should". */
const char *mb_noise_key(enum mb_noise_text text);

/* In files ("disturbs"), and for people ("may disturb"). */
const char *mb_noise_verdict_name(enum mb_noise_verdict verdict);
const char *mb_noise_verdict_label(enum mb_noise_verdict verdict);

/* -ENOENT for a text that is no name in files. */
int mb_noise_verdict_find(const char *name);

/* Rows with that verdict. */
size_t mb_noise_count(const struct mb_noises *noises, enum mb_noise_verdict verdict);

#endif
