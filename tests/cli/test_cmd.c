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

static void test_table(void **state)
{
	unsigned seen = MB_CMD_NONE;

	for (size_t i = 0; i < mb_nr_cmds; i++) {
		const struct mb_cmd *cmd = &mb_cmds[i];

		assert_true((seen & cmd->bit) == 0);
		seen |= cmd->bit;
		assert_ptr_equal(mb_cmd_find(cmd->name), cmd);
		assert_string_equal(mb_cmd_name(i), cmd->name);
		assert_true((cmd->args != NULL) == (cmd->max_args > 0));
		assert_non_null(cmd->run);
		assert_true(*cmd->summary && *cmd->text);
	}
	assert_null(mb_cmd_name(mb_nr_cmds));
	assert_null(mb_cmd_find("nonsense"));
	assert_null(mb_cmd_find(""));
}

static void test_options_belong_to_commands(void **state)
{
	unsigned known = MB_CMD_NONE;

	for (size_t i = 0; i < mb_nr_cmds; i++)
		known |= mb_cmds[i].bit;
	for (size_t i = 0; i < mb_opts_count; i++)
		assert_true(mb_opts_table[i].commands == MB_CMD_ALL ||
			    !(mb_opts_table[i].commands & ~known));
}

static void test_topics(void **state)
{
	size_t nr = 0;

	while (mb_cmd_list_topic(nr))
		nr++;
	assert_true(nr >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_options_belong_to_commands),
		cmocka_unit_test(test_topics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
