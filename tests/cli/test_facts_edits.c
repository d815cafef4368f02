/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "tests/captures.h"
#include "tests/cli/facts_case.h"

/*
 * Where a fact's expected values come from, and where those of the engine do not: whatever shows a fact is
 * changed in a copy of a capture. Then expected follows, and got is what it was.
 */

/* --- one place of a file --- */

/*
 * In the first line that has these words (NULL: in the whole file) the text from becomes to. Digits that
 * come before or behind a number make it another one.
 */
static const struct edit {
	const char *id, *file, *line, *from, *to;
} edits[] = {
	{"F1", "dmesg", "  DMA      [mem", "0x00", "0x10"},
	{"F1", "dmesg", "Movable zone start for each node", "node\n",
	 "node\n  Node 0: 0x0000000004000000\n"},
	{"F1", "dmesg", "Early memory node ranges", "ranges\n",
	 "ranges\n  node   0: [mem 0x0-0xfff]\n"},
	{"F1", "dmesg", "  node   0: [mem", "-0x00", "-0x10"},
	{"F1", "dmesg", "Initmem setup node 0", "[mem 0x0", "[mem 0x1"},
	{"F2", "proc/zoneinfo", NULL, "        spanned  ", "        spanned  1"},
	{"F2", "proc/zoneinfo", NULL, "        present  ", "        present  1"},
	{"F2", "proc/zoneinfo", NULL, "  start_pfn:           ", "  start_pfn:           1"},
	{"F3", "dmesg", "Initmem setup node 0", "Initmem",
	 "On node 0, zone DMA: 5 pages in unavailable ranges\nInitmem"},
	{"F3", "dmesg", "pages in unavailable ranges", " pages", "1 pages"},
	{"F3", "dmesg", "pages in unavailable ranges", "zone ", "zone X"},
	{"F4", "proc/zoneinfo", NULL, "        managed  ", "        managed  1"},
	{"F4", "dmesg", "Memory: ", "K available", "1K available"},
	{"F4", "dmesg", "Memory: ", "K reserved", "1K reserved"},
	{"F4", "dmesg", "Memory: ", "K cma-reserved", "1K cma-reserved"},
	{"F5", "dmesg", "Built ", "Built ", "Built 1"},
	{"F5", "dmesg", "Built ", "grouping on", "grouping off"},
	{"F5", "dmesg", "Built ", "Total pages: ", "Total pages: 1"},
	{"F5", "dmesg", "Policy zone: ", "Normal", "DMA32"},
	{"F6", "dmesg", "Fallback order for Node 0", ": 0", ": 1 0"},
	{"F7", "proc/zoneinfo", NULL, "        min      ", "        min      1"},
	{"F7", "proc/zoneinfo", NULL, "        low      ", "        low      1"},
	{"F7", "proc/zoneinfo", NULL, "        high     ", "        high     1"},
	{"F7", "proc/zoneinfo", NULL, "protection: (0, ", "protection: (0, 1"},
	{"F8", "proc/zoneinfo", NULL, "              batch: ", "              batch: 1"},
	{"F8", "proc/zoneinfo", NULL, "              high:  ", "              high:  99999"},
	{"F9", "dmesg", "Dentry cache hash table", "entries: ", "entries: 1"},
	{"F9", "dmesg", "Dentry cache hash table", "(order: ", "(order: 1"},
	{"F9", "dmesg", "Inode-cache hash table", "entries: ", "entries: 1"},
	{"F9", "dmesg", "Inode-cache hash table", "(order: ", "(order: 1"},
	{"F10", "dmesg", "percpu: Embedded", " pages/cpu", "1 pages/cpu"},
	{"F10", "dmesg", "percpu: Embedded", " d", " d1"},
	{"F10", "dmesg", "percpu: Embedded", " u", " u1"},
	{"F10", "dmesg", "pcpu-alloc: s", "alloc=", "alloc=1"},
	{"F10", "dmesg", "pcpu-alloc: s", "*", "*1"},
	{"F10", "dmesg", "pcpu-alloc: [0]", "[0] 0 ", "[0] 7 "},
	{"F10", "dmesg", "pcpu-alloc: [0]", "[0]", "[5]"},
	{"F11", "dmesg", "SLUB: ", "HWalign=", "HWalign=1"},
	{"F11", "dmesg", "SLUB: ", "Order=0", "Order=1"},
	{"F11", "dmesg", "SLUB: ", "-3", "-13"},
	{"F11", "dmesg", "SLUB: ", "MinObjects=", "MinObjects=1"},
	{"F11", "dmesg", "SLUB: ", "CPUs=", "CPUs=1"},
	{"F11", "dmesg", "SLUB: ", "Nodes=", "Nodes=1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/object_size", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/slab_size", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/align", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/order", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/objs_per_slab", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/min_partial", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmalloc-1k/cpu_partial", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmem_cache/object_size", NULL, "", "1"},
	{"F11", "sys/kernel/slab/kmem_cache_node/slab_size", NULL, "", "1"},
	{"F11", "sys/kernel/slab/task_struct/slab_size", NULL, "", "1"},
	{"F11", "sys/kernel/slab/task_struct/objs_per_slab", NULL, "", "1"},
	{"F12", "sys/devices/system/memory/block_size_bytes", NULL, "", "1"},
	{"F12", "sys/devices/system/node/node0/memory_blocks", NULL, "", "memory4096 "},
	{"F12", "sys/devices/system/node/node1/memory_blocks", NULL, "", "memory4096 "},
	{"F13", "dmesg", "node 0 deferred pages", "node 0", "node 9"},
	{"F13", "dmesg", "Memory: ", "Memory: ", "Memory: 1"},
	/* What the kernel asked memblock for in sparse_init; what it got is below. */
	{"F15", "dmesg", " memmap_alloc+", " bytes align=0x", "0 bytes align=0x"},
	{"F15", "dmesg", " sparse_init_nid+", " bytes align=0x", "0 bytes align=0x"},
	{"F15", "dmesg", " sparse_init_nid+", "align=0x4", "align=0x8"},
	{"F15", "dmesg", " sparse_init_nid+", "nid=", "nid=1"},
	{"F15", "dmesg", " sparse_init_nid+", "from=0x0", "from=0x1"},
	{"F15", "dmesg", " sparse_init_nid+", "max_addr=0x0", "max_addr=0x1"},
	{"F15", "dmesg", " sparse_index_alloc+", " bytes align=0x", "0 bytes align=0x"},
	{"F15", "dmesg", " sparse_init+", " bytes align=0x", "0 bytes align=0x"},
};

/* The copy's text with the edit in it, or NULL: it has no such place. The caller frees it. */
static char *edited(const char *root, const struct edit *edit)
{
	char *text = captures_read(root, edit->file, NULL), *line = text, *at, *changed = NULL;

	assert_non_null(text);
	if (edit->line)
		line = strstr(text, edit->line);
	while (line && edit->line && line > text && line[-1] != '\n')
		line--;
	at = line ? strstr(line, edit->from) : NULL;
	if (at && (!edit->line || at <= strchr(line, '\n')))
		assert_true(asprintf(&changed, "%.*s%s%s", (int)(at - text), text, edit->to,
				     at + strlen(edit->from)) > 0);
	free(text);
	return changed;
}

static bool same_values(const struct mb_fact_values *a, const struct mb_fact_values *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i].key, b->list[i].key) ||
		    strcmp(a->list[i].value, b->list[i].value))
			return false;
	return true;
}

