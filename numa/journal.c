/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/journal.h"

extern char **environ;

int mb_journal_slurp(int fd, char **ret_text, size_t *ret_length)
{
	size_t length = 0, capacity = 65536;
	char *text MB_FREE = malloc(capacity + 1), *larger;

	while (text) {
		ssize_t got = read(fd, text + length, capacity - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got) {
			text[length] = '\0';
			*ret_length = length;
			*ret_text = MB_TAKE(text);
			return 0;
		}
		length += (size_t)got;
		if (length > MB_JOURNAL_MAX_BYTES)
			return -EFBIG;
		if (length < capacity)
			continue;
		larger = realloc(text, capacity * 2 + 1);
		if (!larger)
			return -ENOMEM;
		text = larger;
		capacity *= 2;
	}
	return -ENOMEM;
}

/* Its standard output is fd; the rest goes nowhere. It gets the signals as they are by default. */
static int start(int fd, pid_t *ret_pid)
{
	char words[][12] = {"journalctl", "-k", "-b", "-q", "-o", "cat", "--no-pager"};
	char *argv[MB_ARRAY_SIZE(words) + 1] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t signals;
	int r;

	for (size_t i = 0; i < MB_ARRAY_SIZE(words); i++)
		argv[i] = words[i];
	if (posix_spawn_file_actions_init(&actions))
		return -ENOMEM;
	if (posix_spawnattr_init(&attr)) {
		posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &signals);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
						     0);
	if (!r)
		r = posix_spawnp(ret_pid, argv[0], &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Exit status of the child, or -1 when it did not exit. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int mb_journal_read(struct mb_err *err, char **ret_text, size_t *ret_length)
{
	char *text MB_FREE = NULL;
	size_t length = 0;
	int ends[2], r, status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return MB_FAIL(err, -errno, "journalctl: %s", strerror(errno));
	r = start(ends[1], &pid);
	close(ends[1]);
	if (r) {
		close(ends[0]);
		return MB_FAIL(err, r, "journalctl: %s", strerror(-r));
	}
	r = mb_journal_slurp(ends[0], &text, &length);
	close(ends[0]); /* a child that still writes ends by SIGPIPE */
	status = wait_for(pid);
	if (r)
		return MB_FAIL(err, r, "journalctl: %s",
			       r == -EFBIG ? "more than 64 MiB" : strerror(-r));
	if (status)
		return MB_FAIL(err, -EIO, "journalctl failed (exit status %d)", status);
	if (!length)
		return MB_FAIL(err, -EIO, "the journal has no kernel messages of this boot");
	*ret_length = length;
	*ret_text = MB_TAKE(text);
	return 0;
}
