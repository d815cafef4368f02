/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/folder.h"

char *folder_new(void)
{
	const char *parent = getenv("TMPDIR");
	char *folder = NULL;

	assert_true(asprintf(&folder, "%s/memboot-test-XXXXXX",
			     parent && *parent ? parent : "/tmp") > 0);
	assert_non_null(mkdtemp(folder));
	return folder;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	return remove(path);
}

void folder_free(char *folder)
{
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(folder);
}

int folder_enter(void **state)
{
	char *folder = folder_new();

	*state = folder;
	return chdir(folder);
}

int folder_leave(void **state)
{
	assert_int_equal(chdir("/"), 0);
	folder_free(*state);
	return 0;
}
