/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/counters_sysfs.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

/* Devices as an Intel server, a Neoverse and the software of any kernel show them. */
static int setup(void **state)
{
	char *tree = tree_new();

	tree_write(tree, "cpu/type", "4\n");
	tree_write(tree, "cpu/format/event", "config:0-7\n");
	tree_write(tree, "cpu/format/umask", "config:8-15\n");
	tree_write(tree, "cpu/format/inv", "config:23\n");
	tree_write(tree, "cpu/format/ldlat", "config1:0-15\n");
	tree_write(tree, "cpu/format/odd", "config:0-7,32-35\n");
	tree_write(tree, "cpu/format/broken", "config3:0-7\n");
	tree_write(tree, "cpu/events/cpu-cycles", "event=0x3c\n");
	tree_write(tree, "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n");
	tree_write(tree, "cpu/events/el-capacity", "event=0x54,umask=0x2\n");
	tree_write(tree, "cpu/events/el-capacity.scale", "2.3e-10\n");
	tree_write(tree, "cpu/events/asks", "event=0xb7,ldlat=?\n");
	tree_write(tree, "armv8_pmuv3_0/type", "10\n");
	tree_write(tree, "armv8_pmuv3_0/cpus", "0-7\n");
	tree_write(tree, "armv8_pmuv3_0/format/event", "config:0-15\n");
	tree_write(tree, "armv8_pmuv3_0/events/inst_retired", "event=0x0008\n");
	tree_write(tree, "uncore_imc_0/type", "21\n");
	tree_write(tree, "uncore_imc_0/cpumask", "0\n");
	tree_write(tree, "uncore_imc_0/format/event", "config:0-7\n");
	tree_write(tree, "uncore_imc_0/events/cas_count_read", "event=0x04\n");
	tree_write(tree, "software/type", "1\n");
	*state = tree;
	return 0;
}

static int teardown(void **state)
{
	tree_free(*state);
	return 0;
}

static void assert_found(const char *tree, const char *name, uint32_t type, uint64_t config,
			 uint64_t config1)
{
	struct mb_counters_event event = {.user = true, .role = 3};
	struct mb_err err = {0};

	if (mb_counters_sysfs_find(tree, name, &err, &event))
		fail_msg("%s: %s", name, err.text);
	assert_int_equal(event.type, type);
	assert_int_equal(event.config, config);
	assert_int_equal(event.config1, config1);
	assert_int_equal(event.source, MB_COUNTERS_SYSFS);
	assert_true(event.user && event.role == 3);
}

static void assert_refused(const char *tree, const char *name, int code, const char *words)
{
	struct mb_counters_event event = {.type = 77};
	struct mb_err err = {0};

	assert_int_equal(mb_counters_sysfs_find(tree, name, &err, &event), code);
	assert_int_equal(event.type, 77);
	if (words && !strstr(err.text, words))
		fail_msg("%s: '%s' has no '%s'", name, err.text, words);
}

static void test_names(void **state)
{
	assert_found(*state, "cpu-cycles", 4, 0x3c, 0);
	assert_found(*state, "CPU-Cycles", 4, 0x3c, 0);
	assert_found(*state, "mem-loads", 4, 0x1cd, 3);
	assert_found(*state, "inst_retired", 10, 8, 0);
	assert_refused(*state, "nope", -ENOENT, NULL);
	assert_refused(*state, "../type", -EINVAL, "not of the form");
	assert_refused("/nonexistent", "cpu-cycles", -ENOENT, NULL);
}

static void test_terms(void **state)
{
	assert_found(*state, "cpu/event=0x3c,umask=2,inv/", 4, 0x80023c, 0);
	assert_found(*state, "cpu/event=60/", 4, 60, 0);
	assert_found(*state, "cpu/mem-loads,ldlat=30/", 4, 0x1cd, 30);
	assert_found(*state, "cpu/config=0x5308,config1=9/", 4, 0x5308, 9);
	assert_found(*state, "armv8_pmuv3_0/inst_retired/", 10, 8, 0);
}

