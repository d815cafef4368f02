/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"
#include "tests/reports/nodes.h"

static void test_golden(void **state)
{
	struct mb_result *result = nodes_result();
	char *text = written(mb_write_hwloc, result);

	assert_golden("nodes.xml", text);
	free(text);
	mb_result_free(result);
}

static void test_partial(void **state)
{
	struct mb_result *result = nodes_result();
	char *text;

	mb_result_set_status(result, MB_RESULT_PARTIAL, "interrupted");
	text = written(mb_write_hwloc, result);
	assert_non_null(strstr(text, "<info name=\"MembootStatus\" value=\"partial\"/>"));
	free(text);
	mb_result_free(result);
}

/* Python's XML reader takes it, whatever the texts. */
static void test_hostile(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(hostile); i++) {
		struct mb_result *result = nodes_result();
		const struct mb_result *results[] = {result};
		FILE *python = popen("python3 -c 'import sys, xml.etree.ElementTree as tree\n"
				     "root = tree.parse(sys.stdin).getroot()\n"
				     "assert root.tag == \"topology\"\n"
				     "assert len(root.findall(\".//memattr_value\")) == 3\n"
				     "assert len(root.findall(\".//object\")) == 1 + 3 + 2 + 8'",
				     "w");

		assert_non_null(python);
		mb_result_set(result, MB_RESULT_TOOL_VERSION, hostile[i]);
		mb_result_set(result, MB_RESULT_STARTED_UTC, "\xef\xbf\xbf\xef\xbf\xbe");
		mb_result_add_fact(result, "kernel", hostile[i], NULL);
		assert_int_equal(mb_write_hwloc(results, 1, python), 0);
		assert_int_equal(pclose(python), 0);
		mb_result_free(result);
	}
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_hwloc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("write_hwloc", tests, NULL, NULL);
}
