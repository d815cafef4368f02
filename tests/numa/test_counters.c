/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "config.h"
#include "numa/counters.h"
#include "numa/counters_perf.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

/*
 * Which events count and which do not, on a kernel made for the test: the linker puts the functions below in the place of
 * those of counters_perf.c. An event is known to it by its type and config.
 */
#define MAX_OPEN 4096

static struct fake {
	bool on;          /* else the real kernel is asked */
	int code;         /* opening any hardware event fails with it */
	bool whole;       /* but for those of both modes */
	unsigned room;    /* hardware events that a group may have; 0: any number */
	unsigned running; /* hardware groups that get the counters; the others starve; 0: all */
	unsigned limit;   /* events that may be open at once; 0: any number */
	uint32_t stuck;   /* the hardware event with this config never moves */
	uint64_t absent;  /* and the one with this is not there */
	uint64_t
		turn_ns; /* hardware groups get the counters one after another, each for so long; 0: at once */
	uint64_t now_ns; /* goes on with each reading */
	uint64_t step;   /* and so far each event with it */
	uint64_t nr_steps;
	struct open {
		bool used, software;
		int leader;
		unsigned nr_members;
		uint64_t config, since_ns;
	} opens[MAX_OPEN];
} fake;

int __real_mb_counters_perf_open(const struct mb_counters_event *event, int leader);
int __real_mb_counters_perf_start(int leader);
int __real_mb_counters_perf_read(int leader, size_t nr, struct mb_counters_reading *ret_reading);
int __wrap_mb_counters_perf_open(const struct mb_counters_event *event, int leader);
int __wrap_mb_counters_perf_start(int leader);
int __wrap_mb_counters_perf_read(int leader, size_t nr, struct mb_counters_reading *ret_reading);

/* Descriptors are real ones, since they are closed; what is behind a closed one is forgotten at its next use. */
static unsigned count_open(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < MAX_OPEN; fd++) {
		if (fake.opens[fd].used && fcntl(fd, F_GETFD) < 0)
			fake.opens[fd].used = false;
		count += fake.opens[fd].used;
	}
	return count;
}

int __wrap_mb_counters_perf_open(const struct mb_counters_event *event, int leader)
{
	unsigned nr_open;
	int fd;

	if (!fake.on)
		return __real_mb_counters_perf_open(event, leader);
	if (fake.code && !event->software && !(fake.whole && event->user && event->kernel))
		return fake.code;
	if (fake.absent && !event->software && event->config == fake.absent)
		return -ENOENT;
	nr_open = count_open();
	if (fake.limit && nr_open >= fake.limit)
		return -EMFILE;
	if (leader >= 0 && fake.room && !event->software &&
	    fake.opens[leader].nr_members >= fake.room)
		return -EINVAL;
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_in_range(fd, 0, MAX_OPEN - 1);
	fake.opens[fd] = (struct open){true, event->software, leader < 0 ? fd : leader,
				       1,    event->config,   fake.now_ns};
	if (leader >= 0)
		fake.opens[leader].nr_members++;
	return fd;
}

int __wrap_mb_counters_perf_start(int leader)
{
	return fake.on ? 0 : __real_mb_counters_perf_start(leader);
}

/* Has as many groups before it as get the counters, or its turn is still to come. */
static bool starves(int leader)
{
	unsigned before = 0;

	if (fake.opens[leader].software)
		return false;
	count_open();
	for (int fd = 0; fd < leader; fd++)
		before += fake.opens[fd].used && fake.opens[fd].leader == fd &&
			  !fake.opens[fd].software;
	return (fake.running && before >= fake.running) ||
	       fake.now_ns - fake.opens[leader].since_ns < before * fake.turn_ns;
}

