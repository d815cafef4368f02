/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/window.h"
#include "tests/core/boot_case.h"
#include "tests/core/wild.h"

static struct mb_boot_config parse(const char *text, struct mb_machine **ret_machine)
{
	struct mb_err err = {0};

	if (mb_machine_parse(text, NULL, &err, ret_machine))
		fail_msg("'%s': %s", text, err.text);
	return (struct mb_boot_config){
		.machine = *ret_machine,
		.profile = mb_profile_find("6.1"),
		.window_auto = true,
	};
}

/* What is allowed is kept to, where any window can. */
static uint64_t auto_bytes(const char *text, uint64_t cache_bytes, uint64_t allowed_bytes)
{
	struct mb_machine *machine = NULL;
	struct mb_boot_config config = parse(text, &machine);

	config.window_bytes = mb_window_auto(&config, cache_bytes, allowed_bytes);
	assert_true(config.window_bytes == MB_MIB ||
		    mb_boot_memory_needed(&config) <= allowed_bytes);
	mb_machine_free(machine);
	return config.window_bytes;
}

static void windows_size_themselves(void **state)
{
	const uint64_t cache = 32 * MB_MIB;
	uint64_t bytes;

	assert_int_equal(auto_bytes("node0=8G", cache, MB_TIB), 0); /* 128 MiB of memmap */
	assert_int_equal(auto_bytes("node0=9G", cache, MB_TIB), 128 * MB_MIB);
	assert_int_equal(auto_bytes("nodes=2 each=1T", 96 * MB_MIB, MB_TIB), 384 * MB_MIB);
	bytes = auto_bytes("nodes=8 each=1T", cache, 1200 * MB_MIB);
	assert_in_range(bytes, 64 * MB_MIB, 128 * MB_MIB - 1);
	/* Smaller than the cache, when there is no other way; at last what one worker needs. */
	bytes = auto_bytes("nodes=64 each=64G", cache, 3 * MB_GIB);
	assert_in_range(bytes, 16 * MB_MIB, 63 * MB_MIB);
	assert_int_equal(auto_bytes("nodes=64 each=64G", cache, MB_MIB), MB_MIB);
	/* Each node's memmap is small, and all of them are not. */
	assert_int_equal(auto_bytes("nodes=64 each=4G", cache, 6 * MB_GIB), 0);
	bytes = auto_bytes("nodes=64 each=4G", cache, 2 * MB_GIB);
	assert_in_range(bytes, 8 * MB_MIB, 63 * MB_MIB);
}

static uint64_t largest(const char *text, unsigned threads, uint64_t window_bytes)
{
	struct mb_machine *machine = NULL;
	struct mb_boot_config config = parse(text, &machine);
	uint64_t bytes;

	config.threads = threads;
	bytes = mb_window_largest(&config, window_bytes);
	mb_machine_free(machine);
	return bytes;
}

/* From what the workers need up to the memmap. */
static void windows_have_bounds(void **state)
{
	const char *text = "arch=x86_64 section=128M node0=1G@0 node1=2G@4G";

	assert_int_equal(largest(text, 0, 1), MB_MIB);
	assert_int_equal(largest(text, 4, 1), 4 * MB_MIB);
	assert_int_equal(largest(text, 4, 5 * MB_MIB), 5 * MB_MIB);
	assert_int_equal(largest(text, 4, UINT64_MAX), 32 * MB_MIB);
	assert_int_equal(largest(text, 64, 1), 32 * MB_MIB);
	assert_int_equal(largest(text, 1000, 1), 1000 * 64 * MB_KIB);
	assert_int_equal(largest(text, 4, 1000 * MB_MIB), 32 * MB_MIB);
}

/* Memory that a boot took of its host, which is given back only at its end. */
struct meter {
	struct mb_host_plain plain;
	struct mb_host_ops ops;
	const struct mb_host_ops *plain_ops;
	_Atomic uint64_t bytes;
};

static int meter_back(void *ctx, void *addr, size_t bytes, int nid)
{
	struct meter *meter = ctx; /* which begins with the context of the plain host */

	atomic_fetch_add(&meter->bytes, bytes);
	return meter->plain_ops->back(ctx, addr, bytes, nid);
}

static void meter_init(struct meter *meter, unsigned workers)
{
	mb_host_plain_init(&meter->plain);
	meter->plain.workers = workers;
	meter->bytes = 0;
	meter->plain_ops = meter->plain.host.ops;
	meter->ops = *meter->plain_ops;
	meter->ops.back = meter_back;
	meter->plain.host.ops = &meter->ops;
}

