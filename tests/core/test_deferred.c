/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "core/check.h"
#include "core/deferred.h"
#include "core/base/strbuf.h"
#include "core/handoff.h"
#include "core/pcp.h"
#include "core/slab_stage.h"
#include "tests/core/boot_case.h"
#include "tests/core/machines.h"

#define PAGES(gib) ((uint64_t)(gib) << 18)

/*
 * padata's split of one free range, worked by hand from its rule: size, threads, workers, chunk in
 * MiB, chunks.
 */
static void splits(void **state)
{
	static const struct {
		uint64_t gib;
		unsigned threads, works;
		uint64_t chunk_mib, chunks;
	} rows[] = {
		{16, 16, 16, 256, 64},         {64, 32, 32, 512, 128},
		{128, 64, 64, 512, 256},       {384, 52, 52, 1920, 205},
		{1024, 64, 64, 4096, 256},     {4096, 128, 128, 8192, 512},
		{16384, 128, 128, 32768, 512},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_deferred_split split =
			mb_deferred_split(PAGES(rows[i].gib), 32768, rows[i].threads);
		uint64_t chunks = 0;

		for (mb_pfn_t pfn = 0; pfn < PAGES(rows[i].gib); chunks++)
			pfn = mb_deferred_chunk_end(pfn, split.chunk_pages, PAGES(rows[i].gib));
		assert_int_equal(split.nr_works, rows[i].works);
		assert_int_equal(split.chunk_pages, rows[i].chunk_mib << 8);
		assert_int_equal(chunks, rows[i].chunks);
	}
}

/* A job smaller than two sections is one worker's; a job never has more workers than sections. */
static void small_jobs(void **state)
{
	assert_int_equal(mb_deferred_split(32768, 32768, 64).nr_works, 1);
	assert_int_equal(mb_deferred_split(65535, 32768, 64).nr_works, 1);
	assert_int_equal(mb_deferred_split(3 * 32768, 32768, 64).nr_works, 3);
	assert_int_equal(mb_deferred_split(3 * 32768, 32768, 64).chunk_pages, 32768);
}

/* The first chunk may be short; the others begin at multiples of the chunk. */
static void first_chunk_may_be_short(void **state)
{
	assert_int_equal(mb_deferred_chunk_end(5, 32768, 100000), 32768);
	assert_int_equal(mb_deferred_chunk_end(32768, 32768, 100000), 65536);
	assert_int_equal(mb_deferred_chunk_end(98304, 32768, 100000), 100000);
}

static void thread_rules(void **state)
{
	const struct mb_profile *old = mb_profile_find("6.1"), *new = mb_profile_find("6.12");

	assert_int_equal(mb_deferred_max_threads(old, MB_ARCH_X86_64, 52), 52);
	assert_int_equal(mb_deferred_max_threads(old, MB_ARCH_X86_64, 0), 1);
	assert_int_equal(mb_deferred_max_threads(old, MB_ARCH_ARM64, 52), 1);
	assert_int_equal(mb_deferred_max_threads(new, MB_ARCH_ARM64, 52), 52);
}

/* What a boot leaves, however it was done. */
struct outcome {
	uint64_t digest, managed, free_pages;
	uint64_t nr_free[MB_MAX_ORDERS];
};

static void boot_outcome(const char *text, struct boot_options options, struct outcome *out)
{
	struct mb_boot_totals totals;
	struct boot_case c;

	boot_case_init(&c, text, options);
	boot_case_run(&c, NULL);
	assert_int_equal(mb_check_digest(c.boot, &out->digest), 0);
	mb_boot_totals(c.boot, &totals);
	out->managed = totals.managed_pages;
	out->free_pages = totals.free_pages;
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
		out->nr_free[order] = mb_boot_nr_free(c.boot, order);
	boot_case_fini(&c);
}

static void assert_same(const char *text, const char *kernel, unsigned threads,
			const struct outcome *eager)
{
	struct outcome deferred;

	boot_outcome(text,
		     (struct boot_options){
			     .policy = MB_POLICY_DEFERRED, .kernel = kernel, .threads = threads},
		     &deferred);
	if (deferred.digest != eager->digest)
		fail_msg("'%s' %s with %u workers: descriptors differ from eager's", text, kernel,
			 threads);
	assert_memory_equal(&deferred, eager, sizeof(deferred));
}

/*
 * Deferred with any number of workers leaves what eager leaves: descriptors and free blocks of
 * every order.
 */
