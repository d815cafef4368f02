/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a target each file of a corpus folder: what libFuzzer's main() does with a folder's inputs,
 * for every compiler. Speaks TAP; a folder without any input is a failure.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "tests/fuzz/fuzz.h"

/* The whole file in a block of just its size. */
static uint8_t *read_input(const char *folder, const char *name, size_t *ret_size)
{
	char *path MB_FREE = NULL;
	FILE *file MB_FCLOSE = NULL;
	uint8_t *data;
	long size;

	MUST(asprintf(&path, "%s/%s", folder, name) > 0);
	file = fopen(path, "rbe");
	MUST(file && !fseek(file, 0, SEEK_END));
	size = ftell(file);
	MUST(size >= 0 && !fseek(file, 0, SEEK_SET));
	data = malloc((size_t)size + !size);
	MUST(data && fread(data, 1, (size_t)size, file) == (size_t)size);
	*ret_size = (size_t)size;
	return data;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count <= 0) {
		printf("not ok 1 - no input in %s\n", argc == 2 ? argv[1] : "no folder");
		return EXIT_FAILURE;
	}
	for (int i = 0; i < count; i++) {
		size_t size = 0;
		uint8_t *data = read_input(argv[1], entries[i]->d_name, &size);

		printf("# %s\n",
		       entries[i]->d_name); /* the last one named is the one that ended it */
		LLVMFuzzerTestOneInput(data, size);
		free(data);
		free(entries[i]);
	}
	free(entries);
	printf("ok 1 - %d inputs of %s\n1..1\n", count, argv[1]);
	return EXIT_SUCCESS;
}
