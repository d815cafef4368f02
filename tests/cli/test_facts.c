/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
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
#include "core/host_plain.h"
#include "tests/captures.h"

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
	values->list[3].at_most = true;
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
	assert_true(result.pairs[0].equal && !result.pairs[0].at_most);
	assert_string_equal(result.pairs[1].key, "b");
	assert_string_equal(result.pairs[1].expected, "2");
	assert_string_equal(result.pairs[1].got, "3");
	assert_false(result.pairs[1].equal);
	assert_true(result.pairs[2].equal && result.pairs[2].at_most);
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

struct run {
	struct mb_sysroot root;
	struct mb_host_plain host;
	struct mb_fact_tree tree;
	struct mb_boot *boot;
	struct mb_err err;
};

static void run_open(struct run *run, const char *root)
{
	memset(run, 0, sizeof(*run));
	mb_host_plain_init(&run->host);
	run->root.path = root;
	if (mb_facts_open(&run->root, NULL, &run->err, &run->tree))
		fail_msg("%s: %s", root, run->err.text);
	if (mb_facts_boot(&run->tree, &run->host.host, &run->err, &run->boot))
		fail_msg("%s: %s", root, run->err.text);
}

static void run_close(struct run *run)
{
	mb_boot_free(run->boot);
	mb_facts_close(&run->tree);
}

static void all_equal(const char *root, void *ctx)
{
	struct run run;

	run_open(&run, root);
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
	run_close(&run);
}

static void captures_are_equal(void **state)
{
	captures_each(all_equal, NULL);
}

/* --- editing a fact's source --- */

/* One fact's own line: the text in a file, and what takes its place. "#" is any digits. */
static const struct edit {
	const char *id, *file, *from, *to;
} edits[] = {
	{"F1", "dmesg", "Initmem setup node 0 [mem 0x", "Initmem setup node 0 [mem 0x1"},
	{"F1", "dmesg", "Early memory node ranges\n",
	 "Early memory node ranges\n"
	 "  node   0: [mem 0x0-0xfff]\n"},
	{"F2", "proc/zoneinfo", "        spanned  ", "        spanned  1"},
	{"F2", "proc/zoneinfo", "  start_pfn:           ", "  start_pfn:           1"},
	{"F3", "dmesg", "Initmem setup node 0",
	 "On node 0, zone DMA: 5 pages in unavailable ranges\nInitmem setup node 0"},
	{"F4", "proc/zoneinfo", "        managed  ", "        managed  1"},
	{"F4", "dmesg", "K reserved, ", "1K reserved, "},
	{"F5", "dmesg", "Total pages: ", "Total pages: 1"},
	{"F5", "dmesg", "Policy zone: Normal", "Policy zone: DMA32"},
	{"F6", "dmesg", "Fallback order for Node 0: 0", "Fallback order for Node 0: 1 0"},
	{"F7", "proc/zoneinfo", "        low      ", "        low      1"},
	{"F7", "proc/zoneinfo", "protection: (0, ", "protection: (0, 1"},
	{"F8", "proc/zoneinfo", "              batch: ", "              batch: 1"},
	{"F9", "dmesg", "Dentry cache hash table entries: ", "Dentry cache hash table entries: 1"},
	{"F10", "dmesg", " pages/cpu ", "1 pages/cpu "},
	{"F10", "dmesg", "pcpu-alloc: [0] 0 ", "pcpu-alloc: [0] 7 "},
	{"F11", "dmesg", "SLUB: HWalign=64", "SLUB: HWalign=128"},
	{"F11", "sys/kernel/slab/kmalloc-1k/cpu_partial", "", "1"},
	{"F12", "sys/devices/system/node/node0/memory_blocks", "memory1 ", "memory1 memory4096 "},
	{"F12", "sys/devices/system/memory/block_size_bytes", "", "1"},
	{"F13", "dmesg", "node 0 deferred pages", "node 9 deferred pages"},
};

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

/* A tree of links to the capture's entries, down the path of the one file that is a changed copy. */
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

