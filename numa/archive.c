/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "numa/archive.h"

int mb_archive_add(struct mb_archive *archive, const char *path, char *data, size_t length)
{
	struct mb_archive_file file = {.path = strdup(path), .data = data, .length = length};

	if (!file.path || mb_grow(&archive->files, archive->count, sizeof(file))) {
		free(file.path);
		free(data);
		return -ENOMEM;
	}
	archive->files[archive->count++] = file;
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct mb_archive_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The first file whose path is not below this text. */
static size_t lower_bound(const struct mb_archive *archive, const char *path)
{
	size_t low = 0, high = archive->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(archive->files[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool begins(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool is_folder(const struct mb_archive *archive, const char *path)
{
	char folder[MB_ARCHIVE_MAX_PATH + 2];
	size_t at;

	if (snprintf(folder, sizeof(folder), "%s/", path) >= (int)sizeof(folder))
		return false;
	at = lower_bound(archive, folder);
	return at < archive->count && begins(archive->files[at].path, folder);
}

int mb_archive_settle(struct mb_archive *archive, struct mb_err *err)
{
	if (archive->count)
		qsort(archive->files, archive->count, sizeof(*archive->files), by_path);
	for (size_t i = 0; i < archive->count; i++) {
		const char *path = archive->files[i].path;

		if (i && !strcmp(path, archive->files[i - 1].path))
			return MB_FAIL(err, -EINVAL, "entry '%.120s' is there twice", path);
		if (is_folder(archive, path))
			return MB_FAIL(err, -EINVAL, "entry '%.120s' is a file and a folder", path);
	}
	return 0;
}

/* Why a name is not taken, or NULL. */
static const char *name_fault(const char *path, size_t length)
{
	size_t depth = 0;

	for (const char *at = path; at < path + length;) {
		size_t part = strcspn(at, "/");

		part = mb_min(part, (size_t)(path + length - at));
		if (part == 2 && !memcmp(at, "..", 2))
			return "leads out of the tree";
		if (!part || (part == 1 && *at == '.'))
			return "has an empty part in its name";
		if (++depth > MB_ARCHIVE_MAX_DEPTH)
			return "lies too deep";
		at += part + (at + part < path + length);
	}
	return mb_parse_printable(path, length) == length
		       ? NULL
		       : "has a name that is not printable ASCII";
}

/* The name may be any bytes; what is said of it is plain text. */
static int refuse_name(const char *name, const char *fault, struct mb_err *err)
{
	char shown[121];
	size_t length = 0;

	for (; name[length] && length < sizeof(shown) - 1; length++)
		shown[length] = name[length] < ' ' || name[length] > '~' ? '?' : name[length];
	shown[length] = '\0';
	return MB_FAIL(err, -EINVAL, "entry '%s' %s", shown, fault);
}

int mb_archive_name(const char *name, struct mb_err *err, const char **ret_path, size_t *ret_length)
{
	const char *path = name, *fault = NULL;
	size_t length;

	while (path[0] == '.' && path[1] == '/')
		path += 1 + strspn(path + 1, "/");
	length = strlen(path);
	if (length == 1 && *path == '.')
		length = 0;
	while (length && path[length - 1] == '/')
		length--;
	if (*name == '/')
		fault = "has an absolute name";
	else if (!*name)
		fault = "has no name";
	else if (strlen(name) > MB_ARCHIVE_MAX_PATH)
		fault = "has too long a name";
	else
		fault = name_fault(path, length);
	if (fault)
		return refuse_name(name, fault, err);
	*ret_path = path;
	*ret_length = length;
	return 0;
}

/* Whether there is a machine tree below a prefix, which ends in a slash or is empty. */
static bool has_tree(const struct mb_archive *archive, const char *prefix)
{
	static const char *const marks[] = {"proc/", "sys/", "dmesg"};
	char path[MB_ARCHIVE_MAX_PATH + 16];

	for (size_t i = 0; i < MB_ARRAY_SIZE(marks); i++) {
		size_t at;

		snprintf(path, sizeof(path), "%s%s", prefix, marks[i]);
		at = lower_bound(archive, path);
		if (at == archive->count)
			continue;
		if (marks[i][strlen(marks[i]) - 1] == '/' ? begins(archive->files[at].path, path)
							  : !strcmp(archive->files[at].path, path))
			return true;
	}
	return false;
}

int mb_archive_find_tree(struct mb_archive *archive, struct mb_err *err)
{
	char top[MB_ARCHIVE_MAX_PATH + 2] = "";
	size_t length;

	if (has_tree(archive, ""))
		return 0;
	if (archive->count) {
		length = strcspn(archive->files[0].path, "/");
		snprintf(top, sizeof(top), "%.*s/", (int)length, archive->files[0].path);
	}
	for (size_t i = 0; i < archive->count && *top; i++)
		if (!begins(archive->files[i].path, top))
			*top = '\0';
	if (!*top || !has_tree(archive, top))
		return MB_FAIL(err, -ENOENT,
			       "holds no machine tree: no proc, sys or dmesg at its top or in its "
			       "only folder");
	length = strlen(top);
	for (size_t i = 0; i < archive->count; i++) {
		char *path = archive->files[i].path;

		memmove(path, path + length, strlen(path) - length + 1);
	}
	return 0;
}

const struct mb_archive_file *mb_archive_find(const struct mb_archive *archive, const char *path)
{
	size_t at = lower_bound(archive, path);

	return at < archive->count && !strcmp(archive->files[at].path, path) ? &archive->files[at]
									     : NULL;
}

bool mb_archive_next(const struct mb_archive *archive, const char *folder, size_t *at,
		     const char **ret_name, size_t *ret_length)
{
	size_t prefix = strlen(folder), length;
	const char *name;

	if (!*at && prefix)
		*at = lower_bound(archive, folder);
	while (*at < archive->count && !strncmp(archive->files[*at].path, folder, prefix) &&
	       prefix && archive->files[*at].path[prefix] != '/')
		++*at;
	if (*at >= archive->count || strncmp(archive->files[*at].path, folder, prefix) != 0)
		return false;
	name = archive->files[*at].path + prefix + (prefix > 0);
	length = strcspn(name, "/");
	/* All of a folder has its slash behind the name, and stands together. */
	do {
		++*at;
	} while (name[length] && *at < archive->count &&
		 !strncmp(archive->files[*at].path, folder, prefix) &&
		 !strncmp(archive->files[*at].path + prefix + (prefix > 0), name, length + 1));
	*ret_name = name;
	*ret_length = length;
	return true;
}

static const struct {
	const char *extension, *packing;
} packings[] = {
	{".tar.gz", "gzip"},  {".tgz", "gzip"}, {".tar.xz", "xz"},
	{".tar.zst", "zstd"}, {".tar", "none"},
};

const char *mb_archive_packing(const char *path, struct mb_err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct mb_strbuf known = {0};

	for (size_t i = 0; i < MB_ARRAY_SIZE(packings); i++) {
		size_t own = strlen(packings[i].extension), length = strlen(name);

		if (length > own && !strcmp(name + length - own, packings[i].extension))
			return packings[i].packing;
	}
	/* A name that begins with its only dot has no extension. */
	if (!*name || !strchr(name + 1, '.'))
		return "gzip";
	for (size_t i = 0; i < MB_ARRAY_SIZE(packings); i++)
		mb_strbuf_addf(&known, " %s", packings[i].extension);
	MB_FAIL(err, -EINVAL, "unknown extension; known are%s", mb_strbuf_text(&known));
	mb_strbuf_fini(&known);
	return NULL;
}

void mb_archive_fini(struct mb_archive *archive)
{
	for (size_t i = 0; i < archive->count; i++) {
		free(archive->files[i].path);
		free(archive->files[i].data);
	}
	free(archive->files);
	*archive = (struct mb_archive){0};
}
