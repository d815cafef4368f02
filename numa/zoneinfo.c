/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/types.h"
#include "numa/sysroot_file.h"
#include "numa/zoneinfo.h"

#define MAX_CPUS 65536 /* pagesets of one zone; a file with more is none of Linux */

static const char *const field_names[MB_ZONEINFO_NR_FIELDS] = {
	[MB_ZONEINFO_MIN] = "min",         [MB_ZONEINFO_LOW] = "low",
	[MB_ZONEINFO_HIGH] = "high",       [MB_ZONEINFO_PROMO] = "promo",
	[MB_ZONEINFO_BOOST] = "boost",     [MB_ZONEINFO_SPANNED] = "spanned",
	[MB_ZONEINFO_PRESENT] = "present", [MB_ZONEINFO_MANAGED] = "managed",
	[MB_ZONEINFO_CMA] = "cma",         [MB_ZONEINFO_START_PFN] = "start_pfn",
};

const char *mb_zoneinfo_field_name(enum mb_zoneinfo_field field)
{
	return field_names[field];
}

/* A line cut into the word before the number and the rest. */
struct line {
	const char *word;
	size_t length;
	const char *rest; /* behind the word and its colon, blanks skipped */
	bool colon;
};

static struct line cut(const char *text)
{
	struct line line;

	line.word = text + strspn(text, " \t");
	line.length = strcspn(line.word, ": \t\r");
	line.rest = line.word + line.length;
	line.colon = *line.rest == ':';
	line.rest += line.colon;
	line.rest += strspn(line.rest, " \t");
	return line;
}

static bool is_word(const struct line *line, const char *word)
{
	return line->length == strlen(word) && !strncmp(line->word, word, line->length);
}

/* A decimal number that a blank, a comma, a bracket or the line's end follows. */
static bool number(const char *text, uint64_t *ret_value, const char **ret_end)
{
	size_t length = strspn(text, "0123456789");

	if (!length || !strchr(" \t\r,)", text[length]))
		return false;
	*ret_end = text + length;
	return mb_sysroot_file_number(text, length, 10, ret_value);
}

/* "Node 1, zone   Normal" */
static int add_zone(struct mb_zoneinfo *info, const char *text)
{
	struct mb_zoneinfo_zone zone = {0};
	const char *at = text + strlen("Node ");
	size_t length = strspn(at, "0123456789");
	uint64_t nid;

	if (!length || !mb_sysroot_file_number(at, length, 10, &nid) || nid >= MB_MAX_NODES)
		return 0;
	at += length;
	if (strncmp(at, ", zone ", 7) != 0)
		return 0;
	at += 7;
	at += strspn(at, " ");
	length = strcspn(at, " \t\r");
	if (!length || length >= sizeof(zone.name))
		return 0;
	for (size_t i = 0; i < length; i++)
		zone.name[i] = isprint((unsigned char)at[i]) ? at[i] : '?';
	zone.nid = (int)nid;
	if (mb_grow(&info->zones, info->nr_zones, sizeof(zone)))
		return -ENOMEM;
	info->zones[info->nr_zones++] = zone;
	return 0;
}

static void read_protection(struct mb_zoneinfo_zone *zone, const char *at)
{
	at += *at == '(';
	while (zone->nr_protection < MB_ZONEINFO_MAX_ZONES &&
	       number(at, &zone->protection[zone->nr_protection], &at)) {
		zone->nr_protection++;
		at += strspn(at, ", ");
	}
}

static int add_pageset(struct mb_zoneinfo_zone *zone, uint64_t cpu)
{
	if (cpu >= MAX_CPUS || zone->nr_pagesets >= MAX_CPUS)
		return 0;
	if (mb_grow(&zone->pagesets, zone->nr_pagesets, sizeof(*zone->pagesets)))
		return -ENOMEM;
	zone->pagesets[zone->nr_pagesets++] = (struct mb_zoneinfo_pageset){.cpu = (unsigned)cpu};
	return 0;
}

