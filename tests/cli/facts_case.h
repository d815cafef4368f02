/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CLI_FACTS_CASE_H
#define MB_TESTS_CLI_FACTS_CASE_H

#include "cli/facts.h"
#include "core/host_plain.h"

/* What the tests of facts share: a tree with its boot, and a changed copy of a tree. Failures end the test. */

struct facts_run {
	struct mb_sysroot root;
	struct mb_host_plain host;
	struct mb_fact_tree tree;
	struct mb_boot *boot;
	struct mb_err err;
};

/* Reads the tree and boots its machine. root must outlive the run. */
void facts_run_open(struct facts_run *run, const char *root);
/* The same of a damaged tree, whose machine may not boot: then boot is NULL. */
void facts_run_try(struct facts_run *run, const char *root);
void facts_run_close(struct facts_run *run);

/* Compares one fact; the caller ends the result with mb_facts_result_fini(). */
void facts_run_compare(const struct facts_run *run, const struct mb_fact_row *fact,
		       struct mb_fact_result *ret_result);

/* A copy of a tree in a folder of its own, and the path of one file in it. */
struct facts_copy {
	const char *from;                   /* the tree it is a copy of */
	char dir[32], root[40], file[4096]; /* file: the one to change, path in the tree */
	char path[256];
};

void facts_copy_make(struct facts_copy *copy, const char *root, const char *path);
void facts_copy_write(const struct facts_copy *copy, const char *text);
/* Makes another file the one to change; what was changed before becomes again what it is in root. */
void facts_copy_turn(struct facts_copy *copy, const char *root, const char *path);
void facts_copy_remove(const struct facts_copy *copy);

#endif
