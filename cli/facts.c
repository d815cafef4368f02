/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/facts.h"
#include "core/base/align.h"
#include "core/base/grow.h"
#include "core/base/strbuf.h"

const struct mb_fact_row mb_facts[] = {
	{.id = "F1",
	 .title = "ranges of nodes and zones, movable start",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .uses_zoneinfo = true,
	 .needs_log = true,
	 .expected = mb_facts_log_ranges,
	 .got = mb_facts_log_ranges_got},
	{.id = "F2",
	 .title = "zones: spanned, present, start",
	 .until = MB_FACT_MARK_ZONES,
	 .needs_zoneinfo = true,
	 .expected = mb_facts_zone_spans,
	 .got = mb_facts_zone_spans_got},
	{.id = "F3",
	 .title = "pages in unavailable ranges",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .needs_log = true,
	 .expected = mb_facts_log_holes,
	 .got = mb_facts_log_holes_got},
	{.id = "F4",
	 .title = "managed pages, and the sums of \"Memory:\"",
	 .until = MB_FACT_MARK_INIT,
	 .needs_log = true,
	 .needs_zoneinfo = true,
	 .needs_record = true,
	 .needs_all = true,
	 .expected = mb_facts_zone_managed,
	 .got = mb_facts_zone_managed_got},
	{.id = "F5",
	 .title = "zonelists, total pages, policy zone",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .needs_log = true,
	 .expected = mb_facts_log_zonelists,
	 .got = mb_facts_log_zonelists_got},
	{.id = "F6",
	 .title = "fallback order of nodes",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .needs_log = true,
	 .expected = mb_facts_log_fallback,
	 .got = mb_facts_log_fallback_got},
	{.id = "F7",
	 .title = "watermarks and protection",
	 .until = MB_FACT_MARK_INIT,
	 .needs_log = true,
	 .needs_zoneinfo = true,
	 .needs_record = true,
	 .needs_all = true,
	 .expected = mb_facts_zone_marks,
	 .got = mb_facts_zone_marks_got},
	{.id = "F8",
	 .title = "pagesets: batch and high",
	 .until = MB_FACT_MARK_INIT,
	 .needs_log = true,
	 .needs_zoneinfo = true,
	 .needs_record = true,
	 .needs_all = true,
	 .expected = mb_facts_zone_pagesets,
	 .got = mb_facts_zone_pagesets_got},
	{.id = "F9",
	 .title = "dentry and inode hash tables",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .needs_log = true,
	 .expected = mb_facts_log_hashes,
	 .got = mb_facts_log_hashes_got},
	{.id = "F10",
	 .title = "first per-CPU chunk",
	 .until = MB_FACT_MARK_ZONELISTS,
	 .needs_log = true,
	 .expected = mb_facts_log_percpu,
	 .got = mb_facts_log_percpu_got},
	{.id = "F11",
	 .title = "SLUB, sizes of its caches",
	 .until = MB_FACT_MARK_SLUB,
	 .needs_log = true,
	 .expected = mb_facts_sys_slab,
	 .got = mb_facts_sys_slab_got},
	{.id = "F12",
	 .title = "memory blocks of nodes",
	 .until = MB_FACT_MARK_ZONES,
	 .flag = "there is a hypervisor",
	 .expected = mb_facts_sys_blocks,
	 .got = mb_facts_sys_blocks_got},
	{.id = "F13",
	 .title = "nodes with a deferred part",
	 .until = MB_FACT_MARK_INIT,
	 .flag = "la57 is on",
	 .needs_log = true,
	 .expected = mb_facts_log_deferred,
	 .got = mb_facts_log_deferred_got},
	{.id = "F14",
	 .title = "addresses of early allocations",
	 .until = MB_FACT_MARK_SLUB,
	 .flag = "la57 is on",
	 .needs_log = true,
	 .expected = mb_facts_trace_replay,
	 .got = mb_facts_trace_replay_got},
	{.id = "F15",
	 .title = "requests and addresses of sparse_init",
	 .until = MB_FACT_MARK_SLUB,
	 .flag = "la57 is on",
	 .needs_log = true,
	 .expected = mb_facts_trace_sparse,
	 .got = mb_facts_trace_sparse_got},
};

