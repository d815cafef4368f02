/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/rng.h"
#include "core/check.h"
#include "core/memmodel_extreme.h"
#include "core/memmodel_flat.h"
#include "core/memmodel_sparse.h"
#include "core/memmodel_vmemmap.h"
#include "core/zonelist.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

/* The four models against each other, and each against the plain conversions of all of them. */

struct outcome {
	uint64_t digest, present, managed;
	uint64_t nr_free[MB_MAX_ORDERS];
};

/* Page frames of memory and of holes, both ways, by the generic and by the model's own functions. */
static void assert_conversions(struct boot_case *c, struct mb_rng *rng)
{
	const struct mb_memmodel *m = &c->boot->model;
	size_t bytes = m->geo.page_bytes;
	mb_pfn_t start, end;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&c->boot->memblock, &index, MB_MAX_NODES, &start,
					      &end, NULL))
		for (unsigned i = 0; i < 64; i++) {
			mb_pfn_t pfn = i ? start + mb_rng_below(rng, end - start) : end - 1;
			struct mb_page *page = mb_memmodel_pfn_to_page(m, pfn);
			struct mb_page *own[] = {
				m->id == MB_MEMMODEL_FLAT ? mb_flat_pfn_to_page(m, pfn, bytes)
							  : page,
				m->id == MB_MEMMODEL_SPARSE ? mb_sparse_pfn_to_page(m, pfn, bytes)
							    : page,
				m->id == MB_MEMMODEL_EXTREME ? mb_extreme_pfn_to_page(m, pfn, bytes)
							     : page,
				m->id == MB_MEMMODEL_VMEMMAP ? mb_vmemmap_pfn_to_page(m, pfn, bytes)
							     : page,
			};

			assert_true(mb_memmodel_pfn_valid(m, pfn));
			assert_true((char *)page >= (char *)m->window);
			assert_true((char *)page + bytes <= (char *)m->window + m->window_bytes);
			assert_int_equal(mb_memmodel_page_to_pfn(m, page), pfn);
			for (size_t k = 0; k < MB_ARRAY_SIZE(own); k++)
				assert_ptr_equal(own[k], page);
		}
}

/* A page that is taken tells its page frame, zone and node by itself, whatever the model. */
static void assert_pages_know_their_place(struct boot_case *c, struct mb_rng *rng)
{
	const struct mb_memmodel *model = &c->boot->model;
	struct mb_page *pages[32];

	for (unsigned i = 0; i < MB_ARRAY_SIZE(pages); i++) {
		unsigned nid = (unsigned)mb_rng_below(rng, c->boot->nr_node_ids);
		mb_pfn_t pfn, from, to;

		pages[i] = c->boot->nodes[nid] ? mb_zonelist_alloc(c->boot, (int)nid, 0, i % 11,
								   MB_MIGRATE_MOVABLE, 0)
					       : NULL;
		if (!pages[i])
			continue;
		pfn = mb_memmodel_page_to_pfn(model, pages[i]);
		assert_ptr_equal(mb_memmodel_pfn_to_page(model, pfn), pages[i]);
		assert_int_equal(pfn & ((1u << i % 11) - 1), 0);
		assert_int_equal(mb_memblock_search_pfn_nid(&c->boot->memblock, pfn, &from, &to),
				 mb_page_nid(&model->layout, pages[i]));
	}
	for (unsigned i = 0; i < MB_ARRAY_SIZE(pages); i++)
		if (pages[i])
			mb_zonelist_free(c->boot, 0, pages[i], i % 11);
}

/*
 * A model without vmemmap takes a section's descriptors in one piece and cannot boot without one. It
 * may say so only where memblock really has no such piece free.
 */
