/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/gate_bench.h"
#include "cli/gate_process.h"
#include "core/base/cleanup.h"
#include "numa/clock.h"
#include "reports/json.h"

#define SLICE_MS   5 /* between looks at the process */
#define EXIT_WRONG 1 /* of `memboot bench`: a row went wrong */
#define SAID_BYTES 120

enum { STDOUT, STDERR, NR_FILES };

struct job {
	const struct mb_gate_child_spec *spec;
	int files[NR_FILES]; /* in memory */
	char said[SAID_BYTES];
};

static bool is_cancelled(const struct job *job)
{
	return job->spec->cancel &&
	       atomic_load_explicit(job->spec->cancel, memory_order_relaxed) != 0;
}

/* The last line of its standard error, fit for a message. */
static const char *hear(struct job *job)
{
	char bytes[1024];
	off_t end = lseek(job->files[STDERR], 0, SEEK_END);
	off_t begin = end > (off_t)sizeof(bytes) - 1 ? end - (off_t)sizeof(bytes) + 1 : 0;
	ssize_t count = pread(job->files[STDERR], bytes, sizeof(bytes) - 1, begin);
	char *line;

	while (count > 0 && bytes[count - 1] == '\n')
		count--;
	bytes[count > 0 ? count : 0] = '\0';
	line = strrchr(bytes, '\n');
	snprintf(job->said, sizeof(job->said), "%s%.110s", *bytes ? ": " : "",
		 line ? line + 1 : bytes);
	for (char *at = job->said; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
	return job->said;
}

/* --- the process --- */

static int start(const struct job *job, const char *const *options, struct mb_err *err,
		 pid_t *ret_pid)
{
	const char *argv[32] = {job->spec->program, "bench"};
	size_t count = 2;
	char *filter MB_FREE = NULL;
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t pid;

	if (input < 0)
		return MB_FAIL(err, -errno, "no /dev/null: %s", strerror(errno));
	if (asprintf(&filter, "--filter=%s", job->spec->filter) < 0) {
		close(input);
		return MB_FAIL(err, -ENOMEM, "out of memory");
	}
	argv[count++] = filter;
	while (*options && count < 28)
		argv[count++] = *options++;
	argv[count++] = "--format=json";
	argv[count++] = "-o";
	argv[count++] = "-";
	pid = mb_gate_process_start(job->spec->program, argv,
				    (int[]){input, job->files[STDOUT], job->files[STDERR]});
	close(input);
	if (pid < 0)
		return MB_FAIL(err, pid, "no process: %s", strerror(-pid));
	*ret_pid = pid;
	return 0;
}

static int wait_end(const struct job *job, pid_t pid, struct mb_err *err, int *ret_status)
{
	uint64_t begin = mb_clock_now_ns();

	while (!mb_gate_process_ended(pid, ret_status)) {
		bool late = (double)(mb_clock_now_ns() - begin) * 1e-9 > job->spec->patience_s;

		if (is_cancelled(job) || late) {
			mb_gate_process_kill(pid);
			return is_cancelled(job) ? MB_FAIL(err, -ECANCELED, "interrupted")
						 : MB_FAIL(err, -ETIME, "%s takes too long",
							   job->spec->title);
		}
		poll(NULL, 0, SLICE_MS);
	}
	return 0;
}

/* --- what it has measured --- */

/* A row that went wrong, or what the program itself said of it. */
static int fail_wrong(struct job *job, const struct mb_result *result, struct mb_err *err)
{
	for (size_t i = 0; i < result->nr_runs; i++) {
		const struct mb_run *run = result->runs[i];

		if (run->status == MB_RUN_FAILED || run->status == MB_RUN_ERROR)
			return MB_FAIL(err, -EUCLEAN, "%s: %s: %s", job->spec->title, run->name,
				       run->reason ? run->reason : "no reason given");
	}
	return MB_FAIL(err, -EUCLEAN, "%s went wrong%s", job->spec->title, hear(job));
}

static int read_result(struct job *job, struct mb_err *err, struct mb_result **ret_result)
{
	struct mb_err why = {0};
	char path[32];
	int rc;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", job->files[STDOUT]);
	rc = mb_json_read_file(path, NULL, &why, ret_result);
	if (rc == -ENOMEM)
		return MB_FAIL(err, rc, "out of memory");
	return rc ? MB_FAIL(err, -ENOEXEC, "%s prints no result of benches: %s%s", job->spec->title,
			    why.text, hear(job))
		  : 0;
}

static int finish(struct job *job, int status, struct mb_err *err, struct mb_result **ret_result)
{
	struct mb_result *result = NULL;
	char what[96];
	int rc;

	if (WIFEXITED(status) && WEXITSTATUS(status) == MB_GATE_PROCESS_NOT_STARTED)
		return MB_FAIL(err, -ENOEXEC, "%s cannot be started (%.60s)%s", job->spec->title,
			       job->spec->program, hear(job));
	if (!WIFEXITED(status) || WEXITSTATUS(status) > EXIT_WRONG) {
		mb_gate_process_describe(status, what, sizeof(what));
		return MB_FAIL(err, -ECHILD, "%s %s%s", job->spec->title, what, hear(job));
	}
	rc = read_result(job, err, &result);
	if (!rc && WEXITSTATUS(status) == EXIT_WRONG)
		rc = fail_wrong(job, result, err);
	if (rc)
		mb_result_free(result);
	else
		*ret_result = result;
	return rc;
}

int mb_gate_bench_run(const struct mb_gate_child_spec *spec, const char *const *options,
		      struct mb_err *err, struct mb_result **ret_result)
{
	struct job job = {
		spec, {memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC)}, ""};
	int rc = 0, status = 0;
	pid_t pid = 0;

	if (job.files[STDOUT] < 0 || job.files[STDERR] < 0)
		rc = MB_FAIL(err, -ENOMEM, "no file in memory");
	if (!rc)
		rc = start(&job, options, err, &pid);
	if (!rc)
		rc = wait_end(&job, pid, err, &status);
	if (!rc)
		rc = finish(&job, status, err, ret_result);
	for (int i = 0; i < NR_FILES; i++)
		if (job.files[i] >= 0)
			close(job.files[i]);
	return rc;
}
