/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a tree for the facts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/facts.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/cmdline.h"
#include "core/zone.h"
#include "numa/kmsg.h"
#include "numa/sysroot.h"
#include "numa/sysroot_file.h"

static int read_log(struct mb_fact_tree *tree)
{
	char *text MB_FREE = NULL;
	size_t length = 0;
	int r = mb_kmsg_read(tree->root, &tree->no_log, &text, &length);

	return r == -ENOMEM ? r : r ? 0 : mb_kernlog_parse(text, length, &tree->log);
}

/* Every node that is online and has memory is in it. */
static bool has_nodes(const struct mb_sysroot *root, const struct mb_zoneinfo *info)
{
	uint64_t nodes[MB_BITMAP_WORDS(MB_MAX_NODES)] = {0};

	if (mb_sysroot_file_list(root, MB_MAX_NODES, nodes, "sys/devices/system/node/has_memory") &&
	    mb_sysroot_file_list(root, MB_MAX_NODES, nodes, "sys/devices/system/node/online"))
		return true;
	for (size_t i = 0; i < info->nr_zones; i++)
		mb_bit_clear(nodes, (size_t)info->zones[i].nid);
	for (size_t i = 0; i < MB_ARRAY_SIZE(nodes); i++)
		if (nodes[i])
			return false;
	return true;
}

static int read_zoneinfo(struct mb_fact_tree *tree)
{
	struct mb_err *why = &tree->no_zoneinfo;
	int r = mb_zoneinfo_read(tree->root, &tree->zoneinfo);

	if (r == -ENOMEM)
		return r;
	if (r)
		MB_FAIL(why, r == -EINVAL ? -ENOENT : r, "proc/zoneinfo cannot be read");
	else if (!tree->zoneinfo.nr_zones)
		MB_FAIL(why, -EINVAL, "proc/zoneinfo is not in the kernel's form");
	else if (!tree->zoneinfo.whole || !has_nodes(tree->root, &tree->zoneinfo))
		MB_FAIL(why, -EINVAL, "proc/zoneinfo ends early");
	return 0;
}

/* The kernel's zones are those that proc/zoneinfo names; else the log's, with Movable; else all. */
static void read_zones(struct mb_fact_tree *tree)
{
	for (unsigned z = 0; z < MB_NR_ZONES; z++) {
		const char *name = mb_zone_name((enum mb_zone_type)z);
		bool found = !tree->zoneinfo.nr_zones;

		for (size_t i = 0; i < tree->zoneinfo.nr_zones; i++)
			found |= !strcmp(tree->zoneinfo.zones[i].name, name);
		if (found)
			tree->zones[tree->nr_zones++] = (enum mb_zone_type)z;
	}
}

static void read_number(const struct mb_sysroot *root, const char *path, unsigned *value)
{
	uint64_t number;

	if (!mb_sysroot_file_u64(root, 10, &number, "%s", path) && number <= UINT32_MAX)
		*value = (unsigned)number;
}

static void read_tunables(struct mb_fact_tree *tree)
{
	char *ratios MB_FREE = NULL, *huge MB_FREE = NULL, *at;

	tree->tunables = MB_TUNABLES_DEFAULT;
	read_number(tree->root, "proc/sys/vm/watermark_scale_factor",
		    &tree->tunables.watermark_scale_factor);
	read_number(tree->root, "proc/sys/vm/percpu_pagelist_high_fraction",
		    &tree->tunables.percpu_pagelist_high_fraction);
	if (!mb_sysroot_file_read(tree->root, &huge, "sys/kernel/mm/transparent_hugepage/enabled"))
		tree->tunables.huge_pages = !strstr(huge, "[never]");
	if (mb_sysroot_file_read(tree->root, &ratios, "proc/sys/vm/lowmem_reserve_ratio"))
		return;
	at = ratios;
	for (size_t i = 0; i < tree->nr_zones; i++) {
		char *end;
		unsigned long value = strtoul(at, &end, 10);

		if (end == at)
			break;
		tree->tunables.lowmem_reserve_ratio[tree->zones[i]] = (unsigned)value;
		at = end;
	}
}

