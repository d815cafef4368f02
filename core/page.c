/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/page.h"

#define CPUPID_BITS 21 /* 8 and the bits of NR_CPUS 8192 */
#define FIELD_BITS  (64 - MB_PAGE_NR_FLAGS)

static uint64_t mask(unsigned bits)
{
	return (UINT64_C(1) << bits) - 1;
}

const struct mb_page_layout mb_page_layout_plain = {
	.node_shift = MB_PAGE_NODE_SHIFT,
	.zone_shift = MB_PAGE_ZONE_SHIFT,
	.node_mask = MB_MAX_NODES - 1,
	.zone_id_mask = (UINT64_C(1) << (MB_NODES_SHIFT + MB_PAGE_ZONE_BITS)) - 1,
	.cpupid_mask = MB_PAGE_CPUPID_MASK,
	.buddy_type = MB_PAGE_TYPE_BUDDY_BIT,
};

void mb_page_layout_sparse(unsigned section_bits, struct mb_page_layout *ret_layout)
{
	unsigned bits = section_bits + MB_PAGE_ZONE_BITS, shift = 64 - section_bits;
	struct mb_page_layout layout = {
		.section_shift = shift % 64,
		.section_mask = mask(section_bits),
		.zone_id_mask = mask(section_bits + MB_PAGE_ZONE_BITS),
		.buddy_type = MB_PAGE_TYPE_BUDDY_BIT,
	};

	if (bits + MB_NODES_SHIFT <= FIELD_BITS) {
		bits += MB_NODES_SHIFT;
		shift -= MB_NODES_SHIFT;
		layout.node_shift = shift;
		layout.node_mask = mask(MB_NODES_SHIFT);
		layout.zone_id_mask = mask(MB_NODES_SHIFT + MB_PAGE_ZONE_BITS);
	}
	shift -= MB_PAGE_ZONE_BITS;
	layout.zone_shift = shift;
	if (bits + CPUPID_BITS <= FIELD_BITS)
		layout.cpupid_mask = mask(CPUPID_BITS) << (shift - CPUPID_BITS);
	*ret_layout = layout;
}

const struct mb_page_size mb_page_sizes[MB_NR_PAGE_SIZES] = {
	[MB_PAGE_56] = {56, "56", "without CONFIG_MEMCG: the common part alone"},
	[MB_PAGE_64] = {64, "64", "CONFIG_MEMCG: memcg_data; what distributions build"},
	[MB_PAGE_72] = {72, "72",
			"and the last cpupid outside the flags, or the page's virtual address"},
	[MB_PAGE_80] = {80, "80", "memcg_data and both of these, or CONFIG_KMSAN's two pointers"},
	[MB_PAGE_88] = {88, "88", "CONFIG_KMSAN and one of these"},
	[MB_PAGE_96] = {96, "96", "CONFIG_KMSAN and both"},
};

const struct mb_page_size *mb_page_size_find(const char *name)
{
	for (size_t i = 0; i < MB_NR_PAGE_SIZES; i++)
		if (!strcmp(mb_page_sizes[i].name, name))
			return &mb_page_sizes[i];
	return NULL;
}
