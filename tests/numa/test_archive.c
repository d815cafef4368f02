/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/base/strbuf.h"
#include "numa/archive.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tar.h"
#include "tests/seed.h"

static void need_library(void)
{
	if (strcmp(mb_archive_version(), "none") != 0)
		return;
	print_message("skipped: built without libarchive\n");
	skip();
}

/* The seed of a random test: MB_SEED, else the clock; printed for another run. */
static struct mb_rng new_rng(void)
{
	struct mb_rng rng = {seed_or((uint64_t)time(NULL))};

	return rng;
}

static void add(struct mb_archive *archive, const char *path, const char *text)
{
	assert_int_equal(mb_archive_add(archive, path, strdup(text), strlen(text)), 0);
}

/* --- names --- */

static void names(void **state)
{
	char deep[64] = "", wide[MB_ARCHIVE_MAX_PATH + 2];
	const struct {
		const char *name, *path; /* path NULL: refused */
	} rows[] = {
		{"proc/version", "proc/version"},
		{"./proc/version", "proc/version"},
		{".//proc/", "proc"},
		{"././a", "a"},
		{".", ""},
		{"./", ""},
		{"a b~", "a b~"},
		{"..a/...", "..a/..."},
		{"", NULL},
		{"/", NULL},
		{"/proc", NULL},
		{"..", NULL},
		{"../a", NULL},
		{"a/..", NULL},
		{"a/../b", NULL},
		{"./../a", NULL},
		{"a//b", NULL},
		{"a/./b", NULL},
		{"a\nb", NULL},
		{"a\x7f", NULL},
		{"a\x80", NULL},
		{"\x1b[2J", NULL},
		{deep, NULL},
		{wide, NULL},
	};

	for (size_t i = 0; i <= MB_ARCHIVE_MAX_DEPTH; i++)
		strcat(deep, "a/");
	memset(wide, 'a', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_err err = {0};
		const char *path = NULL;
		size_t length = 0;
		int r = mb_archive_name(rows[i].name, &err, &path, &length);

		if (r != (rows[i].path ? 0 : -EINVAL))
			fail_msg("'%s' gives %d", rows[i].name, r);
		if (rows[i].path) {
			assert_int_equal(length, strlen(rows[i].path));
			assert_memory_equal(path, rows[i].path, length);
		} else {
			assert_true(err.text[0]);
			assert_null(path);
		}
	}
}

/* --- lists --- */

static void finds_and_lists(void **state)
{
	static const char *const paths[] = {"b/d", "b-a/x", "b/c/2", "a", "b/c/1", "b/e", "bb"};
	struct mb_archive archive = {0};
	struct mb_strbuf seen = {0};
	const char *name;
	size_t at = 0, length;

	for (size_t i = 0; i < MB_ARRAY_SIZE(paths); i++)
		add(&archive, paths[i], paths[i]);
	assert_int_equal(mb_archive_settle(&archive, NULL), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(paths); i++)
		assert_string_equal(mb_archive_find(&archive, paths[i])->data, paths[i]);
	assert_null(mb_archive_find(&archive, "b"));
	assert_null(mb_archive_find(&archive, "b/"));
	assert_null(mb_archive_find(&archive, "zz"));
	assert_null(mb_archive_find(&archive, ""));
	while (mb_archive_next(&archive, "b", &at, &name, &length))
		mb_strbuf_addf(&seen, "%.*s,", (int)length, name);
	mb_strbuf_add(&seen, ";");
	for (at = 0; mb_archive_next(&archive, "", &at, &name, &length);)
		mb_strbuf_addf(&seen, "%.*s,", (int)length, name);
	assert_string_equal(mb_strbuf_text(&seen), "c,d,e,;a,b-a,b,bb,");
	at = 0;
	assert_false(mb_archive_next(&archive, "a", &at, &name, &length));
	at = 0;
	assert_false(mb_archive_next(&archive, "zz", &at, &name, &length));
	mb_strbuf_fini(&seen);
	mb_archive_fini(&archive);
}

