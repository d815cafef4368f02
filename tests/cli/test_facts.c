/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cli/facts.h"
#include "core/base/align.h"
#include "tests/captures.h"
#include "tests/cli/facts_case.h"

/* --- comparing --- */

static int some(const struct mb_fact_tree *tree, struct mb_fact_values *values, struct mb_err *err)
{
	mb_facts_addf(values, "b\t2");
	mb_facts_addf(values, "a\t1");
	mb_facts_addf(values, "limit\t7");
	mb_facts_addf(values, "only expected\t");
	return 0;
}

static int others(const struct mb_fact_tree *tree, const struct mb_boot *boot,
		  struct mb_fact_values *values, struct mb_err *err)
{
	mb_facts_addf(values, "a\t1");
	mb_facts_addf(values, "only got\tx");
	mb_facts_addf(values, "b\t3");
	mb_facts_addf(values, "limit\t10");
	mb_facts_relate(values, MB_FACT_AT_MOST);
	return 0;
}

static int none(const struct mb_fact_tree *tree, struct mb_fact_values *values, struct mb_err *err)
{
	return MB_FAIL(err, -ENOENT, "nothing there");
}

static void key_by_key(void **state)
{
	const struct mb_fact_row fact = {"F0", "test", .expected = some, .got = others};
	const struct mb_boot *boot = (const struct mb_boot *)&fact; /* never looked at */
	struct mb_fact_tree tree = {0};
	struct mb_fact_result result;

	assert_int_equal(mb_facts_compare(&fact, &tree, boot, NULL, &result), 0);
	assert_int_equal(result.status, MB_FACT_DIFFERENT);
	assert_int_equal(result.nr_compared, 5);
	assert_int_equal(result.nr_diffs, 3);
	assert_int_equal(result.nr_pairs, 5);
	assert_string_equal(result.pairs[0].key, "a");
	assert_true(result.pairs[0].equal && result.pairs[0].relation == MB_FACT_SAME);
	assert_string_equal(result.pairs[1].key, "b");
	assert_string_equal(result.pairs[1].expected, "2");
	assert_string_equal(result.pairs[1].got, "3");
	assert_false(result.pairs[1].equal);
	assert_true(result.pairs[2].equal && result.pairs[2].relation == MB_FACT_AT_MOST);
	assert_string_equal(result.pairs[3].key, "only expected");
	assert_null(result.pairs[3].got);
	assert_null(result.pairs[4].expected);
	assert_false(result.pairs[3].equal || result.pairs[4].equal);
	mb_facts_result_fini(&result);
}

static void reasons(void **state)
{
	const struct mb_boot *boot = (const struct mb_boot *)&reasons;
	const struct mb_err no_boot = {.code = -ENOMEM, .text = "no boot"};
	const struct {
		struct mb_fact_row fact;
		const struct mb_boot *boot;
		const char *reason;
	} rows[] = {
		{{.expected = none, .got = others}, boot, "nothing there"},
		{{.expected = some, .got = others}, NULL, "no boot"},
		{{.needs_log = true, .expected = some, .got = others}, boot, "no log"},
		{{.needs_zoneinfo = true, .expected = some, .got = others}, boot, "zoneinfo"},
		{{.needs_all = true, .expected = some, .got = others}, boot, "still grows"},
		{{.needs_record = true, .expected = some, .got = others}, boot, "no trace"},
	};
	struct mb_fact_tree tree = {
		.growing = true,
		.no_log = {.code = -EPERM, .text = "no log"},
		.no_zoneinfo = {.code = -ENOENT, .text = "no zoneinfo"},
		.no_handover = {.code = -ENOENT, .text = "no trace"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_fact_result result;

		assert_int_equal(
			mb_facts_compare(&rows[i].fact, &tree, rows[i].boot, &no_boot, &result), 0);
		assert_int_equal(result.status, MB_FACT_NOT_COMPARED);
		assert_non_null(strstr(result.reason, rows[i].reason));
		assert_int_equal(result.nr_compared, 0);
		mb_facts_result_fini(&result);
	}
}

static void ids(void **state)
{
	for (size_t i = 0; i < mb_nr_facts; i++)
		assert_ptr_equal(mb_facts_find(mb_facts[i].id, strlen(mb_facts[i].id)),
				 &mb_facts[i]);
	assert_ptr_equal(mb_facts_find("f10,", 3), mb_facts_find("F10", 3));
	assert_null(mb_facts_find("F", 1));
	assert_null(mb_facts_find("F1x", 3));
	assert_null(mb_facts_find("", 0));
}

/* --- captures --- */

static void all_equal(const char *root, void *ctx)
{
	struct facts_run run;

	facts_run_open(&run, root);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		struct mb_fact_result result;

		assert_int_equal(
			mb_facts_compare(&mb_facts[i], &run.tree, run.boot, &run.err, &result), 0);
		for (size_t k = 0; k < result.nr_pairs; k++)
			if (!result.pairs[k].equal)
				print_error("%s: %s: %s: expected %s, got %s\n", root,
					    mb_facts[i].id, result.pairs[k].key,
					    result.pairs[k].expected, result.pairs[k].got);
		if (result.status != MB_FACT_EQUAL)
			fail_msg("%s: %s is not equal: %s", root, mb_facts[i].id, result.reason);
		assert_true(result.nr_compared > 0);
		mb_facts_result_fini(&result);
	}
	facts_run_close(&run);
}