const size_t mb_nr_facts = MB_ARRAY_SIZE(mb_facts);

const struct mb_fact_row *mb_facts_find(const char *id, size_t length)
{
	for (size_t i = 0; i < mb_nr_facts; i++)
		if (strlen(mb_facts[i].id) == length && !strncasecmp(mb_facts[i].id, id, length))
			return &mb_facts[i];
	return NULL;
}

/* --- lists --- */

void mb_facts_addf(struct mb_fact_values *values, const char *format, ...)
{
	char *text = NULL, *tab;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || mb_grow(&values->list, values->count, sizeof(*values->list))) {
		free(text);
		values->error = -ENOMEM;
		return;
	}
	tab = strchr(text, '\t');
	if (tab)
		*tab++ = '\0';
	values->list[values->count++] =
		(struct mb_fact_value){.key = text, .value = tab ? tab : text + strlen(text)};
}

void mb_facts_relate(struct mb_fact_values *values, enum mb_fact_relation relation)
{
	if (!values->error)
		values->list[values->count - 1].relation = relation;
}

void mb_facts_values_fini(struct mb_fact_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		free(values->list[i].key); /* the value lies behind it */
	free(values->list);
	*values = (struct mb_fact_values){0};
}

/* --- comparing --- */

static int by_key(const void *a, const void *b)
{
	const struct mb_fact_value *x = *(const struct mb_fact_value *const *)a;
	const struct mb_fact_value *y = *(const struct mb_fact_value *const *)b;

	return strverscmp(x->key, y->key);
}

/* Pointers to the values in order of their keys; NULL without memory. */
static const struct mb_fact_value **sorted(const struct mb_fact_values *values)
{
	const struct mb_fact_value **list =
		calloc(values->count + 1, sizeof(struct mb_fact_value *));

	for (size_t i = 0; list && i < values->count; i++)
		list[i] = &values->list[i];
	if (list)
		qsort(list, values->count, sizeof(*list), by_key);
	return list;
}

static bool is_one_of(const char *text, const char *list)
{
	static const char between[] = " or ";
	size_t length = strlen(text);

	for (const char *end; (end = strstr(list, between)); list = end + strlen(between))
		if ((size_t)(end - list) == length && !memcmp(list, text, length))
			return true;
	return !strcmp(list, text);
}

static bool equal(const struct mb_fact_value *expected, const struct mb_fact_value *got)
{
	if (got->relation == MB_FACT_ONE_OF)
		return is_one_of(expected->value, got->value);
	if (got->relation == MB_FACT_AT_MOST)
		return strtoull(expected->value, NULL, 10) <= strtoull(got->value, NULL, 10);
	return !strcmp(expected->value, got->value);
}

static void add_pair(struct mb_fact_result *result, const struct mb_fact_value *expected,
		     const struct mb_fact_value *got)
{
	bool same = expected && got && equal(expected, got);

	result->nr_diffs += !same;
	result->pairs[result->nr_pairs++] = (struct mb_fact_pair){
		.key = expected ? expected->key : got->key,
		.expected = expected ? expected->value : NULL,
		.got = got ? got->value : NULL,
		.equal = same,
		.relation = got ? got->relation : MB_FACT_SAME,
	};
}

static int compare_lists(struct mb_fact_result *result)
{
	const struct mb_fact_value **a = sorted(&result->expected), **b = sorted(&result->got);
	size_t i = 0, k = 0;

	result->pairs =
		calloc(result->expected.count + result->got.count + 1, sizeof(*result->pairs));
	while (a && b && result->pairs && (a[i] || b[k])) {
		int order = !a[i] ? 1 : !b[k] ? -1 : by_key(&a[i], &b[k]);

		add_pair(result, order > 0 ? NULL : a[i], order < 0 ? NULL : b[k]);
		i += order <= 0;
		k += order >= 0;
	}
	result->nr_compared = result->nr_pairs + result->got.unlisted;
	free(a);
	free(b);
	return a && b && result->pairs ? 0 : -ENOMEM;
}

