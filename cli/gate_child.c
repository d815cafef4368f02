/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benches/paced_line.h"
#include "cli/gate_child.h"
#include "cli/gate_process.h"
#include "core/base/align.h"
#include "numa/clock.h"

#define SLICE_MS 100 /* between looks at the cancel flag */
#define MAX_ROWS 100000
#define NR_OPENS 3

struct mb_gate_child {
	struct mb_gate_child_spec spec;
	pid_t pid;                      /* of its process group too; 0: it was waited for */
	int in, out, err;               /* our ends: to write, to read, its standard error */
	char line[MB_PACED_LINE_BYTES]; /* what has come of the next line */
	size_t length;
	char said[120]; /* the last line on its standard error */
	size_t said_length;
	bool said_ended; /* the next byte begins a new line */
	bool greeted;
	char **rows;
	size_t nr_rows;
};

/* --- the process --- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int spawn(struct mb_gate_child *child, struct mb_err *err)
{
	char arena[32], *filter = NULL;
	int pipes[NR_OPENS][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = 0;

	snprintf(arena, sizeof(arena), "%llu", (unsigned long long)child->spec.arena_bytes);
	if (asprintf(&filter, "--filter=%s", child->spec.filter) < 0)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	for (int i = 0; !rc && i < NR_OPENS; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			rc = MB_FAIL(err, -errno, "no pipe: %s", strerror(errno));
	if (!rc) {
		const char *argv[] = {child->spec.program, "bench", "--paced", arena, filter, NULL};
		pid_t pid = mb_gate_process_start(child->spec.program, argv,
						  (int[]){pipes[0][0], pipes[1][1], pipes[2][1]});

		if (pid > 0)
			child->pid = pid;
		else
			rc = MB_FAIL(err, pid, "no process: %s", strerror(-pid));
	}
	free(filter);
	close_fd(&pipes[0][0]);
	close_fd(&pipes[1][1]);
	close_fd(&pipes[2][1]);
	child->in = pipes[0][1];
	child->out = pipes[1][0];
	child->err = pipes[2][0];
	if (rc)
		return rc;
	fcntl(child->out, F_SETFL, O_NONBLOCK);
	fcntl(child->err, F_SETFL, O_NONBLOCK);
	return 0;
}

/* Waits for its end, not for long unless it was killed; whether it has ended. */
static bool reap(struct mb_gate_child *child, int *ret_status)
{
	if (child->pid && mb_gate_process_reap(child->pid, ret_status))
		child->pid = 0;
	return !child->pid;
}

/* --- what it says for people --- */

static void hear_byte(struct mb_gate_child *child, char byte)
{
	if (byte == '\n') {
		child->said_ended = true;
		return;
	}
	if (child->said_ended)
		child->said_length = 0;
	child->said_ended = false;
	if (child->said_length + 1 < sizeof(child->said))
		child->said[child->said_length++] = byte;
	child->said[child->said_length] = '\0';
}

/* Its standard error is read so that it never blocks there, and for the last line. */
static void hear(struct mb_gate_child *child)
{
	char bytes[512];
	ssize_t count;

	while (child->err >= 0 && (count = read(child->err, bytes, sizeof(bytes))) != 0) {
		if (count < 0 && errno == EAGAIN)
			return;
		if (count < 0)
			break;
		for (ssize_t i = 0; i < count; i++)
			hear_byte(child, bytes[i]);
	}
	close_fd(&child->err);
}

/* Adds ": " and that line to what went wrong. */
static int fail_said(struct mb_gate_child *child, int code, const char *what, struct mb_err *err)
{
	hear(child);
	return MB_FAIL(err, code, "%s %s%s%s", child->spec.title, what, *child->said ? ": " : "",
		       child->said);
}

static int fail_ended(struct mb_gate_child *child, struct mb_err *err)
{
	int status = 0;
	char what[96];

	hear(child);

	/* It may have closed its output and go on. */
	if (!reap(child, &status))
		return fail_said(child, -ECHILD, "closed its output", err);
	mb_gate_process_describe(status, what, sizeof(what));
	if (!child->greeted && WIFEXITED(status) &&
	    WEXITSTATUS(status) == MB_GATE_PROCESS_NOT_STARTED)
		snprintf(what, sizeof(what), "cannot be started (%.60s)", child->spec.program);
	else if (WIFEXITED(status) && strstr(child->said, "--paced"))
		snprintf(what + strlen(what), sizeof(what) - strlen(what), ", too old for gates");
	return fail_said(child, child->greeted ? -ECHILD : -ENOEXEC, what, err);
}

