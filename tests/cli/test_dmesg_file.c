/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/dmesg_file.h"
#include "core/base/align.h"
#include "numa/journal.h"
#include "numa/kernlog.h"
#include "tests/numa/tree.h"

#define VERSION "[    0.000000] Linux version 6.1.0 (x)\n"

static void assert_refused(const char *path, int code, const char *why)
{
	struct mb_err err = {0};
	char *text = NULL;
	size_t length = 7;

	assert_int_equal(mb_dmesg_file_read(path, &err, &text, &length), code);
	assert_null(text);
	assert_int_equal(length, 7);
	if (!strstr(err.text, why))
		fail_msg("%s: '%s', expected '%s'", path, err.text, why);
}

static void assert_text(const char *path, const char *expected)
{
	struct mb_err err = {0};
	char *text = NULL;
	size_t length = 7;

	if (mb_dmesg_file_read(path, &err, &text, &length))
		fail_msg("%s: %s", path, err.text);
	assert_string_equal(text, expected);
	assert_int_equal(length, strlen(expected));
	free(text);
}

/* Each path is one in a folder of its own. */
static void test_files(void **state)
{
	char *tree = tree_new(), path[256];
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "%s/log", tree);
	assert_refused(path, -ENOENT, "No such file");
	assert_refused(tree, -EISDIR, "directory");
	tree_write(tree, "log", "%s", VERSION);
	assert_text(path, VERSION);
	tree_write(tree, "log", "6,343,1234,-;node 0 up\n SUBSYSTEM=x\n6,344,1235,-;more\n");
	assert_text(path, "[    0.001234] node 0 up\n[    0.001235] more\n");
	assert_text("/dev/null", "");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)MB_JOURNAL_MAX_BYTES + 1), 0);
	close(fd);
	assert_refused(path, -EFBIG, "more than 64 MiB");
	tree_free(tree);
}

/* None of these may wait for ever: the first has no end, the second no writer. */
static void test_no_waiting(void **state)
{
	char *tree = tree_new(), path[256];

	(void)state;
	if (!access("/dev/kmsg", R_OK))
		assert_refused("/dev/kmsg", -EINVAL, "without '--dmesg'");
	snprintf(path, sizeof(path), "%s/pipe", tree);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, -EINVAL, "nobody writes");
	tree_free(tree);
}

/* A pipe with a writer is read to its end, as /dev/fd/N of a shell's <(…) is. */
static void test_pipe(void **state)
{
	char path[32];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], VERSION, strlen(VERSION)), strlen(VERSION));
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_text(path, VERSION);
	close(ends[0]);
}

static void test_reasons(void **state)
{
#define ROW(text, why)                      \
	{                                   \
		text, sizeof(text) - 1, why \
	}
	static const struct {
		const char *text;
		size_t length;
		const char *why;
	} rows[] = {
		ROW("", "log is empty"),
		ROW("\n", "log is no kernel log"),
		ROW("root:x:0:0:root:/root:/bin/bash\n", "log is no kernel log"),
		ROW("\0\0\0\0", "log is no kernel log"),
		ROW("\xff\xfeL\0i\0n\0u\0x\0", "log is no kernel log"),
		ROW("\x7f"
		    "ELF\2\1\1\0\n\n\x90",
		    "log is no kernel log"),
		ROW("  an indented line\n", "log is no kernel log"),
		ROW(VERSION, "log says nothing of deferred init"),
		ROW("[    9.0] usb 1-1: new device\n", "log has lost the kernel's first lines"),
		ROW("Policy zone: Normal\n", "log has lost the kernel's first lines"),
		ROW("Nov 22 01:00:00 host kernel: x\n", "log has lost the kernel's first lines"),
		ROW(VERSION "node 0 deferred pages initialised in 99999999999999999999ms\n",
		    "line 2 of log, about deferred init, cannot be read"),
		ROW("node 0 initialised, x pages in 2ms\n",
		    "line 1 of log, about deferred init, cannot be read"),
		ROW(VERSION "Kernel command line: deferred_init=lazy\n", "on demand"),
	};

	(void)state;
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_kernlog *log = NULL;
		struct mb_err err = {0};

		assert_int_equal(mb_kernlog_parse(rows[i].text, rows[i].length, &log), 0);
		assert_int_equal(
			mb_dmesg_file_blame("log", log, rows[i].text, rows[i].length, &err),
			-ENODATA);
		if (!strstr(err.text, rows[i].why))
			fail_msg("row %zu: '%s', expected '%s'", i, err.text, rows[i].why);
		mb_kernlog_free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_no_waiting),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
