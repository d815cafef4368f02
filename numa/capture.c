/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/capture.h"
#include "numa/kmsg.h"
#include "numa/sysroot_file.h"

#define NODE  "sys/devices/system/node/"
#define CPU   "sys/devices/system/cpu/"
#define SLAB  "sys/kernel/slab/*/"
#define CLOCK "sys/devices/system/clocksource/clocksource0/"

const struct mb_capture_row mb_capture_rows[] = {
	{"dmesg", mb_redact_log, false},
	{"proc/version", mb_redact_version, false},
	{"proc/cmdline", mb_redact_cmdline, false},
	{"proc/cpuinfo", mb_redact_cpuinfo, false},
	{"proc/meminfo", mb_redact_nothing, false},
	{"proc/iomem", mb_redact_nothing, false},
	{"proc/zoneinfo", mb_redact_nothing, false},
	{"proc/buddyinfo", mb_redact_nothing, false},
	{"proc/pagetypeinfo", mb_redact_nothing, false},
	{"proc/slabinfo", mb_redact_nothing, false},
	{"proc/sys/vm/lowmem_reserve_ratio", mb_redact_nothing, false},
	{"proc/sys/vm/min_free_kbytes", mb_redact_nothing, false},
	{"proc/sys/vm/percpu_pagelist_high_fraction", mb_redact_nothing, false},
	{"proc/sys/vm/watermark_scale_factor", mb_redact_nothing, false},
	{"sys/firmware/memmap/[0-9]*/start", mb_redact_nothing, false},
	{"sys/firmware/memmap/[0-9]*/end", mb_redact_nothing, false},
	{"sys/firmware/memmap/[0-9]*/type", mb_redact_nothing, false},
	{"sys/kernel/debug/memblock/memory", mb_redact_nothing, false},
	{"sys/kernel/debug/memblock/reserved", mb_redact_nothing, false},
	{"sys/kernel/mm/transparent_hugepage/enabled", mb_redact_nothing, false},
	{"sys/devices/system/memory/block_size_bytes", mb_redact_nothing, false},
	{NODE "online", mb_redact_nothing, false},
	{NODE "possible", mb_redact_nothing, false},
	{NODE "has_cpu", mb_redact_nothing, false},
	{NODE "has_memory", mb_redact_nothing, false},
	{NODE "node[0-9]*/cpulist", mb_redact_nothing, false},
	{NODE "node[0-9]*/distance", mb_redact_nothing, false},
	{NODE "node[0-9]*/meminfo", mb_redact_nothing, false},
	{NODE "node[0-9]*/memory_blocks", mb_redact_nothing, false},
	{CPU "online", mb_redact_nothing, false},
	{CPU "possible", mb_redact_nothing, false},
	{CPU "present", mb_redact_nothing, false},
	{CPU "cpu[0-9]*/topology/core_id", mb_redact_nothing, false},
	{CPU "cpu[0-9]*/topology/physical_package_id", mb_redact_nothing, false},
	{CPU "cpu[0-9]*/topology/thread_siblings_list", mb_redact_nothing, false},
	{SLAB "align", mb_redact_nothing, false},
	{SLAB "cpu_partial", mb_redact_nothing, false},
	{SLAB "ctor", mb_redact_nothing, false},
	{SLAB "destroy_by_rcu", mb_redact_nothing, false},
	{SLAB "min_partial", mb_redact_nothing, false},
	{SLAB "object_size", mb_redact_nothing, false},
	{SLAB "objs_per_slab", mb_redact_nothing, false},
	{SLAB "order", mb_redact_nothing, false},
	{SLAB "poison", mb_redact_nothing, false},
	{SLAB "red_zone", mb_redact_nothing, false},
	{SLAB "slab_size", mb_redact_nothing, false},
	{SLAB "store_user", mb_redact_nothing, false},
	{"proc/loadavg", mb_redact_nothing, true},
	{"proc/stat", mb_redact_stat, true},
	{"proc/sys/kernel/nmi_watchdog", mb_redact_nothing, true},
	{"proc/sys/kernel/numa_balancing", mb_redact_nothing, true},
	{"proc/sys/kernel/perf_event_paranoid", mb_redact_nothing, true},
	{"proc/sys/vm/zone_reclaim_mode", mb_redact_nothing, true},
	{CPU "cpu[0-9]*/cpufreq/scaling_driver", mb_redact_nothing, true},
	{CPU "cpu[0-9]*/cpufreq/scaling_governor", mb_redact_nothing, true},
	{CPU "cpufreq/boost", mb_redact_nothing, true},
	{CPU "intel_pstate/no_turbo", mb_redact_nothing, true},
	{CPU "isolated", mb_redact_nothing, true},
	{CPU "smt/active", mb_redact_nothing, true},
	{CLOCK "available_clocksource", mb_redact_nothing, true},
	{CLOCK "current_clocksource", mb_redact_nothing, true},
	{"sys/kernel/mm/hugepages/hugepages-*/free_hugepages", mb_redact_nothing, true},
	{"sys/kernel/mm/hugepages/hugepages-*/nr_hugepages", mb_redact_nothing, true},
	{"sys/kernel/mm/ksm/run", mb_redact_nothing, true},
};

