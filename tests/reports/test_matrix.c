/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "core/base/bits.h"
#include "reports/matrix.h"
#include "reports/writer.h"
#include "tests/reports/nodes.h"

static void test_measured(void **state)
{
	struct mb_result *result = nodes_result();
	struct mb_matrix matrix;

	assert_null(mb_matrix_lacks(result));
	assert_int_equal(mb_matrix_init(&matrix, result), 0);
	assert_int_equal(matrix.count, 3);
	assert_int_equal(matrix.nodes[0].os_index, 0);
	assert_int_equal(matrix.nodes[1].os_index, 2);
	assert_int_equal(matrix.nodes[2].os_index, 5);
	assert_true(matrix.nodes[1].bytes == 4294967296.0);
	assert_true(mb_bit_test(matrix.nodes[0].cpus, 33) &&
		    !mb_bit_test(matrix.nodes[0].cpus, 12));
	assert_true(!matrix.nodes[2].cpus[0] && !matrix.nodes[2].cpus[1]);
	assert_true(matrix.bytes_per_second[0] == 20 * 0x1p30); /* the best of two fills */
	assert_true(matrix.bytes_per_second[1] == 10 * 0x1p30);
	assert_true(matrix.bytes_per_second[3 * 1 + 2] == 5 * 0x1p30);
	for (size_t i = 2; i < 9; i++)
		assert_true(isnan(matrix.bytes_per_second[i]) == (i != 3 * 1 + 2));
	mb_matrix_fini(&matrix);
	mb_result_free(result);
}

/* Without nodes, without measurements, or with what does not count: nothing. */
static void test_lacking(void **state)
{
	struct mb_result *result = sample_result(NULL);
	struct mb_matrix matrix = {.count = 77};
	struct mb_run *run;

	assert_int_equal(mb_matrix_init(&matrix, result), -ENODATA);
	mb_result_add_fact(result, "node_memory:0", "1024 bytes", NULL);
	mb_result_add_fact(result, "node_cpus:0", "nonsense", NULL);
	mb_result_add_fact(result, "node_memory:-1", "1024 bytes", NULL);
	run = add_fill(result, "limit/memset/zero/threads:all", "warm", "all", NULL, 1e9);
	run = add_fill(result, "limit/memset/cold/nonzero/threads:all", "cold", "all", NULL, 1e9);
	run = add_fill(result, "pageinit/kernel/nonzero/threads:all", "warm", "all", NULL, 1e9);
	run = add_fill(result, "limit/memset/remote/nonzero/node:7", "warm", NULL, "7", 1e9);
	run = add_fill(result, "limit/memset/nonzero/threads:all", "warm", "all", NULL, 1e9);
	mb_result_run_set_status(run, MB_RUN_ERROR, "wrong");
	assert_int_equal(mb_matrix_init(&matrix, result), -ENODATA);
	assert_int_equal(matrix.count, 77);
	assert_non_null(mb_matrix_lacks(result));
	add_fill(result, "limit/memset/nonzero/threads:1", "warm", "1", NULL, 1e9);
	assert_null(mb_matrix_lacks(result));
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_lacking),
	};

	return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
