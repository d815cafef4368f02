/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_ANSWER_LINES_H
#define MB_TESTS_REPORTS_ANSWER_LINES_H

#include "reports/answer_line.h"
#include "reports/result.h"
#include "tests/reports/sample.h"

/* Results to answer from, and what the tests of answers look for in them. */

static inline struct mb_run *add(struct mb_result *result, enum mb_run_kind kind, const char *name,
				 enum mb_metric_id metric, double value)
{
	struct mb_run *run = mb_result_run(result, kind, name, MB_RUN_NONE, MB_RUN_NONE);

	mb_result_run_set(run, metric, mb_result_run_repetitions(run), value);
	return run;
}

/* The line of a topic, after skip others of it. */
static inline const struct mb_answer_line *line_of(const struct mb_answer *answer,
						   enum mb_answer_topic topic, size_t skip)
{
	for (size_t i = 0; i < answer->count; i++)
		if (answer->lines[i].topic == topic && !skip--)
			return &answer->lines[i];
	return NULL;
}

static inline void assert_line(const struct mb_answer *answer, enum mb_answer_topic topic,
			       size_t skip, const char *figure, const char *words)
{
	const struct mb_answer_line *line = line_of(answer, topic, skip);

	if (!line) {
		fail_msg("no line of topic %d", topic);
		return;
	}
	if (figure) {
		assert_non_null(line->figure);
		assert_string_equal(line->figure, figure);
	} else {
		assert_null(line->figure);
	}
	if (!strstr(line->text, words))
		fail_msg("'%s' is not in '%s'", words, line->text);
}

#endif
