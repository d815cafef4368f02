/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/memmodel_sparse.h"
#include "tests/core/boot_case.h"

static int fits(const char *text, struct mb_err *err)
{
	struct mb_machine *machine = NULL;
	int r;

	assert_int_equal(mb_machine_parse(text, NULL, err, &machine), 0);
	r = mb_memmodel_fits(&mb_memmodels[MB_MEMMODEL_SPARSE], machine, NULL, err);
	mb_machine_free(machine);
	return r;
}

/* 2^25 entries of 16 bytes are half a GiB of the kernel's image; from 2^26 on they do not fit. */
static void table_has_a_limit(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(fits("node0=1G", &err), 0);
	assert_int_equal(fits("node0=1G section=64M phys-bits=51", &err), 0);
	assert_int_equal(fits("node0=1G section=64M", &err), -ERANGE);
	assert_non_null(strstr(err.text, "2^26"));
	assert_non_null(strstr(err.text, "extreme"));
}

/* The table is no request to memblock: one usage array and one buffer for the only run. */
static void table_is_static(void **state)
{
	struct boot_case c;
	uint64_t before;

	boot_case_init(&c, "node0=1G phys-bits=46",
		       (struct boot_options){.model = "sparse", .dry_run = true});
	boot_case_run(&c, &mb_node_stage);
	before = mb_memblock_reserved_size(&c.boot->memblock);
	boot_case_run(&c, &mb_memmodel_stage);
	assert_int_equal(c.boot->model.nr_requests, 2);
	assert_int_equal(c.boot->model.geo.usage_bytes, 16 + 32); /* no subsections */
	assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock) - before,
			 8 * 2 * MB_MIB + 8 * 48);
	assert_int_equal(c.boot->model.metadata_bytes, 524288 * 16 + 8 * 48);
	assert_null(c.boot->model.roots);
	boot_case_fini(&c);
}

static void bounds(void **state)
{
	struct boot_case c;
	const struct mb_memmodel *model;

	boot_case_init(&c, "node0=256M@1G phys-bits=46", (struct boot_options){.model = "sparse"});
	boot_case_run(&c, NULL);
	model = &c.boot->model;
	assert_false(mb_sparse_pfn_valid(model, 0));
	assert_true(mb_sparse_pfn_valid(model, 8 * 32768));
	assert_true(mb_sparse_pfn_valid(model, 10 * 32768 - 1));
	assert_false(mb_sparse_pfn_valid(model, 10 * 32768));
	assert_false(mb_sparse_pfn_valid(model, UINT64_C(1) << 34)); /* beyond 2^46 */
	assert_null(mb_memmodel_section(model, 524288));
	assert_int_equal(mb_memmodel_next_valid(model, 5), 8 * 32768);
	boot_case_fini(&c);
}

/* The way back reads the section in the flags: a page that says otherwise is another page frame. */
static void section_is_in_the_flags(void **state)
{
	struct boot_case c;
	struct mb_page *page;

	boot_case_init(&c, "node0=512M phys-bits=46", (struct boot_options){.model = "sparse"});
	boot_case_run(&c, NULL);
	page = mb_memmodel_pfn_to_page(&c.boot->model, 3 * 32768 + 5);
	assert_int_equal(mb_page_section(&c.boot->model.layout, page), 3);
	assert_int_equal(mb_memmodel_page_to_pfn(&c.boot->model, page), 3 * 32768 + 5);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_has_a_limit),
		cmocka_unit_test(table_is_static),
		cmocka_unit_test(bounds),
		cmocka_unit_test(section_is_in_the_flags),
	};

	return cmocka_run_group_tests_name("memmodel_sparse", tests, NULL, NULL);
}
