/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/sysroot_beneath.h"
#include "numa/sysroot_file.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

static void link_to(const char *tree, const char *path, const char *target)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", tree, path);
	assert_int_equal(symlink(target, full), 0);
}

/* What opening comes to: 0 or a negative errno. */
static int result(int fd)
{
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static char *make(void)
{
	char *tree = tree_new();

	tree_write(tree, "proc/real", "x");
	tree_mkdir(tree, "sys/folder");
	link_to(tree, "proc/out", "/etc/passwd");
	link_to(tree, "proc/up", "../../../../../../etc/passwd");
	link_to(tree, "etc", "/etc");
	link_to(tree, "proc/in", "../proc/real");
	link_to(tree, "proc/lost", "nowhere");
	return tree;
}

/* walk: without openat2. */
static const struct {
	const char *path;
	int beneath, walk;
} rows[] = {
	{"proc/real", 0, 0},
	{"proc//real", 0, 0},
	{"sys/folder", 0, 0},
	{"", 0, 0},
	{"proc/out", -EXDEV, -EXDEV},
	{"proc/up", -EXDEV, -EXDEV},
	{"etc/passwd", -EXDEV, -EXDEV},
	{"../x", -EXDEV, -EXDEV},
	{"proc/in", 0, -EXDEV},
	{"proc/lost", -ENOENT, -EXDEV},
	{"proc/none", -ENOENT, -ENOENT},
	{"proc/real/x", -ENOTDIR, -ENOTDIR},
};

static void paths(void **state)
{
	char *tree = make();

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		int r = result(mb_sysroot_beneath(tree, rows[i].path, O_RDONLY));

		if (r != rows[i].beneath && r != rows[i].walk)
			fail_msg("%s: %d", rows[i].path, r);
		r = result(mb_sysroot_beneath_walk(tree, rows[i].path, O_RDONLY));
		if (r != rows[i].walk)
			fail_msg("%s without openat2: %d", rows[i].path, r);
	}
	assert_int_equal(mb_sysroot_beneath("/nonexistent", "x", O_RDONLY), -ENOENT);
	assert_int_equal(mb_sysroot_beneath_walk("/nonexistent", "x", O_RDONLY), -ENOENT);
	tree_free(tree);
}

/* The readers of files and of folders are below it too. */
static void readers(void **state)
{
	char *tree = make(), *text, **names;

	assert_int_equal(mb_sysroot_file_read(tree_root(tree), &text, "proc/out"), -EXDEV);
	assert_int_equal(mb_sysroot_file_names(tree_root(tree), &names, "etc"), -EXDEV);
	assert_string_equal(mb_sysroot_file_reason(-EXDEV), "is a link that leads out of the tree");
	assert_string_equal(mb_sysroot_file_reason(-ENOENT), strerror(ENOENT));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