static void settling(void **state)
{
	static const struct {
		const char *paths[4], *words; /* words NULL: fine */
	} rows[] = {
		{{"a", "b"}, NULL},
		{{"a", "a-b", "a.c"}, NULL},
		{{"b", "a", "b"}, "entry 'b' is there twice"},
		{{"a", "a-b", "a/b"}, "entry 'a' is a file and a folder"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_archive archive = {0};
		struct mb_err err = {0};

		for (size_t k = 0; rows[i].paths[k]; k++)
			add(&archive, rows[i].paths[k], "");
		assert_int_equal(mb_archive_settle(&archive, &err), rows[i].words ? -EINVAL : 0);
		assert_string_equal(err.text, rows[i].words ? rows[i].words : "");
		mb_archive_fini(&archive);
	}
}

static void trees(void **state)
{
	static const struct {
		const char *paths[4], *first; /* first NULL: no tree */
	} rows[] = {
		{{"proc/version"}, "proc/version"},
		{{"dmesg"}, "dmesg"},
		{{"README", "sys/a"}, "README"},
		{{"tree/proc/version", "tree/README"}, "README"},
		{{"tree/dmesg"}, "dmesg"},
		{{"tree/dmesg/x"}, NULL},
		{{"one/proc/a", "two/proc/a"}, NULL},
		{{"tree/sub/proc/a"}, NULL},
		{{"procs/a"}, NULL},
		{{"proc"}, NULL},
		{{"README", "tree/proc/a"}, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_archive archive = {0};
		struct mb_err err = {0};

		for (size_t k = 0; rows[i].paths[k]; k++)
			add(&archive, rows[i].paths[k], "");
		assert_int_equal(mb_archive_settle(&archive, NULL), 0);
		assert_int_equal(mb_archive_find_tree(&archive, &err), rows[i].first ? 0 : -ENOENT);
		if (rows[i].first)
			assert_string_equal(archive.files[0].path, rows[i].first);
		else
			assert_non_null(strstr(err.text, "no machine tree"));
		mb_archive_fini(&archive);
	}
}

static void extensions(void **state)
{
	static const struct {
		const char *path, *packing;
	} rows[] = {
		{"x.tar.gz", "gzip"},  {"a.b/x.tgz", "gzip"}, {"x.y.tar.xz", "xz"},
		{"x.tar.zst", "zstd"}, {"x.tar", "none"},     {"x", "gzip"},
		{"-", "gzip"},         {"a.b/x", "gzip"},     {".hidden", "gzip"},
		{"x.zip", NULL},       {"x.tar.bz2", NULL},   {".x.json", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_err err = {0};
		const char *packing = mb_archive_packing(rows[i].path, &err);

		assert_true((packing != NULL) == (rows[i].packing != NULL));
		if (packing)
			assert_string_equal(packing, rows[i].packing);
		else
			assert_non_null(strstr(err.text, ".tar.gz"));
	}
}

/* --- writing and reading back --- */

static char *written(const struct mb_archive *archive, const char *packing, size_t *ret_length)
{
	char *bytes = NULL;
	struct mb_err err = {0};
	FILE *file = open_memstream(&bytes, ret_length);

	assert_non_null(file);
	if (mb_archive_write(archive, packing, file, &err))
		fail_msg("%s: %s", packing, err.text);
	assert_int_equal(fclose(file), 0);
	return bytes;
}

static void assert_same(const struct mb_archive *a, const struct mb_archive *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->files[i].path, b->files[i].path);
		assert_int_equal(a->files[i].length, b->files[i].length);
		assert_memory_equal(a->files[i].data, b->files[i].data, a->files[i].length + 1);
	}
}

/* Files of sizes around tar's block, with any bytes. */
static void fill(struct mb_archive *archive)
{
	static const size_t sizes[] = {0, 1, 511, 512, 513, 1024, 100000};
	struct mb_rng rng = new_rng();

	for (size_t i = 0; i < MB_ARRAY_SIZE(sizes); i++) {
		char *data = calloc(1, sizes[i] + 1), path[180];

		for (size_t k = 0; k < sizes[i]; k++)
			data[k] = (char)mb_rng_next(&rng);
		snprintf(path, sizeof(path), "proc/%0*zu", i % 2 ? 150 : 1, sizes[i]);
		assert_int_equal(mb_archive_add(archive, path, data, sizes[i]), 0);
	}
	assert_int_equal(mb_archive_settle(archive, NULL), 0);
}

static void round_trips(void **state)
{
	static const char *const packings[] = {"gzip", "xz", "zstd", "none"};
	struct mb_archive archive = {0}, back;
	struct mb_err err = {0};

	need_library();
	fill(&archive);
	for (size_t i = 0; i < MB_ARRAY_SIZE(packings); i++) {
		size_t length, again_length;
		char *bytes = written(&archive, packings[i], &length);
		char *again = written(&archive, packings[i], &again_length);

		assert_int_equal(length, again_length);
		assert_memory_equal(bytes, again, length);
		if (mb_archive_parse(bytes, length, &err, &back))
			fail_msg("%s: %s", packings[i], err.text);
		assert_same(&archive, &back);
		mb_archive_fini(&back);
		free(bytes);
		free(again);
	}
	mb_archive_fini(&archive);
}

static void full_disk(void **state)
{
	struct mb_archive archive = {0};
	struct mb_err err = {0};
	FILE *file = fopen("/dev/full", "we");

	need_library();
	assert_non_null(file);
	setvbuf(file, NULL, _IONBF, 0);
	fill(&archive);
	assert_int_equal(mb_archive_write(&archive, "gzip", file, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "No space left"));
	fclose(file);
	mb_archive_fini(&archive);
}

/* --- what is refused --- */

static void assert_refused(const void *bytes, size_t length, int code, const char *words)
{
	struct mb_archive archive = {.count = 7};
	struct mb_err err = {0};
	int r = mb_archive_parse(bytes, length, &err, &archive);

	if (r != code || !strstr(err.text, words))
		fail_msg("expected '%s', not %d '%s'", words, r, err.text);
	assert_int_equal(archive.count, 7);
}

static void hostile_entries(void **state)
{
	static const struct {
		const char *name;
		char type;
		unsigned long long size;
		int code;
		const char *words;
	} rows[] = {
		{"/etc/passwd", '0', 0, -EINVAL, "entry '/etc/passwd' has an absolute name"},
		{"../x", '0', 0, -EINVAL, "entry '../x' leads out of the tree"},
		{"proc/../../x", '0', 0, -EINVAL, "entry 'proc/../../x' leads out"},
		{"proc/..", '5', 0, -EINVAL, "leads out of the tree"},
		{"sys/link", '2', 0, -EINVAL, "entry 'sys/link' is a symbolic link"},
		{"sys/link", '1', 0, -EINVAL, "entry 'sys/link' is a hard link"},
		{"sys/tty", '3', 0, -EINVAL, "entry 'sys/tty' is a device"},
		{"sys/disk", '4', 0, -EINVAL, "entry 'sys/disk' is a device"},
		{"sys/fifo", '6', 0, -EINVAL, "entry 'sys/fifo' is a pipe"},
		{"proc/version", '0', 0, -EINVAL, "entry 'proc/version' is there twice"},
		{"./proc/version", '0', 0, -EINVAL, "entry 'proc/version' is there twice"},
		{"proc/version/x", '0', 0, -EINVAL, "is a file and a folder"},
		{"proc/a\nb", '0', 0, -EINVAL, "not printable ASCII"},
		{"proc/\x1b[31m", '0', 0, -EINVAL, "not printable ASCII"},
		{"a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", '0', 0, -EINVAL, "lies too deep"},
		{"proc/large", '0', MB_ARCHIVE_MAX_FILE_BYTES + 1, -EFBIG,
		 "entry 'proc/large' has more than 64 MiB"},
		{"proc/huge", '0', 07777777777, -EFBIG, "entry 'proc/huge' has more than 64 MiB"},
		{"proc/short", '0', 5000, -EINVAL, "entry 'proc/short' is damaged or cut off"},
	};

	need_library();
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct tar tar = {0};

		tar_add(&tar, "proc/version", "Linux version 6.1\n");
		tar_add_entry(&tar, rows[i].name, rows[i].type, NULL, 0, rows[i].size);
		tar_end(&tar);
		assert_refused(tar.bytes, tar.length, rows[i].code, rows[i].words);
		free(tar.bytes);
	}
}

