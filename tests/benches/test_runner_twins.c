/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/runner_twins.h"

/* --- a row that writes down who does what --- */

struct journal {
	char letters
		[512]; /* a, b: rounds of the passes; A, B: their setups; L: a round of the limit; v, t: validate, teardown */
	size_t length;
	unsigned opened;
	int fails[2];     /* what the setup of a pass returns */
	int wrong;        /* what validate returns */
	unsigned dies_at; /* the round that fails; 0: none */
	unsigned rounds;
};

static struct journal *journal_of(const struct mb_bench_run *run)
{
	return (struct journal *)(uintptr_t)run->row->param;
}

static void note(struct journal *journal, char letter)
{
	assert_true(journal->length + 1 < sizeof(journal->letters));
	journal->letters[journal->length++] = letter;
}

static int setup(struct mb_bench_run *run)
{
	struct journal *journal = journal_of(run);
	unsigned which = journal->opened++;

	run->data = (void *)(uintptr_t)(which + 1);
	note(journal, (char)('A' + which));
	return journal->fails[which] ? MB_FAIL(&run->err, journal->fails[which], "no room for %c",
					       (char)('A' + which))
				     : 0;
}

static char letter_of(const struct mb_bench_run *run)
{
	return (char)('a' + (uintptr_t)run->data - 1);
}

static int run_round(struct mb_bench_run *run)
{
	struct journal *journal = journal_of(run);

	note(journal, letter_of(run));
	run->ns = letter_of(run) == 'a' ? 1000 : 3000;
	return ++journal->rounds == journal->dies_at ? -EIO : 0;
}

static int limit_turn(struct mb_bench_run *run, uint64_t *ret_ns)
{
	note(journal_of(run), 'L');
	*ret_ns = 500;
	return 0;
}

static int validate(struct mb_bench_run *run)
{
	note(journal_of(run), 'v');
	return journal_of(run)->wrong;
}

static void teardown(struct mb_bench_run *run)
{
	note(journal_of(run), 't');
}

static int run_twins(struct journal *journal, uint64_t rounds, bool in_turns, struct mb_err *err,
		     struct mb_runner_twins **ret_twins)
{
	const struct mb_bench row = {.group = "test",
				     .name = "row",
				     .param = journal,
				     .setup = setup,
				     .run = run_round,
				     .validate = validate,
				     .teardown = teardown,
				     .limit_turn = limit_turn};
	const struct mb_bench_env env = {.arena_bytes = 4096};

	return mb_runner_twins_run(&row, &env, 0, rounds, in_turns, err, ret_twins);
}

/* --- the tests --- */

/* Slices change hands as A B B A; a slice of several rounds has one more, which does not count. */
static void test_order(void **state)
{
	static const struct {
		uint64_t rounds;
		const char *letters;
	} cases[] = {
		{3, "ABabbaabvvtt"},
		{8, "ABabbaabbaabbaabbavvtt"},
		{17, "ABaaabbbbbbaaaaaabbbbbbaaaaaabbbbbbaaaaaabbbbbbaaaabvvtt"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct journal journal = {.length = 0};
		struct mb_runner_twins *twins = NULL;
		struct mb_err err = {0};

		assert_int_equal(run_twins(&journal, cases[i].rounds, false, &err, &twins), 0);
		assert_string_equal(journal.letters, cases[i].letters);
		for (uint64_t r = 0; r < cases[i].rounds; r++) {
			assert_int_equal(twins->passes[0].ns[r], 1000);
			assert_int_equal(twins->passes[1].ns[r], 3000);
		}
		mb_runner_twins_free(twins);
	}
}

/* Each pass has its own ratio to the limit. */
static void test_limit(void **state)
{
	struct journal journal = {.length = 0};
	struct mb_runner_twins *twins = NULL;
	struct mb_err err = {0};
	double ratio;

	assert_int_equal(run_twins(&journal, 10, true, &err, &twins), 0);
	/* A round of each kind that does not count begins every slice, short ones too. */
	assert_memory_equal(journal.letters, "ABaaLLbbLLLLbbLLaa", 18);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(twins->passes[i].turns.count, 10);
		assert_int_equal(mb_turns_ratio(&twins->passes[i].turns, &ratio), 0);
		assert_true(fabs(ratio - (i ? 500.0 / 3000 : 0.5)) < 1e-9);
	}
	mb_runner_twins_free(twins);
}

/* Whatever fails, all that was set up is torn down, and the reason is that of the pass. */
static void test_failures(void **state)
{
	static const struct {
		struct journal journal;
		int code;
		const char *letters, *reason;
	} cases[] = {
		{{.fails = {-ENOMEM, 0}}, -ENOMEM, "At", "no room for A"},
		{{.fails = {0, -ENOTSUP}}, -ENOTSUP, "ABtt", "no room for B"},
		{{.dies_at = 3}, -EIO, "ABabbtt", ""},
		{{.wrong = -EUCLEAN}, -EUCLEAN, "ABabbaabvtt", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct journal journal = cases[i].journal;
		struct mb_runner_twins *twins = NULL;
		struct mb_err err = {0};

		assert_int_equal(run_twins(&journal, 3, false, &err, &twins), cases[i].code);
		assert_string_equal(journal.letters, cases[i].letters);
		assert_string_equal(err.text, cases[i].reason);
		assert_null(twins);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
