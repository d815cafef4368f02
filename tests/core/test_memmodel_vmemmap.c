/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/memmodel_vmemmap.h"
#include "tests/core/boot_case.h"

/* One window: the distance of two descriptors is that of their page frames, holes or not. */
static void one_window(void **state)
{
	const struct mb_memmodel *model;
	struct boot_case c;

	boot_case_init(&c, "node0=512M@1G node1=512M@64G node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, NULL);
	model = &c.boot->model;
	assert_ptr_equal(mb_memmodel_pfn_to_page(model, 8 * 32768), model->window);
	assert_ptr_equal(mb_memmodel_pfn_to_page(model, 512 * 32768 + 77),
			 (char *)model->window + (504 * 32768 + 77) * 64);
	assert_int_equal(model->window_bytes, (512 + 4 - 8) * 2 * MB_MIB);
	assert_int_equal(model->memmap_bytes, 8 * 2 * MB_MIB);
	assert_false(mb_vmemmap_pfn_valid(model, 100 * 32768));
	boot_case_fini(&c);
}

/*
 * Memory in pieces smaller than 2 MiB: the buffer fails, and so do large blocks; base pages carry the
 * descriptors of the one section.
 */
static void base_pages(void **state)
{
	char text[2048] = "node0=64M phys-bits=46 reserve=4K@0x1ff000";
	size_t length = strlen(text);
	struct boot_case c;

	for (unsigned i = 2; i < 64; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "+4K@%#x",
					   (i << 20) + 0x80000);
	boot_case_init(&c, text, (struct boot_options){0});
	boot_case_run(&c, NULL);
	assert_int_equal(c.boot->model.nr_present, 1);
	/* Pointers, root, usage, buffer, 2 tables; a block that fails, then pages: 512 times. */
	assert_int_equal(c.boot->model.nr_requests, 6 + 1 + 512);
	boot_case_fini(&c);
}

/*
 * A table of the second level serves 64 GiB of memory, counted from page frame 0 on x86-64 and from the linear
 * map, which begins with RAM, on arm64: 64 GiB from 1 GiB on need two tables there, one here.
 */
static void where_tables_begin(void **state)
{
	static const struct {
		const char *text;
		unsigned tables; /* with the one above them */
	} rows[] = {
		{"arch=x86_64 node0=64G@1G phys-bits=46", 3},
		{"arch=arm64 node0=64G@1G phys-bits=48", 2},
		{"arch=arm64 node0=64G@1088M phys-bits=48", 3}, /* the map begins at 1 GiB */
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct boot_case c;
		unsigned others;

		boot_case_init(&c, rows[i].text, (struct boot_options){.dry_run = true});
		boot_case_run(&c, &mb_memmodel_stage);
		others = 1 + 3 + 2; /* pointers, a root for each 32 GiB, usage and buffer */
		assert_int_equal(c.boot->model.nr_requests - others, rows[i].tables);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_window),
		cmocka_unit_test(base_pages),
		cmocka_unit_test(where_tables_begin),
	};

	return cmocka_run_group_tests_name("memmodel_vmemmap", tests, NULL, NULL);
}
