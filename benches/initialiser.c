/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <string.h>

#include "benches/initialiser.h"
#include "benches/stream.h"
#include "core/base/align.h"
#include "core/memmodel_tmpl.h"
#include "core/pageinit.h"

typedef void init_fn(struct mb_page *first, uint64_t count, uint64_t flags);

#define TEMPLATE "benches/initialiser_tmpl.c"
#include "core/memmodel_sizes_tmpl.c"
#undef TEMPLATE

static init_fn *const by_memset[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(by_memset);
static init_fn *const by_template[MB_NR_PAGE_SIZES] = MB_TMPL_SLOTS(by_template);

static void init_memset(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			enum mb_zone_type zone, int nid)
{
	by_memset[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

static void init_template(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			  enum mb_zone_type zone, int nid)
{
	by_template[size - mb_page_sizes](first, count, mb_page_flags(zone, nid));
}

static const struct mb_initialiser *find_stream(void)
{
	const struct mb_initialiser *row = mb_stream_rows;

	while (row->init && !mb_initialiser_supported(row))
		row++;
	return row;
}

static bool has_stream(void)
{
	return find_stream()->init;
}

static void init_stream(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
			enum mb_zone_type zone, int nid)
{
	find_stream()->init(size, first, count, zone, nid);
}

static bool has_words(void)
{
	return mb_stream_words.init;
}

static void init_words(const struct mb_page_size *size, struct mb_page *first, uint64_t count,
		       enum mb_zone_type zone, int nid)
{
	mb_stream_words.init(size, first, count, zone, nid);
}

static const struct mb_initialiser rows[] = {
	{
		.name = "kernel",
		.summary = "the stores of __init_single_page",
		.init = mb_pageinit_range,
	},
	{
		.name = "memset",
		.summary = "memset of each descriptor, then its fields",
		.init = init_memset,
	},
	{
		.name = "template",
		.summary = "a finished descriptor copied, then its list links",
		.init = init_template,
	},
	{
		.name = "words",
		.summary = "non-temporal stores of general registers, which a kernel may use",
		.needs = "such stores that are known here",
		.supported = has_words,
		.init = init_words,
	},
	{
		.name = "stream",
		.summary = "finished descriptors by non-temporal vector stores",
		.needs = "non-temporal stores that are known here",
		.supported = has_stream,
		.init = init_stream,
	},
};

const struct mb_initialiser *mb_initialiser_row(size_t index)
{
	return index < MB_ARRAY_SIZE(rows) ? &rows[index] : NULL;
}

const struct mb_initialiser *mb_initialiser_find(const char *name)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

bool mb_initialiser_supported(const struct mb_initialiser *initialiser)
{
	return !initialiser->supported || initialiser->supported();
}