static void deferred_equals_eager(void **state)
{
	static const unsigned threads[] = {1, 2, 3, 5, 8, 16};

	for (size_t i = 0; i < MB_ARRAY_SIZE(machines); i++)
		for (size_t k = i % TSAN_STEP(3); k < mb_nr_profiles; k += TSAN_STEP(3)) {
			struct outcome eager;

			boot_outcome(machines[i],
				     (struct boot_options){.kernel = mb_profiles[k].name}, &eager);
			assert_int_equal(eager.managed, eager.free_pages);
			assert_same(machines[i], mb_profiles[k].name, threads[(i + k) % 6], &eager);
			assert_same(machines[i], mb_profiles[k].name, threads[(i + k + 3) % 6],
				    &eager);
		}
}

static void random_machines_equal_eager(void **state)
{
	struct mb_rng rng = {boot_case_seed()};
	char text[1024];

	for (unsigned i = 0; i < 20; i++) {
		const char *kernel = mb_profiles[i % mb_nr_profiles].name;
		struct outcome eager;

		random_machine(&rng, text, sizeof(text));
		boot_outcome(text, (struct boot_options){.kernel = kernel}, &eager);
		assert_same(text, kernel, 1 + (unsigned)mb_rng_below(&rng, 6), &eager);
	}
}

/*
 * Statistics: workers' pages are the node's, nodes' are the stage's; 6.1 has a job per free range,
 * 6.18 one.
 */
static void statistics_add_up(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k += 2) {
		struct boot_case c;
		const struct mb_stage_stat *stat;
		uint64_t pages = 0, chunks = 0;

		boot_case_init(&c, "node0=2G@4G reserve=256M@0x130000000 node0.cpus=0-2",
			       (struct boot_options){.policy = MB_POLICY_DEFERRED,
						     .kernel = mb_profiles[k].name,
						     .workers = 3});
		boot_case_run(&c, NULL);
		stat = mb_boot_stat(c.boot, &mb_deferred_stage);
		assert_int_equal(stat->nr_nodes, 1);
		assert_int_equal(stat->nr_workers, 3);
		for (size_t w = 0; w < stat->nr_workers; w++) {
			pages += stat->workers[w].pages;
			chunks += stat->workers[w].chunks;
		}
		assert_int_equal(pages, stat->pages);
		assert_int_equal(pages, stat->nodes[0].pages);
		assert_int_equal(chunks, stat->nodes[0].chunks);
		assert_int_equal(stat->nodes[0].jobs, k ? 1 : 2);
		boot_case_fini(&c);
	}
}

/* --- what it walks --- */

static atomic_ulong steps; /* from free range to free range, of all threads */

bool __real_mb_memblock_next_free_pfn_range(const struct mb_memblock *memblock, uint64_t *cursor,
					    int nid, mb_pfn_t *ret_start, mb_pfn_t *ret_end,
					    int *ret_nid);
bool __wrap_mb_memblock_next_free_pfn_range(const struct mb_memblock *memblock, uint64_t *cursor,
					    int nid, mb_pfn_t *ret_start, mb_pfn_t *ret_end,
					    int *ret_nid);

bool __wrap_mb_memblock_next_free_pfn_range(const struct mb_memblock *memblock, uint64_t *cursor,
					    int nid, mb_pfn_t *ret_start, mb_pfn_t *ret_end,
					    int *ret_nid)
{
	atomic_fetch_add(&steps, 1);
	return __real_mb_memblock_next_free_pfn_range(memblock, cursor, nid, ret_start, ret_end,
						      ret_nid);
}

/* Many small free ranges below a long one are walked a few times a chunk, and not for each of the long one's windows. */
static void ranges_are_not_walked_by_window(void **state)
{
	const unsigned long nr_ranges = 500, nr_windows = 512;
	struct mb_strbuf text = {0};

	mb_strbuf_addf(&text, "arch=x86_64 node0=2G@4G node0.cpus=0-1");
	for (unsigned long i = 0; i < nr_ranges; i++)
		mb_strbuf_addf(&text, " reserve=4K@0x%llx", 0x100000000ull + i * 0x2000);
	for (size_t k = 0; k < mb_nr_profiles; k++)
		for (int policy = MB_POLICY_DEFERRED; policy <= MB_POLICY_LAZY; policy++) {
			struct outcome unused;

			atomic_store(&steps, 0);
			boot_outcome(mb_strbuf_text(&text),
				     (struct boot_options){.policy = (enum mb_policy)policy,
							   .kernel = mb_profiles[k].name},
				     &unused);
			assert_in_range(atomic_load(&steps), nr_ranges,
					20 * (nr_ranges + nr_windows));
		}
	mb_strbuf_fini(&text);
}

