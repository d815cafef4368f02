/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/revision.h"
#include "core/base/cleanup.h"

extern char **environ;

const char *const mb_revision_variables[] = {
	"GITHUB_SHA",    /* GitHub Actions */
	"CI_COMMIT_SHA", /* GitLab CI */
	"GIT_COMMIT",    /* Jenkins */
	NULL,
};

/* Starts git with standard output in a pipe, whose other end comes back; negative errno. */
static int start_git(pid_t *ret_child)
{
	const char *argv[] = {"git", "rev-parse", "--verify", "HEAD", NULL};
	posix_spawn_file_actions_t actions;
	int pipes[2], r;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	r = posix_spawn_file_actions_init(&actions);
	if (!r) {
		r = posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
		if (!r)
			r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
							     O_WRONLY, 0);
		if (!r)
			r = posix_spawnp(ret_child, "git", &actions, NULL, (char **)argv, environ);
		posix_spawn_file_actions_destroy(&actions);
	}
	close(pipes[1]);
	if (!r)
		return pipes[0];
	close(pipes[0]);
	return -r;
}

/* The first line that git prints; NULL when it fails. */
static char *ask_git(void)
{
	MB_FREE char *line = NULL;
	size_t room = 0;
	pid_t child;
	int status = -1, fd = start_git(&child);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	ssize_t length;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	length = getline(&line, &room, file);
	fclose(file);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (status || length < 2)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return MB_TAKE(line);
}

int mb_revision_find(struct mb_err *err, char **ret_revision)
{
	char *revision = NULL;

	for (size_t i = 0; mb_revision_variables[i]; i++) {
		const char *value = getenv(mb_revision_variables[i]);

		if (!value || !*value)
			continue;
		revision = strdup(value);
		if (!revision)
			return MB_FAIL(err, -ENOMEM, "out of memory");
		*ret_revision = revision;
		return 0;
	}
	revision = ask_git();
	if (!revision)
		return MB_FAIL(err, -ENOENT,
			       "no revision: no variable of a CI is set and no git "
			       "tree is here; give --rev NAME");
	*ret_revision = revision;
	return 0;
}
