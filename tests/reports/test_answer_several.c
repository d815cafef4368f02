/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/answer_several.h"
#include "tests/reports/answer_lines.h"
#include "tests/reports/hostile.h"

static void test_compare(void **state)
{
	struct mb_result *slow = mb_result_new(NULL), *fast = mb_result_new(NULL),
			 *none = mb_result_new(NULL);
	const struct mb_result *all[] = {slow, none, fast};
	struct mb_answer answer;

	mb_result_set(slow, MB_RESULT_POLICY, "deferred");
	add(slow, MB_RUN_TOTAL, "to_first_allocation", MB_METRIC_WALL_NS, 10e6);
	add(slow, MB_RUN_TOTAL, "to_all_memory", MB_METRIC_WALL_NS, 40e6);
	mb_result_set(fast, MB_RESULT_POLICY, "lazy");
	mb_result_set(fast, MB_RESULT_KERNEL_PROFILE, "6.12");
	add(fast, MB_RUN_TOTAL, "to_first_allocation", MB_METRIC_WALL_NS, 5e6);
	assert_int_equal(mb_answer_compare(all, 3, &answer), 0);
	assert_int_equal(answer.count, 2); /* only one has a time to all memory */
	assert_line(&answer, MB_ANSWER_TRUST, 0, NULL, "figures of 3 of 3 results");
	assert_line(&answer, MB_ANSWER_FIRST, 0, "2.0\u00d7, noise unknown",
		    "C (lazy, 6.12) is soonest with 5.00 ms, A (deferred) last with 10.0 ms, by "
		    "the medians of 2 results; one boot");
	mb_answer_fini(&answer);
	mb_result_free(slow);
	mb_result_free(fast);
	mb_result_free(none);
}

/* Three boots with first allocations around that. */
static struct mb_result *boots(const char *host, double ns, double apart)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_fact(result, "host_name", host, NULL);
	for (int i = -1; i <= 1; i++)
		add(result, MB_RUN_TOTAL, "to_first_allocation", MB_METRIC_WALL_NS, ns + i * apart);
	return result;
}

/* A difference is called one only where the samples are apart. */
static void test_noise(void **state)
{
	struct mb_result *a = boots("n1", 10e6, 1e6), *b = boots("n2", 224e6, 1e6);
	struct mb_result *c = boots("n3", 11e6, 2e6);
	const struct mb_result *far[] = {a, b, c}, *near[] = {c, a}, *same[] = {a, a};
	struct mb_answer answer;

	assert_int_equal(mb_answer_compare(far, 3, &answer), 0);
	assert_line(&answer, MB_ANSWER_FIRST, 0, "22\u00d7",
		    "A (n1) is soonest with 10.0 ms, B (n2) last with 224 ms");
	assert_line(&answer, MB_ANSWER_FIRST, 0, "22\u00d7", "C is within noise of A.");
	mb_answer_fini(&answer);
	assert_int_equal(mb_answer_compare(near, 2, &answer), 0);
	assert_line(&answer, MB_ANSWER_FIRST, 0, "within noise", ": 1.1\u00d7, but the samples");
	mb_answer_fini(&answer);
	assert_int_equal(mb_answer_compare(same, 2, &answer), 0);
	assert_line(&answer, MB_ANSWER_FIRST, 0, "equal", "medians of 2 results are all 10.0 ms");
	mb_answer_fini(&answer);

	mb_result_add_noise(b, MB_NOISE_DISTURBS,
			    (const char *[MB_NOISE_NR_TEXTS]){[MB_NOISE_NAME] = "thp"});
	assert_int_equal(mb_answer_compare(far, 3, &answer), 0);
	assert_line(&answer, MB_ANSWER_TRUST, 0, "perhaps disturbed", "figures of B;");
	mb_answer_fini(&answer);
	sample_noise(b);
	sample_noise(c);
	assert_int_equal(mb_answer_compare(far, 3, &answer), 0);
	assert_int_equal(answer.lines[0].topic, MB_ANSWER_TRUST);
	assert_line(&answer, MB_ANSWER_TRUST, 0, "spoilt", "figures of B, C: compare again");
	mb_answer_fini(&answer);
	mb_result_free(a);
	mb_result_free(b);
	mb_result_free(c);
}

static void assert_label(const struct mb_result *const *results, size_t count, size_t index,
			 const char *label)
{
	struct mb_strbuf text = {0};

	mb_answer_add_name(&text, results, count, index);
	assert_string_equal(mb_strbuf_text(&text), label);
	mb_strbuf_fini(&text);
}

/* What all have in common is in no label, a host's own machine neither. */
static void test_labels(void **state)
{
	struct mb_result *a = boots("n1", 1, 0), *b = boots("n1", 1, 0);
	const struct mb_result *both[] = {a, b};

	assert_label(both, 2, 1, "B");
	mb_result_set(a, MB_RESULT_STARTED_UTC, "2026-01-31T12:00:00Z");
	mb_result_set(b, MB_RESULT_STARTED_UTC, "2026-01-31T12:00:07Z");
	assert_label(both, 2, 1, "B (2026-01-31T12:00:07Z)");
	mb_result_set(a, MB_RESULT_POLICY, "eager");
	mb_result_set(b, MB_RESULT_POLICY, "lazy");
	mb_result_set(b, MB_RESULT_MAP_SOURCE, "text");
	mb_result_set(a, MB_RESULT_MAP_SOURCE, "host");
	mb_result_set(a, MB_RESULT_MACHINE, "cmdline=secret");
	mb_result_set(
		b, MB_RESULT_MACHINE,
		"nodes=2 each=4G cpus=2 cmdline='an line\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9'");
	assert_label(both, 2, 0, "A (host, eager)");
	assert_label(both, 2, 1,
		     "B (nodes=2 each=4G cpus=2 cmdline='an line"
		     "\u00e9\u00e9\u00e9\u00e9\u2026, lazy)");
	mb_result_free(a);
	mb_result_free(b);
}

static void test_names(void **state)
{
	assert_string_equal(mb_answer_name(0).text, "A");
	assert_string_equal(mb_answer_name(25).text, "Z");
	assert_string_equal(mb_answer_name(26).text, "27");
}

/* Nodes of their own beside nodes that share a host are not the same. */
static void test_predicted(void **state)
{
	static const struct {
		const char *nodes;
		bool boot, says;
	} cases[] = {{"own", true, true},
		     {"own", false, false},
		     {"here", true, false},
		     {NULL, true, false}};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_result *boot = mb_result_new(NULL), *predicted = mb_result_new(NULL);
		const struct mb_result *both[] = {boot, predicted};
		struct mb_answer answer;

		if (cases[i].boot)
			add(boot, MB_RUN_STAGE, "deferred_init", MB_METRIC_WALL_NS, 1e6);
		if (cases[i].nodes)
			mb_result_set_fact(predicted, "predicted_nodes", cases[i].nodes);
		assert_int_equal(mb_answer_compare(both, 2, &answer), 0);
		assert_int_equal(answer.count, cases[i].says);
		if (cases[i].says)
			assert_line(&answer, MB_ANSWER_TRUST, 0, NULL,
				    "What is predicted in B is of nodes with CPUs and memory of "
				    "their own, ");
		mb_answer_fini(&answer);
		mb_result_free(boot);
		mb_result_free(predicted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),   cmocka_unit_test(test_noise),
		cmocka_unit_test(test_labels),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_predicted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
