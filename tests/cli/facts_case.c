/* SPDX-License-Identifier: Apache-2.0 */
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

#include "tests/cli/facts_case.h"

void facts_run_open(struct facts_run *run, const char *root)
{
	memset(run, 0, sizeof(*run));
	mb_host_plain_init(&run->host);
	run->root.path = root;
	if (mb_facts_open(&run->root, NULL, &run->err, &run->tree))
		fail_msg("%s: %s", root, run->err.text);
	if (mb_facts_boot(&run->tree, &run->host.host, &run->err, &run->boot))
		fail_msg("%s: %s", root, run->err.text);
}

void facts_run_close(struct facts_run *run)
{
	mb_boot_free(run->boot);
	mb_facts_close(&run->tree);
}

void facts_run_compare(const struct facts_run *run, const struct mb_fact_row *fact,
		       struct mb_fact_result *ret_result)
{
	assert_int_equal(mb_facts_compare(fact, &run->tree, run->boot, &run->err, ret_result), 0);
}

static void copy_file(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t length;

	assert_non_null(in);
	assert_non_null(out);
	while ((length = fread(buf, 1, sizeof(buf), in)) > 0)
		assert_int_equal(fwrite(buf, 1, length, out), length);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* A tree of links to the entries of from, down the path of the one file that is a copy. */
static void overlay(const char *from, const char *to, const char *path)
{
	char a[PATH_MAX], b[PATH_MAX], head[PATH_MAX];
	const char *slash = strchr(path, '/');
	char command[3 * PATH_MAX];

	assert_int_equal(mkdir(to, 0700), 0);
	snprintf(command, sizeof(command), "ln -s '%s'/* '%s'/", from, to);
	assert_int_equal(system(command), 0);
	snprintf(head, sizeof(head), "%.*s", (int)(slash ? slash - path : (int)strlen(path)), path);
	snprintf(a, sizeof(a), "%.2000s/%.2000s", from, head);
	snprintf(b, sizeof(b), "%.2000s/%.2000s", to, head);
	assert_int_equal(unlink(b), 0);
	if (slash)
		overlay(a, b, slash + 1);
	else
		copy_file(a, b);
}

void facts_copy_make(struct facts_copy *copy, const char *root, const char *path)
{
	strcpy(copy->dir, "/tmp/memboot-facts-XXXXXX");
	assert_non_null(mkdtemp(copy->dir));
	snprintf(copy->root, sizeof(copy->root), "%s/tree", copy->dir);
	snprintf(copy->file, sizeof(copy->file), "%s/%.4000s", copy->root, path);
	overlay(root, copy->root, path);
}

void facts_copy_write(const struct facts_copy *copy, const char *text)
{
	FILE *file = fopen(copy->file, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

void facts_copy_remove(const struct facts_copy *copy)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r '%s'", copy->dir);
	assert_int_equal(system(command), 0);
}
