/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/stream.h"

/* Around the sizes at which there has to be more room, and at the limit. */
static void test_sizes(void **state)
{
	static const struct {
		size_t bytes, max_bytes;
		int code;
	} cases[] = {
		{0, 0, 0},
		{1, 0, -EFBIG},
		{0, 100, 0},
		{100, 100, 0},
		{101, 100, -EFBIG},
		{16383, 1 << 20, 0},
		{16384, 1 << 20, 0},
		{16385, 1 << 20, 0},
		{100000, 1 << 20, 0},
		{1 << 20, 1 << 20, 0},
		{(1 << 20) + 1, 1 << 20, -EFBIG},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		FILE *file = tmpfile();
		char *text = NULL;
		size_t length = 77;

		for (size_t k = 0; k < cases[i].bytes; k++)
			putc((int)(k % 251), file);
		rewind(file);
		assert_int_equal(mb_stream_read(file, cases[i].max_bytes, &text, &length),
				 cases[i].code);
		assert_int_equal(length, cases[i].code ? 77 : cases[i].bytes);
		assert_int_equal(text == NULL, cases[i].code != 0);
		for (size_t k = 0; text && k < length; k++)
			assert_int_equal((unsigned char)text[k], k % 251);
		if (text)
			assert_int_equal(text[length], 0);
		free(text);
		fclose(file);
	}
}

/* Neither a device without an end nor a folder holds anybody up. */
static void test_odd(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{"/dev/zero", -EFBIG},
		{"/dev/random", -EFBIG},
		{"/dev/null", 0},
		{"/", -EISDIR},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		FILE *file = fopen(cases[i].path, "r");
		char *text = NULL;
		size_t length;

		assert_non_null(file);
		assert_int_equal(mb_stream_read(file, 1 << 20, &text, &length), cases[i].code);
		free(text);
		fclose(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_odd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