static void no_archives(void **state)
{
	static const char text[] = "BIOS-e820: no archive at all\n";
	struct tar empty = {0}, folders = {0}, other = {0};

	need_library();
	assert_refused("", 0, -EINVAL, "is empty");
	assert_refused(text, sizeof(text) - 1, -EINVAL, "is no tar archive");
	tar_end(&empty);
	assert_refused(empty.bytes, empty.length, -ENOENT, "holds no files");
	tar_add_entry(&folders, "proc/", '5', NULL, 0, 0);
	tar_end(&folders);
	assert_refused(folders.bytes, folders.length, -ENOENT, "holds no files");
	tar_add(&other, "home/me/letter", "dear");
	tar_end(&other);
	assert_refused(other.bytes, other.length, -ENOENT, "holds no machine tree");
	free(empty.bytes);
	free(folders.bytes);
	free(other.bytes);
}

/* Every way to cut an archive off is noticed, packed or not. */
static void cut_off(void **state)
{
	static const char *const packings[] = {"gzip", "xz", "none"};
	struct mb_archive archive = {0};

	need_library();
	add(&archive, "proc/version", "Linux version 6.1\n");
	add(&archive, "proc/zeros", "x");
	assert_int_equal(mb_archive_settle(&archive, NULL), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(packings); i++) {
		size_t length;
		char *bytes = written(&archive, packings[i], &length);

		for (size_t keep = 0; keep < length; keep++) {
			struct mb_archive back;
			struct mb_err err = {0};
			int r = mb_archive_parse(bytes, keep, &err, &back);

			if (!r || !err.text[0])
				fail_msg("%s: %zu of %zu bytes are taken", packings[i], keep,
					 length);
		}
		free(bytes);
	}
	mb_archive_fini(&archive);
}

