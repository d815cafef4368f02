/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/kmsg.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

static void records(void **state)
{
	static const struct {
		const char *record, *line; /* line NULL: no record */
	} rows[] = {
		{"6,12,340,-;Zone ranges:\n", "[    0.000340] Zone ranges:\n"},
		{"30,7,12345678901,-;a;b\n SUBSYSTEM=x\n", "[12345.678901] a;b\n"},
		{"6,1,0,-,caller=T1;no end", "[    0.000000] no end\n"},
		{"6,1,0,-;", "[    0.000000] \n"},
		{"6,1,0,-; memory[0x0]\\x09[0x0-0x1]\n",
		 "[    0.000000]  memory[0x0]\t[0x0-0x1]\n"},
		{"6,1,0,-;\\x5cx09 \\xc3\\xa4 \\x1b\\x7f \\x0 \\xg9 \\x0",
		 "[    0.000000] \\x09 \303\244 \\x1b\\x7f \\x0 \\xg9 \\x0\n"},
		{"6,1,7,-;one\\x0atwo\n", "[    0.000007] one\n[    0.000007] two\n"},
		{"no record\n", NULL},
		{"6,x,0,-;text", NULL},
		{"6,1;text", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_strbuf buf = {0};

		assert_int_equal(mb_kmsg_add_record(&buf, rows[i].record, strlen(rows[i].record)),
				 rows[i].line != NULL);
		assert_string_equal(mb_strbuf_text(&buf), rows[i].line ? rows[i].line : "");
		mb_strbuf_fini(&buf);
	}
}

/* A NUL, which is in no record of a kernel, does not end the text. */
static void nul(void **state)
{
	static const char record[] = "6,1,0,-;a\0b\n";
	struct mb_strbuf buf = {0};

	assert_true(mb_kmsg_add_record(&buf, record, sizeof(record) - 1));
	assert_string_equal(mb_strbuf_text(&buf), "[    0.000000] a\\x00b\n");
	mb_strbuf_fini(&buf);
}

static void texts(void **state)
{
	static const struct {
		const char *text, *lines; /* lines NULL: it is no such text */
	} rows[] = {
		{"6,343,1234,-;node 0 up\n", "[    0.001234] node 0 up\n"},
		{"5,0,0,-;a\n SUBSYSTEM=x\n DEVICE=y\n6,1,7,c;b",
		 "[    0.000000] a\n[    0.000007] b\n"},
		{"5,0,0,-;a\ntorn\n", "[    0.000000] a\ntorn\n"},
		{"[    0.000000] a\n5,0,0,-;a\n", NULL},
		{" 5,0,0,-;a\n", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_strbuf buf = {0};

		assert_int_equal(mb_kmsg_add_records(&buf, rows[i].text, strlen(rows[i].text)),
				 rows[i].lines != NULL);
		assert_string_equal(mb_strbuf_text(&buf), rows[i].lines ? rows[i].lines : "");
		mb_strbuf_fini(&buf);
	}
}

static void captured(void **state)
{
	char *tree = tree_new();
	struct mb_err err = {0};
	char *text = NULL;
	size_t length = 7;

	assert_int_equal(mb_kmsg_read(tree_root(tree), &err, &text, &length), -ENOENT);
	assert_null(text);
	assert_true(err.text[0]);
	tree_write(tree, "dmesg", "[    0.000000] Linux version 6.1\n");
	assert_int_equal(mb_kmsg_read(tree_root(tree), NULL, &text, &length), 0);
	assert_string_equal(text, "[    0.000000] Linux version 6.1\n");
	assert_int_equal(length, strlen(text));
	free(text);
	tree_free(tree);
}

/* The live log can be read or there is a reason why not. */
static void live(void **state)
{
	struct mb_err err = {0};
	char *text = NULL;
	size_t length;
	int r = mb_kmsg_read(tree_root("/"), &err, &text, &length);

	if (r)
		assert_true(err.text[0]);
	else
		assert_int_equal(text[length], 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),  cmocka_unit_test(nul),  cmocka_unit_test(texts),
		cmocka_unit_test(captured), cmocka_unit_test(live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
