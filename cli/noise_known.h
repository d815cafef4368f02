/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_NOISE_KNOWN_H
#define MB_CLI_NOISE_KNOWN_H

#include "cli/cmd.h"
#include "reports/comparison.h"
#include "reports/spread.h"

/*
 * What is known of the noise of a host, as far as it holds for what is judged; a note in the comparison where it is not known or does not
 * hold. A zeroed one knows nothing.
 */
struct mb_noise_known {
	struct mb_spread spread;
	bool known;
};

/*
 * Reads the store. host: a result with the facts of where was measured. For a gate on this host all that the store keeps must be as it was, with
 * the arena; arena_bytes 0: for results of whenever, class and kernel.
 */
void mb_noise_known_read(const struct mb_opts *opts, const struct mb_result *host,
			 uint64_t arena_bytes, struct mb_comparison *comparison,
			 struct mb_noise_known *ret_noise);

/* To ask for a row's; NULL: nothing is known. */
const struct mb_spread *mb_noise_known_spread(const struct mb_noise_known *noise);

/* After the rows were judged: notes how many of those with a time the store does not have. */
void mb_noise_known_note_rows(const struct mb_noise_known *noise, struct mb_comparison *comparison);

void mb_noise_known_fini(struct mb_noise_known *noise);

#endif
