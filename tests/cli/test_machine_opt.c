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
		cmocka_unit_test(test_endless_file), cmocka_unit_test(test_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