/* What a boot says that it needs is what it takes, or more; and not much more. */
static void measure(const char *text, const struct mb_boot_config *config, unsigned workers,
		    uint64_t slack)
{
	struct mb_boot_config own = *config;
	struct meter meter;
	struct mb_boot *boot;
	uint64_t needed;

	meter_init(&meter, workers);
	own.host = &meter.plain.host;
	needed = mb_boot_memory_needed(&own);
	assert_int_equal(mb_boot_new(&own, NULL, &boot), 0);
	if (!mb_boot_run(boot)) {
		uint64_t used = meter.bytes, slab = 0;

		for (unsigned nid = 0; nid < boot->nr_node_ids; nid++)
			slab += boot->slabmem.nodes[nid].backed;
		if (meter.bytes - slab > mb_window_needed(&own) || used > needed ||
		    (slack && needed > used + slack))
			fail_msg("%s: window %llu, %u workers: %llu needed, %llu taken; "
				 "descriptors: %llu needed, %llu taken",
				 text, (unsigned long long)own.window_bytes, workers,
				 (unsigned long long)needed, (unsigned long long)used,
				 (unsigned long long)mb_window_needed(&own),
				 (unsigned long long)(meter.bytes - slab));
	}
	mb_boot_free(boot);
	assert_int_equal(meter.plain.mapped_bytes, 0);
}

/* Windows of all sizes, smaller than their workers need, too, and larger than the memmap. */
static void measure_sizes(const char *text, struct mb_boot_config *config, unsigned workers,
			  uint64_t slack)
{
	static const uint64_t sizes[] = {1, MB_MIB, 3 * MB_MIB, 8 * MB_MIB, 20 * MB_MIB, MB_GIB};

	for (size_t i = 0; i < MB_ARRAY_SIZE(sizes); i++) {
		config->window_bytes = sizes[i];
		measure(text, config, workers, slack);
	}
}

static void needed_is_enough(void **state)
{
	static const char *const texts[] = {
		"node0=4G node0.cpus=0",
		"nodes=4 each=1G cpus=2",
		"node0=1G node1=6G@4G node0.cpus=0-1 node1.cpus=2-90",
		"node0=6G node0.cpus=0-1 reserve=1M@0x10000000 reserve=3M@0x20300000 hole=70M@0x40000000",
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(texts); i++)
		for (unsigned policy = 0; policy < MB_NR_POLICIES; policy++) {
			struct mb_machine *machine = NULL;
			struct mb_boot_config config = parse(texts[i], &machine);

			config.policy = (enum mb_policy)policy;
			measure_sizes(texts[i], &config, 1 + (unsigned)i % 3, 64 * MB_MIB);
			config.threads = 40;
			measure_sizes(texts[i], &config, 1, 64 * MB_MIB);
			mb_machine_free(machine);
		}
}

static void needed_is_enough_for_any_machine(void **state)
{
	uint64_t seed = boot_case_seed();

	for (unsigned i = 0; i < 16 / TSAN_STEP(4); i++) {
		struct mb_rng rng = {seed + i};
		struct mb_strbuf text = {0};
		struct mb_machine *machine = NULL;
		struct mb_boot_config config = {.window_auto = true};

		if (i % 4)
			wild_machine(&rng, &text);
		else
			wild_mirrored(&rng, &text);
		if (!mb_machine_parse(mb_strbuf_text(&text), NULL, NULL, &machine) &&
		    mb_memmodel_map_pages(&mb_memmodels[MB_MEMMODEL_VMEMMAP], machine) <=
			    UINT64_C(1) << 20) {
			config.machine = machine;
			config.profile = &mb_profiles[mb_rng_below(&rng, mb_nr_profiles)];
			config.struct_page = &mb_page_sizes[mb_rng_below(&rng, MB_NR_PAGE_SIZES)];
			config.policy = (enum mb_policy)mb_rng_below(&rng, MB_NR_POLICIES);
			config.threads = (unsigned)mb_rng_below(&rng, 30);
			measure_sizes(mb_strbuf_text(&text), &config,
				      1 + (unsigned)mb_rng_below(&rng, 8), 0);
		}
		mb_machine_free(machine);
		mb_strbuf_fini(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_size_themselves),
		cmocka_unit_test(windows_have_bounds),
		cmocka_unit_test(needed_is_enough),
		cmocka_unit_test(needed_is_enough_for_any_machine),
	};

	return cmocka_run_group_tests_name("window_size", tests, NULL, NULL);
}