static const struct mb_fact_pair *first_difference(const struct mb_fact_result *result)
{
	const struct mb_fact_pair *pair = result->pairs;

	while (pair->equal)
		pair++;
	return pair;
}

/*
 * F15 lists what differs alone, so its got is that of the first difference, and is what the kernel had
 * asked for: the number without the digit that the edit put in.
 */
static void assert_got(const char *root, const struct edit *edit,
		       const struct mb_fact_result *before, const struct mb_fact_result *after)
{
	if (!before->got.unlisted && same_values(&before->got, &after->got))
		return;
	if (before->got.unlisted && after->nr_diffs == 1 && first_difference(after)->got &&
	    before->nr_compared == after->nr_compared)
		return;
	fail_msg("%s: %s: the engine follows '%s' in %s", root, edit->id, edit->to, edit->file);
}

static bool has_file(const char *root, const char *file)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.2000s/%.2000s", root, file);
	return !access(path, R_OK);
}

/* From 6.12 on the line comes behind the deferred part, and what is available then is no fact. */
static bool is_no_fact(const struct edit *edit, const struct mb_fact_tree *tree)
{
	return !strcmp(edit->id, "F13") && !strcmp(edit->line, "Memory: ") &&
	       !tree->profile.memory_line_early;
}

/* One edit of one capture, in its copy; true when expected followed it. */
static bool try_edit(const char *root, const struct edit *edit, struct facts_copy *copy,
		     const struct mb_fact_result *before)
{
	const struct mb_fact_row *fact = mb_facts_find(edit->id, strlen(edit->id));
	struct mb_fact_result after;
	struct facts_run run;
	bool followed;
	char *text;

	if (!has_file(root, edit->file) || !(text = edited(root, edit)))
		return false;
	facts_copy_turn(copy, root, edit->file);
	facts_copy_write(copy, text);
	free(text);
	facts_run_open(&run, copy->root);
	facts_run_compare(&run, fact, &after);
	followed = after.status == MB_FACT_DIFFERENT;
	if (!followed && !is_no_fact(edit, &run.tree))
		fail_msg("%s: %s does not notice '%s' in %s: %s", root, edit->id, edit->to,
			 edit->file, after.reason);
	assert_got(root, edit, before, &after);
	mb_facts_result_fini(&after);
	facts_run_close(&run);
	return followed;
}

