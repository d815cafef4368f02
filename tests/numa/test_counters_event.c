/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>

#include "config.h"
#include "core/base/parse.h"
#include "numa/counters.h"
#include "numa/counters_sysfs.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

/* Types and numbers of linux/perf_event.h. */
enum { HARDWARE = 0, SOFTWARE = 1, HW_CACHE = 3 };

static struct mb_counters_event found(const char *sysfs, const char *name, bool kernel)
{
	struct mb_counters_event event;
	struct mb_err err = {0};

	memset(&event, 0xff, sizeof(event));
	if (mb_counters_event_find(sysfs, name, kernel, &err, &event))
		fail_msg("%s: %s", name, err.text);
	assert_string_equal(event.name, name);
	assert_int_equal(event.code, 0);
	assert_int_equal(event.role, 0);
	return event;
}

/* The same names whoever knows them: libpfm has all of the kernel's. */
static void test_kernel_names(void **state)
{
	static const struct {
		const char *name;
		uint32_t type;
		uint64_t config;
	} rows[] = {
		{"cycles", HARDWARE, 0},
		{"instructions", HARDWARE, 1},
		{"CACHE-MISSES", HARDWARE, 3},
		{"branches", HARDWARE, 4},
		{"stalled-cycles-backend", HARDWARE, 8},
		{"LLC-load-misses", HW_CACHE, 0x10002},
		{"dTLB-store-misses", HW_CACHE, 0x10103},
		{"L1-dcache-stores", HW_CACHE, 0x100},
		{"node-load-misses", HW_CACHE, 0x10006},
		{"page-faults", SOFTWARE, 2},
		{"task-clock", SOFTWARE, 1},
		{"context-switches", SOFTWARE, 3},
		{"cpu-migrations", SOFTWARE, 4},
		{"major-faults", SOFTWARE, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mb_counters_event event = found("/nonexistent", rows[i].name, false);

		assert_int_equal(event.type, rows[i].type);
		assert_int_equal(event.config, rows[i].config);
		assert_int_equal(event.software, rows[i].type == SOFTWARE);
		if (MB_HAVE_PFM)
			assert_int_equal(event.source, MB_COUNTERS_LIBPFM);
		else
			assert_int_equal(event.source, event.software ? MB_COUNTERS_SOFTWARE
								      : MB_COUNTERS_GENERIC);
	}
}

/* libpfm's, then the kernel's lists, then what is generic. */
static void test_order(void **state)
{
	struct mb_counters_event event;
	char *tree = tree_new();

	(void)state;
	tree_write(tree, "armv8_pmuv3_0/type", "10\n");
	tree_write(tree, "armv8_pmuv3_0/format/event", "config:0-15\n");
	tree_write(tree, "armv8_pmuv3_0/events/memboot_test", "event=0x0008\n");
	tree_write(tree, "armv8_pmuv3_0/events/cycles", "event=0x0011\n");
	event = found(tree, "memboot_test", false);
	assert_int_equal(event.source, MB_COUNTERS_SYSFS);
	assert_true(event.type == 10 && event.config == 8 && !event.software);
	event = found(tree, "cycles", false);
	assert_int_equal(event.source, MB_HAVE_PFM ? MB_COUNTERS_LIBPFM : MB_COUNTERS_SYSFS);
	assert_int_equal(event.type, MB_HAVE_PFM ? HARDWARE : 10);
	event = found(tree, "armv8_pmuv3_0/cycles/k", false);
	assert_int_equal(event.source, MB_COUNTERS_SYSFS);
	assert_string_equal(mb_counters_event_scope(&event), "kernel");
	tree_free(tree);
}

static void test_modes(void **state)
{
	static const struct {
		const char *name;
		bool kernel; /* asked for */
		const char *scope;
		unsigned faults; /* by getrusage(2) */
		const char *by;
	} rows[] = {
		{"cycles", false, "user", 0, "CPU"},
		{"cycles", true, "user+kernel", 0, "CPU"},
		{"cycles:u", true, "user", 0, "CPU"},
		{"cycles:k", false, "kernel", 0, "CPU"},
		{"cycles:uk", false, "user+kernel", 0, "CPU"},
		{"cycles:ku", false, "user+kernel", 0, "CPU"},
		{"page-faults", false, "user+kernel", 3, "getrusage"},
		{"faults", true, "user+kernel", 3, "getrusage"},
		{"minor-faults", false, "user+kernel", 1, "getrusage"},
		{"major-faults:uk", false, "user+kernel", 2, "getrusage"},
		{"page-faults:u", true, "user", 0,
		 "kernel"}, /* perf's own, which see those of user mode */
		{"context-switches", false, "user+kernel", 0, "kernel"}, /* there is no other way */
		{"cpu-migrations", false, "user+kernel", 0, "kernel"},
		{"context-switches:u", false, "user", 0, "kernel"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mb_counters_event event =
			found("/nonexistent", rows[i].name, rows[i].kernel);

		assert_string_equal(mb_counters_event_scope(&event), rows[i].scope);
		assert_int_equal(event.faults, rows[i].faults);
		assert_string_equal(mb_counters_event_counted_by(&event), rows[i].by);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *words;
	} rows[] = {
		{"", -EINVAL, "no name"},
		{"no_such_event", -ENOENT, "event 'no_such_event' is unknown"},
		{"no_such_event:u", -ENOENT, "is unknown"},
		{":u", -ENOENT, "is unknown"},
		{"page-faults:k", -EINVAL, "leave ':k' out"},
		{"cpu/x", -EINVAL, "DEVICE/TERMS/"},
		{"branc\xfe:u", -EINVAL, "byte 6 is not printable"},
		{"cpu/x\n/", -EINVAL, "byte 6 is not printable"},
		{"a-name-that-goes-on-and-on-a-name-that-goes-on-and-on-a-name-that-goes-on-and-on",
		 -EINVAL, "too long"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mb_counters_event event = {.type = 77};
		struct mb_err err = {0};

		assert_int_equal(
			mb_counters_event_find("/nonexistent", rows[i].name, false, &err, &event),
			rows[i].code);
		assert_int_equal(event.type, 77);
		if (!strstr(err.text, rows[i].words))
			fail_msg("'%s' has no '%s'", err.text, rows[i].words);
		assert_int_equal(mb_parse_printable(err.text, strlen(err.text)), strlen(err.text));
	}
}

static void test_same(void **state)
{
	struct mb_counters_event a = found("/nonexistent", "cycles", false);
	struct mb_counters_event b = found("/nonexistent", "cpu-cycles:u", false);

	(void)state;
	assert_true(mb_counters_event_same(&a, &b));
	b.config1 = 1;
	assert_false(mb_counters_event_same(&a, &b));
	b = found("/nonexistent", "cycles:k", false);
	assert_false(mb_counters_event_same(&a, &b));
}

/* What people read for each way in which an event cannot be opened. */
static void test_reasons(void **state)
{
	static const struct {
		int code;
		bool software, kernel, has_pmu;
		int paranoid;
		const char *words;
	} rows[] = {
		{-EACCES, false, false, true, 4, "is 4; 2 or CAP_PERFMON is needed"},
		{-EACCES, false, false, true, 3, "is 3; 2 or CAP_PERFMON is needed"},
		{-EPERM, true, false, true, 3, "is 3; 2 or CAP_PERFMON is needed"},
		{-EACCES, false, true, true, 2, "is 2; 1 for kernel mode or CAP_PERFMON"},
		{-EACCES, false, false, true, 2, "although kernel.perf_event_paranoid is 2"},
		{-EACCES, false, true, true, -1, "although kernel.perf_event_paranoid is -1"},
		{-EACCES, false, false, true, INT_MIN, "CAP_PERFMON is needed"},
		{-ENOENT, false, false, false, 2, "no PMU"},
		{-EOPNOTSUPP, false, false, false, 2, "no PMU"},
		{-ENODEV, false, false, true, 2, "unsupported by this CPU"},
		{-EINVAL, false, false, true, 2, "unsupported by this CPU"},
		{-ENOENT, true, false, false, 2, "the kernel does not count it"},
		{-ENOSYS, false, false, false, 2, "no performance events"},
		{-EMFILE, true, false, false, 2, "ulimit -n"},
		{-EBUSY, false, false, true, 2, "to himself"},
		{-ENOMEM, false, false, true, 2, "Cannot allocate memory"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mb_counters_system system = {rows[i].paranoid, rows[i].has_pmu, true};
		struct mb_counters_event event = {
			.user = true, .software = rows[i].software, .kernel = rows[i].kernel};

		mb_counters_event_refuse(&event, rows[i].code, &system);
		assert_int_equal(event.code, rows[i].code);
		if (!strstr(event.reason, rows[i].words))
			fail_msg("'%s' has no '%s'", event.reason, rows[i].words);
		/* Words about files are nothing to somebody whose CPU lacks an event. */
		assert_null(strstr(event.reason, "file or directory"));
		assert_null(strstr(event.reason, "argument"));
	}
}

static void test_mode_refused(void **state)
{
	static const struct {
		const char *name;
		bool kernel;
		int code, other;
		const char *words; /* NULL: the modes are no reason */
	} rows[] = {
		{"msr/tsc/", false, -EINVAL, 3, "'msr/tsc/uk' or --counters-kernel"},
		{"msr/tsc/u", false, -EINVAL, 3, "'msr/tsc/uk' or"},
		{"tsc:u", false, -EINVAL, 3, "'tsc:uk' or"},
		{"tsc", false, -EINVAL, -EACCES, "1 for kernel mode or CAP_PERFMON"},
		{"tsc", false, -EINVAL, -EINVAL, NULL},
		{"tsc", false, -ENOENT, 3, NULL},
		{"tsc", true, -EINVAL, 3, NULL},
	};
	const struct mb_counters_system system = {2, false, true};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mb_counters_event event = {.user = true, .kernel = rows[i].kernel};
		bool said;

		snprintf(event.name, sizeof(event.name), "%s", rows[i].name);
		said = mb_counters_event_refuse_mode(&event, rows[i].code, rows[i].other, &system);
		assert_int_equal(said, rows[i].words != NULL);
		assert_int_equal(event.code != 0, said);
		if (said && !strstr(event.reason, rows[i].words))
			fail_msg("'%s' has no '%s'", event.reason, rows[i].words);
	}
}

static void test_system(void **state)
{
	struct mb_counters_system system = {-77, true, true};

	(void)state;
	mb_counters_system_read("/nonexistent", "/nonexistent", &system);
	assert_false(system.has_pmu);
	assert_true(system.paranoid == INT_MIN || (system.paranoid > -3 && system.paranoid < 10));
	assert_false(system.intel);
	mb_counters_system_read(MB_COUNTERS_SYSFS_ROOT, MB_COUNTERS_CPUINFO, &system);
	assert_int_equal(system.has_pmu, mb_counters_sysfs_has_pmu(MB_COUNTERS_SYSFS_ROOT));
}

static void test_source_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MB_COUNTERS_NR_SOURCES; i++)
		assert_true(strlen(mb_counters_source_name((enum mb_counters_source)i)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_names), cmocka_unit_test(test_order),
		cmocka_unit_test(test_modes),        cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),         cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_mode_refused), cmocka_unit_test(test_system),
		cmocka_unit_test(test_source_names),
	};

	return cmocka_run_group_tests_name("counters_event", tests, NULL, NULL);
}
