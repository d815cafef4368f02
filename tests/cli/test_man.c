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
#include "cli/doc.h"
#include "cli/man.h"
#include "core/base/strbuf.h"

/* mandoc's own lint runs in tests/e2e; here is what it cannot know. */
static void test_everything_is_in_it(void **state)
{
	struct mb_strbuf buf = {0};
	const char *page;
	char word[80];

	mb_man_add(&buf);
	page = mb_strbuf_text(&buf);
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		snprintf(word, sizeof(word), ".Ss memboot %s\n", mb_cmds[i].name);
		assert_non_null(strstr(page, word));
	}
	for (size_t i = 0; i < mb_opts_count; i++) {
		snprintf(word, sizeof(word), "Fl \\-%s", mb_opts_table[i].name);
		assert_true((strstr(page, word) != NULL) == (mb_opts_table[i].help != NULL));
	}
	for (size_t i = 0; i < mb_doc_nr_sections; i++) {
		snprintf(word, sizeof(word), ".Sh %s\n", mb_doc_sections[i].title);
		assert_non_null(strstr(page, word));
	}
	mb_strbuf_fini(&buf);
}

/* No line of text begins like a macro by accident, none is long. */
static void test_lines(void **state)
{
	struct mb_strbuf buf = {0};

	mb_man_add(&buf);
	for (const char *line = mb_strbuf_text(&buf); *line; line += strcspn(line, "\n") + 1) {
		assert_int_not_equal(line[0], '\'');
		assert_int_not_equal(line[0], '\n');
		assert_true(strcspn(line, "\n") <= 80);
		if (line[0] == '.')
			assert_true((line[1] >= 'A' && line[1] <= 'Z') || line[1] == '\\');
	}
	mb_strbuf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_in_it),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
