/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "tests/core/slab_case.h"

static struct mb_slab_rules rules_of(const char *release, enum mb_arch arch, unsigned page_shift,
				     unsigned cpus)
{
	struct mb_slab_rules rules;

	mb_slab_rules_init(&rules, mb_profile_find(release), arch, page_shift,
			   mb_profile_max_order(page_shift), cpus,
			   arch == MB_ARCH_ARM64 ? 1 : cpus);
	return rules;
}

static void expect_order(const struct mb_slab_rules *rules, unsigned size, int order,
			 unsigned objects)
{
	int got = mb_slab_calculate_order(rules, size);
	unsigned got_objects = got < 0 ? 0 : (1u << (rules->page_shift + (unsigned)got)) / size;

	if (got != order || got_objects != objects)
		fail_msg("size %u, %u CPUs, %s: order %d of %u objects, expected %d of %u", size,
			 rules->nr_cpus, rules->refactored ? "6.7" : "6.1", got, got_objects, order,
			 objects);
}

/*
 * Order and objects of the kmalloc sizes, as real kernels show them; a row holds for a range of
 * CPUs.
 */
struct golden_row {
	unsigned page_shift, first_cpus, last_cpus;
	struct {
		unsigned size;
		int order;
		unsigned objects;
	} cells[14];
};

static const struct golden_row golden[] = {
	{12,
	 2,
	 3,
	 {{8, 0, 512},
	  {16, 0, 256},
	  {32, 0, 128},
	  {64, 0, 64},
	  {96, 0, 42},
	  {128, 0, 32},
	  {192, 0, 21},
	  {256, 0, 16},
	  {512, 1, 16},
	  {1024, 2, 16},
	  {2048, 3, 16},
	  {4096, 3, 8},
	  {8192, 3, 4}}},
	{12,
	 8,
	 15,
	 {{8, 0, 512},
	  {16, 0, 256},
	  {32, 0, 128},
	  {64, 0, 64},
	  {96, 0, 42},
	  {128, 0, 32},
	  {192, 0, 21},
	  {256, 1, 32},
	  {512, 2, 32},
	  {1024, 3, 32},
	  {2048, 3, 16},
	  {4096, 3, 8},
	  {8192, 3, 4}}},
	{12,
	 16,
	 64,
	 {{8, 0, 512},
	  {16, 0, 256},
	  {32, 0, 128},
	  {64, 0, 64},
	  {96, 0, 42},
	  {128, 0, 32},
	  {192, 1, 42},
	  {256, 1, 32},
	  {512, 2, 32},
	  {1024, 3, 32},
	  {2048, 3, 16},
	  {4096, 3, 8},
	  {8192, 3, 4}}},
	{12,
	 128,
	 511,
	 {{8, 0, 512},
	  {16, 0, 256},
	  {32, 0, 128},
	  {64, 0, 64},
	  {96, 0, 42},
	  {128, 1, 64},
	  {192, 1, 42},
	  {256, 2, 64},
	  {512, 3, 64},
	  {1024, 3, 32},
	  {2048, 3, 16},
	  {4096, 3, 8},
	  {8192, 3, 4}}},
	{12,
	 512,
	 1024,
	 {{8, 0, 512},
	  {16, 0, 256},
	  {32, 0, 128},
	  {64, 0, 64},
	  {96, 1, 85},
	  {128, 1, 64},
	  {192, 2, 85},
	  {256, 2, 64},
	  {512, 3, 64},
	  {1024, 3, 32},
	  {2048, 3, 16},
	  {4096, 3, 8},
	  {8192, 3, 4}}},
	{16,
	 2,
	 3,
	 {{8, 0, 8192},
	  {192, 0, 341},
	  {1024, 0, 64},
	  {2048, 0, 32},
	  {4096, 0, 16},
	  {8192, 1, 16},
	  {16384, 2, 16},
	  {65536, 3, 8},
	  {131072, 3, 4}}},
	{16,
	 8,
	 64,
	 {{8, 0, 8192},
	  {192, 0, 341},
	  {1024, 0, 64},
	  {2048, 0, 32},
	  {4096, 1, 32},
	  {8192, 2, 32},
	  {16384, 3, 32},
	  {65536, 3, 8},
	  {131072, 3, 4}}},
	{16,
	 128,
	 1024,
	 {{8, 0, 8192},
	  {192, 0, 341},
	  {4096, 2, 64},
	  {8192, 3, 64},
	  {16384, 3, 32},
	  {65536, 3, 8},
	  {131072, 3, 4}}},
	/* Sizes that are no kmalloc's. */
	{12, 2, 3, {{5888, 3, 5}, {624, 1, 13}, {1152, 2, 14}, {8384, 3, 3}}},
	{12,
	 4,
	 4,
	 {{1152, 3, 28}, {8384, 3, 3}, {1408, 3, 23}, {960, 2, 17}, {4160, 3, 7}, {256, 0, 16}}},
	{12, 8, 8, {{256, 1, 32}, {64, 0, 64}}},
};

