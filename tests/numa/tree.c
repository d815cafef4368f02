/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "tests/folder.h"
#include "tests/numa/tree.h"

char *tree_new(void)
{
	return folder_new();
}

void tree_mkdir(const char *tree, const char *path)
{
	char full[PATH_MAX];

	assert_in_range(snprintf(full, sizeof(full), "%s/%s", tree, path), 1, sizeof(full) - 1);
	for (char *slash = full + strlen(tree) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0777);
		*slash = '/';
	}
	mkdir(full, 0777);
}

void tree_write(const char *tree, const char *path, const char *text, ...)
{
	const char *slash = strrchr(path, '/');
	char full[PATH_MAX];
	va_list args;
	FILE *file;

	if (slash) {
		snprintf(full, sizeof(full), "%.*s", (int)(slash - path), path);
		tree_mkdir(tree, full);
	}
	snprintf(full, sizeof(full), "%s/%s", tree, path);
	file = fopen(full, "w");
	assert_non_null(file);
	va_start(args, text);
	assert_true(vfprintf(file, text, args) >= 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

void tree_memmap(const char *tree, int i, unsigned long long first, unsigned long long last,
		 const char *type)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/firmware/memmap/%d/start", i);
	tree_write(tree, path, "%#llx\n", first);
	snprintf(path, sizeof(path), "sys/firmware/memmap/%d/end", i);
	tree_write(tree, path, "%#llx\n", last);
	snprintf(path, sizeof(path), "sys/firmware/memmap/%d/type", i);
	tree_write(tree, path, "%s\n", type);
}

void tree_free(char *tree)
{
	folder_free(tree);
}
