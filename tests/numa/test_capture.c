/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/capture.h"
#include "numa/sysstate.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

static const struct mb_capture_part *part_of(const struct mb_capture *capture, const char *path)
{
	for (size_t i = 0; i < mb_nr_capture_rows; i++)
		if (!strcmp(mb_capture_rows[i].path, path))
			return &capture->parts[i];
	fail_msg("no row '%s'", path);
	return NULL;
}

static void assert_file(const struct mb_capture *capture, const char *path, const char *text)
{
	const struct mb_archive_file *file = mb_archive_find(&capture->archive, path);

	if (!file)
		fail_msg("'%s' is not captured", path);
	assert_string_equal(file->data, text);
	assert_int_equal(file->length, strlen(text));
}

/* Every row is a path that a reader of archives takes, and no two take the same. */
static void rows(void **state)
{
	for (size_t i = 0; i < mb_nr_capture_rows; i++) {
		char path[MB_ARCHIVE_MAX_PATH] = "";

		for (const char *at = mb_capture_rows[i].path; *at; at++) {
			size_t length = strlen(path);

			if (*at == '[')
				at = strchr(at, ']');
			path[length] = *at == ']' ? '0' : *at == '*' ? '7' : *at;
		}
		assert_true(mb_capture_wants(path));
		for (size_t k = 0; k < mb_nr_capture_rows; k++)
			assert_int_equal(mb_capture_row_wants(k, path), k == i);
	}
	assert_false(mb_capture_wants("proc"));
	assert_false(mb_capture_wants("proc/version/x"));
	assert_false(mb_capture_wants("proc/1/environ"));
	assert_false(mb_capture_wants("etc/shadow"));
	assert_false(mb_capture_wants("sys/kernel/slab/a/b/align"));
	assert_false(mb_capture_wants("sys/devices/system/node/nodes/cpulist"));
}

static char *new_tree(void)
{
	char *tree = tree_new();

	tree_write(tree, "dmesg",
		   "[    0.000000] Linux version 6.1 (me@host)\n[    1.0] host is up\n");
	tree_write(tree, "proc/cmdline", "root=/dev/sda1 mem=4G\n");
	tree_write(tree, "proc/secret", "x\n");
	tree_write(tree, "sys/devices/system/node/online", "0-1\n");
	tree_write(tree, "sys/devices/system/node/node0/cpulist", "0-3\n");
	tree_mkdir(tree, "sys/devices/system/node/node0/memory2");
	tree_mkdir(tree, "sys/devices/system/node/node0/memory10");
	tree_mkdir(tree, "sys/devices/system/node/node0/memoryless");
	tree_write(tree, "sys/devices/system/node/node1/memory_blocks", "memory3 memory4\n");
	tree_write(tree, "sys/kernel/slab/:a-0000128/order", "1\n");
	tree_write(tree, "sys/kernel/slab/kmalloc-1k/order", "%s", "");
	return tree;
}

/* What a row has taken out is said, and never left open. */
static void rows_choose(void **state)
{
	for (size_t i = 0; i < mb_nr_capture_rows; i++)
		assert_non_null(mb_capture_rows[i].redact);
}

/* What doctor looks at is captured, as far as it is one file. */
static void doctors_files(void **state)
{
	for (size_t i = 0; i < mb_nr_sysstate_checks; i++)
		if (mb_sysstate_checks[i].path && !mb_capture_wants(mb_sysstate_checks[i].path))
			fail_msg("%s is not captured", mb_sysstate_checks[i].path);
	assert_true(mb_capture_wants("proc/loadavg"));
	assert_true(mb_capture_wants("proc/stat"));
}

/* A folder's link to a file of this host puts nothing of it into an archive. */
static void links_lead_nowhere(void **state)
{
	struct mb_capture capture;
	char *tree = new_tree(), path[4096];

	snprintf(path, sizeof(path), "%s/proc/version", tree);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(mb_capture_collect(tree_root(tree), false, NULL, &capture), 0);
	assert_null(mb_archive_find(&capture.archive, "proc/version"));
	assert_int_equal(part_of(&capture, "proc/version")->error, -EXDEV);
	mb_capture_fini(&capture);
	tree_free(tree);
}

