/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BOOT_H
#define MB_CORE_BOOT_H

#include "core/host.h"
#include "core/machine.h"
#include "core/profile.h"
#include "core/stage.h"

/*
 * One simulated boot: all stages from the firmware map to the watermarks, held in one object, so
 * that several can live side by side. A boot belongs to one thread; only mb_boot_progress() may be
 * called from another.
 */

struct mb_memmodel_row;
struct mb_page_size;
struct mb_record;
struct mb_tunables;

struct mb_boot_config {
	const struct mb_machine *machine;       /* borrowed for the boot's life */
	const struct mb_memmodel_row *model;    /* a row of mb_memmodels; NULL: vmemmap */
	const struct mb_page_size *struct_page; /* a row of mb_page_sizes; NULL: the default */
	const struct mb_profile *profile;
	struct mb_host *host; /* borrowed for the boot's life */
	enum mb_policy policy;
	unsigned
		threads; /* workers per node in the deferred stage; 0: what kernel and host allow */
	bool host_threads; /* with threads 0: what the host allows, whatever the kernel's rule */
	bool serial_fault; /* one worker touches the memmap, one node after another */
	/* no descriptors: only the stages that have dry_run set, the counts of hand-over included */
	bool dry_run;
	const struct mb_tunables *tunables; /* borrowed; NULL: as built */
	const struct mb_record *record;     /* borrowed; NULL: none; dry runs only */
	/*
	 * Of each node's window, for a memmap that is larger than the host (core/window.h); 0: all of it is backed. A window that
	 * is too small for its workers fails the boot, with window_auto it is made larger.
	 */
	uint64_t window_bytes;
	bool window_auto;
	bool check; /* fill the memmap with ones first, and walk every invariant after every stage */
};

/* The stages in boot order. */
extern const struct mb_stage *const mb_boot_stages[];
extern const size_t mb_boot_nr_stages;

/* "eager", "deferred", "lazy": what options take and results say. */
extern const char *const mb_boot_policies[MB_NR_POLICIES];

/* 0 and a boot that mb_boot_free() ends, or -EINVAL/-ENOMEM with err. */
int mb_boot_new(const struct mb_boot_config *config, struct mb_err *err, struct mb_boot **ret_boot);

/*
 * Runs all stages. 0; -ECANCELED after host->cancel was set; -EUCLEAN when a check found a broken invariant; -ENOSPC when the
 * simulated machine is too small for a stage; another negative errno. After a failure the statistics of the stages that ended
 * stay readable.
 */
int mb_boot_run(struct mb_boot *boot);

/* Runs up to and including the named stage, for tests and benches. */
int mb_boot_run_until(struct mb_boot *boot, const struct mb_stage *last);

/* Undoes all stages in reverse order and frees the boot; NULL is fine. */
void mb_boot_free(struct mb_boot *boot);

/* The first failure; code 0 if there was none. */
const struct mb_err *mb_boot_err(const struct mb_boot *boot);

/* One entry a stage, in boot order; valid until the boot is freed. */
const struct mb_stage_stat *mb_boot_stats(const struct mb_boot *boot, size_t *ret_count);

struct mb_boot_totals {
	uint64_t
		first_allocation_ns; /* start of memblock to the first page that the buddy can give */
	uint64_t first_kmalloc_ns;   /* the same to the first kmalloc; 0 when slab did not run */
	/* The same to the last page handed over, with lazy to the last that is touched; 0: not reached. */
	uint64_t all_memory_ns;
	uint64_t fault_ns; /* first touch of the memmap, in none of the above; 0: did not end */
	uint64_t touch_ns; /* the same memory written once more, likewise */
	uint64_t spanned_pages, present_pages, managed_pages, free_pages;
	uint64_t left_pages;   /* deferred when a boot by policy lazy came to its end */
	uint64_t lock_held_ns; /* longest stretch with any node's lock held; 0: never taken */
	uint64_t memmap_pages; /* descriptors of present sections, holes included */
	uint64_t memmap_bytes;
	/* 0: the host was asked for every page of the memmap and all are on their node; -ENOTSUP: the
	   host cannot say; 1: not asked yet */
	int placement;
};

void mb_boot_totals(const struct mb_boot *boot, struct mb_boot_totals *ret_totals);

/* Largest order that the buddy keeps; 0 before sparse_init. */
unsigned mb_boot_max_order(const struct mb_boot *boot);

/* Free blocks of an order over all zones. */
uint64_t mb_boot_nr_free(const struct mb_boot *boot, unsigned order);

/*
 * Bytes of real memory that a boot of the config needs (memmap and metadata) at most, without running it. Of the config only
 * machine must be there; with windows, what many workers need besides is known when the host is.
 */
uint64_t mb_boot_memory_needed(const struct mb_boot_config *config);

/* Where the boot is: any thread may ask. */
struct mb_boot_progress {
	const struct mb_stage *stage; /* NULL: not started or over */
	uint64_t done, total;         /* pages; total 0 where the stage does not count them */
};

void mb_boot_progress(const struct mb_boot *boot, struct mb_boot_progress *ret_progress);

/* Per-zone figures for tables and results. */
struct mb_boot_zone {
	int nid;
	enum mb_zone_type type;
	const char *name;
	mb_pfn_t start_pfn;
	uint64_t spanned, present, managed, free;
	uint64_t
		left; /* of managed: came after the end of a boot by policy lazy, and after the watermarks */
	uint64_t watermark_min, watermark_low, watermark_high;
	unsigned pcp_batch, pcp_high;
};

/* Fills up to max entries of populated zones in node and zone order; returns how many there are. */
size_t mb_boot_zones(const struct mb_boot *boot, struct mb_boot_zone *zones, size_t max);

/* Number of sections with memory; 0 with the flat model, which has none. */
size_t mb_boot_nr_sections(const struct mb_boot *boot);

/*
 * Fallback order of a node into nids (up to max); returns how many. 0 before the zonelists are
 * built.
 */
size_t mb_boot_fallback(const struct mb_boot *boot, int nid, int *nids, size_t max);

#endif
