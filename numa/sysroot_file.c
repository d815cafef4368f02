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
#include "core/base/grow.h"
#include "core/base/parse.h"
#include "numa/sysroot_beneath.h"
#include "numa/sysroot_file.h"

#define MAX_BYTES (64u << 20)

struct path {
	char text[PATH_MAX];
};

/* Length of a folder's path without slashes at its end. */
static size_t root_length(const struct mb_sysroot *root)
{
	size_t length = strlen(root->path);

	while (length && root->path[length - 1] == '/')
		length--;
	return length;
}

static bool in_archive(const struct mb_sysroot *root)
{
	return root->archive.count > 0;
}

bool mb_sysroot_file_is_live(const struct mb_sysroot *root)
{
	return !in_archive(root) && root_length(root) == 0;
}

/* The path below the root. */
static int make_path(const char *format, va_list args, struct path *ret_path)
{
	int length = vsnprintf(ret_path->text, sizeof(ret_path->text), format, args);

	return length < 0 || (size_t)length >= sizeof(ret_path->text) ? -ENAMETOOLONG : 0;
}

/*
 * A folder may come from a stranger, so nothing outside of it is opened. The live system's links lead
 * all over it.
 */
static int open_below(const struct mb_sysroot *root, const char *path, int flags)
{
	int dir MB_CLOSE = -1, fd;

	if (!mb_sysroot_file_is_live(root))
		return mb_sysroot_beneath(root->path, path, flags);
	dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = dir < 0 ? -1 : openat(dir, *path ? path : ".", flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

const char *mb_sysroot_file_reason(int error)
{
	return error == -EXDEV ? "is a link that leads out of the tree" : strerror(-error);
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

static int read_on_disk(const struct mb_sysroot *root, const char *path, char **ret_text)
{
	int fd MB_CLOSE = open_below(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
	struct stat info;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info))
		return -errno;
	if (!S_ISREG(info.st_mode))
		return -EINVAL;
	return read_all(fd, ret_text);
}

static int read_in_archive(const struct mb_archive *archive, const char *path, char **ret_text)
{
	const struct mb_archive_file *file = mb_archive_find(archive, path);

	if (!file)
		return -ENOENT;
	*ret_text = strndup(file->data, file->length);
	return *ret_text ? 0 : -ENOMEM;
}

static int read_file(const struct mb_sysroot *root, char **ret_text, const char *format,
		     va_list args)
{
	struct path path;
	int r = make_path(format, args, &path);

	if (r)
		return r;
	return in_archive(root) ? read_in_archive(&root->archive, path.text, ret_text)
				: read_on_disk(root, path.text, ret_text);
}

int mb_sysroot_file_read(const struct mb_sysroot *root, char **ret_text, const char *path, ...)
{
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, ret_text, path, args);
	va_end(args);
	return r;
}

int mb_sysroot_file_first(const struct mb_sysroot *root, char **ret_line, const char *path, ...)
{
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, ret_line, path, args);
	va_end(args);
	if (!r)
		(*ret_line)[strcspn(*ret_line, "\n")] = '\0';
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

int mb_sysroot_file_u64(const struct mb_sysroot *root, unsigned base, uint64_t *ret_value,
			const char *path, ...)
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

int mb_sysroot_file_list(const struct mb_sysroot *root, uint64_t limit, uint64_t *map,
			 const char *path, ...)
{
	char *text MB_FREE = NULL;
	va_list args;
	int r;

	va_start(args, path);
	r = read_file(root, &text, path, args);
	va_end(args);
	return r ? r : mb_parse_list(text, strcspn(text, " \t\n"), limit, map);
}

/* A list of names that grows; the last one is NULL. */
struct names {
	char **list;
	size_t count; /* without that one */
};

void mb_sysroot_file_names_free(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

static int add_name(struct names *names, const char *name, size_t length)
{
	if (mb_grow(&names->list, names->count + 1, sizeof(*names->list)))
		return -ENOMEM;
	names->list[names->count] = length ? strndup(name, length) : NULL;
	if (length && !names->list[names->count])
		return -ENOMEM;
	names->count += length > 0;
	names->list[names->count] = NULL;
	return 0;
}

static int names_on_disk(const struct mb_sysroot *root, const char *path, struct names *names)
{
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY), r = 0;
	const struct dirent *entry;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd < 0)
		return fd;
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	while (!r && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			r = add_name(names, entry->d_name, strlen(entry->d_name));
	}
	closedir(dir);
	return r;
}

static int names_in_archive(const struct mb_archive *archive, const char *path, struct names *names)
{
	size_t at = 0, length;
	bool found = false;
	const char *name;
	int r = 0;

	while (!r && mb_archive_next(archive, path, &at, &name, &length)) {
		found = true;
		if (*name != '.')
			r = add_name(names, name, length);
	}
	return r || found ? r : -ENOENT;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(const struct mb_sysroot *root, char ***ret_names, const char *format,
		      va_list args)
{
	struct names names = {0};
	struct path path;
	int r = make_path(format, args, &path);

	if (!r)
		r = add_name(&names, "", 0);
	if (!r)
		r = in_archive(root) ? names_in_archive(&root->archive, path.text, &names)
				     : names_on_disk(root, path.text, &names);
	if (r) {
		mb_sysroot_file_names_free(names.list);
		return r;
	}
	qsort(names.list, names.count, sizeof(*names.list), by_name);
	*ret_names = names.list;
	return 0;
}

int mb_sysroot_file_names(const struct mb_sysroot *root, char ***ret_names, const char *path, ...)
{
	va_list args;
	int r;

	va_start(args, path);
	r = read_names(root, ret_names, path, args);
	va_end(args);
	return r;
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

int mb_sysroot_file_numbers(const struct mb_sysroot *root, const char *prefix,
			    uint64_t **ret_numbers, size_t *ret_count, const char *path, ...)
{
	char **names = NULL;
	uint64_t *numbers;
	size_t count = 0;
	va_list args;
	int r;

	va_start(args, path);
	r = read_names(root, &names, path, args);
	va_end(args);
	if (r)
		return r;
	while (names[count])
		count++;
	numbers = calloc(count + 1, sizeof(*numbers));
	count = 0;
	for (size_t i = 0; numbers && names[i]; i++)
		count += numbered(names[i], prefix, &numbers[count]);
	mb_sysroot_file_names_free(names);
	if (!numbers)
		return -ENOMEM;
	qsort(numbers, count, sizeof(*numbers), by_value);
	*ret_count = count;
	*ret_numbers = numbers;
	return 0;
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
