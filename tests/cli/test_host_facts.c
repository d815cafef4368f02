/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/host_facts.h"
#include "reports/result.h"

static bool listed(const struct mb_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->rows[i].name, name) == 0)
			return true;
	}
	return false;
}

/* Whatever the host hides, each row is there with a value or with a reason. */
static void test_value_or_reason(void **state)
{
	static const char *const names[] = {"host_name", "kernel",        "cpu_model",
					    "nodes",     "cpus",          "page_size",
					    "compiler",  "compiler_flags"};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_err err = {0};
	struct mb_topo *topo;

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	mb_host_facts_add(result, topo);
	mb_topo_free(topo);
	assert_int_equal(mb_result_error(result), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(listed(&result->facts, names[i]));
	assert_true(listed(&result->knobs, "transparent_hugepage"));
	assert_true(listed(&result->knobs, "numa_balancing"));
	assert_true(listed(&result->knobs, "cpu_governor"));
	for (size_t i = 0; i < result->facts.count; i++)
		assert_true((result->facts.rows[i].value != NULL) !=
			    (result->facts.rows[i].reason != NULL));
	for (size_t i = 0; i < result->knobs.count; i++)
		assert_true((result->knobs.rows[i].value != NULL) !=
			    (result->knobs.rows[i].reason != NULL));
	mb_result_free(result);
}

/* Nodes 1 and 3 have no CPUs; those that work for them are the CPUs of 0 and 2. */
static void test_borrowed_cpus(void **state)
{
	static const char *const own[] = {"0-3", NULL, "4-7", NULL};
	char path[4096], name[32];
	struct mb_topo_want want = {.source = path};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_topo *topo;
	int r;

	snprintf(path, sizeof(path), "%s/topo/2-packages-cxl.xml", getenv("MB_TEST_DATA"));
	r = mb_topo_new_want(&want, NULL, &topo);
	if (r == -ENOTSUP) {
		mb_result_free(result);
		print_message("skipped: reading another host's topology needs hwloc\n");
		skip();
	}
	assert_int_equal(r, 0);
	mb_host_facts_add(result, topo);
	mb_topo_free(topo);
	for (int nid = 0; nid < 4; nid++) {
		const char *value;

		snprintf(name, sizeof(name), "node_cpus:%d", nid);
		assert_true(listed(&result->facts, name));
		value = mb_result_fact(&result->facts, name);
		if (own[nid])
			assert_string_equal(value, own[nid]);
		else
			assert_null(value);
	}
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_or_reason),
		cmocka_unit_test(test_borrowed_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
