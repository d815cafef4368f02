/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/say.h"

/* The default action, here and now. */
static void die_of(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(128 + number);
}

static void *wait_for_signals(void *arg)
{
	struct mb_interrupt *interrupt = arg;
	struct pollfd fds[] = {{.fd = interrupt->signal_fd, .events = POLLIN},
			       {.fd = interrupt->stop_fd, .events = POLLIN}};
	struct signalfd_siginfo info;

	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[1].revents)
			break;
		if (read(interrupt->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
			continue;
		if (atomic_exchange(&interrupt->cancel, (int)info.ssi_signo))
			die_of((int)info.ssi_signo);
	}
	return NULL;
}

int mb_interrupt_start(struct mb_interrupt *interrupt)
{
	struct sigaction hangup;
	sigset_t set;
	int r;

	*interrupt = (struct mb_interrupt){.signal_fd = -1, .stop_fd = -1};
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* nohup(1) has it ignored; a blocked signal would come all the same. */
	if (!sigaction(SIGHUP, NULL, &hangup) && hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	r = pthread_sigmask(SIG_BLOCK, &set, &interrupt->old);
	if (r)
		return -r;
	interrupt->signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	interrupt->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (interrupt->signal_fd < 0 || interrupt->stop_fd < 0)
		r = errno;
	else
		r = pthread_create(&interrupt->thread, NULL, wait_for_signals, interrupt);
	if (!r)
		return 0;
	if (interrupt->signal_fd >= 0)
		close(interrupt->signal_fd);
	if (interrupt->stop_fd >= 0)
		close(interrupt->stop_fd);
	interrupt->signal_fd = interrupt->stop_fd = -1;
	pthread_sigmask(SIG_SETMASK, &interrupt->old, NULL);
	return -r;
}

int mb_interrupt_begin(const struct mb_cli *cli, struct mb_interrupt *interrupt)
{
	int r = mb_interrupt_start(interrupt);

	if (!r)
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_UNFIT, "no thread can wait for signals: %s%s", strerror(-r),
		      r == -EAGAIN ? "; raise ulimit -u" : "");
}

void mb_interrupt_stop(struct mb_interrupt *interrupt)
{
	const uint64_t one = 1;

	if (interrupt->stop_fd < 0)
		return;
	if (write(interrupt->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one))
		pthread_join(interrupt->thread, NULL);
	close(interrupt->signal_fd);
	close(interrupt->stop_fd);
	interrupt->signal_fd = interrupt->stop_fd = -1;
	pthread_sigmask(SIG_SETMASK, &interrupt->old, NULL);
}
