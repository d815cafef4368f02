/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/memmodel_flat.h"
#include "tests/core/boot_case.h"

#define FLAT ((struct boot_options){.model = "flat"})

static int fits(const char *text, struct mb_err *err)
{
	struct mb_machine *machine = NULL;
	int r;

	assert_int_equal(mb_machine_parse(text, NULL, err, &machine), 0);
	r = mb_memmodel_fits(&mb_memmodels[MB_MEMMODEL_FLAT], machine, NULL, err);
	mb_machine_free(machine);
	return r;
}

/* FLATMEM is for one node, node 0. */
static void one_node_alone(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(fits("node0=1G", &err), 0);
	assert_int_equal(fits("nodes=2 each=1G", &err), -EINVAL);
	assert_non_null(strstr(err.text, "flat"));
	assert_int_equal(fits("node1=1G", &err), -EINVAL);
}

/* Holes cost descriptors, which have to be somewhere: 64 bytes a page of 1 GiB are 16 MiB. */
static void huge_holes(void **state)
{
	struct mb_err err = {0};

	assert_int_equal(fits("node0=1G@0+1G@63G", &err), 0);
	assert_int_equal(fits("node0=1G@0+1G@64G", &err), -ERANGE);
	assert_non_null(strstr(err.text,
			       "describes holes too and takes 1.016 GiB in one piece, and "
			       "the largest range of memory has 1 GiB"));
	assert_int_equal(fits("node0=1G@0+2G@64G", &err), 0);
	assert_int_equal(fits("node0=1G@0+1G@2048T", &err), -ERANGE);
}

/*
 *   0    16M  18M            258M  512M     768M 769M
 *   [ 4M blocks …  [ memory      ] hole [ memory   ]    one array from 16 MiB to 772 MiB
 */
static void array_covers_holes(void **state)
{
	struct boot_case c;
	const struct mb_memmodel *model;

	boot_case_init(&c, "node0=240M@18M+257M@512M", FLAT);
	boot_case_run(&c, NULL);
	model = &c.boot->model;
	assert_int_equal(model->flat_start, 16 * MB_MIB >> 12);
	assert_int_equal(model->flat_end, 772 * MB_MIB >> 12);
	assert_int_equal(model->map_pages, 756 * MB_MIB >> 12);
	assert_int_equal(model->memmap_bytes, model->map_pages * 64);
	assert_int_equal(mb_memmodel_map_pages(model->row, c.machine), model->map_pages);
	assert_false(mb_flat_pfn_valid(model, model->flat_start - 1));
	assert_true(mb_flat_pfn_valid(model, 300 * MB_MIB >> 12)); /* in the hole */
	assert_false(mb_flat_pfn_valid(model, model->flat_end));
	assert_int_equal(mb_memmodel_next_valid(model, 0), model->flat_start);
	assert_int_equal(mb_memmodel_next_valid(model, model->flat_end), MB_PFN_NONE);
	for (mb_pfn_t pfn = 258 * MB_MIB >> 12; pfn < 512 * MB_MIB >> 12; pfn++)
		assert_true(mb_page_test(mb_memmodel_pfn_to_page(model, pfn), MB_PG_RESERVED));
	boot_case_fini(&c);
}

/* One request for the array, one for each populated zone's pageblock bits, and no table. */
static void requests(void **state)
{
	struct boot_case c;
	uint64_t before;

	boot_case_init(&c, "node0=1G", FLAT);
	boot_case_run(&c, &mb_node_stage);
	before = mb_memblock_reserved_size(&c.boot->memblock);
	boot_case_run(&c, &mb_zone_stage);
	assert_int_equal(c.boot->model.nr_requests, 3);
	/* DMA has 8 pageblocks, DMA32 504: 4 bits each in words of 8 bytes. */
	assert_int_equal(mb_memblock_reserved_size(&c.boot->memblock) - before,
			 16 * MB_MIB + 8 + 504 / 2 + 4);
	assert_int_equal(mb_memmodel_next_present(&c.boot->model, -1), -1);
	boot_case_fini(&c);
	for (unsigned nth = 1; nth <= 3; nth++) {
		boot_case_init(&c, "node0=1G", FLAT);
		c.boot->model.fail_first = c.boot->model.fail_last = nth;
		assert_int_equal(mb_boot_run(c.boot), -ENOSPC);
		assert_true(mb_boot_err(c.boot)->text[0]);
		boot_case_fini(&c);
	}
}

/* The holes' descriptors would fit into a range, were it not for what is reserved in its middle. */
static void span_too_large(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=1G@0+1088M@64G reserve=1M@66048M",
		       (struct boot_options){.model = "flat", .dry_run = true});
	assert_int_equal(mb_boot_run(c.boot), -ENOSPC);
	assert_non_null(strstr(mb_boot_err(c.boot)->text, "span"));
	boot_case_fini(&c);
}

static void block_types(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=240M@18M", FLAT);
	boot_case_run(&c, &mb_memmodel_stage);
	for (unsigned block = 8; block < 129; block++)
		mb_memmodel_set_block_type(&c.boot->model, block * 512 + block,
					   (enum mb_migratetype)(block % 3));
	for (unsigned block = 8; block < 129; block++)
		assert_int_equal(mb_memmodel_block_type(&c.boot->model, block * 512), block % 3);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_node_alone),     cmocka_unit_test(huge_holes),
		cmocka_unit_test(array_covers_holes), cmocka_unit_test(requests),
		cmocka_unit_test(span_too_large),     cmocka_unit_test(block_types),
	};

	return cmocka_run_group_tests_name("memmodel_flat", tests, NULL, NULL);
}
