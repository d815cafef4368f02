/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/captures.h"

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void captures_each(void (*fn)(const char *root, void *ctx), void *ctx)
{
	const char *data = getenv("MB_TEST_DATA");
	struct dirent **entries;
	char path[PATH_MAX];
	int count;

	if (!data) {
		print_message("skipped: MB_TEST_DATA does not say where tests/data is\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/captures", data);
	count = scandir(path, &entries, visible, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/captures/%s", data, entries[i]->d_name);
		free(entries[i]);
		fn(path, ctx);
	}
	free(entries);
}

char *captures_read(const char *root, const char *path, size_t *ret_length)
{
	char name[PATH_MAX], *text = NULL;
	size_t length = 0, capacity = 0;
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	file = fopen(name, "r");
	if (!file)
		return NULL;
	do {
		if (length + 1 >= capacity) {
			capacity = capacity ? 2 * capacity : 4096;
			text = realloc(text, capacity);
			assert_non_null(text);
		}
		length += fread(text + length, 1, capacity - length - 1, file);
	} while (!feof(file) && !ferror(file));
	fclose(file);
	text[length] = '\0';
	if (ret_length)
		*ret_length = length;
	return text;
}
