/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/question.h"
#include "core/base/align.h"

/* Answers from outcomes that no host made: each sentence that there is. */

#define GIB_PAGES UINT64_C(262144)
#define MAX_ROWS  8

struct made {
	const char *variant, *value;
	int64_t arg;
	unsigned threads;
	double ms, spread_ms; /* the median, and how far its interval reaches to both sides */
	struct mb_bench_counter counters[3];
};

static const struct mb_question *find(const char *slug)
{
	for (size_t i = 0; i < mb_nr_questions; i++)
		if (!strcmp(mb_questions[i].slug, slug))
			return &mb_questions[i];
	fail_msg("no question %s", slug);
	return NULL;
}

/* Answers of count outcomes, each of 8 GiB. */
static void assert_answer(const char *slug, const struct made *made, size_t count,
			  const char *expected)
{
	struct mb_question_outcome rows[MAX_ROWS];
	struct mb_question_outcomes outcomes = {.rows = rows, .count = count};
	struct mb_strbuf text = {0};

	assert_true(count <= MAX_ROWS);
	for (size_t i = 0; i < count; i++) {
		double ns = made[i].ms * 1e6, spread = made[i].spread_ms * 1e6;

		rows[i] = (struct mb_question_outcome){
			.name = "questions/name",
			.slug = slug,
			.variant = made[i].variant,
			.value = made[i].value,
			.arg = made[i].arg,
			.threads = made[i].threads,
			.pages = 8 * GIB_PAGES,
			.time_ns = {.count = 15,
				    .median = ns,
				    .median_low = ns - spread,
				    .median_high = ns + spread},
		};
		while (rows[i].nr_counters < 3 && made[i].counters[rows[i].nr_counters].name) {
			rows[i].counters[rows[i].nr_counters] =
				made[i].counters[rows[i].nr_counters];
			rows[i].nr_counters++;
		}
	}
	assert_true(mb_question_answer(find(slug), &outcomes, MB_FORMAT_ASCII, &text));
	assert_string_equal(mb_strbuf_text(&text), expected);
	mb_strbuf_fini(&text);
}

#define ANSWER(slug, made, expected) assert_answer(slug, made, MB_ARRAY_SIZE(made), expected)

static void test_knee(void **state)
{
	/* In the order of the list: all comes second. */
	const struct made found[] = {
		{.threads = 1, .ms = 80},   {.threads = 16, .ms = 20.5}, {.threads = 2, .ms = 40},
		{.threads = 4, .ms = 20.9}, {.threads = 8, .ms = 20},
	};
	const struct made none[] = {{.threads = 1, .ms = 80}, {.threads = 2, .ms = 40}};
	const struct made noise[] = {{.threads = 1, .ms = 50, .spread_ms = 10},
				     {.threads = 2, .ms = 40, .spread_ms = 10}};
	const struct made worse[] = {{.threads = 1, .ms = 40}, {.threads = 2, .ms = 50}};

	ANSWER("knee", found,
	       "more than 4 threads gain less than 5 %: 1 thread 80.0 ms, 2 threads 40.0 ms (2.0x), 4 "
	       "threads 20.9 ms (3.8x), 8 threads 20.0 ms (4.0x), 16 threads 20.5 ms (3.9x), for 8.0 "
	       "GiB");
	ANSWER("knee", none,
	       "no knee up to 2 threads: 1 thread 80.0 ms, 2 threads 40.0 ms (2.0x), for 8.0 GiB; 2 "
	       "CPUs cannot show a server's knee, a node with more can");
	ANSWER("knee", noise,
	       "up to 2 threads nothing is gained beyond noise: 1 thread 50.0 ms, 2 threads 40.0 ms "
	       "(1.2x, within noise), for 8.0 GiB; 2 CPUs cannot show a server's knee, a node with "
	       "more can");
	ANSWER("knee", worse,
	       "more than 1 thread gains less than 5 %: 1 thread 40.0 ms, 2 threads 50.0 ms (0.8x), "
	       "for 8.0 GiB; 2 CPUs cannot show a server's knee, a node with more can");
	assert_answer(
		"knee", none, 1,
		"no answer from questions/name alone: it takes a node with more than one CPU, "
		"and its other thread counts");
}

