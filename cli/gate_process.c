/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/gate_process.h"

#define REAP_STEPS 200 /* of 5 ms: until a process that was told to end is given up */
#define NR_OPENS   3

/* Between fork and exec, where only what is safe in a signal handler may be done. */
static void become(const char *program, const char *const argv[], const int fds[3], pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(MB_GATE_PROCESS_NOT_STARTED);
	for (int i = 0; i < NR_OPENS; i++)
		if (dup2(fds[i], i) < 0)
			_exit(MB_GATE_PROCESS_NOT_STARTED);
	execvp(program, (char *const *)(uintptr_t)argv);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(MB_GATE_PROCESS_NOT_STARTED);
}

pid_t mb_gate_process_start(const char *program, const char *const argv[], const int fds[3])
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		become(program, argv, fds, parent);
	setpgid(pid, pid);
	return pid;
}

bool mb_gate_process_ended(pid_t pid, int *ret_status)
{
	if (waitpid(pid, ret_status, WNOHANG) != pid)
		return false;
	/* What a wrapper has left. */
	kill(-pid, SIGKILL);
	return true;
}

bool mb_gate_process_reap(pid_t pid, int *ret_status)
{
	for (int i = 0; i < REAP_STEPS; i++) {
		if (mb_gate_process_ended(pid, ret_status))
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

void mb_gate_process_kill(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	mb_gate_process_reap(pid, &status);
}

void mb_gate_process_describe(int status, char *text, size_t size)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "died of signal %d, %.30s", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "ended with exit status %d", WEXITSTATUS(status));
}
