/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/ground.h"
#include "benches/slabs.h"
#include "core/handoff.h"
#include "core/watermark.h"

#define MACHINE "arch=x86_64 page=4K section=128M phys-bits=52 node0=256M node0.cpus=0-1"

static const struct mb_bench_env env;

static struct mb_slabs *new_slabs(struct mb_bench_run *run, const struct mb_stage *last)
{
	struct mb_slabs *slabs = NULL;

	*run = (struct mb_bench_run){.env = &env};
	if (mb_slabs_new(run, MACHINE, last, &slabs))
		fail_msg("%s", run->err.text);
	return slabs;
}

static void end(struct mb_bench_run *run, struct mb_slabs *slabs)
{
	mb_slabs_free(slabs);
	mb_ground_close(run->ground);
}

/* Right after hand-over, and on a whole boot, whose own allocator and pagesets are not in the way. */
static void test_starts_and_stops(void **state)
{
	const struct mb_stage *const last[] = {&mb_handoff_stage, &mb_watermark_stage};

	for (size_t i = 0; i < 2; i++) {
		struct mb_bench_run run;
		struct mb_slabs *slabs = new_slabs(&run, last[i]);
		void *object;

		assert_null(mb_slabs_slab(slabs));
		for (size_t round = 0; round < 3; round++) {
			assert_int_equal(mb_slabs_start(slabs, &run.err), 0);
			object = mb_slab_kmalloc(mb_slabs_slab(slabs), 100, MB_KMALLOC_NORMAL,
						 MB_NO_NODE, 0);
			assert_non_null(object);
			mb_slab_kfree(mb_slabs_slab(slabs), object, 0);
			assert_int_equal(mb_slabs_check(slabs, &run.err), 0);
			assert_null(mb_slabs_slab(slabs));
		}
		mb_slabs_stop(slabs);
		end(&run, slabs);
	}
}

/* An object of a cache, and one that is whole pages. */
static void test_an_object_in_use_is_told(void **state)
{
	const size_t bytes[] = {64, 1 << 20};

	for (size_t i = 0; i < 2; i++) {
		struct mb_bench_run run;
		struct mb_slabs *slabs = new_slabs(&run, &mb_handoff_stage);

		assert_int_equal(mb_slabs_start(slabs, &run.err), 0);
		assert_non_null(mb_slab_kmalloc(mb_slabs_slab(slabs), bytes[i], MB_KMALLOC_NORMAL,
						MB_NO_NODE, 0));
		assert_int_equal(mb_slabs_check(slabs, &run.err), -EUCLEAN);
		assert_non_null(strstr(run.err.text, "objects are in use, not"));
		end(&run, slabs);
	}
}

static void test_a_lost_page_is_told(void **state)
{
	struct mb_bench_run run;
	struct mb_slabs *slabs = new_slabs(&run, &mb_handoff_stage);
	struct mb_slab_config *config = mb_slabs_config(slabs);

	assert_int_equal(mb_slabs_start(slabs, &run.err), 0);
	assert_non_null(config->alloc_pages(config->ctx, 0, 3, 0, 0));
	assert_int_equal(mb_slabs_check(slabs, &run.err), -EUCLEAN);
	assert_non_null(strstr(run.err.text, "pages are free,"));
	end(&run, slabs);
}

static void test_a_machine_that_is_none(void **state)
{
	struct mb_bench_run run = {.env = &env};
	struct mb_slabs *slabs = NULL;

	assert_int_equal(mb_slabs_new(&run, "node0=", &mb_handoff_stage, &slabs), -EINVAL);
	assert_null(slabs);
	end(&run, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_and_stops),
		cmocka_unit_test(test_an_object_in_use_is_told),
		cmocka_unit_test(test_a_lost_page_is_told),
		cmocka_unit_test(test_a_machine_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
