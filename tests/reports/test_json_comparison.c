/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/comparison_case.h"

static const char strict[] = "import json, sys\n"
			     "def no(x): raise ValueError(x)\n"
			     "d = json.load(sys.stdin, parse_constant=no)\n";

static void check(struct mb_comparison *comparison, const char *more)
{
	char program[4096];

	snprintf(program, sizeof(program), "%s%s", strict, more);
	case_python(program, mb_json_comparison, comparison);
	mb_comparison_free(comparison);
}

static void test_all(void **state)
{
	check(case_comparison(),
	      "assert d[\"exit_status\"] == 1 and d[\"command\"] == \"compare\" and d[\"unfit\"] is None\n"
	      "assert d[\"counts\"] == {\"same\": 1, \"better\": 1, \"worse\": 2, \"inconclusive\": 1, "
	      "\"not_comparable\": 1}, d[\"counts\"]\n"
	      "assert [s[\"title\"] for s in d[\"sides\"]] == [\"base.json\", \"new.json\"]\n"
	      "rows = {r[\"name\"]: r for r in d[\"rows\"]}\n"
	      "assert len(rows) == 6 and d[\"notes\"] == [\"a note\"]\n"
	      "a = rows[\"alpha\"]\n"
	      "assert (a[\"base\"], a[\"new\"], a[\"ratio\"]) == (1000, 1200, 1.2), a\n"
	      "assert abs(a[\"low\"] - 1.17) < 1e-9 and a[\"noise\"] is None and a[\"why\"] is None\n"
	      "assert a[\"metric\"] == \"wall_ns\" and a[\"unit\"] == \"ns\" and not a[\"exact\"]\n"
	      "assert rows[\"delta\"][\"more\"] == 7 and rows[\"foxtrot\"][\"exact\"]\n"
	      "assert rows[\"foxtrot\"][\"low\"] is None\n"
	      "e = rows[\"echo\"]\n"
	      "assert e[\"verdict\"] == \"not_comparable\" and e[\"why\"] == \"not in new.json\"\n"
	      "assert e[\"base\"] is None and e[\"ratio\"] is None\n");
}

static void test_hostile(void **state)
{
	check(case_hostile(),
	      "assert len(d[\"rows\"]) == 17 and len(d[\"sides\"]) == 18 and d[\"exit_status\"] == 4\n");
}

/* A reason that was cut inside a character is still text. */
static void test_cut(void **state)
{
	struct mb_comparison *comparison = case_comparison();
	char *why = comparison->rows[0].finding.why;

	memset(why, 'x', sizeof(comparison->rows[0].finding.why) - 2);
	why[sizeof(comparison->rows[0].finding.why) - 2] = '\xc3';
	check(comparison, "assert d[\"rows\"][0][\"why\"].startswith(\"xxx\")\n");
}

static void test_full(void **state)
{
	case_full(mb_json_comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("json_comparison", tests, NULL, NULL);
}
