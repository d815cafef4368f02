/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/version.h"
#include "core/base/strbuf.h"

static void test_every_library(void **state)
{
	static const char *const names[] = {"memboot ", "hwloc ",           "libnuma ",
					    "libpfm4 ", "libarchive ",      "SQLite ",
					    "jansson ", "Google Benchmark "};
	struct mb_strbuf buf = {0};
	size_t lines = 0;

	mb_version_add(&buf);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(mb_strbuf_text(&buf), names[i]));
	for (const char *c = mb_strbuf_text(&buf); *c; c++) {
		lines += *c == '\n';
		assert_false(*c == '\n' && c[-1] == ' ');
	}
	assert_int_equal(lines, 8);
	mb_strbuf_fini(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
