/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/progress.h"
#include "cli/term.h"
#include "core/base/align.h"

#define DELAY_MS    500 /* work that takes less shows nothing */
#define INTERVAL_MS 100
#define LINE_BYTES  256
#define BAR_MIN     8
#define BAR_MAX     40

struct mb_progress {
	pthread_t thread;
	pthread_mutex_t lock; /* what follows; held while fn runs */
	pthread_cond_t wake;
	mb_progress_fn *fn;
	void *arg;
	bool stop;
	bool drawn; /* the thread's own */
};

/* ", 3 min left": as exact as such a guess is. */
static void add_left(double seconds, char *text, size_t size)
{
	static const struct {
		double most, unit;
		const char *name;
	} units[] = {{90, 1, "s"}, {90 * 60, 60, "min"}, {HUGE_VAL, 3600, "h"}};
	size_t i = 0;

	text[0] = '\0';
	if (!(seconds > 0))
		return;
	while (seconds >= units[i].most && i + 1 < MB_ARRAY_SIZE(units))
		i++;
	snprintf(text, size, ", %.0f %s left", fmin(ceil(seconds / units[i].unit), 9999),
		 units[i].name);
}

void mb_progress_line(const struct mb_progress_view *view, unsigned columns, char *ret_line,
		      size_t size)
{
	size_t room = mb_min(columns ? columns - 1 : 0, size - 1);
	char bar[BAR_MAX + 1], left[32];
	size_t width, filled;
	double percent;

	ret_line[0] = '\0';
	if (!view->total) {
		snprintf(ret_line, room + 1, "%s", view->label);
		return;
	}
	percent = 100.0 * (double)mb_min(view->done, view->total) / (double)view->total;
	add_left(view->left_s, left, sizeof(left));
	/* "label  [####....]  100 %, 3 min left" */
	width = strlen(view->label) + 11 + strlen(left);
	width = room > width ? mb_min(room - width, BAR_MAX) : 0;
	if (width < BAR_MIN) {
		snprintf(ret_line, room + 1, "%3.0f %%%s  %s", percent, left, view->label);
		return;
	}
	filled = (size_t)((double)width * percent / 100);
	memset(bar, '#', filled);
	memset(bar + filled, '.', width - filled);
	bar[width] = '\0';
	snprintf(ret_line, room + 1, "%s  [%s]  %3.0f %%%s", view->label, bar, percent, left);
}

static void put(const char *line)
{
	char bytes[LINE_BYTES + 8];
	int length = snprintf(bytes, sizeof(bytes), "\r%s\033[K", line);

	if (length > 0)
		(void)!write(STDERR_FILENO, bytes, mb_min((size_t)length, sizeof(bytes) - 1));
}

static void draw(struct mb_progress *progress)
{
	struct mb_progress_view view = {0};
	char line[LINE_BYTES];

	if (!progress->fn)
		return;
	progress->fn(progress->arg, &view);
	mb_progress_line(&view, mb_term_columns(STDERR_FILENO), line, sizeof(line));
	put(line);
	progress->drawn = true;
}

static struct timespec after_ms(struct timespec from, long ms)
{
	from.tv_nsec += ms * 1000000;
	from.tv_sec += from.tv_nsec / 1000000000;
	from.tv_nsec %= 1000000000;
	return from;
}

static void *draw_until_stopped(void *arg)
{
	struct mb_progress *progress = arg;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	next = after_ms(next, DELAY_MS);
	pthread_mutex_lock(&progress->lock);
	while (!progress->stop) {
		if (pthread_cond_timedwait(&progress->wake, &progress->lock, &next) == 0)
			continue;
		draw(progress);
		clock_gettime(CLOCK_MONOTONIC, &next);
		next = after_ms(next, INTERVAL_MS);
	}
	pthread_mutex_unlock(&progress->lock);
	if (progress->drawn)
		put("");
	return NULL;
}

struct mb_progress *mb_progress_new(bool wanted)
{
	struct mb_progress *progress;
	pthread_condattr_t attr;

	if (!wanted || !isatty(STDERR_FILENO) || mb_term_is_dumb())
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	pthread_mutex_init(&progress->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&progress->thread, NULL, draw_until_stopped, progress) == 0)
		return progress;
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
	return NULL;
}

void mb_progress_watch(struct mb_progress *progress, mb_progress_fn *fn, void *arg)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->fn = fn;
	progress->arg = arg;
	pthread_mutex_unlock(&progress->lock);
}

void mb_progress_free(struct mb_progress *progress)
{
	if (!progress)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->stop = true;
	pthread_cond_signal(&progress->wake);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	free(progress);
}
