/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_INTERRUPT_H
#define MB_CLI_INTERRUPT_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

/*
 * SIGINT, SIGTERM and, unless it is ignored, SIGHUP become a flag that the engine polls; the second
 * one ends the process at once. A thread waits for the signals, so there is no handler. Start it before any other thread: they
 * inherit the blocked signals.
 */
struct mb_interrupt {
	atomic_int cancel; /* the signal's number once one came */
	pthread_t thread;
	int signal_fd, stop_fd;
	sigset_t old;
};

/* 0, or a negative errno; then signals act as before. */
int mb_interrupt_start(struct mb_interrupt *interrupt);

/* The same for a command: MB_EXIT_OK, or the exit status after saying why not. */
struct mb_cli;
int mb_interrupt_begin(const struct mb_cli *cli, struct mb_interrupt *interrupt);

/* Ends the thread and restores the signals. Accepts one that did not start. */
void mb_interrupt_stop(struct mb_interrupt *interrupt);

#endif
