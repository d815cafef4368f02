/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: SPARSEMEM_EXTREME without VMEMMAP (mm/sparse.c), 6.1.
 * Kept: the array of root pointers, requested at the first section; a root is a page of entries,
 * requested on the node of the section that needs it first. The memmap is that of classic sparse.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/boot_state.h"
#include "core/memmodel_extreme.h"
#include "core/memmodel_internal.h"

int mb_memmodel_extreme_make_table(struct mb_boot *boot)
{
	struct mb_memmodel *model = &boot->model;

	model->nr_roots = mb_div_ceil(model->geo.nr_sections, model->geo.sections_per_root);
	if (!mb_memmodel_ask(model) ||
	    !mb_memblock_alloc(&boot->memblock, model->nr_roots * sizeof(void *),
			       boot->memblock.cache_line))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for the section root pointers");
	model->roots = calloc(model->nr_roots, sizeof(*model->roots));
	if (!model->roots)
		return MB_FAIL(&boot->err, -ENOMEM,
			       "the host has no memory for the section root pointers");
	model->metadata_bytes += model->nr_roots * sizeof(void *);
	return 0;
}

int mb_memmodel_extreme_make_root(struct mb_boot *boot, uint64_t nr, int nid)
{
	struct mb_memmodel *model = &boot->model;
	uint64_t root = nr >> model->geo.root_shift;
	size_t bytes = model->geo.sections_per_root * model->geo.mem_section_bytes;

	if (model->roots[root])
		return 0;
	if (!mb_memmodel_ask(model) ||
	    !mb_memblock_alloc_node(&boot->memblock, bytes, boot->memblock.cache_line, nid))
		return MB_FAIL(&boot->err, -ENOSPC,
			       "the machine is too small: no memory for a section root");
	model->roots[root] = calloc(model->geo.sections_per_root, sizeof(struct mb_mem_section));
	if (!model->roots[root])
		return MB_FAIL(&boot->err, -ENOMEM, "the host has no memory for a section root");
	model->metadata_bytes += bytes;
	return 0;
}

const struct mb_memmodel_ops mb_memmodel_extreme_ops = {
	.fits = mb_memmodel_section_fits_nodes,
	.map_pages = mb_memmodel_section_map_pages,
	.build = mb_memmodel_section_build,
	.window_bytes = mb_memmodel_sparse_window_bytes,
	.place = mb_memmodel_sparse_place,
	.make_table = mb_memmodel_extreme_make_table,
	.make_root = mb_memmodel_extreme_make_root,
	.populate = mb_memmodel_sparse_populate,
	.section_flags = true,
};
