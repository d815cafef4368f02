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

void facts_run_try(struct facts_run *run, const char *root)
{
	memset(run, 0, sizeof(*run));
	mb_host_plain_init(&run->host);
	run->root.path = root;
	if (mb_facts_open(&run->root, NULL, &run->err, &run->tree))
		fail_msg("%s: %s", root, run->err.text);
	mb_facts_boot(&run->tree, &run->host.host, &run->err, &run->boot);
}

void facts_run_open(struct facts_run *run, const char *root)
{
	facts_run_try(run, root);
	if (!run->boot)
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

/* The file as it is in root, no link to it. */
static void facts_copy_renew(const struct facts_copy *copy, const char *root)
{
	char command[3 * 4096];

	snprintf(command, sizeof(command),
		 "rm -f '%s' && cp -L --no-preserve=mode '%.2000s/%s' '%s'", copy->file, root,
		 copy->path, copy->file);
	assert_int_equal(system(command), 0);
}

void facts_copy_make(struct facts_copy *copy, const char *root, const char *path)
{
	char command[8 * 4096];

	copy->from = root;
	strcpy(copy->dir, "/tmp/memboot-facts-XXXXXX");
	assert_non_null(mkdtemp(copy->dir));
	snprintf(copy->root, sizeof(copy->root), "%s/tree", copy->dir);
	snprintf(copy->path, sizeof(copy->path), "%s", path);
	snprintf(copy->file, sizeof(copy->file), "%s/%s", copy->root, copy->path);
	/* Hard links are quick; the one file that is to be changed must not be one. */
	snprintf(command, sizeof(command),
		 "cp -rlL '%.2000s' '%s' 2>/dev/null || { rm -rf '%s'; cp -rL '%.2000s' '%s'; }",
		 root, copy->root, copy->root, root, copy->root);
	assert_int_equal(system(command), 0);
	facts_copy_renew(copy, root);
}

void facts_copy_turn(struct facts_copy *copy, const char *root, const char *path)
{
	facts_copy_renew(copy, root);
	snprintf(copy->path, sizeof(copy->path), "%s", path);
	snprintf(copy->file, sizeof(copy->file), "%s/%s", copy->root, copy->path);
	facts_copy_renew(copy, root);
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
