/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdatomic.h>

#include "tests/core/boot_case.h"

static int count_worker(void *arg, const struct mb_worker *worker)
{
	atomic_fetch_add((atomic_uint *)arg, 1u << (8 * worker->nid) << worker->index);
	return worker->nid == 1 && worker->index == 2 ? -EIO : 0;
}

/* Every worker of every task runs once; a worker's error is its task's and the call's. */
static void runs_all_workers(void **state)
{
	struct mb_host_plain plain;
	atomic_uint ran[2] = {0};
	struct mb_task tasks[] = {
		{.nid = 0, .threads = 2, .fn = count_worker, .arg = &ran[0]},
		{.nid = 1, .threads = 3, .fn = count_worker, .arg = &ran[1]},
	};

	mb_host_plain_init(&plain);
	assert_int_equal(plain.host.ops->run(&plain, tasks, 2), -EIO);
	assert_int_equal(ran[0], 0x03);
	assert_int_equal(ran[1], 0x0700);
	assert_int_equal(tasks[0].result, 0);
	assert_int_equal(tasks[1].result, -EIO);
}

static void maps_aligned_and_counts(void **state)
{
	struct mb_host_plain plain;
	struct mb_worker self = {0};
	void *addr;

	mb_host_plain_init(&plain);
	assert_int_equal(plain.host.ops->map(&plain, 8 * MB_MIB, 4 * MB_MIB, &addr), 0);
	assert_int_equal((uintptr_t)addr % (4 * MB_MIB), 0);
	assert_int_equal(plain.mapped_bytes, 8 * MB_MIB);
	assert_int_equal(plain.host.ops->back(&plain, addr, MB_MIB, 0), 0);
	assert_int_equal(plain.host.ops->fault(&plain, addr, MB_MIB, &self), 0);
	((char *)addr)[MB_MIB - 1] = 1;
	plain.host.ops->unmap(&plain, addr, 8 * MB_MIB);
	assert_int_equal(plain.mapped_bytes, 0);
}

static void fails_on_demand(void **state)
{
	struct mb_host_plain plain;
	struct mb_worker self = {0};
	void *addr;

	mb_host_plain_init(&plain);
	plain.fail_back = 2;
	plain.fail_fault = 1;
	plain.fail_run = 1;
	assert_int_equal(plain.host.ops->map(&plain, MB_MIB, 4096, &addr), 0);
	assert_int_equal(plain.host.ops->back(&plain, addr, 4096, 0), 0);
	assert_int_equal(plain.host.ops->back(&plain, addr, 4096, 0), -ENOMEM);
	assert_int_equal(plain.host.ops->fault(&plain, addr, 4096, &self), -ENOMEM);
	assert_int_equal(plain.host.ops->run(&plain, NULL, 0), -EAGAIN);
	plain.host.ops->unmap(&plain, addr, MB_MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_all_workers),
		cmocka_unit_test(maps_aligned_and_counts),
		cmocka_unit_test(fails_on_demand),
	};

	return cmocka_run_group_tests_name("host_plain", tests, NULL, NULL);
}
