/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/host_noise.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/sysstate.h"
#include "reports/result.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

/* A row for each check, in their order: with a value or with a reason. */
static void assert_rows(const struct mb_noises *noise)
{
	assert_int_equal(noise->count, mb_nr_sysstate_checks);
	for (size_t i = 0; i < noise->count; i++) {
		char *const *texts = noise->rows[i].texts;

		assert_string_equal(texts[MB_NOISE_NAME], mb_sysstate_checks[i].name);
		assert_string_equal(texts[MB_NOISE_TITLE], mb_sysstate_checks[i].title);
		assert_non_null(texts[MB_NOISE_SHOULD]);
		assert_non_null(texts[MB_NOISE_WHY]);
		assert_true((texts[MB_NOISE_VALUE] != NULL) != (texts[MB_NOISE_REASON] != NULL));
		assert_true((texts[MB_NOISE_VALUE] != NULL) ==
			    (noise->rows[i].verdict != MB_NOISE_UNKNOWN));
	}
}

static const struct mb_noise *find(const struct mb_noises *noise, const char *name)
{
	for (size_t i = 0; i < noise->count; i++)
		if (!strcmp(noise->rows[i].texts[MB_NOISE_NAME], name))
			return &noise->rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void test_no_rates(void **state)
{
	static const struct {
		struct mb_virt virt;
		const char *why; /* NULL: there are rates */
	} rows[] = {
		{{MB_VIRT_NONE, ""}, NULL},
		{{MB_VIRT_GUEST, "KVM"}, NULL},
		{{MB_VIRT_PERHAPS, "QEMU"},
		 "the CPU is guest of, or emulated by, QEMU, whose times would say nothing about speed"},
		{{MB_VIRT_UNKNOWN, "who knows"}, NULL},
		{{MB_VIRT_EMULATED, "QEMU TCG"},
		 "the CPU is emulated by QEMU TCG, its times say nothing about speed"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_strbuf why = {0};

		assert_int_equal(mb_host_noise_no_rates(&rows[i].virt, &why), rows[i].why != NULL);
		assert_string_equal(mb_strbuf_text(&why), rows[i].why ? rows[i].why : "");
		mb_strbuf_fini(&why);
	}
}

static void test_tree(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	char *tree = tree_new();
	struct mb_strbuf line = {0};
	struct mb_sysstate seen;

	tree_write(tree, "proc/sys/kernel/numa_balancing", "1\n");
	tree_write(tree, "proc/loadavg", "9.00 0 0 1/2 3\n");
	tree_write(tree, "sys/devices/system/cpu/online", "0\n");
	tree_write(tree, "sys/kernel/mm/ksm/run", "0\n");
	mb_sysstate_begin(tree_root(tree), NULL, &seen);
	mb_host_noise_add(result, &seen);
	tree_free(tree);
	assert_int_equal(mb_result_error(result), 0);
	assert_rows(&result->noise);
	assert_int_equal(find(&result->noise, "numa_balancing")->verdict, MB_NOISE_DISTURBS);
	assert_string_equal(find(&result->noise, "numa_balancing")->texts[MB_NOISE_COMMAND],
			    "echo 0 > /proc/sys/kernel/numa_balancing");
	assert_int_equal(find(&result->noise, "load")->verdict, MB_NOISE_SPOILS);
	assert_int_equal(find(&result->noise, "ksm")->verdict, MB_NOISE_FINE);
	assert_null(find(&result->noise, "ksm")->texts[MB_NOISE_COMMAND]);
	assert_int_equal(find(&result->noise, "smt")->verdict, MB_NOISE_UNKNOWN);
	mb_host_noise_add_line(&line, result);
	assert_string_equal(mb_strbuf_text(&line),
			    "\nspoilt by this host: load average (9.00 over the last minute, 1 "
			    "CPU); see 'memboot doctor'\n");
	mb_strbuf_fini(&line);
	result->noise.rows[find(&result->noise, "load") - result->noise.rows].verdict =
		MB_NOISE_DISTURBS;
	mb_host_noise_add_line(&line, result);
	assert_string_equal(mb_strbuf_text(&line), "");
	mb_result_free(result);
}

static void test_this_host(void **state)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_host_noise_add_now(result);
	assert_int_equal(mb_result_error(result), 0);
	assert_rows(&result->noise);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_rates),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
