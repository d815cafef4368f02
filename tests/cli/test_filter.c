/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/boot_result.h"
#include "cli/filter.h"
#include "core/host_plain.h"
#include "core/memmodel.h"

static struct mb_filter *filter_of(const char *pattern)
{
	struct mb_filter *filter = NULL;
	struct mb_err err = {0};

	if (mb_filter_new(pattern, &err, &filter))
		fail_msg("%s", err.text);
	return filter;
}

static void test_names(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool through;
	} rows[] = {
		{"init", "memmap_init", true},
		{"^init", "memmap_init", false},
		{"a|node$", "node", true},
		{"-node", "node", false},
		{"-node", "zonelists", true},
		{"-^node$", "node_lock", true},
		{"x{2}", "xx", true},
		{"-", "anything", false},
		{"all", "node", true},
		{"free_blocks/order:1$", "free_blocks/order:10", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_filter *filter = filter_of(rows[i].pattern);

		assert_int_equal(mb_filter_name(filter, rows[i].name), rows[i].through);
		mb_filter_free(filter);
	}
	assert_true(mb_filter_name(NULL, "anything"));
	mb_filter_free(NULL);
}

static void test_malformed(void **state)
{
	struct mb_filter *filter = (void *)state;
	struct mb_err err = {0};

	assert_int_equal(mb_filter_new("(", &err, &filter), -EINVAL);
	assert_ptr_equal(filter, state);
	assert_non_null(strstr(err.text, "'(' is no regular expression: "));
}

/* What a boot really has. The caller frees the result. */
static struct mb_result *boot(enum mb_policy policy)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_boot_config config = {.model = &mb_memmodels[MB_MEMMODEL_VMEMMAP],
					.profile = mb_profile_nearest(""),
					.policy = policy};
	const struct mb_boot_repetition ended = {.complete = true};
	struct mb_machine *machine = NULL;
	struct mb_host_plain plain;
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};

	mb_host_plain_init(&plain);
	assert_int_equal(
		mb_machine_parse("arch=x86_64 nodes=2 each=512M cpus=1", NULL, &err, &machine), 0);
	config.machine = machine;
	config.host = &plain.host;
	assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
	assert_int_equal(mb_boot_run(boot), 0);
	mb_boot_result_add(result, boot, &ended);
	assert_int_equal(mb_boot_result_settle(result, boot, 0, &err), 0);
	mb_boot_free(boot);
	mb_machine_free(machine);
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* Each name by itself is one that a boot may have, and lets its own run through. */
static void test_boots(void **state)
{
	for (unsigned policy = 0; policy < MB_NR_POLICIES; policy++) {
		struct mb_result *result = boot((enum mb_policy)policy);

		for (size_t i = 0; i < result->nr_runs; i++) {
			struct mb_filter *filter = filter_of(result->runs[i]->name);

			assert_true(mb_filter_boot(filter, (enum mb_policy)policy));
			assert_true(mb_filter_run(filter, result->runs[i]));
			mb_filter_free(filter);
		}
		mb_result_free(result);
	}
}

/* A stage comes with its parts, nodes and workers, and nothing else; or all but these. */
static void test_result(void **state)
{
	struct mb_result *result = boot(MB_POLICY_EAGER), *rest = boot(MB_POLICY_EAGER);
	struct mb_filter *filter = filter_of("^memmap_init$"),
			 *others_of = filter_of("-^memmap_init$");
	size_t all = result->nr_runs, left, others;
	bool part = false;

	left = mb_filter_result(filter, result);
	others = mb_filter_result(others_of, rest);
	assert_true(left >= 2);
	assert_int_equal(left + others, all);
	for (size_t i = 0; i < left; i++) {
		part |= result->runs[i]->kind == MB_RUN_PHASE;
		if (result->runs[i]->kind != MB_RUN_PHASE)
			assert_string_equal(result->runs[i]->name, "memmap_init");
	}
	assert_true(part);
	assert_int_equal(mb_filter_result(NULL, result), left);
	mb_filter_free(filter);
	filter = filter_of("no such thing");
	assert_false(mb_filter_boot(filter, MB_POLICY_EAGER));
	assert_int_equal(mb_filter_result(filter, result), 0);
	mb_filter_free(filter);
	filter = filter_of("deferred_grow");
	assert_false(mb_filter_boot(filter, MB_POLICY_EAGER));
	assert_true(mb_filter_boot(filter, MB_POLICY_LAZY));
	mb_filter_free(filter);
	mb_filter_free(others_of);
	mb_result_free(result);
	mb_result_free(rest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_boots),
		cmocka_unit_test(test_result),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
