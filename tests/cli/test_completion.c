/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cmd.h"
#include "cli/completion.h"
#include "core/base/strbuf.h"

/* What bash makes of it is tested in tests/e2e. */
static void test_every_argument_has_a_case(void **state)
{
	struct mb_strbuf buf = {0};
	char word[80];

	mb_completion_add(&buf);
	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];

		snprintf(word, sizeof(word), "--%s)", opt->name);
		assert_true((strstr(mb_strbuf_text(&buf), word) != NULL) ==
			    (opt->arg && opt->help));
		for (size_t k = 0; opt->values && opt->values(k); k++)
			assert_non_null(strstr(mb_strbuf_text(&buf), opt->values(k)));
	}
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		snprintf(word, sizeof(word), "\t%s)", mb_cmds[i].name);
		assert_non_null(strstr(mb_strbuf_text(&buf), word));
	}
	mb_strbuf_fini(&buf);
}

/* Words stand in single quotes there. */
static void test_no_word_needs_quoting(void **state)
{
	for (size_t i = 0; i < mb_opts_count; i++) {
		assert_null(strpbrk(mb_opts_table[i].name, "'\\ "));
		for (size_t k = 0; mb_opts_table[i].values && mb_opts_table[i].values(k); k++)
			assert_null(strpbrk(mb_opts_table[i].values(k), "'\\ "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_argument_has_a_case),
		cmocka_unit_test(test_no_word_needs_quoting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
