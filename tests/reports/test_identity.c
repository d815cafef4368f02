/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/sample.h"
#include "reports/identity.h"

static void assert_column(const struct mb_run *run, const char *key, const char *expected)
{
	struct mb_strbuf text = {0};
	bool found = false;

	for (size_t i = 0; i < mb_identity_count; i++) {
		if (strcmp(mb_identity_columns[i].key, key) != 0)
			continue;
		found = true;
		mb_identity_columns[i].add(run, &text);
	}
	assert_true(found);
	assert_string_equal(mb_strbuf_text(&text), expected);
	mb_strbuf_fini(&text);
}

static void test_full(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_run(result, MB_RUN_WORKER, "deferred_init", 0, 7);

	run->cpu = 12;
	run->threads = 8;
	mb_result_run_set_arg(run, "policy", "deferred");
	mb_result_run_set_arg(run, "note", "two words");
	mb_result_run_set_model(run, "vmemmap");
	mb_result_run_set_placement(run, "node0->host0");
	mb_result_run_set_status(run, MB_RUN_FAILED, "why");
	assert_column(run, "kind", "worker");
	assert_column(run, "name", "deferred_init");
	assert_column(run, "args", "policy=deferred 'note=two words'");
	assert_column(run, "node", "0");
	assert_column(run, "worker", "7");
	assert_column(run, "cpu", "12");
	assert_column(run, "threads", "8");
	assert_column(run, "model", "vmemmap");
	assert_column(run, "placement", "node0->host0");
	assert_column(run, "status", "failed");
	assert_column(run, "reason", "why");
	mb_result_free(result);
}

/* What a run does not have is empty, not -1 and not 0. */
static void test_bare(void **state)
{
	static const char *const keys[] = {"args",    "node",  "worker",    "cpu",
					   "threads", "model", "placement", "reason"};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run = mb_result_add_run(result, MB_RUN_ZONE, "DMA");

	for (size_t i = 0; i < MB_ARRAY_SIZE(keys); i++)
		assert_column(run, keys[i], "");
	assert_column(run, "status", "ok");
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