static void test_cpuless(void **state)
{
	const struct made far[] = {
		{.value = "one", .threads = 1, .ms = 80, .counters = {{"host_nodes", 2}}},
		{.value = "borrowed", .threads = 16, .ms = 8},
	};
	const struct made near[] = {
		{.value = "one",
		 .threads = 1,
		 .ms = 12,
		 .spread_ms = 3,
		 .counters = {{"host_nodes", 1}}},
		{.value = "borrowed", .threads = 2, .ms = 10, .spread_ms = 3},
	};

	ANSWER("cpuless", far,
	       "its one thread takes 80.0 ms for 8.0 GiB; 16 borrowed CPUs take 8.00 ms (10x)");
	ANSWER("cpuless", near,
	       "its one thread takes 12.0 ms for 8.0 GiB; 2 borrowed CPUs take 10.0 ms (1.2x, within "
	       "noise); this host has one node: far memory takes one with two");
	assert_answer(
		"cpuless", far, 1,
		"no answer from questions/name alone: it takes 'one' and 'borrowed', and a host "
		"with a second CPU");
}

static void test_ranges(void **state)
{
	const struct made rows[] = {
		{.variant = "6.12", .arg = 1, .ms = 10, .counters = {{"jobs", 2}}},
		{.variant = "6.12", .arg = 16, .ms = 12, .counters = {{"jobs", 17}}},
		{.variant = "6.12", .arg = 4096, .ms = 40, .counters = {{"jobs", 59}}},
		{.variant = "6.18", .arg = 1, .ms = 10, .spread_ms = 4, .counters = {{"jobs", 1}}},
		{.variant = "6.18",
		 .arg = 4096,
		 .ms = 15,
		 .spread_ms = 4,
		 .counters = {{"jobs", 1}}},
	};

	ANSWER("ranges", rows,
	       "4,096 reservations instead of 1 in 8.0 GiB: a padata job a free range (6.12) 40.0 ms "
	       "instead of 10.0 ms (4.0x) in 59 jobs, a job a zone (6.18) 15.0 ms instead of 10.0 ms "
	       "(1.5x, within noise) in 1 job");
	assert_answer(
		"ranges", rows + 3, 2,
		"4,096 reservations instead of 1 in 8.0 GiB: a job a zone (6.18) 15.0 ms instead "
		"of 10.0 ms (1.5x, within noise) in 1 job");
	assert_answer(
		"ranges", rows, 1,
		"no answer from questions/name alone: it takes few reservations and many, of the "
		"same release");
}

static void test_kexec(void **state)
{
	struct made rows[] = {
		{.value = "eager", .ms = 40, .counters = {{"first_allocation_ns", 40e6}}},
		{.value = "deferred", .ms = 20, .counters = {{"first_allocation_ns", 2e6}}},
	};

	ANSWER("kexec", rows,
	       "of 8.0 GiB: eager 40.0 ms to the first page and 40.0 ms to the last, deferred 2.00 ms to "
	       "the first page and 20.0 ms to the last; at this rate one second of downtime brings up "
	       "200.0 GiB eager, 400.0 GiB deferred");
	rows[0].spread_ms = rows[1].spread_ms = 15;
	ANSWER("kexec", rows,
	       "of 8.0 GiB: eager 40.0 ms to the first page and 40.0 ms to the last, deferred 2.00 ms to "
	       "the first page and 20.0 ms to the last (eager and deferred to the last: within noise); "
	       "at this rate one second of downtime brings up 200.0 GiB eager, 400.0 GiB deferred");
	assert_answer(
		"kexec", rows + 1, 1,
		"of 8.0 GiB: deferred 2.00 ms to the first page and 20.0 ms to the last; at this "
		"rate one second of downtime brings up 400.0 GiB deferred");
}

