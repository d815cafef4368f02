/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/check.h"
#include "core/deferred.h"
#include "core/handoff.h"
#include "core/memblock_stage.h"
#include "core/fault.h"
#include "core/memmodel.h"
#include "core/pageinit.h"
#include "core/slab_stage.h"
#include "core/touch.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

/* The order that later stages rely on. */
static void order_of_stages(void **state)
{
	static const char *const names[] = {
		"memblock",     "node",           "sparse_init",       "fault",
		"second_touch", "free_area_init", "memmap_init",       "setup_per_cpu_areas",
		"zonelists",    "large_hashes",   "memblock_free_all", "kmem_cache_init",
		"pagesets",     "deferred_init",  "early_frees",       "watermarks",
		"late_frees",   "deferred_grow",
	};

	assert_int_equal(mb_boot_nr_stages, MB_ARRAY_SIZE(names));
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		assert_string_equal(mb_boot_stages[i]->name, names[i]);
		assert_non_null(mb_boot_stages[i]->linux_name);
		assert_non_null(mb_boot_stages[i]->summary);
		assert_non_null(mb_boot_stages[i]->run);
	}
}

/* Every machine, every policy, every profile, with every check. */
static void machines_boot(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++)
		for (size_t k = 0; k < mb_nr_profiles; k++) {
			struct boot_case c;

			boot_case_init(&c, machines[i],
				       (struct boot_options){
					       .policy = (enum mb_policy)((i + k) % MB_NR_POLICIES),
					       .kernel = mb_profiles[k].name,
					       .workers = 2});
			boot_case_run(&c, NULL);
			boot_case_fini(&c);
		}
}

static void dry_run_makes_no_descriptors(void **state)
{
	struct boot_case c;
	struct mb_boot_totals totals;
	uint64_t digest = 7;
	size_t count;
	const struct mb_stage_stat *stats;

	boot_case_init(&c, "nodes=16 each=4T cpus=8", (struct boot_options){.dry_run = true});
	boot_case_run(&c, NULL);
	mb_boot_totals(c.boot, &totals);
	stats = mb_boot_stats(c.boot, &count);
	for (size_t i = 0; i < count; i++) /* the policy is eager, and there is no record */
		assert_int_equal(stats[i].ran, stats[i].stage->dry_run &&
						       !stats[i].stage->policies &&
						       !stats[i].stage->recorded);
	assert_int_equal(c.plain.nr_back, 0);
	assert_int_equal(totals.memmap_bytes, UINT64_C(1) << 40);
	assert_int_equal(totals.first_allocation_ns, 0);
	assert_int_equal(mb_check_digest(c.boot, &digest), -EINVAL);
	assert_int_equal(digest, 7);
	boot_case_fini(&c);
}

/* Totals are sums of stages; the host's two touches are beside them. */
static void totals_leave_fault_out(void **state)
{
	struct mb_boot_totals totals;
	uint64_t upto = 0;
	struct boot_case c;

	boot_case_init(&c, "node0=1G node0.cpus=0",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	boot_case_run(&c, NULL);
	mb_boot_totals(c.boot, &totals);
	assert_true(totals.fault_ns > 0);
	assert_true(totals.touch_ns > 0);
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		if (mb_boot_stages[i] != &mb_fault_stage && mb_boot_stages[i] != &mb_touch_stage)
			upto += c.boot->stats[i].ns;
		if (mb_boot_stages[i] == &mb_handoff_stage)
			assert_int_equal(totals.first_allocation_ns, upto);
		if (mb_boot_stages[i] == &mb_slab_stage)
			assert_int_equal(totals.first_kmalloc_ns, upto);
		if (mb_boot_stages[i] == &mb_deferred_stage)
			assert_int_equal(totals.all_memory_ns, upto);
	}
	boot_case_fini(&c);
}

/*
 * Undo from every stage on: nothing leaks (the address space here, the heap under the sanitizer).
 */
