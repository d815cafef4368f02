/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/archive.h"

#define BLOCK       512       /* of tar */
#define READ_BYTES  65536     /* at once */
#define ENTRY_MTIME 315532800 /* 1980-01-01: no tool takes it for nonsense */

/*
 * Reading is done in two steps: the packing is taken off, to the end, so that a damaged or cut
 * stream is found wherever it is; then tar's entries are read out of memory.
 */
struct buffer {
	char *data;
	size_t length, capacity;
	size_t next, entries; /* tar's headers up to next were counted */
};

static int out_of_memory(struct mb_err *err)
{
	return MB_FAIL(err, -ENOMEM, "out of memory");
}

/* The library's own words; out of memory is the only failure that is not the archive's. */
static int fail_reading(struct archive *reader, struct mb_err *err, const char *what)
{
	const char *why = archive_error_string(reader);

	if (archive_errno(reader) == ENOMEM)
		return out_of_memory(err);
	return MB_FAIL(err, -EINVAL, "%s: %.100s", what, why ? why : "unknown reason");
}

/* --- step one: the packing --- */

/*
 * Filters that the library has itself: where it lacks one it says so and would run a program in its
 * place.
 */
static int support_filters(struct archive *reader)
{
	int (*const filters[])(struct archive *) = {
		archive_read_support_filter_gzip,
		archive_read_support_filter_bzip2,
		archive_read_support_filter_xz,
		archive_read_support_filter_zstd,
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(filters); i++) {
		struct archive *probe = archive_read_new();
		bool own;

		if (!probe)
			return -ENOMEM;
		own = filters[i](probe) == ARCHIVE_OK;
		archive_read_free(probe);
		if (own && filters[i](reader) != ARCHIVE_OK)
			return -ENOMEM;
	}
	return 0;
}

static int grow(struct buffer *buffer, struct mb_err *err)
{
	size_t room = buffer->capacity ? 2 * buffer->capacity : READ_BYTES;
	char *larger;

	room = mb_min(room, MB_ARCHIVE_MAX_BYTES + 1); /* one is enough to see that it is more */
	larger = realloc(buffer->data, room);

	if (!larger)
		return out_of_memory(err);
	buffer->data = larger;
	buffer->capacity = room;
	return 0;
}

/*
 * Counts entries while the archive is unpacked: many empty ones are small. What is no tar is found
 * out later.
 */
static void count_entries(struct buffer *buffer)
{
	while (buffer->next + BLOCK <= buffer->length) {
		const char *header = buffer->data + buffer->next;
		size_t size = 0, digits = 0;

		while (digits < 11 && header[124 + digits] >= '0' && header[124 + digits] <= '7')
			size = size * 8 + (size_t)(header[124 + digits++] - '0');
		if (!*header || !digits)
			break;
		buffer->entries += !strchr("xgLK", header[156]) || !header[156];
		buffer->next += BLOCK + mb_align_up_pow2(size, (size_t)BLOCK);
	}
}

static int check_size(struct archive *reader, const struct buffer *buffer, struct mb_err *err)
{
	int64_t packed = archive_filter_bytes(reader, -1);

	if (buffer->entries > MB_ARCHIVE_MAX_ENTRIES)
		return MB_FAIL(err, -EFBIG, "has more than %d entries", MB_ARCHIVE_MAX_ENTRIES);
	if (buffer->length > MB_ARCHIVE_MAX_BYTES)
		return MB_FAIL(err, -EFBIG, "unpacks to more than %zu MiB",
			       MB_ARCHIVE_MAX_BYTES >> 20);
	if (buffer->length > MB_ARCHIVE_RATIO_BYTES && packed > 0 &&
	    buffer->length / (size_t)packed >= MB_ARCHIVE_MAX_RATIO)
		return MB_FAIL(err, -EFBIG, "unpacks to more than %d times its size",
			       MB_ARCHIVE_MAX_RATIO);
	return 0;
}

static int unpack(struct archive *reader, struct mb_err *err, struct buffer *buffer)
{
	struct archive_entry *entry;
	la_ssize_t got;
	int r;

	if (archive_read_next_header(reader, &entry) != ARCHIVE_OK)
		return fail_reading(reader, err, "is damaged or cut off");
	for (;;) {
		if (buffer->length == buffer->capacity && grow(buffer, err))
			return -ENOMEM;
		got = archive_read_data(reader, buffer->data + buffer->length,
					buffer->capacity - buffer->length);
		if (got < 0)
			return fail_reading(reader, err, "is damaged or cut off");
		if (!got)
			return 0;
		buffer->length += (size_t)got;
		count_entries(buffer);
		r = check_size(reader, buffer, err);
		if (r)
			return r;
	}
}

/* --- step two: the entries --- */

/* What an entry is that is neither a file nor a folder, or NULL. */
static const char *unwanted(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return "a hard link";
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
	case AE_IFDIR: return NULL;
	case AE_IFLNK: return "a symbolic link";
	case AE_IFCHR:
	case AE_IFBLK: return "a device";
	case AE_IFIFO: return "a pipe";
	case AE_IFSOCK: return "a socket";
	}
	return "of an unknown kind";
}

