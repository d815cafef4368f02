/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/machine_opt.h"
#include "core/base/align.h"
#include "numa/archive.h"
#include "tests/cli/capture.h"
#include "tests/numa/tar.h"

/* Resolves with what is said on stderr caught in *ret_said, which the caller frees. */
static int resolve(const char *text, const char *file, struct mb_machine **ret_machine,
		   char **ret_said)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("boot"),
			     .opts = {.machine = text, .machine_file = file}};
	struct capture capture;
	int status;

	capture_begin(&capture, stderr);
	status = mb_machine_opt_resolve(&cli, ret_machine, NULL, 0);
	*ret_said = capture_end(&capture);
	return status;
}

static void assert_refused(const char *text, const char *file, const char *words)
{
	struct mb_machine *machine = NULL;
	char *said;

	assert_int_equal(resolve(text, file, &machine, &said), MB_EXIT_USAGE);
	assert_null(machine);
	if (!strstr(said, words) || strchr(said, '\n') != said + strlen(said) - 1)
		fail_msg("'%s' is not one line with '%s'", said, words);
	free(said);
}

static void assert_machine(const char *text, const char *file, unsigned nodes)
{
	struct mb_machine *machine = NULL;
	char *said;

	assert_int_equal(resolve(text, file, &machine, &said), MB_EXIT_OK);
	assert_string_equal(said, "");
	assert_int_equal(machine->nr_node_ids, nodes);
	mb_machine_free(machine);
	free(said);
}

/* A temporary file with these bytes; the caller unlinks and frees the name. */
static char *file_with(const char *bytes, size_t length)
{
	char *name = strdup("/tmp/mb-machine-XXXXXX");
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
	return name;
}

static void test_text(void **state)
{
	assert_machine("nodes=2 each=1G cpus=2", NULL, 2);
	assert_refused("nodes=0", NULL, "memboot: boot: machine text: ");
	assert_refused("what=ever", NULL, "what");
	assert_refused("node0=1G@0 node1=1G@512M", NULL, "overlap");
	assert_refused("   ", NULL, "machine text: ");
}

static void test_file(void **state)
{
	static const char good[] = "# two nodes\nnodes=2 each=1G\n\tcpus=2 # each\n";
	char *name = file_with(good, sizeof(good) - 1);

	assert_machine(NULL, name, 2);
	unlink(name);
	assert_refused(NULL, name, "No such file");
	free(name);
	name = file_with("node0=1G\0node1=1G", 17);
	assert_refused(NULL, name, "it is not text");
	unlink(name);
	free(name);
	assert_refused(NULL, "/tmp", "Is a directory");
	name = file_with("", 0);
	assert_refused(NULL, name, "machine file");
	unlink(name);
	free(name);
}

/* A text of several lines: the one that is wrong is named. */
static void test_lines(void **state)
{
	static const char bad[] = "# a comment\nnodes=2 each=1G\n\n  cpus=2 hole=xx\n";
	char *name = file_with(bad, sizeof(bad) - 1), words[100];

	snprintf(words, sizeof(words), "machine file '%s': line 4: hole=xx is not of the form",
		 name);
	assert_refused(NULL, name, words);
	assert_refused("nodes=2 each=1G\nhole=xx", NULL, "machine text: line 2: hole=xx");
	assert_refused("nodes=2 each=1G hole=xx", NULL, "machine text: hole=xx");
	unlink(name);
	free(name);
}

/* Files of every size around the buffer's growth are read whole: the last line counts. */
static void test_file_sizes(void **state)
{
	static const size_t sizes[] = {4095, 4096, 4097, 8191, 8192, 8193, 100000};

	for (size_t i = 0; i < MB_ARRAY_SIZE(sizes); i++) {
		char *bytes = malloc(sizes[i]), *name;
		static const char end[] = "\nnodes=3 each=1G cpus=1";

		memset(bytes, '#', sizes[i]);
		memcpy(bytes + sizes[i] - strlen(end), end, strlen(end));
		name = file_with(bytes, sizes[i]);
		assert_machine(NULL, name, 3);
		unlink(name);
		free(name);
		free(bytes);
	}
}

static void test_endless_file(void **state)
{
	assert_refused(NULL, "/dev/zero", "File too large");
}

/* --page-size and --section-size win over the text; nonsense is one line and no machine. */
static void test_sizes(void **state)
{
	static const struct {
		const char *text, *page;
		uint64_t section;
		unsigned page_shift, section_shift; /* 0: refused */
	} rows[] = {
		{"arch=arm64 node0=4G page=4K", "64K", 0, 16, 29},
		{"arch=arm64 node0=4G page=64K section=1G", "4K", 0, 12, 30},
		{"arch=arm64 node0=4G page=64K", "16K", 0, 14, 27},
		{"arch=x86_64 node0=4G section=1G", NULL, 256 * MB_MIB, 12, 28},
		{"arch=x86_64 node0=4G", "4K", 4 * MB_MIB, 12, 22},
		{"arch=x86_64 node0=4G", "64K", 0, 0, 0},
		{"arch=x86_64 node0=4G", NULL, 3 * MB_MIB, 0, 0},
		{"arch=x86_64 node0=4G", NULL, 2 * MB_MIB, 0, 0},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("boot"),
				     .opts = {.machine = rows[i].text,
					      .page_size = rows[i].page,
					      .section_size = rows[i].section}};
		struct mb_machine *machine = NULL;
		struct capture capture;
		char *said;
		int status;

		capture_begin(&capture, stderr);
		status = mb_machine_opt_resolve(&cli, &machine, NULL, 0);
		said = capture_end(&capture);
		if (rows[i].page_shift) {
			assert_int_equal(status, MB_EXIT_OK);
			assert_int_equal(machine->page_shift, rows[i].page_shift);
			assert_int_equal(machine->section_shift, rows[i].section_shift);
		} else {
			assert_int_equal(status, MB_EXIT_USAGE);
			assert_null(machine);
			assert_non_null(strstr(said, rows[i].page ? "page=" : "section="));
		}
		free(said);
		mb_machine_free(machine);
	}
}

