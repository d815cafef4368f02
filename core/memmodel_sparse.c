/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: SPARSEMEM without VMEMMAP and EXTREME (mm/sparse.c), 6.1.
 * Kept: mem_section as a static array of every possible section, which is part of the kernel's image
 * and no request to memblock; a memmap for each section from the run's buffer, else that section's
 * alone, from any node in the end; the kernel's panic when there is none.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/boot_state.h"
#include "core/memmodel_internal.h"
#include "core/memmodel_sparse.h"

/* KERNEL_IMAGE_SIZE of x86-64: a larger table cannot be linked. */
#define TABLE_MAX_BYTES MB_GIB

static uint64_t table_bytes(const struct mb_machine *machine)
{
	return (UINT64_C(1) << (machine->phys_bits - machine->section_shift)) *
	       mb_memmodel_section_entry_bytes(machine);
}

static int fits(const struct mb_machine *machine, unsigned page_bytes, struct mb_err *err)
{
	uint64_t bytes = table_bytes(machine);

	if (bytes >= TABLE_MAX_BYTES)
		return MB_FAIL(
			err, -ERANGE,
			"its static table of 2^%u sections takes %llu GiB, and a kernel's image has "
			"room for less than %llu GiB; use a smaller phys-bits or model extreme",
			machine->phys_bits - machine->section_shift,
			(unsigned long long)(bytes / MB_GIB),
			(unsigned long long)(TABLE_MAX_BYTES / MB_GIB));
	return mb_memmodel_section_fits_nodes(machine, page_bytes, err);
}

static int make_table(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;

	model->table = calloc(model->geo.nr_sections, sizeof(*model->table));
	if (!model->table)
		return MB_FAIL(&boot->err, -ENOMEM,
			       "the host has no address space for the static table (%llu MiB)",
			       (unsigned long long)table_bytes(boot->machine) >> 20);
	model->metadata_bytes += table_bytes(boot->machine);
	return 0;
}

static int make_root(struct mb_boot *boot, uint64_t nr, int nid)
{
	(void)boot;
	(void)nr;
	(void)nid;
	return 0;
}

enum mb_populate mb_memmodel_sparse_populate(struct mb_boot *boot, struct mb_map_buffer *buffer,
					     int nid, uint64_t nr, mb_phys_t *ret_first)
{
	(void)nr;
	*ret_first = mb_memmodel_section_take(boot, buffer, nid, boot->model.geo.section_map_bytes);
	return *ret_first ? MB_POPULATE_DONE : MB_POPULATE_PANIC;
}

/* Real maps stand side by side in the order of their sections, whatever holes are between those. */
size_t mb_memmodel_sparse_window_bytes(const struct mb_memmodel *model)
{
	return model->nr_present * model->geo.section_map_bytes;
}

void mb_memmodel_sparse_place(struct mb_memmodel *model)
{
	uintptr_t map = (uintptr_t)model->window;

	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		struct mb_mem_section *section = mb_memmodel_section(model, (uint64_t)nr);

		section->section_mem_map |= map - (uint64_t)nr * model->geo.section_map_bytes;
		map += model->geo.section_map_bytes;
	}
}

const struct mb_memmodel_ops mb_memmodel_sparse_ops = {
	.fits = fits,
	.map_pages = mb_memmodel_section_map_pages,
	.build = mb_memmodel_section_build,
	.window_bytes = mb_memmodel_sparse_window_bytes,
	.place = mb_memmodel_sparse_place,
	.make_table = make_table,
	.make_root = make_root,
	.populate = mb_memmodel_sparse_populate,
	.section_flags = true,
};
