/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/ground.h"
#include "core/base/align.h"
#include "core/host_plain.h"
#include "numa/topo.h"

static const struct mb_bench_env plain_env;

static void check_warm(struct mb_ground *ground)
{
	struct mb_err err = {0};

	assert_int_equal(mb_ground_warm(ground, 4 * MB_MIB, &err), 0);
	assert_int_equal((uintptr_t)ground->addr % (2 * MB_MIB), 0);
	assert_int_equal(ground->bytes, 4 * MB_MIB);
	memset(ground->addr, 1, ground->bytes);
	assert_int_equal(mb_ground_warm(ground, 4 * MB_MIB, &err), -EINVAL);
}

static void test_plain(void **state)
{
	struct mb_ground *ground = NULL;

	assert_int_equal(mb_ground_open(&plain_env, MB_GROUND_ONE_NODE, NULL, &ground), 0);
	assert_null(ground->numa);
	check_warm(ground);
	assert_true(atomic_load(&ground->plain->nr_fault) > 0);
	mb_ground_close(ground);
	mb_ground_close(NULL);
}

/* What the host says about a hook comes behind what a boot says, once, and stays within its room. */
static void check_reason(struct mb_ground *ground)
{
	struct mb_task task = {.nid = 99, .threads = 1};
	struct mb_err err = {.code = -EINVAL, .text = "the host cannot run workers"};

	mb_ground_add_reason(ground, &err);
	assert_string_equal(err.text, "the host cannot run workers");
	for (unsigned i = 0; i < 9; i++) {
		assert_int_not_equal(ground->host->ops->run(ground->host->ctx, &task, 1), 0);
		mb_ground_add_reason(ground, &err);
		assert_non_null(strstr(err.text, "workers: the machine has no node 99"));
	}
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

/* On the host at hand, whatever it has. */
static void test_real(void **state)
{
	struct mb_ground *ground = NULL;
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};

	if (mb_topo_new(&err, &topo)) {
		print_message("# %s\n", err.text);
		skip();
	}
	const struct mb_bench_env env = {.topo = topo};

	if (mb_ground_open(&env, MB_GROUND_ONE_NODE, &err, &ground))
		fail_msg("%s", err.text);
	assert_non_null(ground->numa);
	check_warm(ground);
	check_reason(ground);
	mb_ground_close(ground);
	mb_topo_free(topo);
}

static void test_bad_machine(void **state)
{
	struct mb_ground *ground = (struct mb_ground *)&plain_env;
	struct mb_err err = {0};

	assert_int_equal(mb_ground_open(&plain_env, "nodes=none", &err, &ground), -EINVAL);
	assert_ptr_equal(ground, &plain_env);
	assert_true(err.code == -EINVAL && *err.text);
}

/* Each hook that fails leaves a reason, and closing gives everything back. */
static void test_failures(void **state)
{
	for (int which = 0; which < 2; which++) {
		struct mb_ground *ground = NULL;
		struct mb_err err = {0};

		assert_int_equal(mb_ground_open(&plain_env, MB_GROUND_ONE_NODE, NULL, &ground), 0);
		if (which)
			ground->plain->fail_fault = 1;
		else
			ground->plain->fail_back = 1;
		assert_int_equal(mb_ground_warm(ground, 2 * MB_MIB, &err), -ENOMEM);
		assert_non_null(strstr(err.text, "arena"));
		mb_ground_close(ground);
	}
}

static void test_cancel_reaches_the_host(void **state)
{
	atomic_int cancel = 1;
	const struct mb_bench_env env = {.cancel = &cancel};
	struct mb_ground *ground = NULL;

	assert_int_equal(mb_ground_open(&env, MB_GROUND_ONE_NODE, NULL, &ground), 0);
	assert_true(mb_host_cancelled(ground->host));
	mb_ground_close(ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_bad_machine),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_cancel_reaches_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
