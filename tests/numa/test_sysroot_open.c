/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "numa/sysroot.h"
#include "numa/sysroot_file.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tar.h"
#include "tests/numa/tree.h"

static void folders(void **state)
{
	struct mb_sysroot root;
	struct mb_err err = {0};
	char *tree = tree_new();

	assert_int_equal(mb_sysroot_open(tree, &err, &root), 0);
	assert_ptr_equal(root.path, tree);
	assert_int_equal(root.archive.count, 0);
	mb_sysroot_close(&root);
	tree_free(tree);
	assert_int_equal(mb_sysroot_open("/", &err, &root), 0);
	assert_true(mb_sysroot_file_is_live(&root));
	mb_sysroot_close(&root);
}

static void neither(void **state)
{
	struct mb_sysroot root = {.path = "untouched"};
	struct mb_err err = {0};

	assert_int_equal(mb_sysroot_open("/nonexistent", &err, &root), -ENOENT);
	assert_true(err.text[0]);
	mb_err_clear(&err);
	assert_int_equal(mb_sysroot_open("/dev/null", &err, &root), -ENOENT);
	assert_non_null(strstr(err.text, "neither a folder"));
	assert_string_equal(root.path, "untouched");
}

/* A small machine in an archive, read by all the readers of files. */
static void archives(void **state)
{
	struct mb_machine *machine;
	struct mb_sysroot root;
	struct mb_err err = {0};
	struct tar tar = {0};
	char *name, **names, *text, release[32];
	uint64_t *numbers, value;
	size_t count;

	if (!strcmp(mb_archive_version(), "none")) {
		print_message("skipped: built without libarchive\n");
		skip();
	}
	tar_add(&tar, "tree/proc/cpuinfo", "vendor_id : x\n");
	tar_add(&tar, "tree/proc/version", "Linux version 6.1.2-x (me@here) #1\n");
	tar_add(&tar, "tree/proc/iomem",
		"00001000-0009ffff : System RAM\n00100000-3fffffff : System RAM\n");
	tar_add(&tar, "tree/sys/devices/system/node/online", "0-1\n");
	tar_add(&tar, "tree/sys/devices/system/node/node0/cpulist", "0-1\n");
	tar_add(&tar, "tree/sys/devices/system/node/node1/cpulist", "2-3\n");
	tar_end(&tar);
	name = tar_file(&tar);
	if (mb_sysroot_open(name, &err, &root))
		fail_msg("%s", err.text);
	assert_false(mb_sysroot_file_is_live(&root));
	if (mb_sysroot_machine(&root, &err, &machine))
		fail_msg("%s", err.text);
	assert_int_equal(machine->nr_cpus, 4);
	assert_int_equal(machine->nr_node_ids, 2);
	assert_string_equal(machine->source, "/proc/iomem, all of it taken for node 0's");
	mb_machine_free(machine);
	assert_int_equal(mb_sysroot_kernel_release(&root, release, sizeof(release)), 0);
	assert_string_equal(release, "6.1.2-x");
	assert_int_equal(mb_sysroot_file_read(&root, &text, "proc"), -ENOENT);
	assert_int_equal(mb_sysroot_file_u64(&root, 10, &value, "proc/nothing"), -ENOENT);
	assert_int_equal(mb_sysroot_file_names(&root, &names, "proc"), 0);
	assert_string_equal(names[0], "cpuinfo");
	assert_string_equal(names[2], "version");
	assert_null(names[3]);
	mb_sysroot_file_names_free(names);
	assert_int_equal(mb_sysroot_file_names(&root, &names, "proc/nothing"), -ENOENT);
	assert_int_equal(
		mb_sysroot_file_numbers(&root, "node", &numbers, &count, "sys/devices/system/node"),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(numbers[1], 1);
	free(numbers);
	mb_sysroot_close(&root);
	unlink(name);
	free(name);
	free(tar.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders),
		cmocka_unit_test(neither),
		cmocka_unit_test(archives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
