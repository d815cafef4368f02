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
#include "cli/help.h"
#include "core/base/strbuf.h"

static void assert_lines_fit(const char *text, size_t width)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		/* A single long word cannot be broken. */
		if (length > width && strchr(text, ' ') < text + length)
			fail_msg("%zu columns: %.*s", length, (int)length, text);
		assert_true(!length || text[length - 1] != ' ');
		text += length + (text[length] == '\n');
	}
}

static void test_program(void **state)
{
	struct mb_strbuf buf = {0};

	mb_help_add(&buf, NULL);
	for (size_t i = 0; i < mb_nr_cmds; i++)
		assert_non_null(strstr(mb_strbuf_text(&buf), mb_cmds[i].name));
	assert_non_null(strstr(mb_strbuf_text(&buf), "Exit status:"));
	assert_null(strstr(mb_strbuf_text(&buf), "print-man"));
	assert_lines_fit(mb_strbuf_text(&buf), 80);
	mb_strbuf_fini(&buf);
}

/* Every command's help has each of its options and none of the others. */
static void test_commands(void **state)
{
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		struct mb_strbuf buf = {0};

		mb_help_add(&buf, &mb_cmds[i]);
		for (size_t k = 0; k < mb_opts_count; k++) {
			char word[64];
			bool has = (mb_opts_table[k].commands & mb_cmds[i].bit) &&
				   mb_opts_table[k].help;

			snprintf(word, sizeof(word), " --%s ", mb_opts_table[k].name);
			if ((strstr(mb_strbuf_text(&buf), word) != NULL) != has &&
			    !(has && strstr(mb_strbuf_text(&buf), mb_opts_table[k].name)))
				fail_msg("%s: %s", mb_cmds[i].name, word);
		}
		assert_lines_fit(mb_strbuf_text(&buf), 80);
		mb_strbuf_fini(&buf);
	}
}

static void test_values_are_listed(void **state)
{
	struct mb_strbuf buf = {0};

	mb_help_add(&buf, mb_cmd_find("boot"));
	assert_non_null(strstr(mb_strbuf_text(&buf), "one of eager, deferred"));
	assert_non_null(strstr(mb_strbuf_text(&buf), "Machine text:"));
	mb_strbuf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_values_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
