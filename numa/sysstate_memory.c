/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/meminfo.h"
#include "numa/sysroot_file.h"
#include "numa/sysstate.h"
#include "numa/zoneinfo.h"

/* The checks of memory. */

#define NODES     "sys/devices/system/node"
#define THP       "sys/kernel/mm/transparent_hugepage/enabled"
#define HUGEPAGES "sys/kernel/mm/hugepages"

/* Of a node's memory: its descriptors, and four times as much, which is what a run may use by itself. */
#define NEEDED_PART 64
#define USUAL_PART  16

#define LAZY_MANAGED 0.97 /* of the present pages; the rest is the kernel's own */
#define BACKING_FINE 1.5  /* first touch over second */

/* --- available memory --- */

struct least {
	struct mb_meminfo info;
	uint64_t nid;
	size_t nr_nodes; /* that have memory */
};

static void add_node(struct least *least, const char *text, uint64_t nid)
{
	struct mb_meminfo info;

	if (mb_meminfo_parse(text, &info) || !info.total_bytes)
		return;
	if (!least->nr_nodes++ ||
	    (double)info.available_bytes / (double)info.total_bytes <
		    (double)least->info.available_bytes / (double)least->info.total_bytes) {
		least->info = info;
		least->nid = nid;
	}
}

static void find_least(const struct mb_sysroot *root, struct least *least)
{
	uint64_t *nodes MB_FREE = NULL;
	size_t count = 0;

	mb_sysroot_file_numbers(root, "node", &nodes, &count, NODES);
	for (size_t i = 0; i < count; i++) {
		char *text MB_FREE = NULL;

		if (!mb_sysroot_file_read(root, &text, NODES "/node%llu/meminfo",
					  (unsigned long long)nodes[i]))
			add_node(least, text, nodes[i]);
	}
}

void mb_sysstate_available(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			   struct mb_sysstate_row *row)
{
	struct least least = {0};
	char *text MB_FREE = NULL;
	const struct mb_meminfo *info = &least.info;
	char where[48] = "";
	int r;

	find_least(state->root, &least);
	if (least.nr_nodes > 1)
		snprintf(where, sizeof(where), "of %zu nodes least on node %llu: ", least.nr_nodes,
			 (unsigned long long)least.nid);
	else {
		r = mb_sysroot_file_read(state->root, &text, "proc/meminfo");
		if (r) {
			mb_sysstate_missing(state, row, "proc/meminfo", r, NULL);
			return;
		}
		least.nr_nodes = 0;
		add_node(&least, text, 0);
	}
	if (!info->total_bytes)
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "proc/meminfo has no MemTotal");
	else
		mb_sysstate_say(
			row,
			info->available_bytes < info->total_bytes / NEEDED_PART ? MB_SYSSTATE_SPOILS
			: info->available_bytes < info->total_bytes / USUAL_PART
				? MB_SYSSTATE_DISTURBS
				: MB_SYSSTATE_FINE,
			"%s%s of %s", where, mb_strbuf_size_short(info->available_bytes).text,
			mb_strbuf_size_short(info->total_bytes).text);
}

void mb_sysstate_swap(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		      struct mb_sysstate_row *row)
{
	char *text MB_FREE = NULL, *at, *line;
	uint64_t total = 0, free_kib = 0, used;
	bool found = false;
	int r = mb_sysroot_file_read(state->root, &text, "proc/meminfo");

	if (r) {
		mb_sysstate_missing(state, row, "proc/meminfo", r, NULL);
		return;
	}
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		found |= mb_sysroot_file_field(line, "SwapTotal", &total);
		mb_sysroot_file_field(line, "SwapFree", &free_kib);
	}
	used = total - mb_min(total, free_kib);
	if (!found || !total)
		mb_sysstate_say(row, MB_SYSSTATE_FINE, "none, and no swap at all");
	else
		mb_sysstate_say(
			row, used ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE, "%s of %s",
			used ? mb_strbuf_size_short(used * MB_KIB).text : "none",
			mb_strbuf_size_short(mb_min(total, UINT64_MAX / MB_KIB) * MB_KIB).text);
}

/* --- huge pages --- */

/* "always [madvise] never": the one in brackets is on. */
void mb_sysstate_thp(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
		     struct mb_sysstate_row *row)
{
	char *text MB_FREE = NULL;
	const char *open, *close;
	int r = mb_sysroot_file_read(state->root, &text, THP);

	if (r) {
		mb_sysstate_missing(state, row, THP, r, "this kernel has none");
		return;
	}
	open = strchr(text, '[');
	close = open ? strchr(open, ']') : NULL;
	if (!close)
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "no choice is marked");
	else
		mb_sysstate_say(row,
				!strncmp(open, "[always]", 8) ? MB_SYSSTATE_DISTURBS
							      : MB_SYSSTATE_FINE,
				"%.*s", (int)mb_min(close - open - 1, 32), open + 1);
}

