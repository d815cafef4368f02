/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/sysroot_file.h"

#define MAX_BYTES (64u << 20)

struct path {
	char text[PATH_MAX];
};

/* Length of root without slashes at its end. */
static size_t root_length(const char *root)
{
	size_t length = strlen(root);

	while (length && root[length - 1] == '/')
		length--;
	return length;
}

bool mb_sysroot_file_is_live(const char *root)
{
	return root_length(root) == 0;
}

static int make_path(const char *root, const char *format, va_list args, struct path *ret_path)
{
	size_t length = root_length(root);
	int rest;

	if (length + 2 > sizeof(ret_path->text))
		return -ENAMETOOLONG;
	memcpy(ret_path->text, root, length);
	ret_path->text[length++] = '/';
	rest = vsnprintf(ret_path->text + length, sizeof(ret_path->text) - length, format, args);
	if (rest < 0 || (size_t)rest >= sizeof(ret_path->text) - length)
		return -ENAMETOOLONG;
	return 0;
}

/* Sizes that stat tells are of no use in /proc and /sys: reads until the end. */
static int read_all(int fd, char **ret_text)
{
	char *text MB_FREE = NULL;
	size_t length = 0, capacity = 4096;

	for (;;) {
		char *larger = realloc(text, capacity + 1);
		ssize_t got;

		if (!larger)
			return -ENOMEM;
		text = larger;
		got = read(fd, text + length, capacity - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		length += (size_t)got;
		if (length == capacity)
			capacity *= 2;
		if (capacity > MAX_BYTES)
			return -EFBIG;
	}
	text[length] = '\0';
	*ret_text = MB_TAKE(text);
	return 0;
}

static int read_file(const char *root, char **ret_text, const char *format, va_list args)
{
	int fd MB_CLOSE = -1;
	struct path path;
	struct stat info;
	int r = make_path(root, format, args, &path);

	if (r)
		return r;
	fd = open(path.text, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &info))
		return -errno;
	if (!S_ISREG(info.st_mode))
		return -EINVAL;
	return read_all(fd, ret_text);
}

int mb_sysroot_file_read(const char *root, char **ret_text, const char *path, ...)
{
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, ret_text, path, args);
	va_end(args);
	return r;
}

bool mb_sysroot_file_number(const char *word, size_t length, unsigned base, uint64_t *ret_value)
{
	char hex[32] = "0x";

	if (length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		if (base != 16)
			return false;
		return !mb_parse_u64(word, length, ret_value);
	}
	if (base != 16)
		return !mb_parse_u64(word, length, ret_value);
	if (!length || length > sizeof(hex) - 2)
		return false;
	memcpy(hex + 2, word, length);
	return !mb_parse_u64(hex, length + 2, ret_value);
}

int mb_sysroot_file_u64(const char *root, unsigned base, uint64_t *ret_value, const char *path, ...)
{
	char *text MB_FREE = NULL;
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, &text, path, args);
	va_end(args);
	if (r)
		return r;
	return mb_sysroot_file_number(text, strcspn(text, " \t\n"), base, ret_value) ? 0 : -EINVAL;
}

int mb_sysroot_file_list(const char *root, uint64_t limit, uint64_t *map, const char *path, ...)
{
	char *text MB_FREE = NULL;
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, &text, path, args);
	va_end(args);
	return r ? r : mb_parse_list(text, strcspn(text, " \t\n"), limit, map);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The number of an entry that is named prefixN. */
static bool numbered(const char *name, const char *prefix, uint64_t *ret_number)
{
	size_t length = strlen(prefix);

	return !strncmp(name, prefix, length) &&
	       mb_sysroot_file_number(name + length, strlen(name + length), 10, ret_number);
}

static int list_numbers(DIR *dir, const char *prefix, uint64_t **ret_numbers, size_t *ret_count)
{
	uint64_t *numbers MB_FREE = NULL, number;
	size_t count = 0, capacity = 0;
	const struct dirent *entry;

	while ((entry = readdir(dir))) {
		if (!numbered(entry->d_name, prefix, &number))
			continue;
		if (count == capacity) {
			uint64_t *larger;

			capacity = capacity ? 2 * capacity : 64;
			larger = reallocarray(numbers, capacity, sizeof(*numbers));
			if (!larger)
				return -ENOMEM;
			numbers = larger;
		}
		numbers[count++] = number;
	}
	if (count)
		qsort(numbers, count, sizeof(*numbers), by_value);
	*ret_count = count;
	*ret_numbers = MB_TAKE(numbers);
	return 0;
}

int mb_sysroot_file_numbers(const char *root, const char *prefix, uint64_t **ret_numbers,
			    size_t *ret_count, const char *path, ...)
{
	struct path full;
	va_list args;
	DIR *dir;
	int r;

	va_start(args, path);
	r = make_path(root, path, args, &full);
	va_end(args);
	if (r)
		return r;
	dir = opendir(full.text);
	if (!dir)
		return -errno;
	r = list_numbers(dir, prefix, ret_numbers, ret_count);
	closedir(dir);
	return r;
}

char *mb_sysroot_file_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = line + strcspn(line, "\n");
	*text = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

bool mb_sysroot_file_field(const char *line, const char *name, uint64_t *ret_value)
{
	size_t length = strlen(name);

	line += strspn(line, " \t");
	if (strncmp(line, name, length))
		return false;
	line += length;
	if (*line == ':')
		line++;
	else if (*line != ' ' && *line != '\t')
		return false;
	line += strspn(line, " \t");
	return mb_sysroot_file_number(line, strcspn(line, " \t"), 10, ret_value);
}