static void test_refused(void **state)
{
	assert_refused(*state, "cpu/event=0x100/", -EINVAL, "does not fit");
	assert_refused(*state, "cpu/even=1/", -EINVAL, "no term 'even'");
	assert_refused(*state, "cpu/event=x/", -EINVAL, "'x' is not a number");
	assert_refused(*state, "cpu/event=/", -EINVAL, "is not a number");
	assert_refused(*state, "cpu/event=1,,umask=1/", -EINVAL, "empty");
	assert_refused(*state, "cpu/broken=1/", -EINVAL, "not known");
	assert_refused(*state, "cpu/event=1", -EINVAL, "DEVICE/TERMS/");
	assert_refused(*state, "cpu/", -EINVAL, "DEVICE/TERMS/");
	assert_refused(*state, "gpu/event=1/", -ENOENT, "no device 'gpu'");
	assert_refused(*state, "cpu/../../etc=1/", -EINVAL, "no term");
	assert_refused(*state, "asks", -EINVAL, "give 'ldlat' a value");
	assert_refused(*state, "uncore_imc_0/cas_count_read/", -EINVAL, "whole package");
	assert_refused(*state, "cas_count_read", -EINVAL, "whole package");
}

/* Against a bit by bit oracle: random fields, random values. */
static void test_place(void **state)
{
	uint64_t random = test_seed();

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct mb_counters_event event = {.config = UINT64_MAX, .config2 = 5};
		unsigned low, high, other;
		uint64_t value, want = UINT64_MAX;
		char format[64];

		random = random * 6364136223846793005u + 1442695040888963407u;
		low = (unsigned)(random >> 33) % 30;
		high = low + (unsigned)(random >> 40) % 20;
		other = 50 + (unsigned)(random >> 50) % 14;
		value = random >> 20 & ((UINT64_C(1) << (high - low + 2)) - 1);
		snprintf(format, sizeof(format), "config:%u-%u,%u", low, high, other);
		for (unsigned bit = low; bit <= high; bit++)
			if (!(value >> (bit - low) & 1))
				want &= ~(UINT64_C(1) << bit);
		if (!(value >> (high - low + 1) & 1))
			want &= ~(UINT64_C(1) << other);
		assert_int_equal(mb_counters_sysfs_place(format, value, &event), 0);
		assert_int_equal(event.config, want);
		assert_int_equal(event.config2, 5);
		assert_int_equal(mb_counters_sysfs_place(
					 format, value | UINT64_C(1) << (high - low + 2), &event),
				 -ERANGE);
		assert_int_equal(event.config, want);
	}
}

static void test_formats(void **state)
{
	static const char *const bad[] = {"",           "config",      "config:",   "config:64",
					  "config:9-8", "config:0-7,", "config:,1", "config4:1",
					  "config:-1",  "config:0--1", "config:a"};
	struct mb_counters_event event = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(mb_counters_sysfs_place(bad[i], 1, &event), -EINVAL);
	assert_int_equal(event.config, 0);
	assert_int_equal(mb_counters_sysfs_place("config2:63", 1, &event), 0);
	assert_true(event.config2 == UINT64_C(1) << 63);
	assert_int_equal(mb_counters_sysfs_place("config1:0-63", UINT64_MAX, &event), 0);
	assert_true(event.config1 == UINT64_MAX);
}

static void add(void *arg, const char *name)
{
	strcat(strcat(arg, name), " ");
}

static void test_each(void **state)
{
	char names[256] = "";

	mb_counters_sysfs_each(*state, add, names);
	assert_string_equal(names, "inst_retired asks cpu-cycles el-capacity mem-loads ");
	*names = '\0';
	mb_counters_sysfs_each("/nonexistent", add, names);
	assert_string_equal(names, "");
}

static void test_has_pmu(void **state)
{
	char *tree = tree_new();

	assert_true(mb_counters_sysfs_has_pmu(*state));
	tree_write(tree, "software/type", "1\n");
	tree_write(tree, "uncore_imc_0/type", "21\n");
	assert_false(mb_counters_sysfs_has_pmu(tree));
	tree_write(tree, "armv8_pmuv3_0/type", "10\n");
	tree_write(tree, "armv8_pmuv3_0/cpus", "0-7\n");
	assert_true(mb_counters_sysfs_has_pmu(tree));
	assert_false(mb_counters_sysfs_has_pmu("/nonexistent"));
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_terms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_formats),
		cmocka_unit_test_setup_teardown(test_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_has_pmu, setup, teardown),
	};

	return cmocka_run_group_tests_name("counters_sysfs", tests, NULL, NULL);
}
