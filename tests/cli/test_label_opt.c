/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/label_opt.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"

static void test_taken(void **state)
{
	static const struct mb_cli cli = {
		.opts.labels = {{"kernel=6.12", "flags=-O2 -g=1", "empty="}, 3},
	};
	static const char *const wanted[][2] = {
		{"kernel", "6.12"}, {"flags", "-O2 -g=1"}, {"empty", ""}};
	struct mb_facts labels = {0};

	assert_int_equal(mb_label_opt_read(&cli, &labels), MB_EXIT_OK);
	assert_int_equal(labels.count, MB_ARRAY_SIZE(wanted));
	for (size_t i = 0; i < labels.count; i++) {
		assert_string_equal(labels.rows[i].name, wanted[i][0]);
		assert_string_equal(labels.rows[i].value, wanted[i][1]);
	}
	mb_label_opt_fini(&labels);
	assert_int_equal(mb_label_opt_read(&(struct mb_cli){0}, &labels), MB_EXIT_OK);
	assert_int_equal(labels.count, 0);
	mb_label_opt_fini(&labels);
}

/* One line, and nothing comes back. */
static void test_refused(void **state)
{
	static const char *const bad[] = {"kernel", "=6.12", "="};

	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		const struct mb_cli cli = {
			.cmd = mb_cmd_find("gate"),
			.opts.labels = {{"kernel=6.12", bad[i]}, 2},
		};
		struct mb_facts labels = {0};
		struct capture err;
		char *text;

		capture_begin(&err, stderr);
		assert_int_equal(mb_label_opt_read(&cli, &labels), MB_EXIT_USAGE);
		text = capture_end(&err);
		assert_non_null(strstr(text, "'--label' takes KEY=VALUE"));
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		assert_null(labels.rows);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