static void undo_from_anywhere(void **state)
{
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		struct boot_case c;

		boot_case_init(&c, "nodes=2 each=256M cpus=1",
			       (struct boot_options){.policy = MB_POLICY_DEFERRED});
		boot_case_run(&c, mb_boot_stages[i]);
		boot_case_fini(&c);
	}
}

/* A broken invariant ends the boot with the stage's name and nothing runs after it. */
static void check_stops_the_boot(void **state)
{
	struct boot_case c;
	uint64_t digest;

	boot_case_init(&c, "node0=256M node0.cpus=0", (struct boot_options){0});
	boot_case_run(&c, &mb_zone_stage);
	boot_case_zone(&c, 0, MB_ZONE_DMA32)->present--;
	assert_int_equal(mb_zone_stage.check(c.boot), -EUCLEAN);
	assert_non_null(strstr(mb_boot_err(c.boot)->text, "present"));
	assert_int_equal(mb_boot_run(c.boot), -EINVAL);
	assert_int_equal(mb_check_digest(c.boot, &digest), -EINVAL);
	boot_case_fini(&c);
}

/* Two boots of one machine live side by side: there is no state between them. */
static void two_boots_at_once(void **state)
{
	struct boot_case a, b;
	uint64_t digest_a, digest_b;

	boot_case_init(&a, "nodes=2 each=512M cpus=1", (struct boot_options){0});
	boot_case_init(&b, "nodes=2 each=512M cpus=1",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		boot_case_run(&a, mb_boot_stages[i]);
		boot_case_run(&b, mb_boot_stages[i]);
	}
	assert_int_equal(mb_check_digest(a.boot, &digest_a), 0);
	assert_int_equal(mb_check_digest(b.boot, &digest_b), 0);
	assert_int_equal(digest_a, digest_b);
	boot_case_fini(&a);
	boot_case_fini(&b);
}

static void refuses_half_a_configuration(void **state)
{
	struct mb_boot_config config = {0};
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_boot_new(&config, &err, &boot), -EINVAL);
	assert_null(boot);
	assert_true(err.text[0]);
	mb_boot_free(NULL);
}

/* What is asked of the host beforehand covers what the boot then takes. */
static void memory_needed_is_enough(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++) {
		struct boot_case c;
		struct mb_boot_config config;
		uint64_t used, needed;

		const struct mb_page_size *size = &mb_page_sizes[i % MB_NR_PAGE_SIZES];

		boot_case_init(&c, machines[i], (struct boot_options){.struct_page = size->name});
		boot_case_run(&c, NULL);
		used = c.boot->model.memmap_bytes + c.boot->model.metadata_bytes;
		assert_int_equal(c.boot->model.memmap_bytes, c.boot->model.map_pages * size->bytes);
		config = c.boot->config;
		needed = mb_boot_memory_needed(&config);
		assert_true(used <= needed);
		assert_true(needed <= 2 * used + 64 * MB_MIB);
		config.dry_run = true;
		assert_true(mb_boot_memory_needed(&config) < needed);
		boot_case_fini(&c);
	}
}

static void questions(void **state)
{
	struct mb_boot_zone zones[2];
	struct mb_boot_progress progress;
	struct boot_case c;
	int nids[1];

	boot_case_init(&c, "nodes=2 each=1G cpus=1", (struct boot_options){0});
	assert_int_equal(mb_boot_zones(c.boot, zones, 2), 0);
	assert_int_equal(mb_boot_fallback(c.boot, 0, nids, 1), 0);
	boot_case_run(&c, NULL);
	assert_int_equal(mb_boot_zones(c.boot, zones, 2), 3); /* DMA, DMA32, and node 1's DMA32 */
	assert_string_equal(zones[0].name, "DMA");
	assert_string_equal(zones[1].name, "DMA32");
	assert_int_equal(mb_boot_fallback(c.boot, 1, nids, 1), 2);
	assert_int_equal(nids[0], 1);
	assert_int_equal(mb_boot_fallback(c.boot, 2, nids, 1), 0);
	assert_int_equal(mb_boot_nr_sections(c.boot), 16);
	mb_boot_progress(c.boot, &progress);
	assert_null(progress.stage);
	boot_case_fini(&c);
}