const size_t mb_nr_capture_rows = MB_ARRAY_SIZE(mb_capture_rows);

bool mb_capture_row_wants(size_t row, const char *path)
{
	return !fnmatch(mb_capture_rows[row].path, path, FNM_PATHNAME);
}

bool mb_capture_wants(const char *path)
{
	for (size_t i = 0; i < mb_nr_capture_rows; i++)
		if (mb_capture_row_wants(i, path))
			return true;
	return false;
}

/* A walk through the tree along one row's pattern. */
struct walk {
	const struct mb_sysroot *root;
	const atomic_int *cancel;
	mb_redact_fn *redact; /* NULL: not wanted */
	struct mb_capture_part *part;
	struct mb_archive *archive;
	size_t packed_bytes; /* of the archive so far, as tar has it */
};

/* One file or folder that is not captured. */
static void fail(struct walk *walk, const char *path, int error)
{
	if (!walk->part->failed++) {
		walk->part->error = error;
		snprintf(walk->part->failure, sizeof(walk->part->failure), "%s", path);
	}
}

/* --- one file --- */

/* "memory0 memory1": what stands for a live node's links. */
static int list_blocks(const struct mb_sysroot *root, const char *path, char **ret_text)
{
	size_t folder = (size_t)(strrchr(path, '/') - path);
	struct mb_strbuf text = {0};
	char **names = NULL;
	int r = mb_sysroot_file_names(root, &names, "%.*s", (int)folder, path);

	for (size_t i = 0; !r && names[i]; i++)
		if (!fnmatch("memory[0-9]*", names[i], 0))
			mb_strbuf_addf(&text, "%s%s", text.length ? " " : "", names[i]);
	mb_sysroot_file_names_free(names);
	if (!r && !text.length)
		r = -ENOENT;
	if (!r)
		mb_strbuf_add(&text, "\n");
	if (!r)
		*ret_text = mb_strbuf_take(&text);
	mb_strbuf_fini(&text);
	return r ? r : *ret_text ? 0 : -ENOMEM;
}

/* proc/iomem for those who may not see it: every address is zero. */
static bool is_hidden(const char *text)
{
	bool any = *text != '\0';

	for (; *text && any; text += strcspn(text, "\n"), text += *text != '\0')
		any = text[strspn(text, " 0-")] == ':';
	return any;
}

static int read_text(const struct mb_sysroot *root, const char *path, char **ret_text,
		     size_t *ret_length)
{
	const char *slash = strrchr(path, '/');
	int r;

	if (!strcmp(path, "dmesg"))
		return mb_kmsg_read(root, NULL, ret_text, ret_length);
	r = mb_sysroot_file_read(root, ret_text, "%s", path);
	if (r == -ENOENT && slash && !strcmp(slash, "/memory_blocks"))
		r = list_blocks(root, path, ret_text);
	if (!r && !strcmp(path, "proc/iomem") && is_hidden(*ret_text)) {
		free(*ret_text);
		*ret_text = NULL;
		r = -EPERM;
	}
	if (!r)
		*ret_length = strlen(*ret_text);
	return r;
}