/* --- lines --- */

static bool is_cancelled(const struct mb_gate_child *child)
{
	return child->spec.cancel && atomic_load_explicit(child->spec.cancel, memory_order_relaxed);
}

/* The next byte of its output: 1, 0 at the end, -EAGAIN when there is none now, or another errno. */
static int read_byte(struct mb_gate_child *child, char *ret_byte)
{
	ssize_t count = read(child->out, ret_byte, 1);

	return count < 0 ? -errno : (int)count;
}

/* What there is of the next line: 1 it is complete, 0 its output has ended, -EAGAIN not yet, -EINVAL too long. */
static int read_some(struct mb_gate_child *child)
{
	char byte;
	int rc;

	while ((rc = read_byte(child, &byte)) > 0) {
		if (byte == '\n')
			return 1;
		if (child->length + 1 >= sizeof(child->line))
			return -EINVAL;
		child->line[child->length++] = byte;
	}
	return rc == -EINTR ? -EAGAIN : rc;
}

static int fail_garbage(struct mb_gate_child *child, struct mb_err *err)
{
	for (size_t i = 0; i < child->length; i++)
		if (child->line[i] < ' ' || child->line[i] > '~')
			child->line[i] = '?';
	return MB_FAIL(err, -ENOEXEC, "%s does not speak as paced benches do: '%.*s%s'",
		       child->spec.title, (int)mb_min(child->length, 40), child->line,
		       child->length > 40 ? "..." : "");
}

static int take_line(struct mb_gate_child *child, struct mb_err *err,
		     struct mb_paced_line *ret_line)
{
	if (mb_paced_line_parse(child->line, child->length, ret_line))
		return fail_garbage(child, err);
	child->length = 0;
	return 0;
}

static int wait_line(struct mb_gate_child *child, struct mb_err *err,
		     struct mb_paced_line *ret_line)
{
	uint64_t begin = mb_clock_now_ns();
	char what[64];

	for (;;) {
		struct pollfd fds[] = {{.fd = child->out, .events = POLLIN},
				       {.fd = child->err, .events = POLLIN}};
		int rc = read_some(child);
		double waited_s;

		if (rc > 0)
			return take_line(child, err, ret_line);
		if (is_cancelled(child))
			return MB_FAIL(err, -ECANCELED, "interrupted");
		if (!rc)
			return fail_ended(child, err);
		if (rc != -EAGAIN)
			return fail_garbage(child, err);
		waited_s = (double)(mb_clock_now_ns() - begin) * 1e-9;
		if (waited_s > child->spec.patience_s) {
			snprintf(what, sizeof(what), "gave no answer in %.4g s",
				 child->spec.patience_s);
			return fail_said(child, -ETIME, what, err);
		}
		poll(fds, 2,
		     (int)mb_min(SLICE_MS, 1 + (int)(1e3 * (child->spec.patience_s - waited_s))));
		hear(child);
	}
}

/* Says one line; a child that is gone is found when its answer is read. */
static int say(struct mb_gate_child *child, const struct mb_paced_line *line, struct mb_err *err)
{
	struct mb_strbuf text = {0};
	int rc = 0;

	mb_paced_line_add(&text, line);
	/* A line is shorter than PIPE_BUF, and the pipe is empty: the child reads one before it answers. */
	if (text.error)
		rc = MB_FAIL(err, -ENOMEM, "out of memory");
	else if (write(child->in, text.data, text.length) < 0 && errno != EPIPE)
		rc = MB_FAIL(err, -errno, "%s cannot be told: %s", child->spec.title,
			     strerror(errno));
	mb_strbuf_fini(&text);
	return rc;
}

/* Says a line and reads an answer of that word. */
static int ask(struct mb_gate_child *child, const struct mb_paced_line *line,
	       enum mb_paced_word word, struct mb_err *err, struct mb_paced_line *ret_answer)
{
	struct mb_paced_line answer;
	int rc = say(child, line, err);

	if (!rc)
		rc = wait_line(child, err, &answer);
	if (rc)
		return rc;
	if (answer.word == MB_PACED_FAILED)
		return MB_FAIL(err, strcmp(answer.status, "skipped") ? -EUCLEAN : -ENOTSUP,
			       "%s: %s", child->spec.title, answer.text);
	if (answer.word != word)
		return MB_FAIL(err, -ENOEXEC, "%s gave another answer than was asked for%s%s",
			       child->spec.title, answer.word == MB_PACED_WRONG ? ": " : "",
			       answer.text);
	if (ret_answer)
		*ret_answer = answer;
	return 0;
}

