/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/revision.h"

static void assert_revision(const char *wanted)
{
	struct mb_err err = {0};
	char *revision = NULL;

	assert_int_equal(mb_revision_find(&err, &revision), 0);
	assert_string_equal(revision, wanted);
	free(revision);
}

static void clear(void)
{
	for (size_t i = 0; mb_revision_variables[i]; i++)
		unsetenv(mb_revision_variables[i]);
}

/* The first variable that says something counts. */
static void test_variables(void **state)
{
	clear();
	for (size_t i = 3; i-- > 0;) {
		char name[32];

		snprintf(name, sizeof(name), "r%zu", i);
		setenv(mb_revision_variables[i], name, 1);
		assert_revision(name);
	}
	setenv(mb_revision_variables[0], "", 1);
	assert_revision("r1");
}

/* A program in the place of git, so that no real one is needed. */
static void test_git(void **state)
{
	char folder[] = "/tmp/mb-revision-XXXXXX", path[64], kept[4096];
	struct mb_err err = {0};
	char *revision = NULL;
	FILE *file;

	clear();
	snprintf(kept, sizeof(kept), "%s", getenv("PATH") ? getenv("PATH") : "");
	assert_non_null(mkdtemp(folder));
	setenv("PATH", folder, 1);
	assert_int_equal(mb_revision_find(&err, &revision), -ENOENT);
	assert_non_null(strstr(err.text, "--rev"));
	snprintf(path, sizeof(path), "%s/git", folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("#!/bin/sh\necho \"$*\"\nexit ${MB_GIT_STATUS:-0}\n", file);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_revision("rev-parse --verify HEAD");
	setenv("MB_GIT_STATUS", "128", 1);
	assert_int_equal(mb_revision_find(&err, &revision), -ENOENT);
	assert_null(revision);
	unlink(path);
	rmdir(folder);
	setenv("PATH", kept, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_git),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
