/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/ground.h"
#include "benches/home.h"
#include "benches/paced.h"
#include "benches/paced_line.h"
#include "core/base/align.h"
#include "core/base/grow.h"
#include "numa/clock.h"
#include "reports/stats.h"

#define ARENA_ALIGN (2 * MB_MIB)

struct paced_row {
	struct mb_bench row;
	int64_t arg;
	char *name;
};

struct paced {
	struct mb_bench_env env;
	struct paced_row *rows;
	size_t nr_rows;
	struct mb_bench_run run; /* of the row that is open */
	bool is_open, had_turn;
	double *samples; /* MB_PACED_MAX_ROUNDS of them */
	FILE *out;
};

/* --- the rows --- */

/* The value of its argument with which the row has this name. 0, -ENOMEM, or -ENOENT without one. */
static int find_arg(const struct mb_bench *row, const char *name, int64_t *ret_arg)
{
	for (size_t i = 0; i < (row->arg_name ? row->nr_args : 0); i++) {
		char *with = mb_benches_row_name(row, &row->args[i]);
		bool same = with && !strcmp(with, name);

		free(with);
		if (!with)
			return -ENOMEM;
		if (same) {
			*ret_arg = row->args[i];
			return 0;
		}
	}
	return row->arg_name ? -ENOENT : 0;
}

static int add_row(const char *name, const struct mb_bench *row, void *arg)
{
	struct paced *paced = arg;
	struct paced_row new = {.row = *row};
	int rc = find_arg(row, name, &new.arg);

	if (rc)
		return rc;
	if (mb_grow(&paced->rows, paced->nr_rows, sizeof(new)))
		return -ENOMEM;
	new.name = strdup(name);
	if (!new.name)
		return -ENOMEM;
	paced->rows[paced->nr_rows++] = new;
	return 0;
}

/* --- answers --- */

static int answer(struct paced *paced, const struct mb_paced_line *line)
{
	struct mb_strbuf text = {0};
	int rc = 0;

	mb_paced_line_add(&text, line);
	if (text.error)
		rc = text.error;
	else if (fputs(mb_strbuf_text(&text), paced->out) < 0 || fflush(paced->out))
		rc = -EIO;
	mb_strbuf_fini(&text);
	return rc;
}

static int answer_wrong(struct paced *paced, const char *reason)
{
	struct mb_paced_line line = {.word = MB_PACED_WRONG};

	snprintf(line.text, sizeof(line.text), "%s", reason);
	return answer(paced, &line);
}

static int greet(struct paced *paced)
{
	struct mb_paced_line line = {
		.word = MB_PACED_HELLO, .version = MB_PACED_VERSION, .rows = paced->nr_rows};
	int rc = answer(paced, &line);

	for (size_t i = 0; !rc && i < paced->nr_rows; i++) {
		line = (struct mb_paced_line){.word = MB_PACED_ROW, .row = i};
		snprintf(line.text, sizeof(line.text), "%s", paced->rows[i].name);
		rc = answer(paced, &line);
	}
	return rc;
}

/* --- the open row --- */

static void end_row(struct paced *paced)
{
	struct mb_bench_run *run = &paced->run;

	if (!paced->is_open)
		return;
	if (run->row->teardown)
		run->row->teardown(run);
	mb_ground_close(run->ground);
	paced->is_open = false;
}

static int answer_failed(struct paced *paced, int code)
{
	const struct mb_bench_run *run = &paced->run;
	struct mb_paced_line line = {.word = MB_PACED_FAILED};

	snprintf(line.status, sizeof(line.status), "%s",
		 mb_bench_host_lacks(code) ? "skipped" : "error");
	snprintf(line.text, sizeof(line.text), "%s",
		 run->err.code ? run->err.text : strerror(-code));
	end_row(paced);
	return answer(paced, &line);
}

static int open_row(struct paced *paced, const struct mb_paced_line *asked)
{
	const struct paced_row *row;
	struct mb_bench_run *run = &paced->run;
	int rc = 0;

	if (paced->is_open)
		return answer_wrong(paced, "a row is open already");
	if (asked->row >= paced->nr_rows)
		return answer_wrong(paced, "there is no row with this number");
	row = &paced->rows[asked->row];
	*run = (struct mb_bench_run){.row = &row->row, .env = &paced->env, .arg = row->arg};
	paced->is_open = true;
	paced->had_turn = false;
	if (row->row.setup)
		rc = row->row.setup(run);
	if (!rc && row->row.warm_up)
		rc = row->row.run(run);
	run->nr_parts = 0;
	if (rc)
		return answer_failed(paced, rc);
	return answer(paced, &(struct mb_paced_line){.word = MB_PACED_OPENED, .row = asked->row});
}

