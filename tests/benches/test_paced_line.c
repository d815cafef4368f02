/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/paced_line.h"
#include "core/base/align.h"
#include "tests/seed.h"

static int parse(const char *text, struct mb_paced_line *ret_line)
{
	return mb_paced_line_parse(text, strlen(text), ret_line);
}

/* Each word as it stands in the header, read and written again. */
static void test_words(void **state)
{
	static const char *const lines[MB_PACED_NR_WORDS] = {
		[MB_PACED_HELLO] = "memboot-paced 1 12",
		[MB_PACED_ROW] = "row 3 pageinit/kernel/threads:1",
		[MB_PACED_OPEN] = "open 3",
		[MB_PACED_OPENED] = "opened 3",
		[MB_PACED_TURN] = "turn 250",
		[MB_PACED_TOOK] = "took 1234.5 1e+20",
		[MB_PACED_CLOSE] = "close",
		[MB_PACED_CLOSED] = "closed 18446744073709551615 2 3",
		[MB_PACED_END] = "end",
		[MB_PACED_FAILED] = "failed error page 7 is wrong: flags",
		[MB_PACED_WRONG] = "wrong no row is open",
	};

	for (size_t i = 0; i < MB_PACED_NR_WORDS; i++) {
		struct mb_paced_line line;
		struct mb_strbuf text = {0};

		assert_int_equal(parse(lines[i], &line), 0);
		assert_int_equal(line.word, i);
		mb_paced_line_add(&text, &line);
		assert_int_equal(strncmp(mb_strbuf_text(&text), lines[i], strlen(lines[i])), 0);
		assert_string_equal(mb_strbuf_text(&text) + strlen(lines[i]), "\n");
		mb_strbuf_fini(&text);
	}
}

static void test_values(void **state)
{
	struct mb_paced_line line;

	assert_int_equal(parse("took 0.1 7", &line), 0);
	assert_true(line.ns == 0.1 && line.loop_ns == 7);
	assert_int_equal(parse("closed 1 2 3", &line), 0);
	assert_true(line.pages == 1 && line.ops == 2 && line.bytes == 3);
	assert_int_equal(parse("failed skipped one node only", &line), 0);
	assert_string_equal(line.status, "skipped");
	assert_string_equal(line.text, "one node only");
	assert_int_equal(parse("memboot-paced 2 0", &line), 0);
	assert_true(line.version == 2 && line.rows == 0);
}

/* Anything else is refused and changes nothing. */
static void test_garbage(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"row",
		"row ",
		"row 3",
		"row 3 ",
		"row x name",
		"row  3 name",
		"row -1 name",
		"Row 3 name",
		" row 3 name",
		"row 18446744073709551616 name",
		"row 3 na\tme",
		"row 3 na\nme",
		"row 3 \xc3\xa9",
		"open",
		"open 3 ",
		"open 3 4",
		"close 1",
		"close ",
		"end\r",
		"took 1",
		"took 1 nan",
		"took inf 1",
		"took -1 1",
		"took 0x10 1",
		"took 1e999 1",
		"took 1..2 1",
		"took 1, 1",
		"took 1 1 1",
		"failed error",
		"failed  error",
		"failed averyveryverylongstatus x",
		"memboot-paced 1",
		"memboot-paced",
		"bench time ns/page",
		"{\"word\": \"open\"}",
	};
	struct mb_paced_line line, before;

	memset(&line, 0x5a, sizeof(line));
	before = line;
	for (size_t i = 0; i < MB_ARRAY_SIZE(lines); i++) {
		if (parse(lines[i], &line) != -EINVAL)
			fail_msg("'%s' was accepted", lines[i]);
		assert_memory_equal(&line, &before, sizeof(line));
	}
	assert_int_equal(mb_paced_line_parse("open 3\0", 7, &line), -EINVAL);
	assert_int_equal(mb_paced_line_parse("end\0", 4, &line), -EINVAL);
}

/* Bytes of all kinds, and words that were damaged: what is read can be written and read again. */
static void test_random(void **state)
{
	static const char bytes[] =
		"row open turn took close closed end failed memboot-paced 0123456789.e+- \t\xff";
	unsigned seed = (unsigned)seed_or(20240607), read = 0;

	for (int i = 0; i < 200000; i++) {
		char text[64];
		size_t length = (size_t)(rand_r(&seed) % 40);
		struct mb_paced_line line, again;
		struct mb_strbuf out = {0};

		for (size_t j = 0; j < length; j++)
			text[j] = bytes[(size_t)rand_r(&seed) % sizeof(bytes)];
		if (i % 2)
			length =
				(size_t)snprintf(text, sizeof(text), "took %d.%d %d", rand_r(&seed),
						 rand_r(&seed) % 1000, rand_r(&seed));
		if (i % 4 == 1)
			text[(size_t)rand_r(&seed) % length] =
				bytes[(size_t)rand_r(&seed) % sizeof(bytes)];
		if (mb_paced_line_parse(text, length, &line))
			continue;
		read++;
		mb_paced_line_add(&out, &line);
		assert_int_equal(mb_paced_line_parse(out.data, out.length - 1, &again), 0);
		assert_memory_equal(&line, &again, sizeof(line));
		mb_strbuf_fini(&out);
	}
	assert_true(read > 10000);
}

/* A reason of any length and any bytes is still one line that can be read. */
static void test_long_text(void **state)
{
	struct mb_paced_line line = {.word = MB_PACED_FAILED, .status = "error"}, again;
	struct mb_strbuf text = {0};

	memset(line.text, 'x', sizeof(line.text) - 1);
	line.text[3] = '\n';
	line.text[4] = (char)0xc3;
	mb_paced_line_add(&text, &line);
	assert_true(text.length < MB_PACED_LINE_BYTES);
	assert_int_equal(mb_paced_line_parse(text.data, text.length - 1, &again), 0);
	assert_int_equal(strncmp(again.text, "xxx??xxx", 8), 0);
	mb_strbuf_fini(&text);
	line.text[0] = '\0';
	mb_paced_line_add(&text, &line);
	assert_string_equal(mb_strbuf_text(&text), "failed error -\n");
	mb_strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_garbage),   cmocka_unit_test(test_random),
		cmocka_unit_test(test_long_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
