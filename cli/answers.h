/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_ANSWERS_H
#define MB_CLI_ANSWERS_H

#include "benches/question.h"
#include "cli/term.h"
#include "reports/result.h"

/* What a run's benches say to the questions that they belong to. */

/* A fact for each question that was asked: "answer_Q3", its sentence. */
void mb_answers_add_facts(struct mb_result *result, const struct mb_question_outcomes *outcomes);

/* The part below the table; nothing when no question was asked. */
void mb_answers_add(struct mb_strbuf *text, const struct mb_term *term,
		    const struct mb_question_outcomes *outcomes);

/*
 * Whether all benches that the options choose belong to questions: then they take turns and are repeated, unless somebody says
 * otherwise.
 */
bool mb_answers_asked(const struct mb_runner_options *options);

/* Columns of `memboot list questions`: id, the question, what to run. */
void mb_answers_list(struct mb_table *table);

#endif