static bool boots(struct boot_case *c)
{
	const struct mb_memmodel *m = &c->boot->model;
	uint64_t piece = m->geo.section_map_bytes;

	if (mb_boot_run(c->boot) != -ENOSPC || m->id == MB_MEMMODEL_VMEMMAP ||
	    m->id == MB_MEMMODEL_FLAT) {
		boot_case_run(c, NULL);
		return true;
	}
	assert_int_equal(mb_memblock_find_in_range_node(&c->boot->memblock, piece, piece, 0,
							MB_MEMBLOCK_ALLOC_ACCESSIBLE, MB_MAX_NODES,
							MB_MEMBLOCK_NONE),
			 0);
	return false;
}

/*
 * Models ask memblock for different things, so what is free differs between them and is compared
 * between policies of one model; what is present is compared between models. A machine without room for
 * the model leaves nothing present.
 */
static void boot_one(const char *text, enum mb_memmodel_id id, const char *size,
		     enum mb_policy policy, struct mb_rng *rng, struct outcome *ret)
{
	struct mb_boot_totals totals;
	struct boot_case c;

	boot_case_init(&c, text,
		       (struct boot_options){.policy = policy,
					     .model = mb_memmodels[id].name,
					     .struct_page = size,
					     .workers = 2});
	if (!boots(&c)) {
		boot_case_fini(&c);
		return;
	}
	assert_int_equal(c.boot->model.id, id);
	assert_conversions(&c, rng);
	assert_pages_know_their_place(&c, rng);
	assert_int_equal(mb_check_digest(c.boot, &ret->digest), 0);
	mb_boot_totals(c.boot, &totals);
	ret->present = totals.present_pages;
	ret->managed = totals.managed_pages;
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		ret->nr_free[order] = mb_boot_nr_free(c.boot, order);
	boot_case_fini(&c);
}

static void assert_models(const char *text, const char *size, struct mb_rng *rng)
{
	uint64_t present = 0;

	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		struct outcome eager = {0};
		struct mb_machine *machine = NULL;
		struct mb_err err = {0};
		int fits;

		assert_int_equal(mb_machine_parse(text, NULL, &err, &machine), 0);
		fits = mb_memmodel_fits(&mb_memmodels[id], machine, mb_page_size_find(size), &err);
		mb_machine_free(machine);
		if (fits) {
			assert_true(id != MB_MEMMODEL_VMEMMAP && err.text[0]);
			continue;
		}
		boot_one(text, (enum mb_memmodel_id)id, size, MB_POLICY_EAGER, rng, &eager);
		for (unsigned policy = MB_POLICY_DEFERRED; policy < MB_NR_POLICIES; policy++) {
			struct outcome other = {0};

			boot_one(text, (enum mb_memmodel_id)id, size, (enum mb_policy)policy, rng,
				 &other);
			if (memcmp(&eager, &other, sizeof(eager)))
				fail_msg("'%s', model %s, struct page %s: eager and %s differ",
					 text, mb_memmodels[id].name, size,
					 mb_boot_policies[policy]);
		}
		if (!eager.present)
			continue;
		if (present && eager.present != present)
			fail_msg("'%s', model %s: %llu pages present, others have %llu", text,
				 mb_memmodels[id].name, (unsigned long long)eager.present,
				 (unsigned long long)present);
		present = eager.present;
	}
}

static void machines_agree(void **state)
{
	struct mb_rng rng = {boot_case_seed()};

	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i += TSAN_STEP(9))
		assert_models(machines[i], mb_page_sizes[i % MB_NR_PAGE_SIZES].name, &rng);
}

static void random_machines_agree(void **state)
{
	static const char *const extras[] = {"",
					     " phys-bits=46",
					     " section=64M",
					     " section=16M",
					     " section=256M phys-bits=48",
					     " section=1G"};
	struct mb_rng rng = {boot_case_seed()};
	char text[1100];

	for (unsigned i = 0; i < 8; i += TSAN_STEP(9)) {
		random_machine(&rng, text, 1024);
		strcat(text, extras[i % MB_ARRAY_SIZE(extras)]);
		assert_models(text, mb_page_sizes[mb_rng_below(&rng, MB_NR_PAGE_SIZES)].name, &rng);
	}
}