static void edit_capture(const char *root, void *ctx)
{
	struct mb_fact_result *before = calloc(mb_nr_facts, sizeof(*before));
	bool *edited_fact = calloc(mb_nr_facts, sizeof(*edited_fact));
	unsigned *times = ctx;
	struct facts_copy copy;
	struct facts_run run;

	assert_true(before && edited_fact);
	facts_copy_make(&copy, root, "dmesg");
	facts_run_open(&run, root);
	for (size_t i = 0; i < mb_nr_facts; i++)
		facts_run_compare(&run, &mb_facts[i], &before[i]);
	for (size_t i = 0; i < MB_ARRAY_SIZE(edits); i++) {
		size_t fact = (size_t)(mb_facts_find(edits[i].id, strlen(edits[i].id)) - mb_facts);
		bool done = try_edit(root, &edits[i], &copy, &before[fact]);

		times[i] += done;
		edited_fact[fact] |= done;
	}
	for (size_t i = 0; i < mb_nr_facts; i++) {
		if (!edited_fact[i] && strcmp(mb_facts[i].id, "F14"))
			fail_msg("%s has nothing of what %s's edits change", root, mb_facts[i].id);
		mb_facts_result_fini(&before[i]);
	}
	facts_copy_remove(&copy);
	facts_run_close(&run);
	free(edited_fact);
	free(before);
}

/* Each place changes expected in some capture, each fact has such a place in every capture, and got never moves. */
static void edits_are_noticed(void **state)
{
	unsigned times[MB_ARRAY_SIZE(edits)] = {0};

	captures_each(edit_capture, times);
	for (size_t i = 0; i < MB_ARRAY_SIZE(edits); i++)
		if (!times[i])
			fail_msg("no capture shows %s by '%s' in %s", edits[i].id, edits[i].from,
				 edits[i].file);
}

/* --- an answer in the trace --- */

static const char answer_text[] = "memblock_reserve: [0x";

/*
 * Kinds of answers that the replay compares: words of the line before it or behind it. The state at the first
 * line is a dump's, with lines undone where the dump comes later; so only what comes behind the dump can be
 * moved without moving that state along, which is the replay's input.
 */
static const struct kind {
	const char *id, *before, *behind;
} kinds[] = {
	{"F14", "memblock_alloc_try_nid: ", NULL},
	{"F14", "memblock_alloc_exact_nid_raw: ", NULL},
	{"F14", "memblock_alloc_try_nid_raw: ", NULL},
	{"F14", "pcpu_fc_alloc", NULL},
	{"F14", NULL, "NODE_DATA"},
	{"F15", "sparse_init_nid+", NULL},
	{"F15", "sparse_init+", NULL},
	{"F15", "sparse_index_alloc+", NULL},
	{"F15", "vmemmap_alloc_block_zero", NULL},
};

