/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "benches/boots.h"
#include "benches/slow.h"
#include "benches/zonework.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "core/buddy.h"
#include "core/memmodel.h"
#include "core/pageinit.h"

#define KERNEL "6.12"

/* One zone, as large as its descriptors fill the arena. */
static char *machine_text(const struct mb_bench_run *run)
{
	uint64_t mib = run->env->arena_bytes / MB_ZONEWORK_PAGE * 4096 / MB_MIB;
	struct mb_strbuf text = {0};

	mb_strbuf_addf(&text,
		       "arch=x86_64 page=4K section=128M phys-bits=52 node0=%lluM@4G node0.cpus=0",
		       (unsigned long long)mib);
	return mb_strbuf_take(&text);
}

int mb_zonework_open(struct mb_bench_run *run, const struct mb_release_rule *rule,
		     struct mb_zonework *work)
{
	const struct mb_boot_config config = {.profile = mb_profile_find(KERNEL),
					      .policy = MB_POLICY_EAGER};
	char *text = machine_text(run);
	int rc = -ENOMEM;

	if (text)
		rc = mb_ground_open(run->env, text, &run->err, &run->ground);
	free(text);
	if (!rc)
		rc = mb_boots_until(run->ground, config, &mb_pageinit_stage, &run->err,
				    &work->boot);
	if (rc)
		return rc;
	work->zone = mb_zone_of(work->boot, 0, MB_ZONE_NORMAL);
	work->model = mb_memmodel_of(work->boot);
	work->rule = rule;
	run->pages = work->zone->spanned;
	return 0;
}

void mb_zonework_close(struct mb_zonework *work)
{
	mb_boot_free(work->boot);
	work->boot = NULL;
}

void mb_zonework_empty(struct mb_zonework *work)
{
	struct mb_zone *zone = work->zone;

	for (unsigned order = 0; order < MB_MAX_ORDERS; order++) {
		zone->free_area[order].nr_free = 0;
		for (unsigned type = 0; type < MB_MIGRATE_TYPES; type++)
			mb_list_init(&zone->free_area[order].free_list[type]);
	}
	zone->free_pages = zone->bad_pages = 0;
	atomic_store_explicit(&zone->managed, 0, memory_order_relaxed);
}

void mb_zonework_init(struct mb_zonework *work)
{
	const struct mb_zone *zone = work->zone;
	mb_pfn_t end = mb_zone_end_pfn(zone), next;

	for (mb_pfn_t pfn = zone->start_pfn; pfn < end; pfn = next) {
		next = mb_memmodel_section_end(work->model, pfn, end);
		mb_pageinit_pfns(work->model, pfn, next, zone->type, zone->nid);
	}
}

/* A thread's part: whole blocks of the largest order. */
static mb_pfn_t part_of(const struct mb_zonework *work, unsigned index, unsigned threads,
			mb_pfn_t *ret_start)
{
	const struct mb_zone *zone = work->zone;
	unsigned largest = work->model->geo.max_order;
	uint64_t start, end = mb_team_part(zone->spanned >> largest, index, threads, &start);

	*ret_start = zone->start_pfn + (start << largest);
	return index + 1 == threads ? mb_zone_end_pfn(zone) : zone->start_pfn + (end << largest);
}

static void release_pfns(const struct mb_zonework *work, mb_pfn_t pfn, mb_pfn_t end)
{
	mb_pfn_t next;

	for (; pfn < end; pfn = next) {
		next = mb_memmodel_section_end(work->model, pfn, end);
		work->rule->release(work->zone, pfn, next);
	}
}

static int release_part(void *arg, unsigned index, unsigned threads)
{
	mb_pfn_t start, end = part_of(arg, index, threads, &start);

	release_pfns(arg, start, end);
	return 0;
}

static int release_first(void *arg, unsigned index, unsigned threads)
{
	mb_pfn_t start, end = part_of(arg, index, threads, &start);

	release_pfns(arg, start, start + mb_slow_share(MB_SLOW_HANDOFF, end - start));
	return 0;
}

/* Only where a test wants it: some of the zone, as cold as all of it will be, in time that counts too. */
static int release_some(struct mb_zonework *work, struct mb_bench_run *run, unsigned threads)
{
	int rc;

	if (!mb_slow_share(MB_SLOW_HANDOFF, work->zone->spanned))
		return 0;
	rc = mb_team_measure(run, threads, release_first, work);
	mb_zonework_empty(work);
	mb_zonework_init(work);
	return rc;
}

int mb_zonework_release(struct mb_zonework *work, struct mb_bench_run *run, unsigned threads,
			uint64_t *ret_ns)
{
	int rc;

	work->zone->check_pages = !work->rule->unchecked;
	if (ret_ns)
		return mb_team_run(run->ground, threads, release_part, work, &run->err, ret_ns);
	rc = release_some(work, run, threads);
	return rc ? rc : mb_team_measure(run, threads, release_part, work);
}

int mb_zonework_validate(const struct mb_zonework *work, struct mb_bench_run *run)
{
	struct mb_zone *zone = work->zone;
	int rc = mb_buddy_check(zone, &run->err);

	if (!rc && (zone->free_pages != zone->spanned || mb_zone_managed(zone) != zone->spanned))
		rc = MB_FAIL(&run->err, -EUCLEAN,
			     "%llu pages are free and %llu managed, %llu were handed over",
			     (unsigned long long)zone->free_pages,
			     (unsigned long long)mb_zone_managed(zone),
			     (unsigned long long)zone->spanned);
	return rc;
}