int __wrap_mb_counters_perf_read(int leader, size_t nr, struct mb_counters_reading *ret_reading)
{
	size_t place = 0;

	if (!fake.on)
		return __real_mb_counters_perf_read(leader, nr, ret_reading);
	fake.now_ns += 1000000;
	fake.nr_steps++;
	ret_reading->enabled_ns = fake.now_ns - fake.opens[leader].since_ns;
	ret_reading->running_ns = starves(leader) ? 0 : ret_reading->enabled_ns;
	for (int fd = leader; fd < MAX_OPEN && place < nr; fd++) {
		const struct open *at = &fake.opens[fd];

		if (at->used && at->leader == leader)
			ret_reading->values[place++] =
				fake.stuck && !at->software && at->config == fake.stuck
					? 0
					: 7 + fake.step * fake.nr_steps;
	}
	return place == nr ? 0 : -EIO;
}

static struct mb_counters *new_counters(const char *list)
{
	const struct mb_counters_request request = {.list = list, .sysfs = "/nonexistent"};
	struct mb_counters *counters;
	struct mb_err err = {0};

	if (mb_counters_new(&request, &err, &counters))
		fail_msg("%s: %s", list, err.text);
	return counters;
}

static const struct mb_counters_event *event_of(const struct mb_counters *counters,
						enum mb_counters_role role)
{
	for (size_t i = 0; i < mb_counters_count(counters); i++)
		if (mb_counters_event(counters, i)->role == (int)role)
			return mb_counters_event(counters, i);
	fail_msg("role %d is not there", (int)role);
	return NULL;
}

/* An empty kernel for one test; the group's teardown looks that all is closed again. */
static int setup(void **state)
{
	(void)state;
	fake = (struct fake){.on = true};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return count_open() ? -1 : 0;
}

static void test_all_count(void **state)
{
	struct mb_counters *counters = new_counters("default");

	(void)state;
	assert_int_equal(mb_counters_count(counters), 8);
	for (size_t i = 0; i < mb_counters_count(counters); i++)
		assert_int_equal(mb_counters_event(counters, i)->code, 0);
	assert_int_equal(mb_counters_nr_turns(counters), 1);
	assert_true(mb_counters_read_ns(counters) > 0);
	mb_counters_free(counters);
}

/* Without a PMU the software events are left, and each of the others has a reason. */
static void test_no_pmu(void **state)
{
	static const int codes[] = {-ENOENT, -ENODEV, -EOPNOTSUPP, -ENXIO, -EINVAL};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct mb_counters *counters;
		size_t counted = 0;

		fake.code = codes[i];
		counters = new_counters("default");
		for (size_t k = 0; k < mb_counters_count(counters); k++) {
			const struct mb_counters_event *event = mb_counters_event(counters, k);

			assert_int_equal(!event->code, event->software);
			counted += !event->code;
			if (event->code)
				assert_non_null(strstr(event->reason, "no PMU"));
		}
		assert_int_equal(counted, 4);
		assert_int_equal(mb_counters_nr_turns(counters), 0);
		mb_counters_free(counters);
	}
	fake.code = -EACCES;
	{
		struct mb_counters *counters = new_counters("cycles");

		assert_int_equal(mb_counters_event(counters, 0)->code, -EACCES);
		assert_non_null(strstr(mb_counters_event(counters, 0)->reason, "not permitted"));
		mb_counters_free(counters);
	}
}

/* Where the kernel cannot leave a mode out, what would count is said, and counts. */
static void test_both_modes_alone(void **state)
{
	struct mb_counters *counters;

	(void)state;
	fake.code = -EINVAL;
	fake.whole = true;
	counters = new_counters("cycles,instructions:u,branches:uk");
	assert_int_equal(mb_counters_event(counters, 0)->code, -EINVAL);
	assert_non_null(
		strstr(mb_counters_event(counters, 0)->reason,
		       "user and kernel mode together alone: 'cycles:uk' or --counters-kernel"));
	assert_non_null(strstr(mb_counters_event(counters, 1)->reason, "'instructions:uk'"));
	assert_int_equal(mb_counters_event(counters, 2)->code, 0);
	mb_counters_free(counters);
}

