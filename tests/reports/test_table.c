/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "tests/reports/hostile.h"
#include "reports/table.h"

static const struct mb_table_column columns[] = {
	{"name", MB_TABLE_LEFT},
	{"time", MB_TABLE_RIGHT},
	{"note", MB_TABLE_LEFT},
};

static void assert_rendered(struct mb_table *table, struct mb_table_options options,
			    const char *expected)
{
	struct mb_strbuf text = {0};

	assert_int_equal(mb_table_render(table, &options, &text), 0);
	assert_string_equal(mb_strbuf_text(&text), expected);
	mb_strbuf_fini(&text);
	mb_table_free(table);
}

static void test_align(void **state)
{
	struct mb_table *table = mb_table_new(columns, 3);

	mb_table_cell(table, "memblock");
	mb_table_cellf(table, "%d ms", 7);
	mb_table_cell(table, "first");
	mb_table_cell(table, "x");
	mb_table_cell(table, "1234 ms");
	mb_table_end_row(table);
	assert_rendered(table, (struct mb_table_options){.indent = 1},
			" name         time  note\n"
			" memblock     7 ms  first\n"
			" x         1234 ms\n");
}

/* An empty cell keeps its place, and none leaves blanks at the end of a line. */
static void test_gaps(void **state)
{
	struct mb_table *table = mb_table_new(columns, 3);

	mb_table_cell(table, "a");
	mb_table_cell(table, NULL);
	mb_table_cell(table, "z");
	mb_table_cell(table, NULL);
	mb_table_cell(table, "12345");
	mb_table_end_row(table);
	assert_rendered(table, (struct mb_table_options){0},
			"name   time  note\n"
			"a            z\n"
			"      12345\n");
}

/* Wide and combining characters count by cells, not by bytes. */
static void test_width(void **state)
{
	static const struct mb_table_column two[] = {{NULL, MB_TABLE_LEFT}, {NULL, MB_TABLE_RIGHT}};
	struct mb_table *table = mb_table_new(two, 2);

	mb_table_cell(table, "\xe6\xbc\xa2\xe5\xad\x97");
	mb_table_cell(table, "1 \xc2\xb5s");
	mb_table_cell(table, "e\xcc\x81"
			     "bcd");
	mb_table_cell(table, "12 ms");
	assert_rendered(table, (struct mb_table_options){0},
			"\xe6\xbc\xa2\xe5\xad\x97   1 \xc2\xb5s\n"
			"e\xcc\x81"
			"bcd  12 ms\n");
}

static void test_colour(void **state)
{
	struct mb_table *table = mb_table_new(columns, 2);

	mb_table_style(table, MB_TABLE_RED);
	mb_table_cell(table, "a");
	mb_table_cell(table, "1");
	mb_table_style_cell(table, MB_TABLE_BOLD);
	mb_table_style(table, MB_TABLE_PLAIN);
	mb_table_cell(table, "sum");
	mb_table_cell(table, "22222");
	assert_rendered(table, (struct mb_table_options){.colour = true},
			"\033[1mname\033[0m   \033[1mtime\033[0m\n"
			"\033[31ma\033[0m         \033[1m1\033[0m\n"
			"sum   22222\n");
}

/* No input reaches the terminal as a control sequence, and each row stays one line. */
static void test_hostile(void **state)
{
	struct mb_table *table = mb_table_new(columns, 1);
	struct mb_table_options options = {0};
	struct mb_strbuf text = {0};
	size_t lines = 0;

	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++)
		mb_table_cell(table, hostile[i]);
	assert_int_equal(mb_table_render(table, &options, &text), 0);
	for (const char *at = mb_strbuf_text(&text); *at; at++) {
		lines += *at == '\n';
		assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
	}
	assert_int_equal(lines, MB_ARRAY_SIZE(hostile) + 1);
	mb_strbuf_fini(&text);
	mb_table_free(table);
}

/* Without a table the adding functions do nothing and rendering says why. */
static void test_null(void **state)
{
	struct mb_table_options options = {0};
	struct mb_strbuf text = {0};

	assert_null(mb_table_new(columns, 0));
	mb_table_cell(NULL, "x");
	mb_table_cellf(NULL, "%d", 1);
	mb_table_style(NULL, MB_TABLE_BOLD);
	mb_table_style_cell(NULL, MB_TABLE_BOLD);
	mb_table_end_row(NULL);
	mb_table_free(NULL);
	assert_int_equal(mb_table_render(NULL, &options, &text), -ENOMEM);
	mb_strbuf_fini(&text);
}

static void test_empty(void **state)
{
	assert_rendered(mb_table_new(columns, 3), (struct mb_table_options){0},
			"name  time  note\n");
}

static void test_drop_empty(void **state)
{
	struct mb_table *table = mb_table_new(columns, 3);

	mb_table_drop_empty(NULL);
	mb_table_drop_empty(table); /* no rows yet: all stay */
	mb_table_cell(table, "-");
	mb_table_cell(table, "-");
	mb_table_cell(table, "x");
	mb_table_cell(table, "-");
	mb_table_end_row(table);
	mb_table_drop_empty(table);
	assert_rendered(table, (struct mb_table_options){0},
			"name  note\n"
			"-     x\n"
			"-\n");
}

static void test_add_styled(void **state)
{
	struct mb_strbuf text = {0};

	mb_table_add_styled(&text, true, MB_TABLE_GREEN, "yes");
	mb_table_add_styled(&text, false, MB_TABLE_GREEN, "no");
	mb_table_add_styled(&text, true, MB_TABLE_GREEN, "");
	assert_string_equal(mb_strbuf_text(&text), "\033[32myes\033[0mno");
	mb_strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),      cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_width),      cmocka_unit_test(test_colour),
		cmocka_unit_test(test_hostile),    cmocka_unit_test(test_null),
		cmocka_unit_test(test_empty),      cmocka_unit_test(test_add_styled),
		cmocka_unit_test(test_drop_empty),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