/* The sizes of huge pages that there are, and what is in use of them. */
struct pools {
	struct mb_strbuf text;
	bool any, none_left; /* a pool has pages; all of one's are in use */
};

/* One size, "hugepages-2048kB". */
static void add_pool(const struct mb_sysroot *root, const char *name, struct pools *pools,
		     struct mb_sysstate_row *row)
{
	uint64_t kib, total, nr_free;

	if (strncmp(name, "hugepages-", 10) ||
	    !mb_sysroot_file_number(name + 10, strspn(name + 10, "0123456789"), 10, &kib) ||
	    mb_sysroot_file_u64(root, 10, &total, HUGEPAGES "/%s/nr_hugepages", name) ||
	    mb_sysroot_file_u64(root, 10, &nr_free, HUGEPAGES "/%s/free_hugepages", name))
		return;
	mb_strbuf_addf(&pools->text, "%s%s: %llu of %llu", pools->text.length ? ", " : "",
		       mb_strbuf_size_short(mb_min(kib, UINT64_MAX / MB_KIB) * MB_KIB).text,
		       (unsigned long long)nr_free, (unsigned long long)total);
	pools->any |= total > 0;
	if (!total || nr_free)
		return;
	pools->none_left = true;
	mb_sysstate_command(row, "echo %llu > /" HUGEPAGES "/%s/nr_hugepages",
			    (unsigned long long)total * 2, name);
}

void mb_sysstate_hugepages(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			   struct mb_sysstate_row *row)
{
	struct pools pools = {0};
	char **names = NULL;
	int r = mb_sysroot_file_names(state->root, &names, HUGEPAGES);

	for (size_t i = 0; !r && names[i]; i++)
		add_pool(state->root, names[i], &pools, row);
	mb_sysroot_file_names_free(names);
	if (!pools.text.length)
		mb_sysstate_missing(state, row, HUGEPAGES, r ? r : -ENOENT, "this kernel has none");
	else
		mb_sysstate_say(row, pools.none_left ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE,
				"%s", pools.any ? mb_strbuf_text(&pools.text) : "no pool");
	mb_strbuf_fini(&pools.text);
}

/* --- memory that is not there yet --- */

/* The part of the present pages that the buddy manages; 0: not known. */
static double managed_part(const struct mb_sysroot *root)
{
	double present = 0, managed = 0;
	struct mb_zoneinfo info;

	if (mb_zoneinfo_read(root, &info))
		return 0;
	for (size_t i = 0; i < info.nr_zones; i++) {
		present += (double)info.zones[i].values[MB_ZONEINFO_PRESENT];
		managed += (double)info.zones[i].values[MB_ZONEINFO_MANAGED];
	}
	mb_zoneinfo_fini(&info);
	return present > 0 ? managed / present : 0;
}

/*
 * Usual kernels end deferred init before the first program runs. With deferred_init=lazy memory is
 * initialised when it is asked for.
 */
void mb_sysstate_growing(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			 struct mb_sysstate_row *row)
{
	double part = managed_part(state->root);
	char *cmdline MB_FREE = NULL;
	bool lazy = !mb_sysroot_file_read(state->root, &cmdline, "proc/cmdline") &&
		    strstr(cmdline, "deferred_init=lazy");

	if (state->measured.grown_bytes)
		mb_sysstate_say(row, MB_SYSSTATE_DISTURBS, "grew by %s in %.1f s",
				mb_strbuf_size_short(state->measured.grown_bytes).text,
				state->measured.seconds);
	else if (!(part > 0))
		mb_sysstate_missing(state, row, "proc/zoneinfo", -ENOENT, NULL);
	else if (lazy && part < LAZY_MANAGED)
		mb_sysstate_say(row, MB_SYSSTATE_DISTURBS,
				"%.1f %% of the pages (deferred_init=lazy)", 100 * part);
	else
		mb_sysstate_say(row, MB_SYSSTATE_FINE, "all but the %.1f %% that are reserved",
				100 * (part < 1 ? 1 - part : 0));
}

void mb_sysstate_backing(const struct mb_sysstate *state, const struct mb_sysstate_check *check,
			 struct mb_sysstate_row *row)
{
	const struct mb_sysstate_measured *measured = &state->measured;
	double ratio;

	if (!measured->touch_bytes || !measured->second_ns) {
		mb_sysstate_say(row, MB_SYSSTATE_UNKNOWN, "%s",
				state->live ? "not measured; 'memboot doctor' does"
					    : "only measured on the host itself");
		return;
	}
	ratio = (double)measured->first_ns / (double)measured->second_ns;
	mb_sysstate_say(row, ratio > BACKING_FINE ? MB_SYSSTATE_DISTURBS : MB_SYSSTATE_FINE,
			"%s: first touch takes %.1f times the second",
			mb_strbuf_size_short(measured->touch_bytes).text, ratio);
}
