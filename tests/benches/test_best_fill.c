/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/best_fill.h"
#include "core/base/rng.h"

/* A host whose fills take what is written here, times a drift that meets all of a turn. */
struct host {
	const struct mb_fill *best, *lucky; /* lucky: the fastest in one turn of three */
	unsigned calls, calls_per_turn, fail_at;
	const struct mb_fill *newest;
};

static int round_of(void *arg, const struct mb_fill *fill, uint64_t *ret_ns)
{
	struct host *host = arg;
	unsigned turn = host->calls / host->calls_per_turn;
	uint64_t ns = fill == host->best ? 900 : 1000;

	assert_true(fill->unit > 0);
	assert_true(mb_fill_supported(fill));
	if (++host->calls == host->fail_at)
		return -EIO;
	if (fill == host->lucky && turn % 3 == 0)
		ns = 100;
	/* In caches as another one left them it shows nothing. */
	if (fill != host->newest)
		ns = fill == host->best ? 100000 : 1;
	host->newest = fill;
	*ret_ns = ns * (1 + turn * turn);
	return 0;
}

static size_t fills_that_count(const struct mb_fill **ret_fills)
{
	const struct mb_fill *fill;
	size_t count = 0;

	for (size_t i = 0; (fill = mb_fill_row(i)); i++)
		if (fill->unit && mb_fill_supported(fill))
			ret_fills[count++] = fill;
	return count;
}

/* Whichever it is, whatever the host does in between. */
static void test_best(void **state)
{
	const struct mb_fill *fills[32], *got;
	size_t count = fills_that_count(fills);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++) {
			struct host host = {.best = fills[i],
					    .lucky = i == j ? NULL : fills[j],
					    .calls_per_turn = (unsigned)(2 * count)};
			struct mb_bench_run run = {.threads = 1};

			assert_int_equal(mb_best_fill_find(NULL, &run, round_of, &host, &got), 0);
			assert_ptr_equal(got, fills[i]);
			assert_int_equal(host.calls, 2 * count * MB_BEST_FILL_TURNS);
		}
}

/* Looked for once for equal threads and nodes, and a failure is not kept. */
static void test_once(void **state)
{
	struct mb_best_fills found = {0};
	struct mb_bench_run runs[] = {{.threads = 1},
				      {.threads = 2},
				      {.threads = 2, .nid = 1},
				      {.threads = 2, .cpu_nid = 1}};
	const struct mb_fill *fills[32], *got = NULL;
	struct host host = {.fail_at = 3, .calls_per_turn = 1};

	fills_that_count(fills);
	assert_int_equal(mb_best_fill_find(&found, &runs[0], round_of, &host, &got), -EIO);
	assert_null(got);
	assert_int_equal(found.count, 0);
	for (size_t i = 0; i < 4; i++) {
		host = (struct host){.best = fills[0], .calls_per_turn = 100};
		assert_int_equal(mb_best_fill_find(&found, &runs[i], round_of, &host, &got), 0);
		assert_true(host.calls > 0);
		assert_int_equal(found.count, i + 1);
	}
	for (size_t i = 0; i < 4; i++) {
		host = (struct host){.calls_per_turn = 1};
		assert_int_equal(mb_best_fill_find(&found, &runs[i], round_of, &host, &got), 0);
		assert_int_equal(host.calls, 0);
		assert_ptr_equal(got, fills[0]);
	}
}

/* More surroundings than there is room for are looked for each time. */
static void test_full(void **state)
{
	struct mb_best_fills found = {0};
	const struct mb_fill *got;

	for (unsigned i = 1; i <= MB_BEST_FILLS_MAX + 2; i++) {
		struct mb_bench_run run = {.threads = i};
		struct host host = {.calls_per_turn = 100};

		assert_int_equal(mb_best_fill_find(&found, &run, round_of, &host, &got), 0);
		assert_true(host.calls > 0);
	}
	assert_int_equal(found.count, MB_BEST_FILLS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_best),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
