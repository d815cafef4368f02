/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/answers.h"
#include "cli/machine_table.h"
#include "reports/text.h"

#define INDENT 7 /* "  Q16  " */

void mb_answers_add_facts(struct mb_result *result, const struct mb_question_outcomes *outcomes)
{
	for (size_t i = 0; i < mb_nr_questions; i++) {
		struct mb_strbuf answer = {0};
		char name[32];

		snprintf(name, sizeof(name), "answer_%s", mb_questions[i].id);
		if (mb_question_answer(&mb_questions[i], outcomes, MB_FORMAT_UTF8, &answer))
			mb_result_add_fact(result, name, mb_strbuf_text(&answer), NULL);
		if (answer.error && !result->error)
			result->error = answer.error;
		mb_strbuf_fini(&answer);
	}
}

void mb_answers_add(struct mb_strbuf *text, const struct mb_term *term,
		    const struct mb_question_outcomes *outcomes)
{
	bool any = false;

	for (size_t i = 0; i < mb_nr_questions; i++) {
		struct mb_strbuf answer = {0};

		if (mb_question_answer(&mb_questions[i], outcomes, term->charset, &answer)) {
			if (!any)
				mb_machine_table_heading(text, term, "Answers");
			any = true;
			mb_strbuf_addf(text, "  %-*s", INDENT - 2, mb_questions[i].id);
			mb_text_add_wrapped(text, mb_questions[i].words, INDENT, term->columns);
			mb_strbuf_addf(text, "%*s", INDENT, "");
			mb_text_add_wrapped(text, mb_strbuf_text(&answer), INDENT, term->columns);
		}
		if (answer.error)
			text->error = answer.error;
		mb_strbuf_fini(&answer);
	}
}

/* Ends the walk at the first bench of something else. */
static int is_question(const char *name, const struct mb_bench *row, void *arg)
{
	(void)name, (void)arg;
	return strcmp(row->group, MB_QUESTION_GROUP) == 0 ? 0 : -ERANGE;
}

bool mb_answers_asked(const struct mb_runner_options *options)
{
	struct mb_err err = {0};

	return mb_runner_list(options, is_question, NULL, &err) == 0;
}

void mb_answers_list(struct mb_table *table)
{
	for (size_t i = 0; i < mb_nr_questions; i++) {
		mb_table_cell(table, mb_questions[i].id);
		mb_table_cell(table, mb_questions[i].words);
		mb_table_cellf(table, "memboot bench " MB_QUESTION_GROUP "/%s",
			       mb_questions[i].slug);
	}
}
