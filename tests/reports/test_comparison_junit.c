/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/comparison_case.h"

/* The shape that CI systems read: counts agree with what is there, each row is a case. */
static const char shape[] =
	"import sys, xml.etree.ElementTree as tree\n"
	"root = tree.parse(sys.stdin.buffer).getroot()\n"
	"assert root.tag == \"testsuites\", root.tag\n"
	"kinds = {\"failures\": \"failure\", \"errors\": \"error\", \"skipped\": \"skipped\"}\n"
	"for suite in [root] + list(root):\n"
	"  cases = list(suite.iter(\"testcase\"))\n"
	"  assert int(suite.get(\"tests\")) == len(cases), suite.attrib\n"
	"  for key, tag in kinds.items():\n"
	"    if suite is not root or key != \"skipped\":\n"
	"      assert int(suite.get(key)) == len(list(suite.iter(tag))), (key, suite.attrib)\n"
	"for suite in root:\n"
	"  assert suite.tag == \"testsuite\" and suite.get(\"name\")\n"
	"  assert [e.tag for e in suite] == [\"properties\"] + [\"testcase\"] * (len(suite) - 1)\n"
	"  for case in suite.iter(\"testcase\"):\n"
	"    assert case.get(\"classname\") and case.get(\"name\") is not None\n"
	"    assert len(case) <= 1 and all(e.get(\"message\") for e in case)\n"
	"    assert all(e.tag in kinds.values() for e in case)\n";

static void check(struct mb_comparison *comparison, const char *more)
{
	char program[4096];

	snprintf(program, sizeof(program), "%s%s", shape, more);
	case_python(program, mb_comparison_junit, comparison);
	mb_comparison_free(comparison);
}

static void test_shape(void **state)
{
	check(case_comparison(),
	      "found = {c.get(\"name\"): [e.tag for e in c] for c in root.iter(\"testcase\")}\n"
	      "assert found == {\"alpha\": [\"failure\"], \"bravo\": [], \"charlie\": [], "
	      "\"delta\": [\"error\"], \"echo\": [\"skipped\"], \"foxtrot\": [\"failure\"]}, found\n");
}

/* What the host may have done is an error, what was counted stays a failure. */
static void test_unfit(void **state)
{
	struct mb_comparison *comparison = case_comparison();

	mb_comparison_set_unfit(comparison, "another program runs");
	check(comparison,
	      "found = {c.get(\"name\"): [e.tag for e in c] for c in root.iter(\"testcase\")}\n"
	      "assert found[\"alpha\"] == [\"error\"] and found[\"foxtrot\"] == [\"failure\"], found\n"
	      "errors = [e.get(\"message\") for e in root.iter(\"error\")]\n"
	      "assert len(errors) == 2, errors\n"
	      "assert all(\"cannot be judged: another program runs\" in e for e in errors), errors\n");
}

static void test_hostile(void **state)
{
	check(case_hostile(), "assert len(list(root.iter(\"testcase\"))) == 17\n");
}

static void test_full(void **state)
{
	case_full(mb_comparison_junit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_unfit),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("comparison_junit", tests, NULL, NULL);
}
