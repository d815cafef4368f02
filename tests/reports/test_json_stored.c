/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "reports/conditions.h"
#include "reports/json_stored.h"

/* Those of the file's facts, or none for want of memory. */
static int take(const json_t *root, struct mb_err *err, void *arg)
{
	struct mb_conditions conditions = {0};
	int rc = mb_json_conditions_read(root, err, &conditions);

	if (!rc && mb_conditions_find(&conditions, "memory"))
		rc = -ENOMEM;
	if (!rc)
		*(size_t *)arg = conditions.count;
	mb_conditions_fini(&conditions);
	return rc;
}

static const struct mb_json_stored kind = {"memboot_word", 3, "word", "say it anew", take};

static void test_files(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *why;
	} cases[] = {
		{"", -EINVAL, "is empty"},
		{"{", -EINVAL, "line 1 is not JSON"},
		{"{\"memboot_word\": 3, \"memboot_word\": 3}", -EINVAL, "line 1 is not JSON"},
		{"[]", -EINVAL, "is no word that memboot has written"},
		{"{\"memboot_word\": 2.5}", -EINVAL, "is no word that memboot has written"},
		{"{\"memboot_word\": 2}", -ESTALE,
		 "is of an older memboot: version 2, and this one reads 3; say it anew"},
		{"{\"memboot_word\": 4}", -EINVAL,
		 "is of a newer memboot: version 4, and this one reads 3"},
		{"{\"memboot_word\": 3}", -EINVAL, "facts are missing"},
		{"{\"memboot_word\": 3, \"facts\": {\"memory\": \"none\"}}", -ENOMEM,
		 "out of memory"},
		{"{\"memboot_word\": 3, \"facts\": {\"a\": \"b\"}}", 0, ""},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		char path[] = "/tmp/memboot-test-XXXXXX";
		ssize_t length = (ssize_t)strlen(cases[i].text);
		struct mb_err err = {0};
		size_t got = 0;
		int fd = mkstemp(path);

		assert_int_equal(write(fd, cases[i].text, (size_t)length), length);
		close(fd);
		assert_int_equal(mb_json_stored_read(path, &kind, &err, &got), cases[i].code);
		assert_string_equal(err.text, cases[i].why);
		assert_int_equal(got, cases[i].code ? 0 : 1);
		unlink(path);
	}
}

static void test_odd(void **state)
{
	static const struct {
		const char *path;
		int code;
		const char *why;
	} cases[] = {
		{"/nowhere/word.json", -ENOENT, "No such file or directory"},
		{"/dev/zero", -EFBIG, "is larger than 16 MiB"},
		{"/dev/null", -EINVAL, "is empty"},
		{"/", -EISDIR, "Is a directory"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_err err = {0};
		size_t got = 0;

		assert_int_equal(mb_json_stored_read(cases[i].path, &kind, &err, &got),
				 cases[i].code);
		assert_string_equal(err.text, cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