/* An event that opens and never moves is not one that counted 0. */
static void test_stuck(void **state)
{
	struct mb_counters_value value = {77, 77};
	struct mb_counters *counters;

	(void)state;
	fake.stuck = 3; /* cache-misses */
	counters = new_counters("cycles,cache-misses");
	assert_int_equal(mb_counters_event(counters, 0)->code, 0);
	assert_int_equal(mb_counters_event(counters, 1)->code, -ENODATA);
	assert_non_null(strstr(mb_counters_event(counters, 1)->reason, "does not count"));
	assert_int_equal(mb_counters_sum(counters, "x", -1, -1, 1, &value), -ENODATA);
	assert_true(value.count == 77);
	mb_counters_free(counters);
	/* Another candidate of the role takes its place. */
	counters = new_counters("default");
	assert_string_equal(event_of(counters, MB_COUNTERS_LLC_MISSES)->name, "LLC-load-misses");
	assert_int_equal(event_of(counters, MB_COUNTERS_LLC_MISSES)->code, 0);
	mb_counters_free(counters);
}

/* Only where the generic event is the last level's is it shown as that; else the reason says why nothing is. */
static void test_llc(void **state)
{
	static const struct {
		const char *cpuinfo;
		bool intel;
	} rows[] = {{"processor : 0\nvendor_id\t: GenuineIntel\n", true},
		    {"processor : 0\nvendor_id\t: AuthenticAMD\n", false},
		    {"processor : 0\nCPU implementer : 0x41\n", false}};
	char *tree = tree_new();

	(void)state;
	fake.absent = 0x10002; /* LLC-load-misses */
	tree_write(tree, "sys/cpu/type", "4\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char cpuinfo[300], sysfs[300];
		struct mb_counters_request request = {
			.list = "default,cache-misses", .sysfs = sysfs, .cpuinfo = cpuinfo};
		const struct mb_counters_event *event;
		struct mb_counters *counters;

		tree_write(tree, "cpuinfo", "%s", rows[i].cpuinfo);
		snprintf(cpuinfo, sizeof(cpuinfo), "%s/cpuinfo", tree);
		snprintf(sysfs, sizeof(sysfs), "%s/sys", tree);
		assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
		event = event_of(counters, MB_COUNTERS_LLC_MISSES);
		assert_int_equal(!event->code, rows[i].intel);
		if (rows[i].intel) {
			assert_string_equal(event->name, "cache-misses");
		} else {
			assert_non_null(strstr(event->reason, "cache-misses is about a nearer"));
			event = mb_counters_event(counters, mb_counters_count(counters) - 1);
			assert_string_equal(event->name, "cache-misses");
			assert_int_equal(event->code, 0);
			assert_int_equal(event->role, MB_COUNTERS_OTHER);
		}
		mb_counters_free(counters);
	}
	tree_free(tree);
}

/* Groups as large as the kernel takes them; more than one take turns. */
static void test_room(void **state)
{
	(void)state;
	for (fake.room = 1; fake.room <= 5; fake.room++) {
		struct mb_counters *counters = new_counters(
			"cycles,instructions,branches,branch-misses,cache-misses,page-faults");

		assert_int_equal(mb_counters_nr_turns(counters), (5 + fake.room - 1) / fake.room);
		for (size_t i = 0; i < mb_counters_count(counters); i++)
			assert_int_equal(mb_counters_event(counters, i)->code, 0);
		mb_counters_free(counters);
	}
}

/* Somebody else holds counters: what never gets one does not count, the rest does. */
static void test_starved(void **state)
{
	struct mb_counters *counters;
	size_t counted = 0;

	(void)state;
	fake.room = 1;
	fake.running = 2;
	counters = new_counters("cycles,instructions,branches,page-faults");
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		const struct mb_counters_event *event = mb_counters_event(counters, i);

		counted += !event->code;
		if (event->code)
			assert_non_null(strstr(event->reason, "too many at once"));
	}
	assert_int_equal(counted, 3);
	assert_int_equal(mb_counters_nr_turns(counters), 2);
	mb_counters_free(counters);
}

