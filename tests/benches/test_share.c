/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/share.h"
#include "core/base/align.h"

#define TOTAL   1000
#define THREADS 7

/* Takes chunks until there are none, and counts each thing that it gets. */
struct taker {
	struct mb_share *share;
	unsigned index;
	unsigned char done[TOTAL];
	unsigned chunks;
	uint64_t longest;
};

static void *take_all(void *arg)
{
	struct taker *taker = arg;
	uint64_t start, end;

	while (mb_share_take(taker->share, taker->index, &start, &end)) {
		if (end <= start || end > TOTAL)
			return taker;
		taker->chunks++;
		taker->longest = mb_max(taker->longest, end - start);
		for (uint64_t i = start; i < end; i++)
			taker->done[i]++;
	}
	return NULL;
}

static void check_all_once(const struct taker *takers, unsigned count)
{
	for (size_t i = 0; i < TOTAL; i++) {
		unsigned done = 0;

		for (unsigned t = 0; t < count; t++)
			done += takers[t].done[i];
		assert_int_equal(done, 1);
	}
}

/* Every thing once, by rules and chunks of all sizes, also after another round. */
static void test_all_once(void **state)
{
	static const uint64_t units[] = {1, 3, 32, 999, 1000, 5000};
	const struct mb_share_rule *rule;

	for (size_t r = 0; (rule = mb_share_rule(r)); r++)
		for (size_t u = 0; u < MB_ARRAY_SIZE(units); u++)
			for (unsigned round = 0; round < 4; round++) {
				struct mb_share *share = mb_share_new(
					rule, TOTAL, units[u], THREADS, round < 2 ? 0 : 11 * round);
				struct taker takers[THREADS];
				pthread_t threads[THREADS];
				void *wrong;

				assert_non_null(share);
				for (unsigned again = 0; again < 2; again++) {
					memset(takers, 0, sizeof(takers));
					mb_share_reset(share);
					for (unsigned t = 0; t < THREADS; t++) {
						takers[t].share = share;
						takers[t].index = t;
						assert_int_equal(pthread_create(&threads[t], NULL,
										take_all,
										&takers[t]),
								 0);
					}
					for (unsigned t = 0; t < THREADS; t++) {
						pthread_join(threads[t], &wrong);
						assert_null(wrong);
						assert_true(takers[t].longest <=
							    mb_share_chunk(share));
					}
					check_all_once(takers, THREADS);
				}
				mb_share_free(share);
			}
}

static struct taker take(const char *name, uint64_t unit, unsigned threads)
{
	const struct mb_share_rule *rule = NULL;
	struct taker taker = {0};

	for (size_t i = 0; (rule = mb_share_rule(i)) && strcmp(rule->name, name); i++)
		;
	assert_non_null(rule);
	taker.share = mb_share_new(rule, TOTAL, unit, threads, 0);
	assert_non_null(taker.share);
	take_all(&taker);
	mb_share_free(taker.share);
	return taker;
}

/* What one worker gets when the others sleep. */
static void test_rules(void **state)
{
	struct taker taker = take("static", 10, 4);

	/*   0      250     500     750     1000
	 *   |  w0   |  w1   |  w2   |  w3   |   at once, and no more */
	assert_int_equal(taker.chunks, 1);
	assert_int_equal(taker.longest, 250);
	assert_int_equal(taker.done[249] + taker.done[250], 1);

	/* All of it, section by section. */
	taker = take("queues", 10, 4);
	check_all_once(&taker, 1);
	assert_int_equal(taker.chunks, 100);

	/* 1000 / (4 workers * 4) = 62, rounded up to whole sections. */
	taker = take("padata", 10, 4);
	check_all_once(&taker, 1);
	assert_int_equal(taker.longest, 70);
	assert_int_equal(taker.chunks, 15);

	/* Fewer sections than workers: a section each. */
	taker = take("padata", 400, 4);
	assert_int_equal(taker.longest, 400);
	assert_int_equal(taker.chunks, 3);
}

/* Of any total: the rules that are there deal whole units or all. */
static void test_check(void **state)
{
	static const uint64_t totals[] = {1, 99, 100, 101, 5000, TOTAL};
	const struct mb_share_rule *rule;

	for (size_t i = 0; (rule = mb_share_rule(i)); i++)
		for (size_t t = 0; t < MB_ARRAY_SIZE(totals); t++)
			for (unsigned threads = 1; threads < 9; threads++)
				assert_int_equal(
					mb_share_check(rule, totals[t], 100, threads, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_once),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