/* What a host sees of a boot whose stages it counts. */
struct marks {
	struct mb_host_plain plain;
	struct mb_host_ops ops;
	const struct mb_stage *stage; /* of the boot thread, between its marks */
	uint64_t nr_now;              /* readings of the clock by the boot thread since then */
	size_t nr_stages;
	bool wrong;
	atomic_uint begun, ended; /* by workers */
	atomic_bool elsewhere;    /* a worker began in a stage that is not the boot thread's */
};

static void mark_begin(void *ctx, const char *stage, const struct mb_worker *worker)
{
	struct marks *marks = ctx;

	if (worker) {
		atomic_fetch_add(&marks->begun, 1);
		if (!marks->stage || strcmp(marks->stage->name, stage) != 0)
			atomic_store(&marks->elsewhere, true);
		return;
	}
	marks->wrong |= marks->stage != NULL;
	for (size_t i = 0; i < mb_boot_nr_stages; i++)
		if (!strcmp(mb_boot_stages[i]->name, stage))
			marks->stage = mb_boot_stages[i];
	marks->nr_now = atomic_load(&marks->plain.nr_now);
}

static void mark_end(void *ctx, const char *stage, const struct mb_worker *worker)
{
	struct marks *marks = ctx;

	if (worker) {
		atomic_fetch_add(&marks->ended, 1);
		return;
	}
	/* The clock was read at least twice in between. */
	marks->wrong |= !marks->stage || strcmp(marks->stage->name, stage) != 0 ||
			atomic_load(&marks->plain.nr_now) < marks->nr_now + 2;
	marks->stage = NULL;
	marks->nr_stages++;
}

/* Every stage that runs is marked once by the boot thread; every worker of the memmap's begins once and ends at least once. */
static void stages_are_marked(void **state)
{
	struct boot_case c;
	struct marks marks = {.nr_stages = 0};
	const struct mb_stage_stat *stats;
	size_t count, ran = 0;

	for (unsigned policy = 0; policy < MB_NR_POLICIES; policy++) {
		memset(&marks, 0, sizeof(marks));
		mb_host_plain_init(&marks.plain);
		marks.ops = *marks.plain.host.ops;
		marks.ops.begin = mark_begin;
		marks.ops.end = mark_end;
		marks.plain.workers = 2;
		boot_case_init(&c, "nodes=2 each=4G cpus=4",
			       (struct boot_options){.policy = (enum mb_policy)policy});
		c.boot->host = &(struct mb_host){.ops = &marks.ops, .ctx = &marks};
		c.boot->config.host = c.boot->host;
		boot_case_run(&c, NULL);
		stats = mb_boot_stats(c.boot, &count);
		ran = 0;
		for (size_t i = 0; i < count; i++)
			ran += stats[i].ran;
		assert_int_equal(marks.nr_stages, ran);
		assert_false(marks.wrong);
		assert_false(marks.elsewhere);
		/* fault and second_touch have two workers a node, deferred_init too, deferred_grow one. */
		assert_int_equal(marks.begun, policy == MB_POLICY_DEFERRED ? 12
					      : policy == MB_POLICY_LAZY   ? 10
									   : 8);
		assert_true(marks.ended >= marks.begun);
		boot_case_fini(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_stages),
		cmocka_unit_test(machines_boot),
		cmocka_unit_test(dry_run_makes_no_descriptors),
		cmocka_unit_test(totals_leave_fault_out),
		cmocka_unit_test(undo_from_anywhere),
		cmocka_unit_test(check_stops_the_boot),
		cmocka_unit_test(two_boots_at_once),
		cmocka_unit_test(refuses_half_a_configuration),
		cmocka_unit_test(memory_needed_is_enough),
		cmocka_unit_test(questions),
		cmocka_unit_test(stages_are_marked),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
