/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/seed.h"

/* The first words that the published generator gives for a state of 0. */
static void test_next(void **state)
{
	static const uint64_t words[] = {UINT64_C(0xe220a8397b1dcdaf), UINT64_C(0x6e789e6aa1b965f4),
					 UINT64_C(0x06c45d188009454f)};
	struct mb_rng rng = {0};

	for (size_t i = 0; i < MB_ARRAY_SIZE(words); i++)
		assert_true(mb_rng_next(&rng) == words[i]);
}

/* Items of any size, none lost and none twice; nothing beyond them is touched. */
static void test_every_item_once(void **state)
{
	struct mb_rng rng = {.state = seed_or(UINT64_C(0x5eed))};

	for (size_t count = 0; count <= 64; count++)
		for (size_t size = 1; size <= 12; size++) {
			unsigned char items[65 * 12];
			uint64_t seen = 0;

			for (size_t i = 0; i < sizeof(items); i++)
				items[i] = (unsigned char)(i / size);
			mb_rng_shuffle(&rng, items, count, size);
			for (size_t i = 0; i < count; i++) {
				for (size_t k = 1; k < size; k++)
					assert_int_equal(items[i * size + k], items[i * size]);
				assert_in_range(items[i * size], 0, count - 1);
				seen |= UINT64_C(1) << items[i * size];
			}
			assert_int_equal(__builtin_popcountll(seen), count);
			for (size_t i = count * size; i < sizeof(items); i++)
				assert_int_equal(items[i], (unsigned char)(i / size));
		}
}

/* 0 to 23: which of its orders four items are in. */
static size_t rank(const unsigned *items)
{
	size_t rank = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t smaller = 0;

		for (size_t k = i + 1; k < 4; k++)
			smaller += items[k] < items[i];
		rank = rank * (4 - i) + smaller;
	}
	return rank;
}

/* All orders of four come about as often: 24,000 times, 1,000 ± 31 each; seven such deviations are no chance. */
static void test_every_order(void **state)
{
	struct mb_rng rng = {.state = seed_or(UINT64_C(0x5eed))};
	size_t times[24] = {0};

	for (size_t i = 0; i < 24000; i++) {
		unsigned items[] = {0, 1, 2, 3};

		mb_rng_shuffle(&rng, items, MB_ARRAY_SIZE(items), sizeof(*items));
		times[rank(items)]++;
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(times); i++)
		assert_in_range(times[i], 780, 1220);
}

static void test_same_seed(void **state)
{
	struct mb_rng one = {.state = seed_or(UINT64_C(0x5eed))}, two = one,
		      other = {.state = one.state + 1};
	uint64_t first[32], second[32], third[32];

	for (size_t i = 0; i < MB_ARRAY_SIZE(first); i++)
		first[i] = second[i] = third[i] = i;
	mb_rng_shuffle(&one, first, MB_ARRAY_SIZE(first), sizeof(*first));
	mb_rng_shuffle(&two, second, MB_ARRAY_SIZE(second), sizeof(*second));
	mb_rng_shuffle(&other, third, MB_ARRAY_SIZE(third), sizeof(*third));
	assert_memory_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, third, sizeof(first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_every_item_once),
		cmocka_unit_test(test_every_order),
		cmocka_unit_test(test_same_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
