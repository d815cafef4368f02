/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "core/memblock_dump.h"

/* Addresses and sizes are of fixed width (%pa), numbers of regions are not. */
static void dump_type(const struct mb_memblock_type *type, struct mb_strbuf *buf)
{
	mb_strbuf_addf(buf, " %s.cnt  = 0x%lx\n", type->name, type->cnt);
	for (unsigned long i = 0; i < type->cnt; i++) {
		const struct mb_memblock_region *r = &type->regions[i];

		mb_strbuf_addf(buf,
			       " %s[0x%lx]\t[0x%016" PRIx64 "-0x%016" PRIx64 "], 0x%016" PRIx64
			       " bytes",
			       type->name, i, r->base, r->base + r->size - 1, r->size);
		if (r->nid >= 0 && r->nid < MB_MAX_NODES)
			mb_strbuf_addf(buf, " on node %d", r->nid);
		mb_strbuf_addf(buf, " flags: 0x%x\n", r->flags);
	}
}

void mb_memblock_dump_all(const struct mb_memblock *mb, struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, "MEMBLOCK configuration:\n");
	mb_strbuf_addf(buf, " memory size = 0x%016" PRIx64 " reserved size = 0x%016" PRIx64 "\n",
		       mb->memory.total_size, mb->reserved.total_size);
	dump_type(&mb->memory, buf);
	dump_type(&mb->reserved, buf);
}
