/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/facts.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/host_plain.h"
#include "numa/capture.h"
#include "tests/captures.h"
#include "tests/root.h"

/*
 * What the readers of trees open, found by standing in for open(): it must all have a row in the
 * table of the capture. The linker sends calls here (--wrap).
 */
static struct {
	const char *root; /* NULL: nobody looks */
	unsigned opened, wanted;
} watch;

int __real_mb_sysroot_beneath(const char *folder, const char *path, int flags);
int __wrap_mb_sysroot_beneath(const char *folder, const char *path, int flags);

/* Every file of a folder is opened by it. */
int __wrap_mb_sysroot_beneath(const char *folder, const char *path, int flags)
{
	if (watch.root && !strcmp(folder, watch.root) && !(flags & O_DIRECTORY)) {
		watch.opened++;
		if (mb_capture_wants(path))
			watch.wanted++;
		else
			print_error("the capture's table has no row for %s\n", path);
	}
	return __real_mb_sysroot_beneath(folder, path, flags);
}

/* --- facts of a tree, in words --- */

static void add_values(struct mb_strbuf *text, const char *what,
		       const struct mb_fact_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		mb_strbuf_addf(text, "%s %s=%s\n", what, values->list[i].key,
			       values->list[i].value);
}

/* All that `memboot validate` could show of a tree. The caller frees it. */
static char *facts_of(const struct mb_sysroot *root)
{
	struct mb_strbuf text = {0};
	struct mb_host_plain host;
	struct mb_fact_tree tree;
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};

	mb_host_plain_init(&host);
	if (mb_facts_open(root, NULL, &err, &tree)) {
		mb_strbuf_addf(&text, "no machine: %s\n", err.text);
		return mb_strbuf_take(&text);
	}
	mb_strbuf_addf(&text, "%s %s\n", tree.release, tree.machine->source);
	mb_facts_boot(&tree, &host.host, &err, &boot);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		struct mb_fact_result result;

		assert_int_equal(mb_facts_compare(&mb_facts[i], &tree, boot, &err, &result), 0);
		mb_strbuf_addf(&text, "%s %d %s\n", mb_facts[i].id, result.status, result.reason);
		add_values(&text, "expected", &result.expected);
		add_values(&text, "got", &result.got);
		mb_facts_result_fini(&result);
	}
	mb_boot_free(boot);
	mb_facts_close(&tree);
	return mb_strbuf_take(&text);
}

/* --- a capture of a tree is the tree --- */

static void same(const char *root, void *ctx)
{
	char *wanted = facts_of(tree_root(root));

	for (int redact = 0; redact < 2; redact++) {
		struct mb_sysroot copy = {.path = "copy"};
		struct mb_capture capture;
		char *got;

		assert_int_equal(mb_capture_collect(tree_root(root), redact, NULL, &capture), 0);
		copy.archive = capture.archive;
		got = facts_of(&copy);
		if (strcmp(got, wanted) != 0)
			fail_msg("%s: %s is another machine:\n%s", root,
				 redact ? "redacted, it" : "captured, it", got);
		free(got);
		mb_capture_fini(&capture);
	}
	free(wanted);
}

/* The small trees, which have their map from each of the sources. */
static void each_small(void (*fn)(const char *root, void *ctx))
{
	static const char *const names[] = {"arm64-memblock", "x86-iomem", "x86-memmap",
					    "x86-sizes"};
	const char *data = getenv("MB_TEST_DATA");
	char path[PATH_MAX];

	for (size_t i = 0; data && i < MB_ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/sysroot/%s", data, names[i]);
		assert_int_equal(access(path, X_OK), 0);
		fn(path, NULL);
	}
}

static void captures_are_the_same(void **state)
{
	captures_each(same, NULL);
	each_small(same);
}

/* --- the table has all that is read --- */

static void watched(const char *root, void *ctx)
{
	watch.root = root;
	free(facts_of(tree_root(root)));
	watch.root = NULL;
}

/* A tree with so little in it that every source is tried. */
static void poor(const char *file, const char *text)
{
	char dir[] = "/tmp/memboot-capture-XXXXXX", path[128], command[64];
	FILE *out;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/proc", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	watched(dir, NULL);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void readers_are_covered(void **state)
{
	captures_each(watched, NULL);
	each_small(watched);
	poor("proc/version", "Linux version 6.1 aarch64\n");
	poor("proc/cpuinfo", "vendor_id : x\n");
	poor("proc/meminfo", "MemTotal: 1 kB\n");
	assert_true(watch.opened > 1000);
	assert_int_equal(watch.opened, watch.wanted);
}

/* --- secrets --- */

static void seed(const char *root, const char *path, const char *text)
{
	char name[PATH_MAX];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%s", root, path);
	file = fopen(name, "a");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void hidden(const char *root, void *ctx)
{
	static const char *const secrets[] = {"srv-secret-17", "SER1AL",      "8badf00d",
					      "hunter2",       "52:54:00:ab", "mailto"};
	char dir[] = "/tmp/memboot-capture-XXXXXX", tree[64], command[PATH_MAX + 64];
	struct mb_capture capture, open;
	size_t found = 0;

	assert_non_null(mkdtemp(dir));
	snprintf(tree, sizeof(tree), "%s/tree", dir);
	snprintf(command, sizeof(command), "cp -r '%s' '%s' && chmod -R u+w '%s'", root, tree,
		 tree);
	assert_int_equal(system(command), 0);
	seed(tree, "proc/cmdline",
	     "hunter2 mem=hunter2 root=UUID=8badf00d-1 rd.password=hunter2 \"x=hunter2 y\" -- hunter2\n");
	seed(tree, "proc/version", "(root@srv-secret-17) mailto\n");
	seed(tree, "proc/cpuinfo", "Serial\t\t: SER1AL\n");
	seed(tree, "dmesg",
	     "[    0.000000] Linux version 6.1.0 (root@srv-secret-17) (gcc) #1 mailto\n"
	     "[    0.000000] Command line: hunter2 memmap=1G!hunter2 root=UUID=8badf00d-1 rd.password=hunter2\n"
	     "[    0.000000] Kernel command line: root=UUID=8badf00d-1 -- --key hunter2\n"
	     "[    0.000000] DMI: Vendor SER1AL/srv-secret-17, BIOS 1 01/01/2026\n"
	     "[    1.000000] virtio_net eth0: 52:54:00:ab:cd:ef\n"
	     "[    2.000000] systemd[1]: Hostname set to <srv-secret-17>.\n"
	     "Nov 22 01:00:00 srv-secret-17 kernel: [    3.0] Policy zone: Normal\n"
	     "Nov 22 01:00:00 srv-secret-17 sshd: hunter2\n");
	assert_int_equal(mb_capture_collect(tree_root(tree), true, NULL, &capture), 0);
	assert_int_equal(mb_capture_collect(tree_root(tree), false, NULL, &open), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(secrets); i++) {
		for (size_t k = 0; k < capture.archive.count; k++)
			if (strstr(capture.archive.files[k].data, secrets[i]))
				fail_msg("%s: '%s' is in %s", root, secrets[i],
					 capture.archive.files[k].path);
		for (size_t k = 0; k < open.archive.count; k++)
			found += strstr(open.archive.files[k].data, secrets[i]) != NULL;
	}
	assert_true(found >= MB_ARRAY_SIZE(secrets));
	mb_capture_fini(&capture);
	mb_capture_fini(&open);
	same(tree, NULL);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void secrets_are_gone(void **state)
{
	captures_each(hidden, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captures_are_the_same),
		cmocka_unit_test(readers_are_covered),
		cmocka_unit_test(secrets_are_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
