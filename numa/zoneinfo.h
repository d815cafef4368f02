/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_ZONEINFO_H
#define MB_NUMA_ZONEINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "numa/sysroot_open.h"

/*
 * /proc/zoneinfo as data: zoneinfo_show_print (mm/vmstat.c) of Linux 6.1 to 6.18. Lines that say
 * nothing known are left out, bytes may be anything; of a line that comes twice the first counts.
 */

#define MB_ZONEINFO_MAX_ZONES 8 /* columns of protection */

/* Which figures a zone shows. */
enum mb_zoneinfo_field {
	MB_ZONEINFO_MIN,
	MB_ZONEINFO_LOW,
	MB_ZONEINFO_HIGH,
	MB_ZONEINFO_PROMO, /* not in 6.1 */
	MB_ZONEINFO_BOOST, /* part of the marks as shown */
	MB_ZONEINFO_SPANNED,
	MB_ZONEINFO_PRESENT,
	MB_ZONEINFO_MANAGED,
	MB_ZONEINFO_CMA,
	MB_ZONEINFO_START_PFN, /* populated zones only */
	MB_ZONEINFO_NR_FIELDS,
};

/* One CPU's pageset. Fields that the kernel does not show are false and 0. */
struct mb_zoneinfo_pageset {
	unsigned cpu;
	bool has_high, has_batch, has_high_min, has_high_max;
	uint64_t high, batch, high_min, high_max;
};

struct mb_zoneinfo_zone {
	int nid;
	char name[16];
	unsigned seen; /* bit of each field */
	uint64_t values[MB_ZONEINFO_NR_FIELDS];
	uint64_t protection[MB_ZONEINFO_MAX_ZONES];
	size_t nr_protection; /* columns: one a configured zone */
	struct mb_zoneinfo_pageset *pagesets;
	size_t nr_pagesets;
};

struct mb_zoneinfo {
	struct mb_zoneinfo_zone *zones; /* in the order of the file */
	size_t nr_zones;
	bool whole; /* no zone lacks its last line, no node a zone: the text was not cut off */
};

/*
 * Reads length bytes, which need no terminator. 0 and a result that the caller ends with
 * mb_zoneinfo_fini(), or -ENOMEM and nothing to end. A text without any zone has none.
 */
int mb_zoneinfo_parse(const char *text, size_t length, struct mb_zoneinfo *ret_info);

/* The same of ROOT/proc/zoneinfo; also what reading it returns. */
int mb_zoneinfo_read(const struct mb_sysroot *root, struct mb_zoneinfo *ret_info);

/* "min", "spanned": as the file calls it. */
const char *mb_zoneinfo_field_name(enum mb_zoneinfo_field field);

static inline bool mb_zoneinfo_has(const struct mb_zoneinfo_zone *zone,
				   enum mb_zoneinfo_field field)
{
	return zone->seen >> field & 1;
}

void mb_zoneinfo_fini(struct mb_zoneinfo *info);

#endif