static void collects(void **state)
{
	struct mb_capture capture;
	char *tree = new_tree();

	assert_int_equal(mb_capture_collect(tree_root(tree), false, NULL, &capture), 0);
	assert_int_equal(capture.archive.count, 8);
	assert_file(&capture, "dmesg",
		    "[    0.000000] Linux version 6.1 (me@host)\n[    1.0] host is up\n");
	assert_file(&capture, "proc/cmdline", "root=/dev/sda1 mem=4G\n");
	assert_file(&capture, "sys/devices/system/node/node0/memory_blocks", "memory10 memory2\n");
	assert_file(&capture, "sys/devices/system/node/node1/memory_blocks", "memory3 memory4\n");
	assert_file(&capture, "sys/kernel/slab/:a-0000128/order", "1\n");
	assert_file(&capture, "sys/kernel/slab/kmalloc-1k/order", "");
	assert_int_equal(part_of(&capture, "sys/kernel/slab/*/order")->files, 2);
	assert_int_equal(part_of(&capture, "sys/kernel/slab/*/order")->bytes, 2);
	assert_int_equal(part_of(&capture, "sys/kernel/slab/*/order")->failed, 0);
	assert_int_equal(part_of(&capture, "sys/kernel/slab/*/align")->failed, 2);
	assert_int_equal(part_of(&capture, "sys/kernel/slab/*/align")->error, -ENOENT);
	assert_int_equal(part_of(&capture, "proc/iomem")->error, -ENOENT);
	assert_string_equal(part_of(&capture, "proc/iomem")->failure, "proc/iomem");
	assert_int_equal(part_of(&capture, "sys/firmware/memmap/[0-9]*/end")->failed, 1);
	assert_int_equal(part_of(&capture, "sys/devices/system/node/node[0-9]*/cpulist")->files, 1);
	mb_capture_fini(&capture);
	tree_free(tree);
}

static void redacts(void **state)
{
	struct mb_capture capture;
	char *tree = new_tree();

	assert_int_equal(mb_capture_collect(tree_root(tree), true, NULL, &capture), 0);
	assert_file(&capture, "dmesg", "[    0.000000] Linux version 6.1 (redacted)\n");
	assert_file(&capture, "proc/cmdline", "root=redacted mem=4G\n");
	assert_int_equal(part_of(&capture, "dmesg")->redacted.lines, 1);
	assert_int_equal(part_of(&capture, "proc/cmdline")->redacted.values, 1);
	mb_capture_fini(&capture);
	tree_free(tree);
}

/* What is no regular file, too large or behind a link that leads nowhere is left out and named. */
static void unreadable(void **state)
{
	struct mb_capture capture;
	char *tree = new_tree(), path[128];

	snprintf(path, sizeof(path), "%s/proc/version", tree);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof(path), "%s/proc/iomem", tree);
	assert_int_equal(symlink("nowhere", path), 0);
	tree_write(tree, "proc/zoneinfo", "%s", "");
	snprintf(path, sizeof(path), "%s/proc/zoneinfo", tree);
	assert_int_equal(truncate(path, (off_t)MB_ARCHIVE_MAX_FILE_BYTES + 1), 0);
	assert_int_equal(mb_capture_collect(tree_root(tree), false, NULL, &capture), 0);
	assert_int_equal(part_of(&capture, "proc/version")->error, -EINVAL);
	assert_int_equal(part_of(&capture, "proc/iomem")->error, -ENOENT);
	assert_int_equal(part_of(&capture, "proc/zoneinfo")->error, -EFBIG);
	assert_int_equal(part_of(&capture, "proc/zoneinfo")->files, 0);
	assert_int_equal(capture.archive.count, 8);
	mb_capture_fini(&capture);
	tree_free(tree);
}

static void hidden_addresses(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n", -EPERM},
		{"00000000-00000000 : System RAM\n", -EPERM},
		{"00000000-00000fff : Reserved\n", 0},
		{"00000000-00000000 : x\n00001000-00001fff : System RAM\n", 0},
		{"", 0},
	};
	char *tree = new_tree();

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_capture capture;

		tree_write(tree, "proc/iomem", "%s", cases[i].text);
		assert_int_equal(mb_capture_collect(tree_root(tree), false, NULL, &capture), 0);
		assert_int_equal(part_of(&capture, "proc/iomem")->error, cases[i].error);
		mb_capture_fini(&capture);
	}
	tree_free(tree);
}

static void stops(void **state)
{
	struct mb_capture capture = {.parts = NULL};
	atomic_int cancel = 1;
	char *tree = new_tree();

	assert_int_equal(mb_capture_collect(tree_root(tree), false, &cancel, &capture), -ECANCELED);
	assert_null(capture.parts);
	tree_free(tree);
}

static void live(void **state)
{
	struct mb_capture capture;

	assert_int_equal(mb_capture_collect(tree_root("/"), false, NULL, &capture), 0);
	assert_non_null(mb_archive_find(&capture.archive, "proc/meminfo"));
	for (size_t i = 0; i < mb_nr_capture_rows; i++)
		assert_true(capture.parts[i].files || capture.parts[i].error < 0);
	mb_capture_fini(&capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),          cmocka_unit_test(collects),
		cmocka_unit_test(redacts),       cmocka_unit_test(rows_choose),
		cmocka_unit_test(doctors_files), cmocka_unit_test(links_lead_nowhere),
		cmocka_unit_test(unreadable),    cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(stops),         cmocka_unit_test(live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
