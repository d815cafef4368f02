/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/base/align.h"
#include "tests/core/memblock_case.h"

/* A row in one direction and one form. */
struct single {
	const struct memblock_case *row;
	enum case_form form;
	bool bottom_up;
};

/* The forms, and what a test's name says of each. */
static const struct {
	enum case_form form;
	const char *name;
} forms[] = {
	{CASE_PLAIN_ALLOC, "alloc"},       {CASE_ALLOC_RAW, "alloc_raw"},
	{CASE_FROM, "alloc_from"},         {CASE_TRY_NID, "try_nid"},
	{CASE_TRY_NID_RAW, "try_nid_raw"}, {CASE_EXACT, "exact_nid_raw"},
};

#define NR_VARIANTS (2 * MB_ARRAY_SIZE(forms))

void memblock_case_add_nodes(struct mb_memblock *mb)
{
	static const unsigned sixteenths[] = {4, 1, 2, 2, 1, 1, 4, 1};
	mb_phys_t base = CASE_BASE;

	for (size_t nid = 0; nid < MB_ARRAY_SIZE(sixteenths); nid++) {
		mb_phys_t size = CASE_SIZE / 16 * sixteenths[nid];

		assert_int_equal(mb_memblock_add_node(mb, base, size, (int)nid, 0), 0);
		base += size;
	}
}

void memblock_case_assert_ranges(const struct mb_memblock *mb, const struct mb_memblock_type *type,
				 const struct case_range *ranges, size_t max_ranges)
{
	size_t nr = 0;

	while (nr < max_ranges && ranges[nr].size)
		nr++;
	assert_int_equal(mb_memblock_check(mb), 0);
	assert_int_equal(type->cnt, nr || !mb->dummy ? nr : 1);
	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(type->regions[i].base, ranges[i].base);
		assert_int_equal(type->regions[i].size, ranges[i].size);
	}
}

static void set_up(struct mb_memblock *mb, const struct memblock_case *row, bool bottom_up)
{
	mb_memblock_init(mb, 12, true);
	mb_memblock_set_bottom_up(mb, bottom_up);
	if (row->memory == CASE_PLAIN)
		assert_int_equal(mb_memblock_add(mb, CASE_BASE, CASE_SIZE), 0);
	else if (row->memory == CASE_NODES)
		memblock_case_add_nodes(mb);
	for (size_t i = 0; i < MB_ARRAY_SIZE(row->before) && row->before[i].size; i++)
		assert_int_equal(mb_memblock_reserve(mb, row->before[i].base, row->before[i].size),
				 0);
}

static mb_phys_t ask(struct mb_memblock *mb, const struct memblock_case *row, enum case_form form)
{
	mb_phys_t align = row->align ? row->align : 64;

	switch (form) {
	case CASE_PLAIN_ALLOC: return mb_memblock_alloc(mb, row->size, align);
	case CASE_ALLOC_RAW: return mb_memblock_alloc_raw(mb, row->size, align);
	case CASE_FROM: return mb_memblock_alloc_from(mb, row->size, align, row->min);
	case CASE_EXACT:
		return mb_memblock_alloc_exact_nid_raw(mb, row->size, align, row->min, row->max,
						       row->nid);
	case CASE_TRY_NID_RAW:
		return mb_memblock_alloc_try_nid_raw(mb, row->size, align, row->min, row->max,
						     row->nid);
	default:
		return mb_memblock_alloc_try_nid(mb, row->size, align, row->min, row->max,
						 row->nid);
	}
}

static void run_single(void **state)
{
	const struct single *test = *state;
	const struct memblock_case *row = test->row;
	mb_phys_t at = test->bottom_up ? row->bu.at : row->td.at;
	const struct case_range *after = test->bottom_up ? row->bu.after : row->td.after;
	struct mb_memblock mb;
	mb_phys_t reserved;

	set_up(&mb, row, test->bottom_up);
	reserved = mb_memblock_reserved_size(&mb);
	assert_int_equal(ask(&mb, row, test->form), at);
	if (at) {
		memblock_case_assert_ranges(&mb, &mb.reserved, after, MB_ARRAY_SIZE(row->td.after));
		assert_int_equal(mb_memblock_reserved_size(&mb), reserved + row->size);
	} else {
		memblock_case_assert_ranges(&mb, &mb.reserved, row->before,
					    MB_ARRAY_SIZE(row->before));
	}
	assert_int_equal(mb.nr_allocs, at != 0);
	mb_memblock_fini(&mb);
}

int memblock_case_run_all(const char *group, const struct memblock_case *cases, size_t nr_cases)
{
	struct CMUnitTest *tests = calloc(nr_cases * NR_VARIANTS, sizeof(*tests));
	struct single *singles = calloc(nr_cases * NR_VARIANTS, sizeof(*singles));
	char(*names)[80] = calloc(nr_cases * NR_VARIANTS, sizeof(*names));
	size_t nr = 0;
	int failed = -1;

	for (size_t i = 0; tests && singles && names && i < nr_cases * NR_VARIANTS; i++) {
		const struct memblock_case *row = &cases[i / NR_VARIANTS];
		size_t form = i % NR_VARIANTS / 2;
		unsigned direction = i % 2 ? CASE_BOTTOM_UP : CASE_TOP_DOWN;

		if (!(row->form & forms[form].form) ||
		    (row->directions && !(row->directions & direction)))
			continue;
		snprintf(names[nr], sizeof(names[nr]), "%s: %s, %s", forms[form].name, row->name,
			 i % 2 ? "bottom-up" : "top-down");
		singles[nr] = (struct single){row, forms[form].form, i % 2};
		tests[nr] = (struct CMUnitTest){names[nr], run_single, NULL, NULL, &singles[nr]};
		nr++;
	}
	if (nr)
		failed = _cmocka_run_group_tests(group, tests, nr, NULL, NULL);
	free(tests);
	free(singles);
	free(names);
	return failed;
}
