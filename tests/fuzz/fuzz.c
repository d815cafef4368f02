/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

void fuzz_broken(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *whole = malloc(size + 1), *text;

	MUST(whole);
	if (size)
		memcpy(whole, data, size);
	whole[size] = '\0';
	if (strlen(whole) == size)
		return whole;
	text = strdup(whole);
	MUST(text);
	free(whole);
	return text;
}

void fuzz_check_err(int result, const struct mb_err *err)
{
	MUST(result <= 0);
	MUST(err->code == result);
	MUST(!result == !*err->text);
	for (const char *c = err->text; *c; c++)
		MUST(*c >= ' ' && *c <= '~');
}

void fuzz_check_ranges(const struct mb_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		MUST(ranges[i].start < ranges[i].end);
		MUST(!i || ranges[i - 1].end < ranges[i].start);
	}
}

char *fuzz_tree_new(void)
{
	static const char in_memory[] = "/dev/shm";
	const char *folder = access(in_memory, W_OK) ? getenv("TMPDIR") : in_memory;
	char *path;

	MUST(asprintf(&path, "%s/memboot-fuzz-XXXXXX", folder ? folder : P_tmpdir) > 0);
	MUST(mkdtemp(path));
	return path;
}

/* Relative, of plain names alone: what stays below the tree. */
static bool is_path(const char *path)
{
	for (const char *at = path;; at++) {
		size_t length = strcspn(at, "/");

		if (!length || length > NAME_MAX || !strncmp(at, "..", 2) ||
		    (length == 1 && *at == '.'))
			return false;
		at += length;
		if (!*at)
			return strlen(path) < 256;
	}
}

void fuzz_tree_write(const char *tree, const char *path, const void *data, size_t size)
{
	char full[PATH_MAX];
	int fd;

	if (!is_path(path))
		return;
	MUST(snprintf(full, sizeof(full), "%s/%s", tree, path) < (int)sizeof(full));
	for (char *slash = full + strlen(tree) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(full, 0700);
		*slash = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return; /* a folder of that name, or a file where a folder should be */
	MUST(!size || write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static int drop(const char *path, const struct stat *info, int type, struct FTW *at)
{
	(void)info;
	(void)type;
	(void)at;
	return remove(path);
}

void fuzz_tree_free(char *tree)
{
	MUST(!nftw(tree, drop, 8, FTW_DEPTH | FTW_PHYS));
	free(tree);
}