static void captures_are_equal(void **state)
{
	captures_each(all_equal, NULL);
}

/* --- trees that lack something --- */

static void missing(const char *root, void *ctx)
{
	const char *path = ctx;
	struct mb_fact_result result;
	struct facts_copy copy;
	struct facts_run run;

	facts_copy_make(&copy, root, path);
	assert_int_equal(unlink(copy.file), 0);
	facts_run_open(&run, copy.root);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		const struct mb_fact_row *fact = &mb_facts[i];
		bool needed = strcmp(path, "dmesg") ? fact->needs_zoneinfo : fact->needs_log;

		facts_run_compare(&run, fact, &result);
		if (needed) {
			assert_int_equal(result.status, MB_FACT_NOT_COMPARED);
			assert_true(result.reason[0]);
		}
		mb_facts_result_fini(&result);
	}
	facts_run_close(&run);
	facts_copy_remove(&copy);
}

static void files_missing(void **state)
{
	char log[] = "dmesg", zoneinfo[] = "proc/zoneinfo";

	captures_each(missing, log);
	captures_each(missing, zoneinfo);
}

/* --- damaged files --- */

/* With a file changed so, no fact is different; those in the list are not compared, for this reason. */
static void assert_damaged(const struct facts_copy *copy, const char *text, const char *list,
			   const char *reason)
{
	struct mb_fact_result result;
	struct facts_run run;

	facts_copy_write(copy, text);
	facts_run_try(&run, copy->root);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%s,", mb_facts[i].id);
		facts_run_compare(&run, &mb_facts[i], &result);
		if (result.status == MB_FACT_DIFFERENT)
			fail_msg("%s: %s of %zu bytes: %s is different", copy->from, copy->path,
				 strlen(text), mb_facts[i].id);
		if (strstr(list, id) && !strstr(result.reason, reason))
			fail_msg("%s: %s of %zu bytes: %s says '%s', not '%s'", copy->from,
				 copy->path, strlen(text), mb_facts[i].id, result.reason, reason);
		mb_facts_result_fini(&result);
	}
	facts_run_close(&run);
}

static void cut_zoneinfo(const char *root, void *ctx)
{
	static const char all[] = "F1,F2,F4,F7,F8,", early[] = "proc/zoneinfo ends early";
	char *text = captures_read(root, "proc/zoneinfo", NULL), *node = strstr(text, "Node 1,");
	char *zone = strstr(text, "Node 0, zone   Normal");
	size_t length = strlen(text);
	struct facts_copy copy;

	facts_copy_make(&copy, root, "proc/zoneinfo");
	assert_damaged(&copy, "\1\377\2 zone\n", all, "proc/zoneinfo is not in the kernel's form");
	text[length - 1] = '\0';
	assert_damaged(&copy, text, all, early);
	text[length - 40] = '\0';
	assert_damaged(&copy, text, all, early);
	for (size_t part = 7; part > 2; part--) {
		text[length * part / 8] = '\0';
		assert_damaged(&copy, text, all, early);
		if (node && node < text + length * part / 8) {
			*node = '\0';
			assert_damaged(&copy, text, all, early);
			break;
		}
	}
	*zone = '\0';
	assert_damaged(&copy, text, all, early);
	facts_copy_remove(&copy);
	free(text);
}