/* --cmdline wins over the text's; what the kernel would not understand is one line and no machine. */
static void test_cmdline(void **state)
{
	static char long_line[2049];
	const struct {
		const char *text, *cmdline, *said; /* NULL: fine */
		uint64_t mib;
	} rows[] = {
		{"node0=2G", NULL, NULL, 2048},
		{"node0=2G", "mem=1G quiet", NULL, 1024},
		{"node0=2G cmdline='mem=1G'", NULL, NULL, 1024},
		{"node0=2G cmdline='mem=1G'", "", NULL, 2048},
		{"node0=2G cmdline='mem=1G'", "mem=512M", NULL, 512},
		{"node0=2G cmdline='mem=lots'", "quiet", NULL, 2048},
		{"node0=2G cmdline='mem=lots'", NULL, "'mem=lots' is wrong; it takes mem=SIZE", 0},
		{"node0=2G", "kernelcore=200%", "takes kernelcore=4G, kernelcore=25%", 0},
		{"node0=2G", "mem=0", "command line: 'mem=0' is wrong; it takes mem=SIZE", 0},
		{"node0=2G@4G", "mem=1G", "command line 'mem=1G' leaves no memory", 0},
		{"node0=2G", "a\nb", "'--cmdline' holds byte 0xa", 0},
		{"node0=2G", "\xc3\xa9", "'--cmdline' holds byte 0xc3", 0},
		{"node0=2G", long_line, "'--cmdline': a kernel reads 2047 bytes, not 2048", 0},
	};

	memset(long_line, 'x', sizeof(long_line) - 1);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("boot"),
				     .opts = {.machine = rows[i].text, .cmdline = rows[i].cmdline}};
		struct mb_machine *machine = NULL;
		struct capture capture;
		char *said;
		int status;

		capture_begin(&capture, stderr);
		status = mb_machine_opt_resolve(&cli, &machine, NULL, 0);
		said = capture_end(&capture);
		assert_int_equal(status, rows[i].said ? MB_EXIT_USAGE : MB_EXIT_OK);
		assert_true(!machine == (rows[i].said != NULL));
		if (machine)
			assert_int_equal(mb_machine_ram_bytes(machine), rows[i].mib * MB_MIB);
		else if (!strstr(said, rows[i].said) || strchr(said, '\n')[1])
			fail_msg("'%s' is not one line with '%s'", said, rows[i].said);
		free(said);
		mb_machine_free(machine);
	}
}

/* --- --sysroot --- */

static int resolve_tree(const char *path, struct mb_machine **ret_machine, char *release,
			char **ret_said)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("boot"), .opts = {.sysroot = path}};
	struct capture capture;
	int status;

	capture_begin(&capture, stderr);
	status = mb_machine_opt_resolve(&cli, ret_machine, release, 65);
	*ret_said = capture_end(&capture);
	return status;
}

static void refuse_tree(const char *path, const char *words)
{
	char *said, release[65] = "untouched";
	struct mb_machine *machine = NULL;

	assert_int_equal(resolve_tree(path, &machine, release, &said), MB_EXIT_USAGE);
	assert_null(machine);
	assert_string_equal(release, "untouched");
	if (!strstr(said, words) || !strstr(said, path) ||
	    strchr(said, '\n') != said + strlen(said) - 1)
		fail_msg("'%s' is not one line with '%s'", said, words);
	free(said);
}

static void test_archive(void **state)
{
	char *said, release[65], *name;
	struct mb_machine *machine;
	struct tar tar = {0};

	if (!strcmp(mb_archive_version(), "none")) {
		print_message("skipped: built without libarchive\n");
		skip();
	}
	tar_add(&tar, "x/proc/cpuinfo", "vendor_id : x\n");
	tar_add(&tar, "x/proc/version", "Linux version 6.1.2-x (me@here) #1\n");
	tar_add(&tar, "x/proc/iomem", "00001000-3fffffff : System RAM\n");
	tar_end(&tar);
	name = tar_file(&tar);
	assert_int_equal(resolve_tree(name, &machine, release, &said), MB_EXIT_OK);
	assert_string_equal(said, "");
	assert_string_equal(release, "6.1.2-x");
	assert_int_equal(machine->nr_mem, 1);
	mb_machine_free(machine);
	free(said);
	assert_int_equal(truncate(name, (off_t)tar.length - 512), 0);
	refuse_tree(name, "is cut off");
	unlink(name);
	refuse_tree(name, "No such file");
	refuse_tree("/dev/null", "neither a folder");
	free(name);
	free(tar.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),         cmocka_unit_test(test_file),
		cmocka_unit_test(test_lines),        cmocka_unit_test(test_file_sizes),
		cmocka_unit_test(test_endless_file), cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_cmdline),      cmocka_unit_test(test_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
