/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/clock.h"
#include "numa/sysroot_file.h"

#define ROUNDS          16
#define READS_PER_ROUND 4096

uint64_t mb_clock_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void read_source(char *source, size_t size)
{
	static const struct mb_sysroot live = {.path = "/"};
	char *line MB_FREE = NULL;
	int r = mb_sysroot_file_first(
		&live, &line, "sys/devices/system/clocksource/clocksource0/current_clocksource");

	snprintf(source, size, "%s", r ? "" : line);
}

/* The smallest step between reads; 0 when there is none, UINT64_MAX after a step backwards. */
static uint64_t find_step(void)
{
	uint64_t step = UINT64_MAX, last = mb_clock_now_ns();

	for (unsigned i = 0; i < ROUNDS * READS_PER_ROUND; i++) {
		uint64_t now = mb_clock_now_ns();

		if (now < last)
			return UINT64_MAX;
		if (now > last)
			step = mb_min(step, now - last);
		last = now;
	}
	return step == UINT64_MAX ? 0 : step;
}

static double find_read_cost(void)
{
	uint64_t best = UINT64_MAX;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t start = mb_clock_now_ns(), now = start;

		for (unsigned i = 0; i < READS_PER_ROUND; i++)
			now = mb_clock_now_ns();
		best = mb_min(best, now - start);
	}
	return (double)best / READS_PER_ROUND;
}

int mb_clock_probe(struct mb_err *err, struct mb_clock_info *ret_info)
{
	struct mb_clock_info info = {.name = "CLOCK_MONOTONIC"};
	struct timespec resolution = {0};

	if (clock_getres(CLOCK_MONOTONIC, &resolution))
		return MB_FAIL(err, -errno, "CLOCK_MONOTONIC: %s", strerror(errno));
	info.resolution_ns =
		(uint64_t)resolution.tv_sec * 1000000000 + (uint64_t)resolution.tv_nsec;
	info.step_ns = find_step();
	if (!info.step_ns)
		return MB_FAIL(err, -EIO, "CLOCK_MONOTONIC stands still");
	if (info.step_ns == UINT64_MAX)
		return MB_FAIL(err, -EIO, "CLOCK_MONOTONIC went backwards");
	info.read_ns = find_read_cost();
	read_source(info.source, sizeof(info.source));
	*ret_info = info;
	return 0;
}
