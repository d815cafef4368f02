/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_IDENTITY_H
#define MB_REPORTS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/strbuf.h"
#include "reports/result.h"

/* What tells one run from another, and how it ended: the columns that stand before the metrics in flat formats. */
struct mb_identity_column {
	const char *key, *label; /* CSV column; heading for people */
	bool number;
	/* Adds the run's value to an empty buffer; adds nothing when the run has none. */
	void (*add)(const struct mb_run *run, struct mb_strbuf *buf);
};

extern const struct mb_identity_column mb_identity_columns[];
extern const size_t mb_identity_count;

#endif