static int check_entry(struct archive_entry *entry, struct mb_err *err)
{
	const char *name = archive_entry_pathname(entry), *kind = unwanted(entry);

	if (kind)
		return MB_FAIL(err, -EINVAL,
			       "entry '%.120s' is %s; only files and folders are read", name, kind);
	if (archive_entry_size(entry) < 0 ||
	    (uint64_t)archive_entry_size(entry) > MB_ARCHIVE_MAX_FILE_BYTES)
		return MB_FAIL(err, -EFBIG, "entry '%.120s' has more than %zu MiB", name,
			       MB_ARCHIVE_MAX_FILE_BYTES >> 20);
	return 0;
}

/* The whole of an entry; a sparse one has its holes as zeros, which its size counts. */
static int read_entry(struct archive *reader, size_t size, const char *path, struct mb_err *err,
		      struct mb_archive *archive)
{
	char *data MB_FREE = malloc(size + 1);
	size_t length = 0;

	if (!data)
		return out_of_memory(err);
	while (length < size) {
		la_ssize_t got = archive_read_data(reader, data + length, size - length);

		if (got < 0)
			return MB_FAIL(err, -EINVAL, "entry '%.120s' is damaged or cut off", path);
		if (!got)
			break;
		length += (size_t)got;
	}
	data[length] = '\0';
	return mb_archive_add(archive, path, MB_TAKE(data), length) ? out_of_memory(err) : 0;
}

static int take_entry(struct archive *reader, struct archive_entry *entry, size_t *total,
		      struct mb_err *err, struct mb_archive *archive)
{
	const char *name = archive_entry_pathname(entry), *path;
	char copy[MB_ARCHIVE_MAX_PATH + 1];
	size_t length;
	int r;

	if (!name)
		return MB_FAIL(err, -EINVAL, "an entry has a name that cannot be read");
	r = mb_archive_name(name, err, &path, &length);
	if (!r)
		r = check_entry(entry, err);
	if (r || archive_entry_filetype(entry) == AE_IFDIR)
		return r;
	if (!length)
		return MB_FAIL(err, -EINVAL, "entry '%.120s' is a file without a name", name);
	*total += (size_t)archive_entry_size(entry);
	if (*total > MB_ARCHIVE_MAX_BYTES)
		return MB_FAIL(err, -EFBIG, "entry '%.120s' makes it more than %zu MiB", name,
			       MB_ARCHIVE_MAX_BYTES >> 20);
	memcpy(copy, path, length);
	copy[length] = '\0';
	return read_entry(reader, (size_t)archive_entry_size(entry), copy, err, archive);
}

static int read_entries(struct archive *reader, struct mb_err *err, struct mb_archive *archive)
{
	struct archive_entry *entry;
	size_t count = 0, total = 0;
	int r;

	for (;;) {
		int header = archive_read_next_header(reader, &entry);

		if (header == ARCHIVE_EOF)
			break;
		if (header != ARCHIVE_OK && header != ARCHIVE_WARN)
			return fail_reading(reader, err,
					    count ? "is damaged or cut off" : "is no tar archive");
		if (++count > MB_ARCHIVE_MAX_ENTRIES)
			return MB_FAIL(err, -EFBIG, "has more than %d entries",
				       MB_ARCHIVE_MAX_ENTRIES);
		r = take_entry(reader, entry, &total, err, archive);
		if (r)
			return r;
	}
	if (!archive->count)
		return MB_FAIL(err, -ENOENT, "holds no files");
	return 0;
}

/* Two blocks of zeros end an archive (POSIX pax, "ustar Interchange Format"): else it was cut. */
static bool has_end(struct archive *reader, const struct buffer *buffer)
{
	return archive_read_header_position(reader) + 2 * BLOCK <= (la_int64_t)buffer->length;
}

static int read_tar(const struct buffer *buffer, struct mb_err *err, struct mb_archive *archive)
{
	struct archive *reader = archive_read_new();
	int r = 0;

	if (!reader || archive_read_support_format_tar(reader) != ARCHIVE_OK)
		r = out_of_memory(err);
	else if (archive_read_open_memory(reader, buffer->data, buffer->length) != ARCHIVE_OK)
		r = fail_reading(reader, err, "is no tar archive");
	if (!r)
		r = read_entries(reader, err, archive);
	if (!r && !has_end(reader, buffer))
		r = MB_FAIL(err, -EINVAL, "is cut off: the end of the archive is missing");
	archive_read_free(reader);
	return r;
}

/* --- both --- */

/* What an archive comes from: a descriptor, or bytes. */
struct source {
	int fd; /* negative: bytes */
	const void *bytes;
	size_t length;
};

static int unpack_source(const struct source *source, struct mb_err *err, struct buffer *buffer)
{
	struct archive *reader = archive_read_new();
	int r;

	if (!reader || support_filters(reader) ||
	    archive_read_support_format_raw(reader) != ARCHIVE_OK) {
		archive_read_free(reader);
		return out_of_memory(err);
	}
	if (source->fd >= 0)
		r = archive_read_open_fd(reader, source->fd, READ_BYTES);
	else
		r = archive_read_open_memory(reader, source->bytes, source->length);
	r = r == ARCHIVE_OK ? unpack(reader, err, buffer)
			    : fail_reading(reader, err, "is damaged or cut off");
	archive_read_free(reader);
	return r;
}