/* Whatever a byte becomes: an archive or a reason, and the checks of sanitizers. */
static void damaged(void **state)
{
	struct mb_rng rng = new_rng();
	struct mb_archive archive = {0};
	size_t length;
	char *bytes;

	need_library();
	fill(&archive);
	bytes = written(&archive, "none", &length);
	for (unsigned i = 0; i < 2000; i++) {
		size_t at = mb_rng_next(&rng) % length;
		char before = bytes[at];
		struct mb_archive back = {0};
		struct mb_err err = {0};

		bytes[at] = (char)mb_rng_next(&rng);
		if (mb_archive_parse(bytes, length, &err, &back))
			assert_true(err.text[0]);
		mb_archive_fini(&back);
		bytes[at] = before;
	}
	free(bytes);
	mb_archive_fini(&archive);
}

/* --- bombs --- */

static void bombs(void **state)
{
	static const char *const packings[] = {"gzip", "xz", "zstd"};
	struct mb_archive archive = {0};
	size_t size = MB_ARCHIVE_RATIO_BYTES + (1 << 20);

	need_library();
	assert_int_equal(mb_archive_add(&archive, "proc/zeros", calloc(1, size + 1), size), 0);
	assert_int_equal(mb_archive_settle(&archive, NULL), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(packings); i++) {
		size_t length;
		char *bytes = written(&archive, packings[i], &length);

		assert_refused(bytes, length, -EFBIG, "more than 1000 times its size");
		free(bytes);
	}
	mb_archive_fini(&archive);
}

static void many_entries(void **state)
{
	struct tar tar = {0};
	char *large;
	size_t count = MB_ARCHIVE_MAX_ENTRIES + 1;

	need_library();
	tar_add_entry(&tar, "proc/", '5', NULL, 0, 0);
	large = malloc(count * tar.length + 1024);
	assert_non_null(large);
	for (size_t i = 0; i < count; i++)
		memcpy(large + i * tar.length, tar.bytes, tar.length);
	memset(large + count * tar.length, 0, 1024);
	assert_refused(large, count * tar.length + 1024, -EFBIG, "more than 100000 entries");
	free(large);
	free(tar.bytes);
}

/* Files that are too large together, and one that is larger than an archive may be. */
static void large_files(void **state)
{
	struct mb_archive archive = {0}, back;
	struct mb_err err = {0};
	struct tar tar = {0};
	char *name;

	need_library();
	tar_add(&tar, "proc/version", "");
	tar_end(&tar);
	name = tar_file(&tar);
	assert_int_equal(mb_archive_read(name, &err, &archive), 0);
	mb_archive_fini(&archive);
	assert_int_equal(truncate(name, (off_t)MB_ARCHIVE_MAX_BYTES + 1), 0);
	assert_int_equal(mb_archive_read(name, &err, &back), -EFBIG);
	assert_non_null(strstr(err.text, "more than 256 MiB"));
	unlink(name);
	free(name);
	free(tar.bytes);
}

static void files(void **state)
{
	struct mb_archive archive;
	struct mb_err err = {0};

	need_library();
	assert_int_equal(mb_archive_read("/nonexistent", &err, &archive), -ENOENT);
	mb_err_clear(&err);
	assert_int_equal(mb_archive_read("/dev/null", &err, &archive), -EINVAL);
	assert_non_null(strstr(err.text, "no regular file"));
}

/* Without the library: a reason that names the package. */
static void without_library(void **state)
{
	struct mb_archive archive = {0};
	struct mb_err err = {0};

	if (strcmp(mb_archive_version(), "none") != 0) {
		assert_non_null(strstr(mb_archive_version(), "libarchive "));
		return;
	}
	assert_int_equal(mb_archive_read("x.tar", &err, &archive), -ENOTSUP);
	assert_non_null(strstr(err.text, "libarchive-dev"));
	assert_int_equal(mb_archive_parse("x", 1, NULL, &archive), -ENOTSUP);
	assert_int_equal(mb_archive_write(&archive, "gzip", stdout, NULL), -ENOTSUP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),        cmocka_unit_test(finds_and_lists),
		cmocka_unit_test(settling),     cmocka_unit_test(trees),
		cmocka_unit_test(extensions),   cmocka_unit_test(round_trips),
		cmocka_unit_test(full_disk),    cmocka_unit_test(hostile_entries),
		cmocka_unit_test(no_archives),  cmocka_unit_test(cut_off),
		cmocka_unit_test(damaged),      cmocka_unit_test(bombs),
		cmocka_unit_test(many_entries), cmocka_unit_test(large_files),
		cmocka_unit_test(files),        cmocka_unit_test(without_library),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