/* Many groups on a kernel that turns slowly: the last one's turn is waited for. */
static void test_turns(void **state)
{
	struct mb_counters *counters;

	(void)state;
	fake.room = 1;
	fake.turn_ns = 10000000;
	counters = new_counters("cycles,instructions,branches,branch-misses,cache-misses,"
				"cache-references,bus-cycles,ref-cycles,LLC-loads,dTLB-loads");
	assert_int_equal(mb_counters_nr_turns(counters), 10);
	for (size_t i = 0; i < mb_counters_count(counters); i++)
		assert_int_equal(mb_counters_event(counters, i)->code, 0);
	mb_counters_free(counters);
}

/* Of the readings themselves the CPU's counters see their own alone, which the others are around. */
static void test_overhead(void **state)
{
	struct mb_counters *counters;

	(void)state;
	fake.room = 1;
	fake.step = 5;
	counters = new_counters("task-clock,cycles,page-faults,instructions");
	assert_true(mb_counters_overhead(counters, 1) == 5);  /* the first set */
	assert_true(mb_counters_overhead(counters, 3) == 15); /* two readings between its own */
	assert_true(mb_counters_overhead(counters, 0) == 25);
	mb_counters_free(counters);
	fake.step = 0;
	fake.code = -ENOENT;
	counters = new_counters("cycles,task-clock");
	assert_true(mb_counters_overhead(counters, 0) == 0 &&
		    mb_counters_overhead(counters, 1) == 0);
	mb_counters_free(counters);
}

/* With no descriptor left for a set, the sets that have one still count. */
static void test_emfile(void **state)
{
	struct mb_counters_thread *thread;
	struct mb_counters_value value;
	struct mb_counters *counters;
	char reason[100];

	(void)state;
	fake.limit = 1;
	fake.room = 1;
	counters = new_counters("cycles,instructions");
	assert_int_equal(mb_counters_event(counters, 0)->code, 0);
	assert_int_equal(mb_counters_event(counters, 1)->code, -EMFILE);
	assert_non_null(strstr(mb_counters_event(counters, 1)->reason, "ulimit -n"));
	mb_counters_free(counters);
	/* A thread that has none has not counted, and neither has the sum. */
	fake.limit = 0;
	counters = new_counters("cycles");
	thread = mb_counters_thread_new(counters);
	mb_counters_begin(thread, "s", 0, 0);
	mb_counters_end(thread, "s");
	assert_int_equal(mb_counters_sum(counters, "s", -1, -1, 0, &value), 0);
	fake.limit = 1;
	thread = mb_counters_thread_new(counters);
	mb_counters_begin(thread, "s", 0, 1);
	mb_counters_end(thread, "s");
	assert_int_equal(mb_counters_sum(counters, "s", 0, 1, 0, &value), -EMFILE);
	assert_int_equal(mb_counters_sum(counters, "s", -1, -1, 0, &value), -EMFILE);
	assert_int_equal(mb_counters_sum(counters, "s", 0, 0, 0, &value), 0);
	mb_counters_reason(counters, 0, -EMFILE, reason, sizeof(reason));
	assert_string_equal(reason, "too many open files: raise ulimit -n");
	mb_counters_reason(counters, 0, -ENODATA, reason, sizeof(reason));
	assert_non_null(strstr(reason, "turn"));
	mb_counters_free(counters);
}

static void test_same_once(void **state)
{
	struct mb_counters *counters = new_counters("cycles,default,cpu-cycles,cycles:u,cycles:k");

	(void)state;
	assert_int_equal(mb_counters_count(counters), 9);
	/* Kernel mode alone is in no proportion to the rest. */
	assert_int_equal(mb_counters_event(counters, 8)->role, MB_COUNTERS_OTHER);
	assert_string_equal(mb_counters_event(counters, 8)->name, "cycles:k");
	mb_counters_free(counters);
}

