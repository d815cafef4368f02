/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_ANSWER_LINE_H
#define MB_REPORTS_ANSWER_LINE_H

#include <stddef.h>

#include "core/base/strbuf.h"
#include "reports/format.h"

/*
 * What a result says about the question that memboot is for, in sentences for people: plain text, not escaped for any
 * format, in UTF-8. Each figure is of the result's own samples; where it has none, the sentence says what would measure it.
 */
enum mb_answer_topic {
	MB_ANSWER_FIRST,     /* how long to the first allocation */
	MB_ANSWER_ALL,       /* how long to all memory */
	MB_ANSWER_NODE,      /* how long deferred init of one node is */
	MB_ANSWER_DOMINATES, /* which phase takes most */
	MB_ANSWER_LIMIT,     /* how far from what the hardware allows */
	MB_ANSWER_HELP,      /* what would make it cheaper */
	MB_ANSWER_FACTS,     /* what a comparison with a kernel found */
	MB_ANSWER_TRUST,     /* what the host did to the figures */
	MB_ANSWER_SOURCE,    /* who published what it is from */
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

void mb_answer_fini(struct mb_answer *answer);

/* --- for those who make the lines --- */

/* The figure of a trust line whose host spoilt what was measured. */
#define MB_ANSWER_SPOILT "spoilt"

/* Adds a line; figure NULL or "": unknown. The text is taken over from the buffer. */
void mb_answer_add(struct mb_answer *answer, enum mb_answer_topic topic, const char *figure,
		   struct mb_strbuf *text);

/* A line without a figure. */
void mb_answer_add_words(struct mb_answer *answer, enum mb_answer_topic topic, const char *words);

/* Figures that are spoilt are read with that in mind: it is said before them. */
void mb_answer_warn_first(struct mb_answer *answer);

/* "4.6×", "22×": more digits than two are not there. Returns text->text. */
const char *mb_answer_ratio_text(double ratio, struct mb_format_text *text);

#endif