static void test_golden(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(golden); i++) {
		for (unsigned cpus = golden[i].first_cpus; cpus <= golden[i].last_cpus; cpus++) {
			struct mb_slab_rules old =
				rules_of("6.1", MB_ARCH_X86_64, golden[i].page_shift, cpus);
			struct mb_slab_rules new =
				rules_of("6.12", MB_ARCH_X86_64, golden[i].page_shift, cpus);

			for (unsigned j = 0; golden[i].cells[j].size; j++) {
				expect_order(&old, golden[i].cells[j].size,
					     golden[i].cells[j].order, golden[i].cells[j].objects);
				expect_order(&new, golden[i].cells[j].size,
					     golden[i].cells[j].order, golden[i].cells[j].objects);
			}
		}
	}
}

/* Candidates are tried one by one in plain words, without the search's short cuts. */
static int naive_order(const struct mb_slab_rules *rules, unsigned size)
{
	uint64_t most = (UINT64_C(1) << (rules->page_shift + 3)) / size, wanted = 8;

	for (unsigned cpus = rules->nr_cpus; cpus > 1; cpus /= 2)
		wanted += 4;
	wanted = wanted < most ? wanted : most;
	for (uint64_t objects = wanted; objects >= 2;
	     objects = rules->refactored ? 1 : objects - 1) {
		for (unsigned part = 16; part >= (rules->refactored ? 2 : 4); part /= 2) {
			for (unsigned order = 0; order <= 3; order++) {
				uint64_t bytes = UINT64_C(1) << (rules->page_shift + order);

				if (bytes / size >= objects &&
				    (bytes - bytes / size * size) * part <= bytes)
					return (int)order;
			}
		}
	}
	/* The newer search looks for little waste with single objects too. */
	for (unsigned part = 16; rules->refactored && part >= 2; part /= 2) {
		for (unsigned order = 0; order <= 3; order++) {
			uint64_t bytes = UINT64_C(1) << (rules->page_shift + order);

			if (wanted <= 1 && bytes >= size && bytes % size * part <= bytes)
				return (int)order;
		}
	}
	for (unsigned order = 0; order <= rules->max_order; order++) {
		if (UINT64_C(1) << (rules->page_shift + order) >= size)
			return (int)order;
	}
	return -ENOSYS;
}

static void test_oracle(void **state)
{
	struct mb_rng rng = {slab_case_seed()};

	for (int i = 0; i < 200000; i++) {
		static const unsigned shifts[] = {12, 14, 16};
		unsigned shift = shifts[mb_rng_below(&rng, 3)];
		unsigned cpus =
			1 + (unsigned)mb_rng_below(&rng, UINT64_C(1) << mb_rng_below(&rng, 14));
		unsigned size =
			8 + 8 * (unsigned)mb_rng_below(&rng, UINT64_C(1) << mb_rng_below(&rng, 20));
		struct mb_slab_rules rules =
			rules_of(i % 2 ? "6.1" : "6.12", MB_ARCH_X86_64, shift, cpus);
		int expected = naive_order(&rules, size);

		expect_order(&rules, size, expected,
			     expected < 0 ? 0 : (1u << (shift + (unsigned)expected)) / size);
	}
}