/* --- the beginning --- */

static int read_rows(struct mb_gate_child *child, uint64_t count, struct mb_err *err)
{
	struct mb_paced_line line;

	child->rows = calloc(count, sizeof(*child->rows));
	if (!child->rows)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	for (; child->nr_rows < count; child->nr_rows++) {
		int rc = wait_line(child, err, &line);

		if (rc)
			return rc;
		if (line.word != MB_PACED_ROW || line.row != child->nr_rows)
			return MB_FAIL(err, -ENOEXEC, "%s does not list its rows in order",
				       child->spec.title);
		child->rows[child->nr_rows] = strdup(line.text);
		if (!child->rows[child->nr_rows])
			return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	return 0;
}

static int greet(struct mb_gate_child *child, struct mb_err *err)
{
	struct mb_paced_line line;
	int rc = wait_line(child, err, &line);

	if (rc)
		return rc;
	if (line.word != MB_PACED_HELLO)
		return MB_FAIL(err, -ENOEXEC, "%s does not greet as paced benches do",
			       child->spec.title);
	if (line.version != MB_PACED_VERSION)
		return MB_FAIL(
			err, -ENOEXEC,
			"%s speaks version %llu of paced benches, this program version %d; take "
			"versions of memboot that are nearer to each other",
			child->spec.title, (unsigned long long)line.version, MB_PACED_VERSION);
	if (!line.rows || line.rows > MAX_ROWS)
		return MB_FAIL(err, -ENOEXEC, "%s has no rows", child->spec.title);
	child->greeted = true;
	return read_rows(child, line.rows, err);
}

int mb_gate_child_start(const struct mb_gate_child_spec *spec, struct mb_err *err,
			struct mb_gate_child **ret_child)
{
	struct mb_gate_child *child = calloc(1, sizeof(*child));
	int rc;

	if (!child)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	child->spec = *spec;
	child->in = child->out = child->err = -1;
	rc = spawn(child, err);
	if (!rc)
		rc = greet(child, err);
	if (rc) {
		mb_gate_child_free(child);
		return rc;
	}
	*ret_child = child;
	return 0;
}

/* --- the interface --- */

size_t mb_gate_child_nr_rows(const struct mb_gate_child *child)
{
	return child->nr_rows;
}

const char *mb_gate_child_row(const struct mb_gate_child *child, size_t index)
{
	return child->rows[index];
}

int mb_gate_child_open(struct mb_gate_child *child, size_t row, struct mb_err *err)
{
	const struct mb_paced_line line = {.word = MB_PACED_OPEN, .row = row};

	return ask(child, &line, MB_PACED_OPENED, err, NULL);
}

int mb_gate_child_turn(struct mb_gate_child *child, uint64_t rounds, struct mb_err *err,
		       struct mb_gate_turn *ret_turn)
{
	const struct mb_paced_line line = {.word = MB_PACED_TURN, .rounds = rounds};
	struct mb_paced_line answer = {0};
	int rc = ask(child, &line, MB_PACED_TOOK, err, &answer);

	if (rc)
		return rc;
	*ret_turn = (struct mb_gate_turn){answer.ns, answer.loop_ns};
	return 0;
}

int mb_gate_child_close(struct mb_gate_child *child, struct mb_err *err,
			struct mb_gate_work *ret_work)
{
	const struct mb_paced_line line = {.word = MB_PACED_CLOSE};
	struct mb_paced_line answer = {0};
	int rc = ask(child, &line, MB_PACED_CLOSED, err, &answer);

	if (rc)
		return rc;
	*ret_work = (struct mb_gate_work){answer.pages, answer.ops, answer.bytes};
	return 0;
}

void mb_gate_child_free(struct mb_gate_child *child)
{
	int status;

	if (!child)
		return;
	/* The end of its input is its end, once the turn is over; one that was interrupted has no time for that. */
	close_fd(&child->in);
	close_fd(&child->out);
	close_fd(&child->err);
	if (child->pid && (is_cancelled(child) || !reap(child, &status))) {
		kill(-child->pid, SIGKILL);
		reap(child, &status);
	}
	for (size_t i = 0; i < child->nr_rows; i++)
		free(child->rows[i]);
	free(child->rows);
	free(child);
}