static int read_source(const struct source *source, struct mb_err *err,
		       struct mb_archive *ret_archive)
{
	struct mb_archive archive = {0};
	struct buffer buffer = {0};
	int r;

	if (!source->length)
		return MB_FAIL(err, -EINVAL, "is empty, not an archive");
	r = unpack_source(source, err, &buffer);
	if (!r)
		r = read_tar(&buffer, err, &archive);
	free(buffer.data);
	if (!r)
		r = mb_archive_settle(&archive, err);
	if (!r)
		r = mb_archive_find_tree(&archive, err);
	if (r) {
		mb_archive_fini(&archive);
		return r;
	}
	*ret_archive = archive;
	return 0;
}

int mb_archive_parse(const void *bytes, size_t length, struct mb_err *err,
		     struct mb_archive *ret_archive)
{
	return read_source(&(struct source){-1, bytes, length}, err, ret_archive);
}

int mb_archive_read(const char *path, struct mb_err *err, struct mb_archive *ret_archive)
{
	int fd MB_CLOSE = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat info;

	if (fd < 0 || fstat(fd, &info))
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	if (!S_ISREG(info.st_mode))
		return MB_FAIL(err, -EINVAL, "is no regular file");
	if (info.st_size > (off_t)MB_ARCHIVE_MAX_BYTES)
		return MB_FAIL(err, -EFBIG, "has more than %zu MiB", MB_ARCHIVE_MAX_BYTES >> 20);
	return read_source(&(struct source){fd, NULL, (size_t)info.st_size}, err, ret_archive);
}

/* --- writing --- */

/* What the library hands over; it keeps none of it. */
static la_ssize_t put(struct archive *writer, void *arg, const void *bytes, size_t length)
{
	FILE *file = arg;

	if (fwrite(bytes, 1, length, file) == length)
		return (la_ssize_t)length;
	archive_set_error(writer, errno ? errno : EIO, "%s", strerror(errno ? errno : EIO));
	return -1;
}

/* A filter that the library lacks would be another program: that is no way to write a file. */
static int set_packing(struct archive *writer, const char *packing, struct mb_err *err)
{
	static const struct {
		const char *name;
		int (*add)(struct archive *);
	} rows[] = {
		{"gzip", archive_write_add_filter_gzip},
		{"xz", archive_write_add_filter_xz},
		{"zstd", archive_write_add_filter_zstd},
		{"none", archive_write_add_filter_none},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].name, packing) != 0)
			continue;
		if (rows[i].add(writer) != ARCHIVE_OK)
			break;
		/* gzip would write the time of day. */
		if (!strcmp(packing, "gzip") &&
		    archive_write_set_filter_option(writer, "gzip", "timestamp", NULL) !=
			    ARCHIVE_OK)
			break;
		return 0;
	}
	return MB_FAIL(err, -ENOTSUP, "this libarchive cannot write %s", packing);
}

static int fail_writing(struct archive *writer, struct mb_err *err)
{
	const char *why = archive_error_string(writer);
	int code = archive_errno(writer);

	return MB_FAIL(err, code > 0 ? -code : -EIO, "%.100s", why ? why : "writing failed");
}

static int write_file(struct archive *writer, const struct mb_archive_file *file,
		      struct mb_err *err)
{
	struct archive_entry *entry = archive_entry_new();
	int r = 0;

	if (!entry)
		return out_of_memory(err);
	archive_entry_set_pathname(entry, file->path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)file->length);
	archive_entry_set_mtime(entry, ENTRY_MTIME, 0);
	archive_entry_set_uid(entry, 0);
	archive_entry_set_gid(entry, 0);
	if (archive_write_header(writer, entry) != ARCHIVE_OK ||
	    archive_write_data(writer, file->data, file->length) != (la_ssize_t)file->length)
		r = fail_writing(writer, err);
	archive_entry_free(entry);
	return r;
}

int mb_archive_write(const struct mb_archive *archive, const char *packing, FILE *file,
		     struct mb_err *err)
{
	struct archive *writer = archive_write_new();
	int r = writer ? set_packing(writer, packing, err) : out_of_memory(err);

	/* Blocks as they come: what is written does not depend on what file is. */
	if (!r && (archive_write_set_format_pax_restricted(writer) != ARCHIVE_OK ||
		   archive_write_set_bytes_in_last_block(writer, 1) != ARCHIVE_OK ||
		   archive_write_open(writer, file, NULL, put, NULL) != ARCHIVE_OK))
		r = fail_writing(writer, err);
	for (size_t i = 0; i < archive->count && !r; i++)
		r = write_file(writer, &archive->files[i], err);
	if (!r && archive_write_close(writer) != ARCHIVE_OK)
		r = fail_writing(writer, err);
	archive_write_free(writer);
	return r;
}

const char *mb_archive_version(void)
{
	static const char version[] = ARCHIVE_VERSION_STRING;

	return version;
}