/* The log's last words, from the last mark on: whoever reaches one has reached those before it. */
static enum mb_fact_mark last_mark(const struct mb_kernlog *log)
{
	if (log->has_init)
		return MB_FACT_MARK_INIT;
	if (log->slub.found || log->deferred.count || log->late_frees.count)
		return MB_FACT_MARK_SLUB;
	if (log->zonelists.found)
		return MB_FACT_MARK_ZONELISTS;
	return log->has_zones ? MB_FACT_MARK_ZONES : MB_FACT_MARK_NONE;
}

/* Why the log does not go as far as a fact needs it; NULL: it does, or has nothing of the boot. */
static const char *cut_off(const struct mb_fact_row *fact, const struct mb_kernlog *log)
{
	static const char *const reasons[] = {
		[MB_FACT_MARK_ZONES] = "the log ends before \"Zone ranges:\"",
		[MB_FACT_MARK_ZONELISTS] = "the log ends before \"Built N zonelists\"",
		[MB_FACT_MARK_SLUB] = "the log ends before \"SLUB:\"",
		[MB_FACT_MARK_INIT] = "the log ends before \"Run ... as init process\"",
	};
	enum mb_fact_mark last = last_mark(log);
	bool boot = last || *log->version || log->has_cmdline || log->e820.count ||
		    log->trace.nr_events;

	return boot && last < fact->until ? reasons[last + 1] : NULL;
}

/* Why a fact cannot be compared here whatever the boot says; NULL: it can. */
static const char *obstacle(const struct mb_fact_row *fact, const struct mb_fact_tree *tree)
{
	if (fact->needs_log && !tree->log)
		return tree->no_log.text;
	if (tree->log && cut_off(fact, tree->log))
		return cut_off(fact, tree->log);
	if (fact->needs_zoneinfo && tree->no_zoneinfo.code)
		return tree->no_zoneinfo.text;
	if (fact->uses_zoneinfo && tree->no_zoneinfo.code == -EINVAL)
		return tree->no_zoneinfo.text;
	if (fact->needs_all && tree->growing)
		return tree->lazy ? "the kernel grows its memory on demand (deferred_init=lazy)"
				  : "the kernel still grows its memory";
	if (fact->needs_record && tree->no_handover.code)
		return tree->no_handover.text;
	return NULL;
}

int mb_facts_compare(const struct mb_fact_row *fact, const struct mb_fact_tree *tree,
		     const struct mb_boot *boot, const struct mb_err *boot_err,
		     struct mb_fact_result *ret_result)
{
	struct mb_fact_result result = {.status = MB_FACT_NOT_COMPARED};
	const char *why = obstacle(fact, tree);
	struct mb_err err = {0};
	int r = 0;

	if (!why && fact->flag && tree->machine->phys_bits_assumed)
		r = MB_FAIL(&err, -ENOENT, "proc/cpuinfo does not say whether %s", fact->flag);
	if (!why && !r && !boot)
		why = boot_err->text;
	if (!why && !r)
		r = fact->expected(tree, &result.expected, &err);
	if (!why && !r)
		r = fact->got(tree, boot, &result.got, &err);
	if (!why && !r)
		r = result.expected.error ? result.expected.error : result.got.error;
	if (!why && !r)
		r = compare_lists(&result);
	if (r == -ENOMEM) {
		mb_facts_result_fini(&result);
		return r;
	}
	if (why || r)
		snprintf(result.reason, sizeof(result.reason), "%s", why ? why : err.text);
	else
		result.status = result.nr_diffs ? MB_FACT_DIFFERENT : MB_FACT_EQUAL;
	*ret_result = result;
	return 0;
}

void mb_facts_result_fini(struct mb_fact_result *result)
{
	mb_facts_values_fini(&result->expected);
	mb_facts_values_fini(&result->got);
	free(result->pairs);
	*result = (struct mb_fact_result){0};
}