/* The log to before a line's first bytes. */
static const struct {
	const char *before, *list, *reason;
} log_cuts[] = {
	{"] Run /init", "F4,F7,F8,F13,", "ends before \"Run"},
	{"] Freeing unused kernel", "F4,F7,F8,F13,", "ends before \"Run"},
	{"] Freeing initrd", "F4,F7,F8,F13,", "ends before \"Run"},
	{"] node 0 deferred pages", "F4,F7,F8,F13,", "ends before \"Run"},
	{"] SLUB:", "F4,F7,F8,F11,F13,F14,F15,", "ends before \"SLUB:\""},
	{"] Dentry cache", "F4,F7,F8,F11,F13,F14,F15,", "ends before \"SLUB:\""},
	{"] Built ", "F1,F3,F4,F5,F6,F7,F8,F9,F10,F11,F13,F14,F15,", "ends before \"Built"},
	{"] pcpu-alloc: [", "F1,F3,F4,F5,F6,F7,F8,F9,F10,F11,F13,F14,F15,", "ends before \"Built"},
	{"] Initmem setup", "F1,F3,F4,F5,F6,F7,F8,F9,F10,F11,F13,F14,F15,", "ends before \"Built"},
	{"] Zone ranges:", "F1,F2,F3,F4,F5,F6,F7,F8,F9,F10,F11,F12,F13,F14,F15,",
	 "ends before \"Zone"},
};

static void cut_log(const char *root, void *ctx)
{
	char *text = captures_read(root, "dmesg", NULL);
	struct facts_copy copy;

	facts_copy_make(&copy, root, "dmesg");
	for (size_t i = 0; i < sizeof(log_cuts) / sizeof(*log_cuts); i++) {
		char *at = strstr(text, log_cuts[i].before);

		if (!at) /* from 6.12 on the order is another one */
			continue;
		*at = '\0';
		assert_damaged(&copy, text, log_cuts[i].list, log_cuts[i].reason);
	}
	for (size_t length = strlen(text); length > 2000; length = length * 3 / 4) {
		text[length] = '\0';
		assert_damaged(&copy, text, "F1,F2,F12,F15,", "ends before \"Zone");
	}
	facts_copy_remove(&copy);
	free(text);
}

/* A log that lost its head has no early lines, and is not said to be cut off. */
static void lost_head(const char *root, void *ctx)
{
	char *text = captures_read(root, "dmesg", NULL), *at = strstr(text, "Run /init");
	struct facts_copy copy;

	assert_non_null(at);
	facts_copy_make(&copy, root, "dmesg");
	assert_damaged(&copy, at, "F1,F3,", "no line \"Zone ranges:\"");
	facts_copy_remove(&copy);
	free(text);
}

/* How far addresses go is assumed without the flags, and what follows from it is not compared. */
static void lost_flags(const char *root, void *ctx)
{
	char *text = captures_read(root, "proc/cpuinfo", NULL);
	bool x86 = strstr(text, "flags") != NULL;
	struct facts_copy copy;

	facts_copy_make(&copy, root, "proc/cpuinfo");
	if (x86)
		assert_damaged(&copy, "vendor_id\t: x\n", "F13,F14,F15,",
			       "proc/cpuinfo does not say whether la57 is on");
	facts_copy_remove(&copy);
	free(text);
}

static void damaged_zoneinfo(void **state)
{
	captures_each(cut_zoneinfo, NULL);
}

static void damaged_logs(void **state)
{
	captures_each(cut_log, NULL);
	captures_each(lost_head, NULL);
}

static void damaged_cpuinfo(void **state)
{
	captures_each(lost_flags, NULL);
}

/* --- a kernel that grows its memory on demand --- */

static void lazy(const char *root, void *ctx)
{
	char *cmdline = captures_read(root, "proc/cmdline", NULL), text[4096];
	struct mb_fact_result result;
	struct facts_copy copy;
	struct facts_run run;

	assert_non_null(cmdline);
	snprintf(text, sizeof(text), "deferred_init=lazy %.4000s", cmdline);
	free(cmdline);
	facts_copy_make(&copy, root, "proc/cmdline");
	facts_copy_write(&copy, text);
	facts_run_open(&run, copy.root);
	assert_true(run.tree.lazy && run.tree.growing);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		const struct mb_fact_row *fact = &mb_facts[i];
		bool late = !strcmp(fact->id, "F4") || !strcmp(fact->id, "F7") ||
			    !strcmp(fact->id, "F8");

		facts_run_compare(&run, fact, &result);
		if (late)
			assert_non_null(strstr(result.reason, "grows its memory"));
		assert_int_equal(result.status == MB_FACT_NOT_COMPARED, late);
		mb_facts_result_fini(&result);
	}
	facts_run_close(&run);
	facts_copy_remove(&copy);
}

static void growing_kernels(void **state)
{
	captures_each(lazy, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_by_key),
		cmocka_unit_test(reasons),
		cmocka_unit_test(ids),
		cmocka_unit_test(captures_are_equal),
		cmocka_unit_test(files_missing),
		cmocka_unit_test(growing_kernels),
		cmocka_unit_test(damaged_zoneinfo),
		cmocka_unit_test(damaged_logs),
		cmocka_unit_test(damaged_cpuinfo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