/* False: the file has no such text. */
static bool change(const char *root, const struct edit *edit)
{
	char name[PATH_MAX], *at;
	char *text = captures_read(root, edit->file, NULL);
	FILE *file;

	assert_non_null(text);
	at = strstr(text, edit->from);
	if (!at) {
		free(text);
		return false;
	}
	snprintf(name, sizeof(name), "%.2000s/%.2000s", root, edit->file);
	file = fopen(name, "w");
	assert_non_null(file);
	fprintf(file, "%.*s%s%s", (int)(at - text), text, edit->to, at + strlen(edit->from));
	assert_int_equal(fclose(file), 0);
	free(text);
	return true;
}

static void assert_values(const struct mb_fact_values *a, const struct mb_fact_values *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->list[i].key, b->list[i].key);
		assert_string_equal(a->list[i].value, b->list[i].value);
	}
}

/* The edited tree's fact is different, and what the engine got is what it got before. */
static bool try_edit(const char *root, const struct edit *edit)
{
	const struct mb_fact_row *fact = mb_facts_find(edit->id, strlen(edit->id));
	char dir[] = "/tmp/memboot-facts-XXXXXX", copy[64], path[PATH_MAX], command[128];
	struct mb_fact_result before, after;
	struct run old, new;
	bool done = false;

	snprintf(path, sizeof(path), "%.2000s/%.2000s", root, edit->file);
	if (access(path, R_OK))
		return false;
	assert_non_null(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/tree", dir);
	overlay(root, copy, edit->file);
	if (change(copy, edit)) {
		run_open(&old, root);
		run_open(&new, copy);
		assert_int_equal(mb_facts_compare(fact, &old.tree, old.boot, NULL, &before), 0);
		assert_int_equal(mb_facts_compare(fact, &new.tree, new.boot, NULL, &after), 0);
		if (after.status != MB_FACT_DIFFERENT)
			fail_msg("%s: %s does not notice '%s' in %s: %s", root, edit->id, edit->to,
				 edit->file, after.reason);
		assert_values(&before.got, &after.got);
		mb_facts_result_fini(&before);
		mb_facts_result_fini(&after);
		run_close(&old);
		run_close(&new);
		done = true;
	}
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
	return done;
}

static void try_all(const char *root, void *ctx)
{
	unsigned *times = ctx;

	for (size_t i = 0; i < MB_ARRAY_SIZE(edits); i++)
		if (!times[i] && try_edit(root, &edits[i]))
			times[i]++;
}

static void edits_are_noticed(void **state)
{
	unsigned times[MB_ARRAY_SIZE(edits)] = {0};

	captures_each(try_all, times);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		bool edited = false;

		for (size_t k = 0; k < MB_ARRAY_SIZE(edits); k++)
			edited |= !strcmp(edits[k].id, mb_facts[i].id) && times[k];
		if (!edited && mb_facts[i].expected != mb_facts_trace_replay &&
		    mb_facts[i].expected != mb_facts_trace_sparse)
			fail_msg("no capture has what %s's edits change", mb_facts[i].id);
	}
}

/* --- editing an answer in the trace --- */

/*
 * The last answer behind a request that has the word: its line's two addresses. The last one, because the
 * kernel's answer stands for what comes behind it.
 */
static char *find_answer(char *text, const char *request)
{
	static const char answer[] = "memblock_reserve: [0x";
	char *found = NULL;

	for (char *at = text; (at = strstr(at, request)); at++) {
		char *next = strchr(at, '\n');
		char *line = next ? strstr(next, answer) : NULL;

		if (line && line < strchr(next + 1, '\n') && line < strstr(text, "SLUB: "))
			found = line + strlen(answer);
	}
	return found;
}

#define MOVE 0x100000 /* further than the size of any such answer but a memmap */

/*
 * Moves that answer down: expected follows, got does not. Where the state is that of a later dump, lines
 * undone, what the answer left behind is reserved from the start, and got is another address again.
 */
