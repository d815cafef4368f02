/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "numa/sysroot_file.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

static void test_live(void **state)
{
	assert_true(mb_sysroot_file_is_live(tree_root("/")));
	assert_true(mb_sysroot_file_is_live(tree_root("//")));
	assert_true(mb_sysroot_file_is_live(tree_root("")));
	assert_false(mb_sysroot_file_is_live(tree_root("/x/")));
	assert_false(mb_sysroot_file_is_live(tree_root(".")));
}

static void test_read(void **state)
{
	char *tree = tree_new(), *text = NULL, *large = calloc(10001, 1), root[PATH_MAX];

	assert_non_null(large);
	memset(large, 'x', 10000);
	tree_write(tree, "a/b7", "%s", large);
	tree_write(tree, "empty", "%s", "");
	snprintf(root, sizeof(root), "%s//", tree);
	assert_int_equal(mb_sysroot_file_read(tree_root(root), &text, "a/b%d", 7), 0);
	assert_string_equal(text, large);
	free(text);
	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "empty"), 0);
	assert_string_equal(text, "");
	free(text);
	text = large;
	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "a/c"), -ENOENT);
	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "a"), -EINVAL);
	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "%s", large), -ENAMETOOLONG);
	assert_int_equal(mb_sysroot_file_read(tree_root(large), &text, "a"), -ENAMETOOLONG);
	assert_ptr_equal(text, large);
	free(large);
	tree_free(tree);
}

/* A pipe that nobody writes to must not hold the reader up. */
static void test_read_pipe(void **state)
{
	char *tree = tree_new(), *text = NULL, path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/pipe", tree);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "pipe"), -EINVAL);
	assert_null(text);
	tree_free(tree);
}

static void test_first(void **state)
{
	static const struct {
		const char *text, *line;
	} rows[] = {{"one\ntwo\n", "one"}, {"one", "one"}, {"\ntwo\n", ""}, {"", ""}};
	char *tree = tree_new(), *line = NULL;

	assert_int_equal(mb_sysroot_file_first(tree_root(tree), &line, "none"), -ENOENT);
	assert_null(line);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		tree_write(tree, "file1", "%s", rows[i].text);
		assert_int_equal(mb_sysroot_file_first(tree_root(tree), &line, "file%d", 1), 0);
		assert_string_equal(line, rows[i].line);
		free(line);
	}
	tree_free(tree);
}

static void test_u64(void **state)
{
	static const struct {
		const char *text;
		unsigned base;
		int result;
		uint64_t value;
	} cases[] = {
		{"17\n", 10, 0, 17},
		{"17 kB\n", 10, 0, 17},
		{"0x1f\n", 16, 0, 0x1f},
		{"8000000\n", 16, 0, 0x8000000},
		{"0x1f\n", 10, -EINVAL, 0},
		{"max\n", 10, -EINVAL, 0},
		{"max\n", 16, -EINVAL, 0},
		{"\n", 10, -EINVAL, 0},
		{"\n", 16, -EINVAL, 0},
		{"", 16, -EINVAL, 0},
		{"18446744073709551616\n", 10, -EINVAL, 0},
		{"10000000000000000\n", 16, -EINVAL, 0},
		{"00000000000000000000000000000000000000001\n", 16, -EINVAL, 0},
	};
	char *tree = tree_new();

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		tree_write(tree, "n", "%s", cases[i].text);
		assert_int_equal(mb_sysroot_file_u64(tree_root(tree), cases[i].base, &value, "n"),
				 cases[i].result);
		assert_int_equal(value, cases[i].value);
	}
	tree_free(tree);
}

static void test_list(void **state)
{
	char *tree = tree_new();
	uint64_t map = 0;

	tree_write(tree, "l", "0-2,5\n");
	tree_write(tree, "e", "\n");
	assert_int_equal(mb_sysroot_file_list(tree_root(tree), 64, &map, "l"), 0);
	assert_int_equal(map, 0x27);
	assert_int_equal(mb_sysroot_file_list(tree_root(tree), 64, &map, "e"), 0);
	assert_int_equal(mb_sysroot_file_list(tree_root(tree), 5, &map, "l"), -ERANGE);
	assert_int_equal(mb_sysroot_file_list(tree_root(tree), 64, &map, "m"), -ENOENT);
	tree_free(tree);
}

static void test_numbers(void **state)
{
	static const char *const names[] = {"memory10", "memory2", "memory_x", "memory",
					    "amemory1", "memory0", "memory3a", "cpu4"};
	char *tree = tree_new(), path[64];
	uint64_t *numbers = NULL;
	size_t count = 7;

	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "node1/%s", names[i]);
		tree_mkdir(tree, path);
	}
	assert_int_equal(
		mb_sysroot_file_numbers(tree_root(tree), "memory", &numbers, &count, "node%d", 2),
		-ENOENT);
	assert_int_equal(count, 7);
	assert_int_equal(
		mb_sysroot_file_numbers(tree_root(tree), "memory", &numbers, &count, "node%d", 1),
		0);
	assert_int_equal(count, 3);
	assert_int_equal(numbers[0], 0);
	assert_int_equal(numbers[1], 2);
	assert_int_equal(numbers[2], 10);
	free(numbers);
	tree_free(tree);
}

static void test_line(void **state)
{
	char text[] = "a\n\nb", *at = text, *none = NULL;

	assert_string_equal(mb_sysroot_file_line(&at), "a");
	assert_string_equal(mb_sysroot_file_line(&at), "");
	assert_string_equal(mb_sysroot_file_line(&at), "b");
	assert_null(mb_sysroot_file_line(&at));
	assert_null(mb_sysroot_file_line(&none));
}

static void test_field(void **state)
{
	uint64_t value = 0;

	assert_true(mb_sysroot_file_field("MemTotal:       16 kB", "MemTotal", &value));
	assert_int_equal(value, 16);
	assert_true(mb_sysroot_file_field("        spanned  4095", "spanned", &value));
	assert_int_equal(value, 4095);
	assert_true(mb_sysroot_file_field("inactive_file 7", "inactive_file", &value));
	assert_int_equal(value, 7);
	assert_false(mb_sysroot_file_field("MemTotals: 1", "MemTotal", &value));
	assert_false(mb_sysroot_file_field("Mem: 1", "MemTotal", &value));
	assert_false(mb_sysroot_file_field("MemTotal", "MemTotal", &value));
	assert_false(mb_sysroot_file_field("MemTotal: x", "MemTotal", &value));
	assert_int_equal(value, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),      cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_pipe), cmocka_unit_test(test_first),
		cmocka_unit_test(test_u64),       cmocka_unit_test(test_list),
		cmocka_unit_test(test_numbers),   cmocka_unit_test(test_line),
		cmocka_unit_test(test_field),
	};

	return cmocka_run_group_tests_name("sysroot_file", tests, NULL, NULL);
}