static int take_turn(struct paced *paced, const struct mb_paced_line *asked)
{
	struct mb_paced_line line = {.word = MB_PACED_TOOK};
	struct mb_bench_run *run = &paced->run;
	uint64_t begin = mb_clock_now_ns();

	if (!paced->is_open)
		return answer_wrong(paced, "no row is open");
	if (!asked->rounds || asked->rounds > MB_PACED_MAX_ROUNDS)
		return answer_wrong(paced, "a turn has 1 to 100000 rounds");
	for (uint64_t i = 0; i < asked->rounds; i++) {
		uint64_t start, ns;
		int rc;

		run->ns = 0;
		start = mb_clock_now_ns();
		rc = run->row->run(run);
		ns = mb_clock_now_ns() - start;
		if (rc)
			return answer_failed(paced, rc);
		paced->samples[i] = (double)mb_max(run->ns ? run->ns : ns, 1);
	}
	paced->had_turn = true;
	line.loop_ns = (double)(mb_clock_now_ns() - begin);
	mb_stats_sort(paced->samples, asked->rounds);
	line.ns = mb_stats_quantile(paced->samples, asked->rounds, 0.5);
	return answer(paced, &line);
}

/* Of what never ran there is nothing to check or to report. */
static int check_row(struct paced *paced)
{
	struct mb_bench_run *run = &paced->run;
	int rc = 0;

	if (!paced->had_turn)
		return 0;
	if (run->row->validate)
		rc = run->row->validate(run);
	if (!rc && run->row->report)
		rc = run->row->report(run);
	return rc;
}

static int close_row(struct paced *paced, const struct mb_paced_line *asked)
{
	struct mb_bench_run *run = &paced->run;
	struct mb_paced_line line = {.word = MB_PACED_CLOSED};
	int rc;

	(void)asked;
	if (!paced->is_open)
		return answer_wrong(paced, "no row is open");
	rc = check_row(paced);
	if (rc)
		return answer_failed(paced, rc);
	if (paced->had_turn) {
		line.pages = run->pages;
		line.ops = run->ops;
		line.bytes = run->bytes;
	}
	end_row(paced);
	return answer(paced, &line);
}

/* --- the words --- */

static int (*const answers[MB_PACED_NR_WORDS])(struct paced *paced,
					       const struct mb_paced_line *asked) = {
	[MB_PACED_OPEN] = open_row,
	[MB_PACED_TURN] = take_turn,
	[MB_PACED_CLOSE] = close_row,
};

/* A line without its end: true, or false at the end of input. One that is too long, or has a NUL, comes as an empty one. */
static bool read_line(FILE *in, char *line, size_t size)
{
	size_t length = 0;
	bool bad = false;
	int byte;

	while ((byte = getc(in)) != EOF && byte != '\n') {
		bad |= !byte || length + 1 >= size;
		if (!bad)
			line[length++] = (char)byte;
	}
	line[bad ? 0 : length] = '\0';
	return byte != EOF;
}

static int serve(struct paced *paced, FILE *in)
{
	char text[MB_PACED_LINE_BYTES];
	int rc = greet(paced);

	while (!rc && read_line(in, text, sizeof(text))) {
		struct mb_paced_line line;

		if (mb_paced_line_parse(text, strlen(text), &line))
			rc = answer_wrong(paced, "no line of this protocol");
		else if (line.word == MB_PACED_END)
			break;
		else if (!answers[line.word])
			rc = answer_wrong(paced, "this is said by the other side");
		else
			rc = answers[line.word](paced, &line);
	}
	end_row(paced);
	return rc;
}

int mb_paced_serve(const struct mb_runner_options *options, FILE *in, FILE *out, struct mb_err *err)
{
	size_t arena = options->arena_bytes ? options->arena_bytes : mb_runner_arena_bytes();
	struct paced paced = {
		.env = {.arena_bytes = mb_align_up_pow2(arena, ARENA_ALIGN),
			.topo = options->topo,
			.cancel = options->cancel},
		.samples = calloc(MB_PACED_MAX_ROUNDS, sizeof(*paced.samples)),
		.out = out,
	};
	struct mb_home home;
	int rc = paced.samples ? 0 : MB_FAIL(err, -ENOMEM, "out of memory");

	if (!rc)
		rc = mb_runner_list(options, add_row, &paced, err);
	mb_home_enter(&home, options->topo);
	if (!rc)
		rc = serve(&paced, in);
	mb_home_leave(&home);
	if (rc == -EIO)
		MB_FAIL(err, rc, "answers cannot be written");
	for (size_t i = 0; i < paced.nr_rows; i++)
		free(paced.rows[i].name);
	free(paced.rows);
	free(paced.samples);
	return rc;
}