/* The newer search differs only for large sizes that fit badly. */
static void test_refactored(void **state)
{
	unsigned differ = 0;

	for (unsigned cpus = 2; cpus <= 512; cpus *= 2) {
		struct mb_slab_rules old = rules_of("6.1", MB_ARCH_X86_64, 12, cpus);
		struct mb_slab_rules new = rules_of("6.12", MB_ARCH_X86_64, 12, cpus);

		for (unsigned size = 8; size <= 32768; size += 8) {
			bool same = mb_slab_calculate_order(&old, size) ==
				    mb_slab_calculate_order(&new, size);

			if (!same && size < 10900)
				fail_msg("size %u differs", size);
			differ += !same;
		}
	}
	assert_true(differ > 0);
}

static void test_limits(void **state)
{
	struct mb_slab_rules rules = rules_of("6.1", MB_ARCH_X86_64, 12, 4);

	for (int refactored = 0; refactored < 2; refactored++) {
		rules.refactored = refactored;
		rules.min_order = 0;
		rules.min_objects = 0;
		rules.slub_max_order = MB_SLAB_COSTLY_ORDER;
		expect_order(&rules, 32768, 3, 1);
		expect_order(&rules, 32776, 4, 1);
		expect_order(&rules, 4 << 20, 10, 1);
		expect_order(&rules, (4 << 20) + 8, -ENOSYS, 0);
		/* Options: more objects, fewer pages, larger slabs. */
		rules.min_objects = 60;
		expect_order(&rules, 256, 2, 64);
		rules.slub_max_order = 0;
		expect_order(&rules, 256, 0, 16);
		rules.slub_max_order = 10;
		rules.min_objects = 0;
		rules.min_order = 4;
		expect_order(&rules, 256, 4, 256);
		/*
		 * 2^19 bytes hold 65536 objects of 8, and 15 bits count them: the order below that
		 * of 32767.
		 */
		rules.min_order = 7;
		expect_order(&rules, 8, 5, 16384);
	}
}

/* As few CPUs present as when arm64 starts: the possible ones count. */
static void test_cpus(void **state)
{
	struct mb_slab_rules rules;

	mb_slab_rules_init(&rules, mb_profile_find("6.1"), MB_ARCH_X86_64, 12, 10, 64, 2);
	assert_int_equal(rules.nr_cpus, 2);
	mb_slab_rules_init(&rules, mb_profile_find("6.1"), MB_ARCH_ARM64, 12, 10, 64, 1);
	assert_int_equal(rules.nr_cpus, 64);
	mb_slab_rules_init(&rules, mb_profile_find("6.1"), MB_ARCH_ARM64, 12, 10, 64, 0);
	assert_int_equal(rules.nr_cpus, 64);
}

/* Absent CPUs do not count, offline ones do; arm64 has marked one by then. */
static void test_present_cpus(void **state)
{
	static const char text[] = "node0=1G node0.cpus=0-23 absent=3-23 offline=2 arch=";
	static const struct {
		const char *arch;
		unsigned present;
	} rows[] = {{"x86_64", 3}, {"arm64", 1}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_machine *machine = NULL;
		struct mb_err err = {0};
		char all[128];

		snprintf(all, sizeof(all), "%s%s", text, rows[i].arch);
		assert_int_equal(mb_machine_parse(all, NULL, &err, &machine), 0);
		assert_int_equal(mb_slab_present_cpus(machine), rows[i].present);
		mb_machine_free(machine);
	}
}

struct size_case {
	const char *release;
	enum mb_arch arch;
	unsigned object_size, flags, align; /* align of a boot cache; else what is asked */
	bool ctor;
	unsigned expect_align, expect_size, expect_offset;
};

