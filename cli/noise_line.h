/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_NOISE_LINE_H
#define MB_CLI_NOISE_LINE_H

#include "benches/runner.h"
#include "core/base/strbuf.h"
#include "reports/format.h"

/*
 * What the bands of a run's rows say of this host, below the table: their medians by what they are of, and how many rows are
 * unsteady. Nothing when no row has a band.
 */
void mb_noise_line_add(struct mb_strbuf *text, const struct mb_runner_noise *noise);

/* Why a run for bands has none: so many passes came to an end. Nothing when there were enough of them. */
void mb_noise_line_add_missing(struct mb_strbuf *text, size_t passes);

/* How much of the shortest row is the runner's own; nothing when the run has not both. */
void mb_noise_line_add_overhead(struct mb_strbuf *text, const struct mb_runner_totals *totals,
				enum mb_format_charset charset);

#endif