/* The digest of a boot in which nothing is reserved but the same 80 MiB, whatever the memmap took. */
static uint64_t digest_of(struct boot_options options)
{
	static const char text[] = "node0=1G reserve=24M@0x10000000 phys-bits=46";
	struct mb_rng rng = {1};
	struct boot_case c;
	uint64_t digest = 0;

	boot_case_init(&c, text, options);
	boot_case_run(&c, &mb_hash_stage);
	while (mb_memblock_reserved_size(&c.boot->memblock))
		assert_int_equal(mb_memblock_phys_free(&c.boot->memblock,
						       c.boot->memblock.reserved.regions[0].base,
						       c.boot->memblock.reserved.regions[0].size),
				 0);
	assert_int_equal(mb_memblock_reserve(&c.boot->memblock, 64 * MB_MIB, 80 * MB_MIB), 0);
	boot_case_run(&c, NULL);
	assert_conversions(&c, &rng);
	assert_int_equal(mb_check_digest(c.boot, &digest), 0);
	boot_case_fini(&c);
	return digest;
}

/*
 * With the same pages reserved, models, sizes of descriptors and releases leave the same descriptors but for the
 * layout of the flags and the words behind the common part. Without that help the digest differs, since
 * a larger memmap takes more of the machine's own memory.
 */
static void digests_are_of_no_model(void **state)
{
	uint64_t plain = digest_of((struct boot_options){0});

	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++)
		for (unsigned size = 0; size < MB_NR_PAGE_SIZES; size++)
			assert_int_equal(
				digest_of((struct boot_options){
					.model = mb_memmodels[id].name,
					.struct_page = mb_page_sizes[size].name,
					.kernel = mb_profiles[size % mb_nr_profiles].name}),
				plain);
}

/* Every size with every model and page size; shared sections, ragged ends, two nodes or one. */
static void every_size_boots(void **state)
{
	static const char *const texts[] = {
		"node0=300M@1M+100M@1G phys-bits=46",
		"node0=300M@0 node1=257M@300M node0.cpus=0 phys-bits=46",
		"arch=arm64 page=4K node0=300M node0.cpus=0 node1=200M phys-bits=48",
		"arch=arm64 page=16K section=128M node0=400M node0.cpus=0 node1=200M phys-bits=48",
		"arch=arm64 page=64K section=512M node0=700M node0.cpus=0 node1=1G phys-bits=48",
		"arch=arm64 page=64K section=512M node0=2G phys-bits=52",
	};
	struct mb_rng rng = {boot_case_seed()};

	for (size_t i = 0; i < MB_ARRAY_SIZE(texts); i++)
		for (unsigned size = i % TSAN_STEP(9); size < MB_NR_PAGE_SIZES;
		     size += TSAN_STEP(9))
			assert_models(texts[i], mb_page_sizes[size].name, &rng);
}

/* 64 TiB without descriptors: every model but flat, which says why not. */
static void sixty_four_tebibytes(void **state)
{
	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		struct boot_case c;

		boot_case_init(
			&c, "nodes=16 each=4T cpus=8",
			(struct boot_options){.model = mb_memmodels[id].name, .dry_run = true});
		if (id == MB_MEMMODEL_FLAT) {
			assert_int_equal(mb_boot_run(c.boot), -EINVAL);
			assert_non_null(strstr(mb_boot_err(c.boot)->text, "one node"));
		} else {
			boot_case_run(&c, NULL);
		}
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_agree),          cmocka_unit_test(random_machines_agree),
		cmocka_unit_test(digests_are_of_no_model), cmocka_unit_test(every_size_boots),
		cmocka_unit_test(sixty_four_tebibytes),
	};

	return cmocka_run_group_tests_name("memmodel_agree", tests, NULL, NULL);
}