static void expect_sizes(const struct size_case *row, unsigned align)
{
	struct mb_slab_rules rules = rules_of(row->release, row->arch, 12, 4);
	struct mb_slab_sizes sizes;

	align = mb_slab_calculate_alignment(&rules, row->flags, align, row->object_size);
	assert_int_equal(mb_slab_calculate_sizes(&rules, row->object_size, align, row->flags,
						 row->ctor, &sizes),
			 0);
	if (sizes.align != row->expect_align || sizes.size != row->expect_size ||
	    sizes.offset != row->expect_offset)
		fail_msg("%s %s %u: align %u, size %u, offset %u", row->release,
			 mb_machine_arch_name(row->arch), row->object_size, sizes.align, sizes.size,
			 sizes.offset);
	assert_int_equal(sizes.object_size, row->object_size);
	assert_int_equal(sizes.inuse, mb_align_up_pow2(row->object_size, 8));
	assert_int_equal(sizes.objects, (4096u << sizes.order) / sizes.size);
	assert_int_equal(sizes.min_objects, (4096u << sizes.min_order) / sizes.size);
	assert_true(sizes.min_objects >= 1 && sizes.min_order <= sizes.order);
	assert_int_equal(sizes.cpu_partial_slabs,
			 (2 * sizes.cpu_partial + sizes.objects - 1) / sizes.objects);
}

static void test_boot_caches(void **state)
{
	static const struct size_case rows[] = {
		{"6.1", MB_ARCH_X86_64, 64, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 64, 32},
		{"6.1", MB_ARCH_X86_64, 224, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 256, 112},
		{"6.1", MB_ARCH_X86_64, 248, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 256, 120},
		{"6.1", MB_ARCH_ARM64, 64, MB_SLAB_HWCACHE_ALIGN, 0, false, 128, 128, 32},
		{"6.1", MB_ARCH_ARM64, 232, MB_SLAB_HWCACHE_ALIGN, 0, false, 128, 256, 112},
		{"6.12", MB_ARCH_ARM64, 64, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 64, 32},
		{"6.12", MB_ARCH_X86_64, 232, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 256, 112},
		{"6.18", MB_ARCH_X86_64, 72, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 128, 32},
		{"6.1", MB_ARCH_X86_64, 8, MB_SLAB_KMALLOC, 0, false, 8, 8, 0},
		{"6.1", MB_ARCH_X86_64, 96, MB_SLAB_KMALLOC, 0, false, 8, 96, 48},
		{"6.1", MB_ARCH_X86_64, 192, MB_SLAB_KMALLOC, 0, false, 8, 192, 96},
		{"6.1", MB_ARCH_X86_64, 512, MB_SLAB_KMALLOC, 0, false, 512, 512, 256},
		{"6.12", MB_ARCH_X86_64, 96, MB_SLAB_KMALLOC, 0, false, 32, 96, 48},
		{"6.12", MB_ARCH_X86_64, 192, MB_SLAB_KMALLOC, 0, false, 64, 192, 96},
		{"6.12", MB_ARCH_ARM64, 8, MB_SLAB_KMALLOC, 0, false, 8, 8, 0},
		{"6.1", MB_ARCH_ARM64, 256, MB_SLAB_KMALLOC, 0, false, 256, 256, 128},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_slab_rules rules = rules_of(rows[i].release, rows[i].arch, 12, 4);

		expect_sizes(&rows[i],
			     mb_slab_boot_align(&rules, rows[i].flags, rows[i].object_size));
	}
}