/* The last answer of that kind in [text, end): its two addresses. */
static char *find_answer(char *text, const char *end, const struct kind *kind)
{
	char *found = NULL, *line = text, *before = text;

	for (char *next; (next = strchr(line, '\n')) && next < end;
	     before = line, line = next + 1) {
		char *answer = strstr(line, answer_text), *word = NULL;

		if (!answer || answer > next || !strstr(line, "memblock_alloc_range_nid"))
			continue;
		if (kind->before && (word = strstr(before, kind->before)) && word < line)
			found = answer + strlen(answer_text);
		if (kind->behind && (word = strstr(next, kind->behind)) &&
		    word < strchr(next + 1, '\n'))
			found = answer + strlen(answer_text);
	}
	return found;
}

#define MOVE 0x100000

/* Writes both addresses of an answer anew, and of the line behind it where that repeats them. */
static void move_down(char *at, unsigned long long start, unsigned long long last)
{
	char old[40], moved[40], *line = strchr(at, '\n'), *end = strchr(line + 1, '\n'), *word;

	snprintf(moved, sizeof(moved), "%016llx-0x%016llx", start - MOVE, last - MOVE);
	memcpy(at, moved, strlen(moved));
	snprintf(old, sizeof(old), "0x%llx-0x%llx]", start, last);
	snprintf(moved, sizeof(moved), "0x%llx-0x%llx]", start - MOVE, last - MOVE);
	word = strstr(line, old);
	if (word && word < end)
		memcpy(word, moved, strlen(moved));
}

/* Expected is the moved address, got the one that the kernel had. */
static void assert_moved(const char *root, const struct kind *kind, const struct facts_run *run,
			 unsigned long long start)
{
	const struct mb_fact_row *fact = mb_facts_find(kind->id, strlen(kind->id));
	struct mb_fact_result result;
	char is[24], was[24];
	bool found = false;

	snprintf(is, sizeof(is), "0x%llx", start - MOVE);
	snprintf(was, sizeof(was), "0x%llx", start);
	facts_run_compare(run, fact, &result);
	assert_int_equal(result.status, MB_FACT_DIFFERENT);
	for (size_t i = 0; i < result.nr_pairs; i++)
		found |= result.pairs[i].expected && !strcmp(result.pairs[i].expected, is) &&
			 result.pairs[i].got && !strcmp(result.pairs[i].got, was);
	if (!found)
		fail_msg("%s: %s: '%s%s' moved from %s to %s, but this is not what differs", root,
			 kind->id, kind->before ? kind->before : "",
			 kind->behind ? kind->behind : "", was, is);
	mb_facts_result_fini(&result);
}

/* False: the capture has no such answer behind its first dump. */
static bool move_answer(const char *root, const struct kind *kind)
{
	char *text = captures_read(root, "dmesg", NULL), *dump, *at;
	unsigned long long start, last;
	struct facts_copy copy;
	struct facts_run run;

	assert_non_null(text);
	dump = strstr(text, "MEMBLOCK configuration:");
	assert_non_null(dump);
	at = find_answer(dump, strstr(text, "SLUB: "), kind);
	if (at) {
		assert_int_equal(sscanf(at, "%llx-0x%llx]", &start, &last), 2);
		move_down(at, start, last);
		facts_copy_make(&copy, root, "dmesg");
		facts_copy_write(&copy, text);
		facts_run_open(&run, copy.root);
		assert_moved(root, kind, &run, start);
		facts_run_close(&run);
		facts_copy_remove(&copy);
	}
	free(text);
	return at;
}

static void move_answers(const char *root, void *ctx)
{
	unsigned *times = ctx;
	bool replayed = false;

	for (size_t i = 0; i < MB_ARRAY_SIZE(kinds); i++)
		if (move_answer(root, &kinds[i])) {
			times[i]++;
			replayed |= !strcmp(kinds[i].id, "F14");
		}
	if (!replayed)
		fail_msg("%s has no answer that could be moved", root);
}

static void answers_are_noticed(void **state)
{
	unsigned times[MB_ARRAY_SIZE(kinds)] = {0};

	captures_each(move_answers, times);
	for (size_t i = 0; i < MB_ARRAY_SIZE(kinds); i++)
		assert_true(times[i] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edits_are_noticed),
		cmocka_unit_test(answers_are_noticed),
	};

	return cmocka_run_group_tests_name("facts_edits", tests, NULL, NULL);
}
