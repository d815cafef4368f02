/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine tree in a tar archive: what is taken holds regular files below the top and nothing else, is
 * within the limits, and is written to an archive that reads back to the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numa/archive.h"
#include "tests/fuzz/fuzz.h"

static void check_path(const char *path)
{
	struct mb_err err = {0};
	const char *start;
	size_t length;

	MUST(*path && *path != '/' && strlen(path) <= MB_ARCHIVE_MAX_PATH);
	MUST(!mb_archive_name(path, &err, &start, &length));
	MUST(start == path && length == strlen(path));
}

static void check_files(const struct mb_archive *archive)
{
	size_t bytes = 0;

	MUST(archive->count && archive->count <= MB_ARCHIVE_MAX_ENTRIES);
	for (size_t i = 0; i < archive->count; i++) {
		const struct mb_archive_file *file = &archive->files[i];

		check_path(file->path);
		MUST(!i || strcmp(archive->files[i - 1].path, file->path) < 0);
		MUST(mb_archive_find(archive, file->path) == file);
		MUST(file->length <= MB_ARCHIVE_MAX_FILE_BYTES && !file->data[file->length]);
		bytes += file->length;
	}
	MUST(bytes <= MB_ARCHIVE_MAX_BYTES);
}

/* Written and read again, it is the same. */
static void check_round(const struct mb_archive *archive)
{
	struct mb_archive again = {0};
	struct mb_err err = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	MUST(file && !mb_archive_write(archive, "none", file, &err));
	MUST(!fclose(file));
	MUST(!mb_archive_parse(text, size, &err, &again));
	MUST(again.count == archive->count);
	for (size_t i = 0; i < again.count; i++) {
		const struct mb_archive_file *a = &archive->files[i], *b = &again.files[i];

		MUST(!strcmp(a->path, b->path) && a->length == b->length);
		MUST(!a->length || !memcmp(a->data, b->data, a->length));
	}
	mb_archive_fini(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_archive archive = {0};
	struct mb_err err = {0};
	int r = mb_archive_parse(data, size, &err, &archive);

	fuzz_check_err(r, &err);
	if (r) {
		MUST(!archive.files && !archive.count);
		return 0;
	}
	check_files(&archive);
	check_round(&archive);
	mb_archive_fini(&archive);
	return 0;
}
