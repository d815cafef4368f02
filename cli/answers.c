/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
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

/* Bytes to the next space that lines may be broken at: a number stays with its unit. */
static size_t word_length(const char *words)
{
	size_t length = strcspn(words, " ");

	while (length && words[length] == ' ' && isdigit((unsigned char)words[length - 1]))
		length += 1 + strcspn(words + length + 1, " ");
	return length;
}

/* Words from the current column on, each line after the first indented. */
static void add_wrapped(struct mb_strbuf *text, size_t columns, const char *words)
{
	size_t column = INDENT;

	while (*words) {
		struct mb_strbuf word = {0};
		size_t length = word_length(words), width;

		mb_strbuf_addf(&word, "%.*s", (int)length, words);
		width = mb_text_width(mb_strbuf_text(&word));
		if (column > INDENT && column + 1 + width > columns) {
			mb_strbuf_addf(text, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			mb_strbuf_add(text, " ");
			column++;
		}
		mb_text_add_printable(text, mb_strbuf_text(&word));
		mb_strbuf_fini(&word);
		column += width;
		words += length;
		words += *words == ' ';
	}
	mb_strbuf_add(text, "\n");
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
			add_wrapped(text, term->columns, mb_questions[i].words);
			mb_strbuf_addf(text, "%*s", INDENT, "");
			add_wrapped(text, term->columns, mb_strbuf_text(&answer));
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
