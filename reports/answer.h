/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_ANSWER_H
#define MB_REPORTS_ANSWER_H

#include "core/base/strbuf.h"
#include "reports/result.h"

/*
 * What a result says about the question that memboot is for, in sentences for people: plain text, not escaped for any
 * format, in UTF-8. Each figure is of the result's own samples; where it has none, the sentence says what would measure it.
 */
enum mb_answer_topic {
	MB_ANSWER_FIRST,     /* how long to the first allocation */
	MB_ANSWER_ALL,       /* how long to all memory */
	MB_ANSWER_DOMINATES, /* which phase takes most */
	MB_ANSWER_LIMIT,     /* how far from what the hardware allows */
	MB_ANSWER_HELP,      /* what would make it cheaper */
	MB_ANSWER_FACTS,     /* what a comparison with a kernel found */
	MB_ANSWER_TRUST,     /* what the host did to the figures */
	MB_ANSWER_NR_TOPICS,
};

struct mb_answer_line {
	enum mb_answer_topic topic;
	char *figure; /* "50.9 ms", or a word or two; NULL: the result does not have it */
	char *text;   /* a sentence or two */
};

/* Zero-initialise; lines are in the order of the topics, but that figures are spoilt is said before them. */
struct mb_answer {
	struct mb_answer_line *lines;
	size_t count;
	int error; /* 0 or -ENOMEM */
};

/* "to first allocation" */
const char *mb_answer_topic_label(enum mb_answer_topic topic);

/* The answer of one result. 0 or -ENOMEM; the caller finishes ret_answer in either case. */
int mb_answer_make(const struct mb_result *result, struct mb_answer *ret_answer);

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

void mb_answer_fini(struct mb_answer *answer);

#endif