static void test_sizes(void **state)
{
	static const struct size_case rows[] = {
		{"6.1", MB_ARCH_X86_64, 8328, 0, 64, false, 64, 8384, 4160},
		{"6.1", MB_ARCH_X86_64, 1104, 0, 64, false, 64, 1152, 552},
		{"6.1", MB_ARCH_X86_64, 192, 0, 8, false, 8, 192, 96},
		/* Small objects share a cache line: 64, 32, 16, 8. */
		{"6.1", MB_ARCH_X86_64, 33, MB_SLAB_HWCACHE_ALIGN, 0, false, 64, 64, 16},
		{"6.1", MB_ARCH_X86_64, 32, MB_SLAB_HWCACHE_ALIGN, 0, false, 32, 32, 16},
		{"6.1", MB_ARCH_X86_64, 17, MB_SLAB_HWCACHE_ALIGN, 0, false, 32, 32, 8},
		{"6.1", MB_ARCH_X86_64, 9, MB_SLAB_HWCACHE_ALIGN, 0, false, 16, 16, 0},
		{"6.1", MB_ARCH_X86_64, 3, MB_SLAB_HWCACHE_ALIGN, 0, false, 8, 8, 0},
		/* The asked alignment is kept, but is never below a pointer's. */
		{"6.1", MB_ARCH_X86_64, 100, 0, 0, false, 8, 104, 48},
		{"6.1", MB_ARCH_X86_64, 100, 0, 4, false, 8, 104, 48},
		{"6.1", MB_ARCH_X86_64, 100, 0, 4096, false, 4096, 4096, 48},
		/* The free pointer behind the object. */
		{"6.1", MB_ARCH_X86_64, 100, 0, 0, true, 8, 112, 104},
		{"6.1", MB_ARCH_X86_64, 64, MB_SLAB_TYPESAFE_BY_RCU, 64, false, 64, 128, 64},
		{"6.1", MB_ARCH_X86_64, 64, MB_SLAB_POISON, 0, false, 8, 72, 64},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		expect_sizes(&rows[i], rows[i].align);
}

static void test_bad_sizes(void **state)
{
	struct mb_slab_rules rules = rules_of("6.1", MB_ARCH_X86_64, 12, 4);
	struct mb_slab_sizes sizes = {.size = 77};

	assert_int_equal(mb_slab_calculate_sizes(&rules, 0, 8, 0, false, &sizes), -EINVAL);
	assert_int_equal(mb_slab_calculate_sizes(&rules, 8, 0, 0, false, &sizes), -EINVAL);
	assert_int_equal(mb_slab_calculate_sizes(&rules, 8, 24, 0, false, &sizes), -EINVAL);
	assert_int_equal(mb_slab_calculate_sizes(&rules, (4 << 20) + 1, 8, 0, false, &sizes),
			 -EINVAL);
	assert_int_equal(mb_slab_calculate_sizes(&rules, UINT32_MAX, 8, 0, false, &sizes), -EINVAL);
	/* It fits alone, but not with its free pointer behind it. */
	assert_int_equal(mb_slab_calculate_sizes(&rules, 4 << 20, 8, 0, true, &sizes), -ENOSYS);
	assert_int_equal(sizes.size, 77);
	assert_int_equal(mb_slab_calculate_sizes(&rules, 4 << 20, 8, 0, false, &sizes), 0);
}

static void test_partial(void **state)
{
	struct mb_slab_rules rules = rules_of("6.1", MB_ARCH_X86_64, 12, 4);
	static const struct {
		unsigned size, cpu_partial, min_partial;
	} rows[] = {
		{8, 120, 5},   {248, 120, 5}, {256, 52, 5},    {1016, 52, 5},
		{1024, 24, 5}, {2048, 24, 5}, {4088, 24, 5},   {4096, 6, 6},
		{8384, 6, 6},  {16384, 6, 7}, {1 << 18, 6, 9}, {1 << 22, 6, 10},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		assert_int_equal(mb_slab_cpu_partial(&rules, rows[i].size), rows[i].cpu_partial);
		assert_int_equal(mb_slab_min_partial(rows[i].size), rows[i].min_partial);
	}
	rules = rules_of("6.1", MB_ARCH_ARM64, 16, 4);
	assert_int_equal(mb_slab_cpu_partial(&rules, 4096), 24);
	assert_int_equal(mb_slab_cpu_partial(&rules, 65536), 6);
}

/* The table finds the smallest cache that is large enough. */
static void test_kmalloc_index(void **state)
{
	for (unsigned minalign = 8; minalign <= 128; minalign *= 2) {
		for (unsigned shift = 12; shift <= 16; shift += 4) {
			struct mb_slab_rules rules = rules_of("6.1", MB_ARCH_X86_64, shift, 2);
			unsigned indices[MB_KMALLOC_MAX_INDEX], count;

			rules.kmalloc_minalign = minalign;
			count = mb_slab_kmalloc_indices(&rules, indices);
			for (unsigned bytes = 1; bytes <= 2u << shift; bytes++) {
				unsigned best = 0;

				for (unsigned i = 0; i < count; i++) {
					unsigned size = mb_slab_kmalloc_size(indices[i]);

					if (size >= bytes &&
					    (!best || size < mb_slab_kmalloc_size(best)))
						best = indices[i];
				}
				if (mb_slab_kmalloc_index(&rules, bytes) != best)
					fail_msg("minalign %u, %u bytes: %u", minalign, bytes,
						 mb_slab_kmalloc_index(&rules, bytes));
			}
			assert_int_equal(mb_slab_kmalloc_index(&rules, 0), 0);
			assert_int_equal(mb_slab_kmalloc_index(&rules, (2u << shift) + 1), 0);
			assert_int_equal(mb_slab_kmalloc_index(&rules, UINT64_MAX), 0);
		}
	}
}

static void test_kmalloc_creation(void **state)
{
	static const struct {
		const char *release;
		enum mb_arch arch;
		unsigned page_shift;
		unsigned indices[MB_KMALLOC_MAX_INDEX];
	} rows[] = {
		{"6.1", MB_ARCH_X86_64, 12, {3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13}},
		{"6.1", MB_ARCH_ARM64, 12, {7, 8, 9, 10, 11, 12, 13}},
		{"6.12",
		 MB_ARCH_ARM64,
		 16,
		 {3, 4, 5, 6, 1, 7, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}},
	};
	unsigned indices[MB_KMALLOC_MAX_INDEX];

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_slab_rules rules =
			rules_of(rows[i].release, rows[i].arch, rows[i].page_shift, 2);
		unsigned count = mb_slab_kmalloc_indices(&rules, indices);

		for (unsigned j = 0; j < count; j++)
			assert_int_equal(indices[j], rows[i].indices[j]);
		assert_int_equal(rows[i].indices[count], 0);
	}
}