static void test_refused(void **state)
{
	static const struct {
		const char *list;
		int code;
		const char *words;
	} rows[] = {
		{"cylces", -ENOENT, "event 'cylces' is unknown; did you mean 'cycles'?"},
		{"defualt", -ENOENT, "did you mean 'default'?"},
		{"page-fault", -ENOENT, "did you mean 'page-faults'?"},
		{"cycles,completely_different", -ENOENT, "event 'completely_different' is unknown"},
		{"cycles,,x", -EINVAL, "empty"},
		{"cpu/event=1/", -ENOENT, "no device 'cpu'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct mb_counters_request request = {.list = rows[i].list,
							    .sysfs = "/nonexistent"};
		struct mb_counters *counters = NULL;
		struct mb_err err = {0};

		assert_int_equal(mb_counters_new(&request, &err, &counters), rows[i].code);
		assert_null(counters);
		if (!strstr(err.text, rows[i].words))
			fail_msg("'%s' has no '%s'", err.text, rows[i].words);
	}
}

/* Names of CPUs' events, which only libpfm knows, are said to need it; with it the line ends with the name. */
static void test_unknown_without_libpfm(void **state)
{
	static const char *const names[] = {"mem_inst_retired:all_stores", "cylces"};
	bool missing = !strcmp(mb_counters_version(), "none");

	(void)state;
	assert_int_equal(missing, *mb_counters_pfm_missing() != '\0');
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct mb_counters_request request = {.list = names[i],
							    .sysfs = "/nonexistent"};
		struct mb_counters *counters = NULL;
		struct mb_err err = {0};
		int r = mb_counters_new(&request, &err, &counters);

		mb_counters_free(counters);
		if (missing)
			assert_int_equal(r, -ENOENT);
		assert_int_equal(strstr(err.text, "libpfm4-dev") != NULL, missing);
	}
}

static void test_probe(void **state)
{
	struct mb_counters_request request = {.list = "branches"};
	struct mb_counters_event event = {.code = 77};

	(void)state;
	assert_int_equal(mb_counters_probe(&request, NULL, &event), 0);
	assert_int_equal(event.code, 0);
	assert_int_equal(event.role, MB_COUNTERS_BRANCHES);
	fake.code = -ENOENT;
	assert_int_equal(mb_counters_probe(&request, NULL, &event), 0);
	assert_int_equal(event.code, -ENOENT);
	request.list = "nope";
	assert_int_equal(mb_counters_probe(&request, NULL, &event), -ENOENT);
}

/* This host, whatever it has: each event counts or says why not, and software events count wherever they may be opened. */
static void test_host(void **state)
{
	const struct mb_counters_request request = {.list = "default,mem,tlb,branch,numa"};
	struct mb_counters *counters;

	(void)state;
	fake.on = false;
	assert_int_equal(mb_counters_new(&request, NULL, &counters), 0);
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		const struct mb_counters_event *event = mb_counters_event(counters, i);

		print_message(
			"%s (%s, %s): %s\n", event->name, mb_counters_source_name(event->source),
			mb_counters_event_scope(event), event->code ? event->reason : "counts");
		assert_int_equal(!event->code, !*event->reason);
		assert_true(event->role > 0);
		if (event->software && event->code != -EACCES && event->code != -EPERM &&
		    event->role != MB_COUNTERS_CPU_MIGRATIONS) /* which takes two CPUs */
			assert_int_equal(event->code, 0);
	}
	assert_true(strlen(mb_counters_version()) > 0);
	mb_counters_free(counters);
	mb_counters_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_count, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_pmu, setup, teardown),
		cmocka_unit_test_setup_teardown(test_both_modes_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stuck, setup, teardown),
		cmocka_unit_test_setup_teardown(test_llc, setup, teardown),
		cmocka_unit_test_setup_teardown(test_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_starved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_turns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overhead, setup, teardown),
		cmocka_unit_test_setup_teardown(test_emfile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown_without_libpfm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
