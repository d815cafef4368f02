/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_QUESTION_H
#define MB_BENCHES_QUESTION_H

#include "benches/runner.h"
#include "core/base/strbuf.h"
#include "reports/format.h"

/*
 * Questions about bringing up memory that kernel developers cannot answer without a large machine, and the answer that the
 * rows of a run give: one sentence with its figures. A question is a row of the table; its benches are
 * questions/SLUG/… (benches/bench_questions.c), and each answer is a function of what came out of them.
 */
#define MB_QUESTION_GROUP "questions"

/* What came out of a bench of a question. */
struct mb_question_outcome {
	char name[96];       /* in full */
	const char *slug;    /* the question's: static text, as those below */
	const char *variant; /* NULL: none */
	const char *value;   /* the argument's name; NULL: it is a number */
	int64_t arg;
	enum mb_runner_status status;
	char reason[192];
	unsigned threads;
	uint64_t pages;
	struct mb_stats time_ns; /* of a round, over all repetitions */
	struct mb_bench_counter counters[MB_BENCH_MAX_COUNTERS];
	size_t nr_counters;
};

/* Those of a run, in its order. Zero-initialise. */
struct mb_question_outcomes {
	struct mb_question_outcome *rows;
	size_t count;
	int error; /* 0 or -ENOMEM: the first failure */
};

struct mb_question {
	const char *id;    /* what kernel developers' list has: "Q3" */
	const char *slug;  /* "knee" */
	const char *words; /* the question */
	/*
	 * Adds the answer to text, of the outcomes that are ok, count of them, at least one; one sentence without
	 * a full stop. False: they are too few, and it says what else it takes.
	 */
	bool (*answer)(const struct mb_question_outcome *const *rows, size_t count,
		       enum mb_format_charset charset, struct mb_strbuf *text);
};

/* The questions, in the order of their ids. */
extern const struct mb_question mb_questions[];
extern const size_t mb_nr_questions;

/* Keeps a row's outcome when it is one of a question's. */
void mb_question_note(struct mb_question_outcomes *outcomes, const struct mb_runner_result *result);
void mb_question_fini(struct mb_question_outcomes *outcomes);

/*
 * Adds what the outcomes say: the answer, or why there is none. False, and nothing is added: none of the question's benches was
 * run.
 */
bool mb_question_answer(const struct mb_question *question,
			const struct mb_question_outcomes *outcomes, enum mb_format_charset charset,
			struct mb_strbuf *text);

/* --- for answers --- */

/* The value of a counter; NaN when there is none. */
double mb_question_counter(const struct mb_question_outcome *row, const char *name);

#endif
