/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_ANSWER_SEVERAL_H
#define MB_REPORTS_ANSWER_SEVERAL_H

#include "reports/answer_line.h"
#include "reports/result.h"

/*
 * What several results say beside each other: whose first allocation and whose last page come soonest, whether that is more than
 * noise, and what their hosts did to the figures. Results are called A, B, … in their order. No lines where fewer than two have a
 * figure. 0 or -ENOMEM.
 */
int mb_answer_compare(const struct mb_result *const *results, size_t count,
		      struct mb_answer *ret_answer);

/* "A" … "Z", then "27". */
struct mb_answer_name {
	char text[16];
};
struct mb_answer_name mb_answer_name(size_t index);

/* "A (node-a, deferred)": with what differs between the results; when they began, where nothing else does. */
void mb_answer_add_name(struct mb_strbuf *text, const struct mb_result *const *results,
			size_t count, size_t index);

#endif
