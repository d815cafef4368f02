/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/boots.h"
#include "benches/ground.h"
#include "benches/slabs.h"
#include "core/boot.h"
#include "core/pcp.h"
#include "core/slab_stage.h"

#define KERNEL "6.12"

struct mb_slabs {
	struct mb_boot *boot;
	struct mb_slab_config config;
	struct mb_slab *slab;
	uint64_t free_pages, used; /* without an allocator; objects right after its start */
};

/* Pages of the buddy once the CPUs' lists are empty. */
static uint64_t free_pages(struct mb_slabs *slabs)
{
	struct mb_boot_totals totals;

	mb_pcp_drain(slabs->boot);
	mb_boot_totals(slabs->boot, &totals);
	return totals.free_pages;
}

int mb_slabs_new(struct mb_bench_run *run, const char *machine, const struct mb_stage *last,
		 struct mb_slabs **ret_slabs)
{
	const struct mb_boot_config config = {.profile = mb_profile_find(KERNEL),
					      .policy = MB_POLICY_EAGER};
	struct mb_slabs *slabs;
	int rc = mb_ground_open(run->env, machine, &run->err, &run->ground);

	if (rc)
		return rc;
	slabs = calloc(1, sizeof(*slabs));
	if (!slabs)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	rc = mb_boots_until(run->ground, config, last, &run->err, &slabs->boot);
	if (rc) {
		free(slabs);
		return rc;
	}
	mb_slab_stage_config(slabs->boot, &slabs->config);
	slabs->free_pages = free_pages(slabs);
	*ret_slabs = slabs;
	return 0;
}

void mb_slabs_free(struct mb_slabs *slabs)
{
	if (!slabs)
		return;
	mb_slabs_stop(slabs);
	mb_boot_free(slabs->boot);
	free(slabs);
}

struct mb_slab_config *mb_slabs_config(struct mb_slabs *slabs)
{
	return &slabs->config;
}

int mb_slabs_start(struct mb_slabs *slabs, struct mb_err *err)
{
	struct mb_slab_stats stats;
	int rc = mb_slab_init(&slabs->config, err, &slabs->slab);

	if (rc)
		return rc;
	mb_slab_stats(slabs->slab, NULL, &stats);
	slabs->used = stats.used + stats.large;
	return 0;
}

void mb_slabs_stop(struct mb_slabs *slabs)
{
	mb_slab_fini(slabs->slab);
	slabs->slab = NULL;
}

struct mb_slab *mb_slabs_slab(const struct mb_slabs *slabs)
{
	return slabs->slab;
}

int mb_slabs_check(struct mb_slabs *slabs, struct mb_err *err)
{
	struct mb_slab_stats stats;
	uint64_t pages;
	int rc = mb_slab_check(slabs->slab, err);

	if (rc)
		return rc;
	mb_slab_stats(slabs->slab, NULL, &stats);
	if (stats.used + stats.large != slabs->used)
		return MB_FAIL(err, -EUCLEAN, "%llu objects are in use, not %llu",
			       (unsigned long long)(stats.used + stats.large),
			       (unsigned long long)slabs->used);
	mb_slabs_stop(slabs);
	pages = free_pages(slabs);
	if (pages != slabs->free_pages)
		return MB_FAIL(err, -EUCLEAN, "%llu pages are free, %llu were before",
			       (unsigned long long)pages, (unsigned long long)slabs->free_pages);
	return 0;
}
