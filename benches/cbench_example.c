/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cbench.h"

/*
 * How a C program measures with cbench: it needs cbench.h, cbench_fit.h, cbench.cc and Google Benchmark, and
 * nothing else of memboot.
 *
 *   cbench_example [--benchmark_FLAG[=VALUE]...]
 *
 * Exit status: 0; 1 when a benchmark failed; 2 for a wrong argument, or when nothing matches.
 */

#define BATCH 16

/*
 * A short body in a batch loop: one call of the library for 16 sums. Bytes and items become rates,
 * a counter is shown as it is.
 */
static int sum(struct cbench_state *state, void *arg)
{
	size_t words = (size_t)cbench_arg(state, 0);
	uint64_t *data = calloc(words, sizeof(*data)), rounds = 0;
	volatile uint64_t total = 0;

	if (!data)
		return -ENOMEM;
	for (size_t i = 0; i < words; i++)
		data[i] = i;
	while (cbench_keep_running_batch(state, BATCH)) {
		for (unsigned b = 0; b < BATCH; b++)
			for (size_t i = 0; i < words; i++)
				total += data[i];
		rounds += BATCH;
	}
	if (total != rounds * words * (words - 1) / 2)
		cbench_fail(state, "the sum is wrong");
	cbench_set_bytes(state, rounds * words * sizeof(*data));
	cbench_set_items(state, rounds * words);
	cbench_set_counter(state, "words", (double)words, CBENCH_VALUE);
	free(data);
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* The clock stands still while there is something to prepare for the next round. */
static int sort(struct cbench_state *state, void *arg)
{
	size_t n = (size_t)cbench_arg(state, 0);
	uint32_t *numbers = calloc(n, sizeof(*numbers)), seed = 1;

	if (!numbers)
		return -ENOMEM;
	while (cbench_keep_running(state)) {
		cbench_pause(state);
		for (size_t i = 0; i < n; i++)
			numbers[i] = seed = seed * 1664525 + 1013904223;
		cbench_resume(state);
		qsort(numbers, n, sizeof(*numbers), compare);
	}
	for (size_t i = 1; i < n; i++)
		if (numbers[i - 1] > numbers[i])
			cbench_fail(state, "not in order");
	free(numbers);
	return 0;
}

/* Manual time need not be a clock's: here each comparison of a binary search counts as 1 ns. */
static int search(struct cbench_state *state, void *arg)
{
	uint64_t n = (uint64_t)cbench_arg(state, 0);

	while (cbench_keep_running(state)) {
		uint64_t low = 0, high = n, steps = 0;

		while (high - low > 1) {
			low += (high - low) / 2;
			steps++;
		}
		cbench_set_time(state, (double)steps * 1e-9);
	}
	return 0;
}

/* A part of what happens is timed, by the body's own clock. */
static int read_file(struct cbench_state *state, void *arg)
{
	const char *path = arg;
	char buffer[4096];

	if (!path) {
		cbench_skip(state, "CBENCH_EXAMPLE_FILE names no file to read");
		return 0;
	}
	while (cbench_keep_running(state)) {
		struct timespec start, end;
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return -errno; /* an error with this reason */
		clock_gettime(CLOCK_MONOTONIC, &start);
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		clock_gettime(CLOCK_MONOTONIC, &end);
		close(fd);
		cbench_set_time(state, (double)(end.tv_sec - start.tv_sec) +
					       (double)(end.tv_nsec - start.tv_nsec) * 1e-9);
	}
	return 0;
}

/* One definition for each size: those of one name are what a complexity is fitted over. */
static int add_sizes(struct cbench *bench, struct cbench_def def)
{
	static const int64_t sizes[] = {16, 256, 4096, 65536};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		def.args = &sizes[i];
		def.nr_args = 1;
		r = cbench_register(bench, &def);
	}
	return r;
}

static int add(struct cbench *bench)
{
	static const char *const words_name[] = {"words"}, *const n_name[] = {"n"};
	const struct cbench_def defs[] = {
		{.name = "example/sum", .fn = sum, .arg_names = words_name},
		{.name = "example/sort",
		 .fn = sort,
		 .arg_names = n_name,
		 .complexity = CBENCH_O_N_LOG_N},
		{.name = "example/search",
		 .fn = search,
		 .arg_names = n_name,
		 .flags = CBENCH_MANUAL_TIME,
		 .iterations = 100,
		 .complexity = CBENCH_O_AUTO},
	};
	const struct cbench_def file = {.name = "example/read",
					.fn = read_file,
					.arg = getenv("CBENCH_EXAMPLE_FILE"),
					.flags = CBENCH_MANUAL_TIME};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(defs) / sizeof(defs[0]); i++)
		r = add_sizes(bench, defs[i]);
	return r ? r : cbench_register(bench, &file);
}

/* Called for every repetition, and then for what was computed from them. */
static int show(const struct cbench_result *run, void *arg)
{
	const char *aggregate = run->aggregate ? run->aggregate : "time";
	unsigned *failed = arg;

	if (run->status != CBENCH_OK) {
		*failed += run->status == CBENCH_ERROR;
		printf("%s %s: %s\n", run->name, run->status == CBENCH_ERROR ? "error" : "skipped",
		       run->reason);
		return 0;
	}
	if (!strcmp(aggregate, "cv") || !strcmp(aggregate, "RMS")) { /* parts of the mean */
		printf("%s %s %.1f %%\n", run->name, aggregate, run->real_ns * 100);
		return 0;
	}
	printf("%s %s %.4g ns", run->name, aggregate, run->real_ns);
	if (*run->curve)
		printf(" * %s", run->curve);
	if (!run->aggregate)
		printf(", CPU %.4g ns, %" PRIu64 " iterations", run->cpu_ns, run->iterations);
	if (run->bytes_per_s > 0)
		printf(", %.3g bytes/s, %.3g items/s", run->bytes_per_s, run->items_per_s);
	for (size_t i = 0; i < run->nr_counters; i++)
		printf(", %s %g", run->counters[i].name, run->counters[i].value);
	printf("\n");
	return 0;
}

static int print_name(const char *name, void *arg)
{
	return puts(name) < 0 ? -EIO : 0;
}

int main(int argc, char **argv)
{
	struct cbench *bench = cbench_new(argv[0]);
	unsigned failed = 0;
	int r;

	if (!bench)
		return 2;
	r = cbench_take_args(bench, &argc, argv);
	if (!r && argc > 1) { /* what is left is no flag of the library */
		fprintf(stderr, "cbench_example: '%s' is no --benchmark_* flag\n", argv[1]);
		cbench_free(bench);
		return 2;
	}
	if (!r)
		r = add(bench);
	if (!r)
		r = cbench_wants_list(bench) ? cbench_list(bench, print_name, NULL)
					     : cbench_run(bench, show, &failed);
	if (r <= 0)
		fprintf(stderr, "cbench_example: %s\n",
			r ? cbench_error(bench) : "nothing matches");
	cbench_free(bench);
	return r <= 0 ? 2 : failed ? 1 : 0;
}
