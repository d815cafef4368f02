/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_PROCESS_H
#define MB_CLI_GATE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A process that a gate starts: in a process group of its own, so that a terminal's Ctrl-C is ours to pass on and a wrapper's children end with
 * it, and killed by the kernel when the thread that has started it ends.
 */
#define MB_GATE_PROCESS_NOT_STARTED 127 /* exit status, as shells have it */

/* fds become its standard input, output and error; argv ends with NULL. Its pid, or a negative errno. */
pid_t mb_gate_process_start(const char *program, const char *const argv[], const int fds[3]);

/* Whether it has ended; what it had started is then killed. Does not wait. */
bool mb_gate_process_ended(pid_t pid, int *ret_status);

/* Waits for the end, not much longer than a second. Likewise. */
bool mb_gate_process_reap(pid_t pid, int *ret_status);

/* Kills it with all that it has started, and waits. */
void mb_gate_process_kill(pid_t pid);

/* "died of signal 11, Segmentation fault", "ended with exit status 2". */
void mb_gate_process_describe(int status, char *text, size_t size);

#endif