static void read_cpus(struct mb_fact_tree *tree)
{
	char *text MB_FREE = NULL, *flags, *end;

	if (mb_sysroot_file_read(tree->root, &text, "proc/cpuinfo"))
		return;
	flags = strstr(text, "\nflags");
	if (!flags)
		return;
	end = strchr(flags + 1, '\n');
	if (end)
		*end = '\0';
	tree->hypervisor = strstr(flags, " hypervisor");
}

/*
 * Once all memory is there, the zones manage MemTotal. What is missing by more than a section has
 * not been grown yet.
 */
static void read_growth(struct mb_fact_tree *tree)
{
	char *text MB_FREE = NULL, *at, *line, value[32];
	uint64_t kib = 0, managed = 0, section = UINT64_C(1) << tree->machine->section_shift;

	tree->lazy =
		mb_cmdline_get(tree->machine->cmdline, "deferred_init", value, sizeof(value)) &&
		!strcmp(value, "lazy");
	tree->growing = tree->lazy;
	for (size_t i = 0; i < tree->zoneinfo.nr_zones; i++)
		managed += tree->zoneinfo.zones[i].values[MB_ZONEINFO_MANAGED];
	if (mb_sysroot_file_read(tree->root, &text, "proc/meminfo"))
		return;
	for (at = text; (line = mb_sysroot_file_line(&at));)
		if (mb_sysroot_file_field(line, "MemTotal", &kib))
			break;
	tree->growing |= managed && (managed << tree->machine->page_shift) + section < kib << 10;
}

/* Sizes of kernel objects that no rule gives: of the cache of node structures. */
static void read_sizes(struct mb_fact_tree *tree)
{
	read_number(tree->root, "sys/kernel/slab/kmem_cache_node/object_size",
		    &tree->profile.slub_node_bytes);
}

int mb_facts_open(const struct mb_sysroot *root, const struct mb_profile *profile,
		  struct mb_err *err, struct mb_fact_tree *ret_tree)
{
	struct mb_fact_tree tree = {.root = root};
	int r = mb_sysroot_machine(root, err, &tree.machine);

	if (r)
		return r;
	if (mb_sysroot_kernel_release(root, tree.release, sizeof(tree.release)))
		tree.release[0] = '\0';
	r = read_log(&tree);
	if (!*tree.release && tree.log &&
	    mb_kernlog_release(tree.log, tree.release, sizeof(tree.release)))
		tree.release[0] = '\0';
	tree.profile = profile ? *profile : *mb_profile_nearest(tree.release);
	if (!r)
		r = read_zoneinfo(&tree);
	read_zones(&tree);
	read_tunables(&tree);
	read_cpus(&tree);
	read_growth(&tree);
	read_sizes(&tree);
	if (!r && tree.log &&
	    mb_handover_read(root, tree.log, tree.machine->page_shift, &tree.no_handover,
			     &tree.handover) == -ENOMEM)
		r = -ENOMEM;
	if (r) {
		mb_facts_close(&tree);
		return MB_FAIL(err, r, "out of memory");
	}
	*ret_tree = tree;
	return 0;
}

void mb_facts_close(struct mb_fact_tree *tree)
{
	mb_handover_fini(&tree->handover);
	mb_zoneinfo_fini(&tree->zoneinfo);
	mb_kernlog_free(tree->log);
	mb_machine_free(tree->machine);
	*tree = (struct mb_fact_tree){0};
}

int mb_facts_boot(const struct mb_fact_tree *tree, struct mb_host *host, struct mb_err *err,
		  struct mb_boot **ret_boot)
{
	struct mb_boot_config config = {
		.machine = tree->machine,
		.profile = &tree->profile,
		.host = host,
		.policy = MB_POLICY_DEFERRED,
		.dry_run = true,
		.tunables = &tree->tunables,
		.record = tree->log && !tree->no_handover.code ? &tree->handover.record : NULL,
	};
	struct mb_boot *boot;
	int r = mb_boot_new(&config, err, &boot);

	if (r)
		return r;
	r = mb_boot_run(boot);
	if (r) {
		*err = *mb_boot_err(boot);
		mb_boot_free(boot);
		return MB_FAIL(err, r, "the boot failed");
	}
	*ret_boot = boot;
	return 0;
}
