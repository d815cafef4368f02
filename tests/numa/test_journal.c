/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/journal.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

/* A program of that name in a folder of its own, which is all of PATH. */
static char *fake_journal(const char *script)
{
	char *tree = tree_new(), path[256];

	if (script) {
		tree_write(tree, "journalctl", "#!/bin/sh\n%s\n", script);
		snprintf(path, sizeof(path), "%s/journalctl", tree);
		assert_int_equal(chmod(path, 0755), 0);
	}
	setenv("PATH", tree, 1);
	return tree;
}

static void reads_the_child(void **state)
{
	char *tree = fake_journal("echo \"args: $*\"; echo noise >&2"), *text = NULL;
	struct mb_err err = {0};
	size_t length = 0;

	if (mb_journal_read(&err, &text, &length))
		fail_msg("%s", err.text);
	assert_string_equal(text, "args: -k -b -q -o cat --no-pager\n");
	assert_int_equal(length, strlen(text));
	free(text);
	tree_free(tree);
}

static void failures(void **state)
{
	static const struct {
		const char *script;
		int error;
		const char *why;
	} rows[] = {
		{NULL, -ENOENT, "No such file"},
		{"echo some; exit 3", -EIO, "exit status 3"},
		{"exit 0", -EIO, "no kernel messages"},
		{"kill -9 $$", -EIO, "failed"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char *tree = fake_journal(rows[i].script), *text = NULL;
		struct mb_err err = {0};
		size_t length = 7;

		assert_int_equal(mb_journal_read(&err, &text, &length), rows[i].error);
		if (!strstr(err.text, rows[i].why))
			fail_msg("'%s' lacks '%s'", err.text, rows[i].why);
		assert_null(text);
		assert_int_equal(length, 7);
		tree_free(tree);
	}
}

/* Longer than the first buffer, and without an end. */
static void long_and_endless(void **state)
{
	char *tree = tree_new(), path[256], *text = NULL;
	size_t length = 0;
	int fd;

	tree_write(tree, "long", "%0*d", 200000, 7);
	snprintf(path, sizeof(path), "%s/long", tree);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(mb_journal_slurp(fd, &text, &length), 0);
	assert_int_equal(length, 200000);
	assert_int_equal(strlen(text), length);
	assert_int_equal(text[length - 1], '7');
	free(text);
	close(fd);
	tree_free(tree);
	text = NULL;
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	assert_int_equal(mb_journal_slurp(fd, &text, &length), -EFBIG);
	assert_null(text);
	close(fd);
	assert_int_equal(mb_journal_slurp(-1, &text, &length), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_child),
		cmocka_unit_test(failures),
		cmocka_unit_test(long_and_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