static void no_threads_is_an_error_with_words(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=2G@4G node0.cpus=0",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED});
	c.plain.fail_run = 3; /* the first two are the host's touches */
	assert_int_equal(mb_boot_run(c.boot), -EAGAIN);
	assert_string_equal(mb_boot_err(c.boot)->stage, "deferred_init");
	boot_case_fini(&c);
}

static void cancel_ends_it(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=2G@4G node0.cpus=0-1",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED, .workers = 2});
	boot_case_run(&c, &mb_pcp_stage);
	c.plain.cancel_now = c.plain.nr_now + 1;
	assert_int_equal(mb_boot_run(c.boot), -ECANCELED);
	assert_true(mb_boot_stat(c.boot, &mb_deferred_stage)->pages < 15 * 32768);
	boot_case_fini(&c);
}

/*
 * Memory so cut up that no 2 MiB of it are together: sections are dropped for want of a memmap, and what is
 * left comes up, eager as deferred.
 *
 *   [ 100K free | 28K reserved ] … over 4 GiB
 */
static void dropped_sections(void **state)
{
	struct mb_strbuf text = {0};
	struct outcome eager;

	mb_strbuf_add(&text, "arch=arm64 phys-bits=48 node0=2G@1G node0.cpus=0");
	for (uint64_t at = MB_GIB + 100 * MB_MIB; at < 3 * MB_GIB; at += MB_MIB)
		mb_strbuf_addf(&text, " reserve=64K@%llu", (unsigned long long)at);
	boot_outcome(mb_strbuf_text(&text), (struct boot_options){0}, &eager);
	assert_same(mb_strbuf_text(&text), "6.1", 2, &eager);
	mb_strbuf_fini(&text);
}

/* A reserved page at the head of a deferred pageblock leaves it UNMOVABLE until 6.15. */
static void reserved_heads(void **state)
{
	for (size_t k = 0; k < mb_nr_profiles; k++) {
		struct boot_case c;

		boot_case_init(&c, "node0=2G@4G reserve=8K@0x120000000 node0.cpus=0",
			       (struct boot_options){.policy = MB_POLICY_DEFERRED,
						     .kernel = mb_profiles[k].name});
		boot_case_run(&c, NULL);
		assert_int_equal(mb_memmodel_block_type(&c.boot->model, 0x120000),
				 mb_profiles[k].minor >= 16 ? MB_MIGRATE_MOVABLE
							    : MB_MIGRATE_UNMOVABLE);
		boot_case_fini(&c);
	}
}

/* The kernel's rule cuts the work also where the host has fewer CPUs: 64 CPUs, chunks of one section each. */
static void split_by_the_kernel_s_rule(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=4G@4G node0.cpus=0-63",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED, .workers = 2});
	boot_case_run(&c, NULL);
	assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_stage)->nr_workers, 2);
	assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_stage)->nodes[0].chunks, 31);
	boot_case_fini(&c);
}

/* CPUs that are not online are no threads: a node without any other has one, and no chunks to share. */
static void only_online_cpus_work(void **state)
{
	struct boot_case c;

	boot_case_init(&c, "node0=4G@4G node0.cpus=0-63 node1=8G@8G node1.cpus=64 absent=0-63",
		       (struct boot_options){.policy = MB_POLICY_DEFERRED, .workers = 2});
	boot_case_run(&c, NULL);
	assert_int_equal(mb_boot_stat(c.boot, &mb_deferred_stage)->nodes[0].chunks, 1);
	boot_case_fini(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(small_jobs),
		cmocka_unit_test(first_chunk_may_be_short),
		cmocka_unit_test(thread_rules),
		cmocka_unit_test(deferred_equals_eager),
		cmocka_unit_test(random_machines_equal_eager),
		cmocka_unit_test(statistics_add_up),
		cmocka_unit_test(ranges_are_not_walked_by_window),
		cmocka_unit_test(no_threads_is_an_error_with_words),
		cmocka_unit_test(cancel_ends_it),
		cmocka_unit_test(dropped_sections),
		cmocka_unit_test(reserved_heads),
		cmocka_unit_test(split_by_the_kernel_s_rule),
		cmocka_unit_test(only_online_cpus_work),
	};

	return cmocka_run_group_tests_name("deferred", tests, NULL, NULL);
}