static void move_answer(const char *root, const char *id, const char *request)
{
	const struct mb_fact_row *fact = mb_facts_find(id, strlen(id));
	char dir[] = "/tmp/memboot-facts-XXXXXX", copy[64], name[128], command[128];
	char moved[40], is[24];
	struct mb_fact_result result;
	unsigned long long start, last;
	bool found = false;
	struct run run;
	char *text, *at;
	FILE *file;

	assert_non_null(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/tree", dir);
	overlay(root, copy, "dmesg");
	text = captures_read(copy, "dmesg", NULL);
	at = find_answer(text, request);
	assert_non_null(at);
	assert_int_equal(sscanf(at, "%llx-0x%llx]", &start, &last), 2);
	snprintf(moved, sizeof(moved), "%016llx-0x%016llx", start - MOVE, last - MOVE);
	memcpy(at, moved, strlen(moved));
	snprintf(name, sizeof(name), "%s/dmesg", copy);
	file = fopen(name, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	free(text);
	run_open(&run, copy);
	assert_int_equal(mb_facts_compare(fact, &run.tree, run.boot, NULL, &result), 0);
	if (result.status != MB_FACT_DIFFERENT)
		fail_msg("%s: %s does not notice that 0x%llx moved", root, id, start);
	snprintf(is, sizeof(is), "0x%llx", start - MOVE);
	for (size_t i = 0; i < result.nr_pairs; i++)
		found |= !result.pairs[i].equal && result.pairs[i].expected &&
			 !strcmp(result.pairs[i].expected, is);
	if (!found)
		fail_msg("%s: %s does not show %s", root, id, is);
	mb_facts_result_fini(&result);
	run_close(&run);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void move_answers(const char *root, void *ctx)
{
	move_answer(root, "F14", "memblock_alloc_try_nid: ");
	move_answer(root, "F15", "sparse_init_nid");
}

static void answers_are_noticed(void **state)
{
	captures_each(move_answers, NULL);
}

/* --- trees that lack something --- */

static void missing(const char *root, void *ctx)
{
	const char *path = ctx;
	char dir[] = "/tmp/memboot-facts-XXXXXX", copy[64], name[PATH_MAX], command[128];
	struct mb_fact_result result;
	struct run run;

	assert_non_null(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/tree", dir);
	overlay(root, copy, path);
	snprintf(name, sizeof(name), "%s/%.2000s", copy, path);
	assert_int_equal(unlink(name), 0);
	run_open(&run, copy);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		const struct mb_fact_row *fact = &mb_facts[i];
		bool needed = strcmp(path, "dmesg") ? fact->needs_zoneinfo : fact->needs_log;

		assert_int_equal(mb_facts_compare(fact, &run.tree, run.boot, NULL, &result), 0);
		if (needed) {
			assert_int_equal(result.status, MB_FACT_NOT_COMPARED);
			assert_true(result.reason[0]);
		}
		mb_facts_result_fini(&result);
	}
	run_close(&run);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
}

static void files_missing(void **state)
{
	char log[] = "dmesg", zoneinfo[] = "proc/zoneinfo";

	captures_each(missing, log);
	captures_each(missing, zoneinfo);
}

/* --- a kernel that grows its memory on demand --- */

static void lazy(const char *root, void *ctx)
{
	static const struct edit edit = {"", "proc/cmdline", "", "deferred_init=lazy "};
	char dir[] = "/tmp/memboot-facts-XXXXXX", copy[64], command[128];
	struct mb_fact_result result;
	struct run run;

	assert_non_null(mkdtemp(dir));
	snprintf(copy, sizeof(copy), "%s/tree", dir);
	overlay(root, copy, edit.file);
	assert_true(change(copy, &edit));
	run_open(&run, copy);
	assert_true(run.tree.lazy && run.tree.growing);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		const struct mb_fact_row *fact = &mb_facts[i];
		bool late = !strcmp(fact->id, "F4") || !strcmp(fact->id, "F7") ||
			    !strcmp(fact->id, "F8");

		assert_int_equal(mb_facts_compare(fact, &run.tree, run.boot, NULL, &result), 0);
		if (late)
			assert_non_null(strstr(result.reason, "grows its memory"));
		assert_int_equal(result.status == MB_FACT_NOT_COMPARED, late);
		mb_facts_result_fini(&result);
	}
	run_close(&run);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	assert_int_equal(system(command), 0);
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
		cmocka_unit_test(edits_are_noticed),
		cmocka_unit_test(answers_are_noticed),
		cmocka_unit_test(files_missing),
		cmocka_unit_test(growing_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