static void test_kmalloc_names(void **state)
{
	static const struct {
		enum mb_kmalloc_type type;
		unsigned index, flags;
		const char *name;
	} rows[] = {
		{MB_KMALLOC_NORMAL, 3, 0x1000, "kmalloc-8"},
		{MB_KMALLOC_NORMAL, 1, 0x1000, "kmalloc-96"},
		{MB_KMALLOC_NORMAL, 10, 0x1000, "kmalloc-1k"},
		{MB_KMALLOC_NORMAL, 21, 0x1000, "kmalloc-2M"},
		{MB_KMALLOC_CGROUP, 9, 0x4001000, "kmalloc-cg-512"},
		{MB_KMALLOC_RECLAIM, 17, 0x21000, "kmalloc-rcl-128k"},
		{MB_KMALLOC_DMA, 2, 0x5000, "dma-kmalloc-192"},
	};
	char name[MB_KMALLOC_NAME_BYTES];

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		mb_slab_kmalloc_name(rows[i].type, rows[i].index, name);
		assert_string_equal(name, rows[i].name);
		assert_int_equal(mb_slab_kmalloc_flags(rows[i].type), rows[i].flags);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),        cmocka_unit_test(test_oracle),
		cmocka_unit_test(test_refactored),    cmocka_unit_test(test_limits),
		cmocka_unit_test(test_cpus),          cmocka_unit_test(test_present_cpus),
		cmocka_unit_test(test_boot_caches),   cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bad_sizes),     cmocka_unit_test(test_partial),
		cmocka_unit_test(test_kmalloc_index), cmocka_unit_test(test_kmalloc_creation),
		cmocka_unit_test(test_kmalloc_names),
	};

	return cmocka_run_group_tests_name("slab_order", tests, NULL, NULL);
}
