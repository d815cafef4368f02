/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/boot_state.h"
#include "core/check.h"
#include "core/memmodel_vmemmap.h"
#include "core/pcp.h"

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* FNV-1a by 64-bit words: the same idea as by bytes, eight times the speed. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * FNV_PRIME;
}

static uint64_t digest_page(uint64_t hash, const struct mb_page *page)
{
	hash = mix(hash, page->flags);
	hash = mix(hash, page->mapping);
	hash = mix(hash, page->index);
	hash = mix(hash, page->private);
	hash = mix(hash, (uint64_t)page->page_type << 32 | (uint32_t)page->refcount);
	return mix(hash, page->memcg_data);
}

int mb_check_digest(struct mb_boot *boot, uint64_t *ret_digest)
{
	const struct mb_memmodel *model = &boot->model;
	uint64_t hash = FNV_BASIS;

	if (!model->vmemmap || boot->err.code)
		return -EINVAL;
	boot->settled = true;
	mb_slab_fini(boot->slab);
	boot->slab = NULL;
	mb_pcp_drain(boot);
	for (int64_t nr = mb_memmodel_next_present(model, -1); nr >= 0;
	     nr = mb_memmodel_next_present(model, nr)) {
		mb_pfn_t pfn = (mb_pfn_t)nr * model->geo.pages_per_section;
		const struct mb_page *page = mb_vmemmap_pfn_to_page(model, pfn);

		if (mb_host_cancelled(boot->host))
			return -ECANCELED;
		hash = mix(hash, pfn);
		for (uint64_t i = 0; i < model->geo.pages_per_section; i++)
			hash = digest_page(hash, &page[i]);
	}
	*ret_digest = hash;
	return 0;
}