static void test_policies(void **state)
{
	struct made rows[] = {
		{.variant = "eager", .value = "512M", .arg = 512, .ms = 1},
		{.variant = "eager", .value = "1G", .arg = 1024, .ms = 4},
		{.variant = "eager", .value = "8G", .arg = 8192, .ms = 40},
		{.variant = "deferred", .value = "512M", .arg = 512, .ms = 1.5},
		{.variant = "deferred", .value = "1G", .arg = 1024, .ms = 3},
		{.variant = "deferred", .value = "8G", .arg = 8192, .ms = 20},
		{.variant = "lazy", .value = "512M", .arg = 512, .ms = 0.5},
		{.variant = "lazy",
		 .value = "8G",
		 .arg = 8192,
		 .ms = 0.6,
		 .counters = {{"growth_median_ns", 1e5}, {"growth_max_ns", 3e6}}},
	};

	ANSWER("policies", rows,
	       "from 512M to 8G a boot waits 1.00 ms to 40.0 ms with eager, 1.50 ms to 20.0 ms with "
	       "deferred, 500 us to 600 us with lazy; deferred gains from 1G on; with lazy an allocation "
	       "that finds nothing then waits 100 us, at worst 3.00 ms");
	/* What gains at one size alone, and not above it, does not gain. */
	rows[5].spread_ms = 30;
	assert_answer(
		"policies", rows, 6,
		"from 512M to 8G a boot waits 1.00 ms to 40.0 ms with eager, 1.50 ms to 20.0 ms "
		"with deferred; up to 8G deferred gains nothing beyond noise");
	assert_answer("policies", rows, 1,
		      "no answer from questions/name alone: it takes several sizes of memory");
}

static void test_reserved(void **state)
{
	const struct made rows[] = {
		{.variant = "6.1", .arg = 0, .ms = 2},
		{.variant = "6.1",
		 .arg = 50,
		 .ms = 20,
		 .counters = {{"reserved_ns", 18e6}, {"reserved_pages", 1e6}}},
		{.variant = "6.18", .arg = 0, .ms = 2, .spread_ms = 2},
		{.variant = "6.18",
		 .arg = 50,
		 .ms = 3,
		 .spread_ms = 2,
		 .counters = {{"reserved_ns", 2e6}, {"reserved_pages", 1e6}}},
	};

	ANSWER("reserved", rows,
	       "with 50 % of 8.0 GiB reserved instead of 0 %, to the first page by 6.1 20.0 ms instead of "
	       "2.00 ms (10x), reserved descriptors 18.0 ns each; by 6.18 3.00 ms instead of 2.00 ms "
	       "(1.5x, within noise), reserved descriptors 2.00 ns each");
	assert_answer(
		"reserved", rows, 1,
		"no answer from questions/name alone: it takes several parts that are reserved, of "
		"the same release");
}

static void test_holes(void **state)
{
	const struct made rows[] = {
		{.arg = 0, .ms = 2},
		{.arg = 50, .ms = 5, .counters = {{"hole_ns", 3e6}, {"hole_pages", 1e6}}},
	};

	ANSWER("holes", rows,
	       "with 50 % of each section a hole instead of 0 %, 1,000,000 descriptors without memory are "
	       "initialised, 3.00 ns each, none of them deferred: to the first page 5.00 ms instead of "
	       "2.00 ms (2.5x)");
	assert_answer(
		"holes", rows, 1,
		"no answer from questions/name alone: it takes sections with holes and without");
}

static void test_movable(void **state)
{
	const struct made rows[] = {
		{.arg = 0,
		 .ms = 20,
		 .spread_ms = 1,
		 .counters = {{"first_allocation_ns", 2e6}, {"serial_percent", 10.6}}},
		{.arg = 50,
		 .ms = 21,
		 .spread_ms = 1,
		 .counters = {{"first_allocation_ns", 18e6}, {"serial_percent", 55.9}}},
	};

	ANSWER("movable", rows,
	       "without an option 11 % serial, 2.00 ms to the first page and 20.0 ms to the last, "
	       "movablecore=50% 56 % serial, 18.0 ms to the first page and 21.0 ms to the last, within "
	       "noise, for 8.0 GiB");
	assert_answer(
		"movable", rows, 1,
		"no answer from questions/name alone: it takes movablecore= and a boot without it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_knee),     cmocka_unit_test(test_cpuless),
		cmocka_unit_test(test_ranges),   cmocka_unit_test(test_kexec),
		cmocka_unit_test(test_policies), cmocka_unit_test(test_reserved),
		cmocka_unit_test(test_holes),    cmocka_unit_test(test_movable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
