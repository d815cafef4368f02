/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_NOISE_LINE_H
#define MB_CLI_NOISE_LINE_H

#include "benches/runner_band.h"
#include "core/base/strbuf.h"

/*
 * What the bands of a run's rows say of this host, below the table: their medians by what they are of, and how many rows are
 * unsteady. Nothing when no row has a band.
 */
void mb_noise_line_add(struct mb_strbuf *text, const struct mb_runner_noise *noise);

#endif