static int redact_text(struct walk *walk, char **text, size_t *length)
{
	struct mb_strbuf out = {0};
	int r = walk->redact(*text, *length, &out, &walk->part->redacted);

	if (!r) {
		free(*text);
		*length = out.length;
		*text = out.length ? mb_strbuf_take(&out) : strdup("");
		r = *text ? 0 : -ENOMEM;
	}
	mb_strbuf_fini(&out);
	return r;
}

/*
 * What the archive's reader would refuse is not put into it. A file takes a header, two more blocks
 * where its name is long, and whole blocks; zeros end the archive.
 */
static int check_limits(struct walk *walk, const char *path, size_t length)
{
	size_t packed = 3 * 512 + mb_align_up_pow2(length, (size_t)512), own;
	const char *start;

	if (mb_archive_name(path, NULL, &start, &own))
		return -EINVAL;
	if (length > MB_ARCHIVE_MAX_FILE_BYTES || walk->archive->count >= MB_ARCHIVE_MAX_ENTRIES ||
	    walk->packed_bytes + packed > MB_ARCHIVE_MAX_BYTES - 1024)
		return -EFBIG;
	walk->packed_bytes += packed;
	return 0;
}

static int take_file(struct walk *walk, const char *path)
{
	char *text MB_FREE = NULL;
	size_t length = 0;
	int r = read_text(walk->root, path, &text, &length);

	if (!r && walk->redact)
		r = redact_text(walk, &text, &length);
	if (!r)
		r = check_limits(walk, path, length);
	if (r == -ENOMEM)
		return r;
	if (r) {
		fail(walk, path, r);
		return 0;
	}
	walk->part->files++;
	walk->part->bytes += length;
	return mb_archive_add(walk->archive, path, MB_TAKE(text), length);
}

/* --- patterns --- */

static int expand(struct walk *walk, const char *folder, const char *pattern);

/* One entry of a folder: a file at the pattern's end, else a folder to go on in. */
static int enter(struct walk *walk, const char *folder, const char *name, const char *rest)
{
	char path[MB_ARCHIVE_MAX_PATH];

	if (snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name) >=
	    (int)sizeof(path)) {
		fail(walk, folder, -ENAMETOOLONG);
		return 0;
	}
	return *rest ? expand(walk, path, rest) : take_file(walk, path);
}

static int expand(struct walk *walk, const char *folder, const char *pattern)
{
	size_t length = strcspn(pattern, "/");
	const char *rest = pattern + length + (pattern[length] != '\0');
	char part[64], **names = NULL;
	int r;

	if (walk->cancel && atomic_load(walk->cancel))
		return -ECANCELED;
	snprintf(part, sizeof(part), "%.*s", (int)length, pattern);
	if (!strpbrk(part, "*[?"))
		return enter(walk, folder, part, rest);
	r = mb_sysroot_file_names(walk->root, &names, "%s", folder);
	if (r && r != -ENOMEM) {
		fail(walk, folder, r);
		return 0;
	}
	for (size_t i = 0; !r && names[i]; i++)
		if (!fnmatch(part, names[i], 0))
			r = enter(walk, folder, names[i], rest);
	mb_sysroot_file_names_free(names);
	return r;
}

int mb_capture_collect(const struct mb_sysroot *root, bool redact, const atomic_int *cancel,
		       struct mb_capture *ret_capture)
{
	struct mb_capture capture = {
		.parts = calloc(mb_nr_capture_rows, sizeof(*capture.parts)),
	};
	struct walk walk = {.root = root, .cancel = cancel, .archive = &capture.archive};
	int r = capture.parts ? 0 : -ENOMEM;

	for (size_t i = 0; i < mb_nr_capture_rows && !r; i++) {
		const struct mb_capture_row *row = &mb_capture_rows[i];

		walk.redact = redact ? row->redact : NULL;
		walk.part = &capture.parts[i];
		r = expand(&walk, "", row->path);
		if (!r && !walk.part->files && !walk.part->failed)
			fail(&walk, row->path, -ENOENT);
	}
	if (!r)
		r = mb_archive_settle(&capture.archive, NULL);
	if (r) {
		mb_capture_fini(&capture);
		return r;
	}
	*ret_capture = capture;
	return 0;
}

void mb_capture_fini(struct mb_capture *capture)
{
	mb_archive_fini(&capture->archive);
	free(capture->parts);
	*capture = (struct mb_capture){0};
}
