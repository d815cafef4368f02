/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_MEMMODEL_INTERNAL_H
#define MB_CORE_MEMMODEL_INTERNAL_H

#include "core/memmodel.h"

/* What core/memmodel*.c share, and nobody else. */

/* The buffer of a run: simulated memory that slices are cut from. */
struct mb_map_buffer {
	mb_phys_t cursor, end;
};

/* What happens when a section gets no memmap. */
enum mb_populate {
	MB_POPULATE_DONE,
	MB_POPULATE_DROP,  /* it and the rest of its run are lost */
	MB_POPULATE_PANIC, /* the kernel would panic */
};

struct mb_memmodel_ops {
	/* NULL: always */
	int (*fits)(const struct mb_machine *machine, unsigned page_bytes, struct mb_err *err);
	uint64_t (*map_pages)(const struct mb_machine *machine);
	int (*build)(struct mb_boot *boot); /* the requests to memblock; no real memmap */
	/* Address space of the real memmap, and each page's place in it. */
	size_t (*window_bytes)(const struct mb_memmodel *model);
	void (*place)(struct mb_memmodel *model);

	/* Of models with sections: the table's own memory, and one section's entry. */
	int (*make_table)(struct mb_boot *boot);
	int (*make_root)(struct mb_boot *boot, uint64_t nr, int nid);
	enum mb_populate (*populate)(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid,
				     uint64_t nr, mb_phys_t *ret_first);
	bool section_flags; /* the section is in the flags */
	bool subsections;
};

extern const struct mb_memmodel_ops mb_memmodel_flat_ops;
extern const struct mb_memmodel_ops mb_memmodel_sparse_ops;
extern const struct mb_memmodel_ops mb_memmodel_extreme_ops;
extern const struct mb_memmodel_ops mb_memmodel_vmemmap_ops;

/* A request to memblock: false when it is to fail. */
bool mb_memmodel_ask(struct mb_memmodel *model);
/* Asked of every section, answers now and then: a machine may have millions. */
bool mb_memmodel_interrupted(const struct mb_boot *boot, uint64_t nr);

/* Bytes of the kernel's struct mem_section. */
unsigned mb_memmodel_section_entry_bytes(const struct mb_machine *machine);

/* sparse_init, for the models with sections (core/memmodel_section.c). */
int mb_memmodel_section_build(struct mb_boot *boot);
uint64_t mb_memmodel_section_map_pages(const struct mb_machine *machine);
/*
 * bytes from the run's buffer, aligned to their size, else from anywhere; 0: there are none. Where the
 * size is no power of two (classic sparse), the kernel rounds the direct map's address, which depends on
 * where that begins; here the physical one is rounded.
 */
mb_phys_t mb_memmodel_section_take(struct mb_boot *boot, struct mb_map_buffer *buffer, int nid,
				   uint64_t bytes);
/* Where the table of nodes would be needed, two nodes in one section: -EINVAL. */
int mb_memmodel_section_fits_nodes(const struct mb_machine *machine, unsigned page_bytes,
				   struct mb_err *err);

/* Classic sparse, whatever its table (core/memmodel_sparse.c). */
enum mb_populate mb_memmodel_sparse_populate(struct mb_boot *boot, struct mb_map_buffer *buffer,
					     int nid, uint64_t nr, mb_phys_t *ret_first);
size_t mb_memmodel_sparse_window_bytes(const struct mb_memmodel *model);
void mb_memmodel_sparse_place(struct mb_memmodel *model);

/* The two-level table with dynamic roots (core/memmodel_extreme.c). */
int mb_memmodel_extreme_make_table(struct mb_boot *boot);
int mb_memmodel_extreme_make_root(struct mb_boot *boot, uint64_t nr, int nid);

#endif