static void read_pageset(struct mb_zoneinfo_pageset *set, const struct line *line, uint64_t value)
{
	const struct {
		const char *name;
		bool *has;
		uint64_t *value;
	} rows[] = {
		{"high", &set->has_high, &set->high},
		{"batch", &set->has_batch, &set->batch},
		{"high_min", &set->has_high_min, &set->high_min},
		{"high_max", &set->has_high_max, &set->high_max},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (is_word(line, rows[i].name) && !*rows[i].has) {
			*rows[i].has = true;
			*rows[i].value = value;
		}
}

static void read_field(struct mb_zoneinfo_zone *zone, const struct line *line, uint64_t value)
{
	for (unsigned field = 0; field < MB_ZONEINFO_NR_FIELDS; field++)
		if (is_word(line, field_names[field]) && !(zone->seen >> field & 1)) {
			zone->seen |= 1u << field;
			zone->values[field] = value;
		}
}

/*
 * The figures of a zone have no colon; those of a pageset and start_pfn have. A pageset belongs to
 * the "cpu:" line above it.
 */
static int read_line(struct mb_zoneinfo *info, const char *text)
{
	struct mb_zoneinfo_zone *zone;
	struct line line = cut(text);
	const char *end;
	uint64_t value;

	if (!strncmp(text, "Node ", 5))
		return add_zone(info, text);
	if (!info->nr_zones)
		return 0;
	zone = &info->zones[info->nr_zones - 1];
	if (is_word(&line, "protection") && line.colon && !zone->nr_protection) {
		read_protection(zone, line.rest);
		return 0;
	}
	if (!number(line.rest, &value, &end))
		return 0;
	if (is_word(&line, "cpu") && line.colon)
		return add_pageset(zone, value);
	if (!line.colon)
		read_field(zone, &line, value);
	else if (is_word(&line, field_names[MB_ZONEINFO_START_PFN]))
		read_field(zone, &line, value);
	else if (zone->nr_pagesets)
		read_pageset(&zone->pagesets[zone->nr_pagesets - 1], &line, value);
	return 0;
}

/* An unpopulated zone ends with its protection, any other with its start behind the pagesets. */
static bool is_whole_zone(const struct mb_zoneinfo_zone *zone)
{
	if (!zone->nr_protection || !mb_zoneinfo_has(zone, MB_ZONEINFO_PRESENT))
		return false;
	return !zone->nr_pagesets || mb_zoneinfo_has(zone, MB_ZONEINFO_START_PFN);
}

/* The kernel shows each node with all its zones, as many as protection has columns. */
static bool is_whole(const struct mb_zoneinfo *info, const char *text, size_t length)
{
	size_t of_node = 0;

	if (!info->nr_zones || text[length - 1] != '\n')
		return false;
	for (size_t i = 0; i < info->nr_zones; i++) {
		const struct mb_zoneinfo_zone *zone = &info->zones[i];
		bool last = i + 1 == info->nr_zones || zone[1].nid != zone->nid;

		of_node++;
		if (!is_whole_zone(zone) || (last && of_node != zone->nr_protection))
			return false;
		if (last)
			of_node = 0;
	}
	return true;
}

int mb_zoneinfo_parse(const char *text, size_t length, struct mb_zoneinfo *ret_info)
{
	char *copy MB_FREE = malloc(length + 1);
	struct mb_zoneinfo info = {0};
	char *at = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	if (r)
		return r;
	for (size_t i = 0; i < length; i++)
		copy[i] = text[i] ? text[i] : '?';
	copy[length] = '\0';
	while (!r && (line = mb_sysroot_file_line(&at)))
		r = read_line(&info, line);
	info.whole = !r && is_whole(&info, text, length);
	if (r)
		mb_zoneinfo_fini(&info);
	else
		*ret_info = info;
	return r;
}

int mb_zoneinfo_read(const struct mb_sysroot *root, struct mb_zoneinfo *ret_info)
{
	char *text MB_FREE = NULL;
	int r = mb_sysroot_file_read(root, &text, "proc/zoneinfo");

	return r ? r : mb_zoneinfo_parse(text, strlen(text), ret_info);
}

void mb_zoneinfo_fini(struct mb_zoneinfo *info)
{
	for (size_t i = 0; i < info->nr_zones; i++)
		free(info->zones[i].pagesets);
	free(info->zones);
	*info = (struct mb_zoneinfo){0};
}
