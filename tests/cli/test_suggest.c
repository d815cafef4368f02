/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/suggest.h"
#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/seed.h"

static const char *next_word(const void *arg, size_t index)
{
	static const char *const words[] = {"boot", "topo",    "list",
					    "help", "machine", "machine-file"};

	(void)arg;
	return index < MB_ARRAY_SIZE(words) ? words[index] : NULL;
}

/*
 * The definition, without a table: the last letters are equal, changed, added, left out or swapped.
 */
static unsigned naive(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned best, other;

	if (!na || !nb)
		return (unsigned)(na + nb);
	best = naive(a, na - 1, b, nb - 1) + (a[na - 1] != b[nb - 1]);
	other = naive(a, na - 1, b, nb) + 1;
	best = other < best ? other : best;
	other = naive(a, na, b, nb - 1) + 1;
	best = other < best ? other : best;
	if (na > 1 && nb > 1 && a[na - 1] == b[nb - 2] && a[na - 2] == b[nb - 1]) {
		other = naive(a, na - 2, b, nb - 2) + 1;
		best = other < best ? other : best;
	}
	return best;
}

static void random_word(struct mb_rng *rng, char *word)
{
	size_t length = mb_rng_below(rng, 7);

	for (size_t i = 0; i < length; i++)
		word[i] = (char)('a' + mb_rng_below(rng, 3));
	word[length] = '\0';
}

static void test_distance_is_the_definition(void **state)
{
	struct mb_rng rng = {seed_or(20261122)};
	char a[8], b[8];

	for (int i = 0; i < 2000; i++) {
		random_word(&rng, a);
		random_word(&rng, b);
		if (mb_suggest_distance(a, b) != naive(a, strlen(a), b, strlen(b)))
			fail_msg("'%s' '%s': %u", a, b, mb_suggest_distance(a, b));
	}
}

static void test_long_words_are_cut(void **state)
{
	char a[200], b[200];

	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	a[199] = b[199] = '\0';
	assert_int_equal(mb_suggest_distance(a, b), 63);
	assert_int_equal(mb_suggest_distance(a, ""), 63);
}

static void test_suggestions(void **state)
{
	assert_string_equal(mb_suggest("boto", next_word, NULL), "boot");
	assert_string_equal(mb_suggest("bot", next_word, NULL), "boot");
	assert_string_equal(mb_suggest("machin", next_word, NULL), "machine");
	assert_string_equal(mb_suggest("machine-fiel", next_word, NULL), "machine-file");
	assert_null(mb_suggest("xyzzy", next_word, NULL));
	assert_null(mb_suggest("", next_word, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance_is_the_definition),
		cmocka_unit_test(test_long_words_are_cut),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
