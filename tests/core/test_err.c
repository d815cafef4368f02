/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/err.h"

/* The first failure stays, with its place; what fails on the way out does not hide it. */
static void first_failure_stays(void **state)
{
	struct mb_err err = {0};
	int line = __LINE__ + 1;
	int r = MB_FAIL(&err, -ENOMEM, "no room for %d things", 7);

	assert_int_equal(r, -ENOMEM);
	assert_int_equal(MB_FAIL(&err, -EIO, "later"), -EIO);
	assert_int_equal(err.code, -ENOMEM);
	assert_string_equal(err.text, "no room for 7 things");
	assert_int_equal(err.line, line);
	assert_non_null(strstr(err.file, "test_err.c"));
	mb_err_clear(&err);
	assert_int_equal(err.code, 0);
	assert_int_equal(MB_FAIL(&err, -EIO, "again"), -EIO);
	assert_string_equal(err.text, "again");
}

/* Without a record only the code comes back; a long text is cut, not overrun. */
static void no_record_and_long_text(void **state)
{
	struct mb_err err = {0};
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	assert_int_equal(MB_FAIL(NULL, -EINVAL, "unheard"), -EINVAL);
	MB_FAIL(&err, -EINVAL, "%s", text);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_failure_stays),
		cmocka_unit_test(no_record_and_long_text),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
