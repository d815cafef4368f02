/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/window_opt.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "tests/cli/capture.h"

static const struct mb_cmd boot = {.name = "boot"};

enum { AUTO = 1, OFF }; /* behind the largest size */

static uint64_t word(unsigned index)
{
	return mb_opt_find("window")->max + index;
}

static void test_sizes(void **state)
{
	struct mb_topo topo = {.caches = {{1, 'd', 48 * MB_KIB, 2, 1}, {3, 'u', 64 * MB_MIB, 1, 2}},
			       .nr_caches = 2};
	struct mb_boot_config config = {.struct_page = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT]};
	struct mb_machine *machine = NULL;
	struct mb_strbuf text = {0};
	struct mb_opts opts = {0};

	(void)state;
	assert_int_equal(mb_machine_parse("nodes=2 each=1T", NULL, NULL, &machine), 0);
	config.machine = machine;
	mb_window_opt_set(&opts, NULL, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 0);
	opts.window = word(OFF);
	mb_window_opt_set(&opts, NULL, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 0);
	mb_window_opt_print(&config, &topo, &text);
	assert_int_equal(text.length, 0);

	opts.window = 96 * MB_MIB;
	assert_false(mb_window_opt_is_auto(&opts));
	mb_window_opt_set(&opts, NULL, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 96 * MB_MIB);
	assert_false(config.window_auto);
	mb_window_opt_print(&config, &topo, &text);
	assert_string_equal(
		mb_strbuf_text(&text),
		"  memmap through windows: 96.0 MiB of real memory for each node's, used again and again\n"
		"  that is less than twice the largest cache (64.0 MiB): times may be those of the cache\n");
	mb_strbuf_fini(&text);

	/* No larger than what there is. */
	opts.window = 100 * MB_GIB;
	mb_window_opt_set(&opts, NULL, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 16 * MB_GIB);
	mb_window_opt_print(&config, &topo, &text);
	assert_string_equal(
		mb_strbuf_text(&text),
		"  memmap through windows: 16.0 GiB of real memory for each node's, room for all of it\n");
	mb_strbuf_fini(&text);

	opts.window = word(AUTO);
	assert_true(mb_window_opt_is_auto(&opts));
	mb_window_opt_set(&opts, &topo, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 256 * MB_MIB);
	assert_true(config.window_auto);
	mb_window_opt_print(&config, &topo, &text);
	assert_non_null(strstr(mb_strbuf_text(&text), "256.0 MiB of real memory"));
	assert_null(strstr(mb_strbuf_text(&text), "cache"));
	mb_strbuf_fini(&text);

	config.dry_run = true;
	mb_window_opt_set(&opts, &topo, MB_TIB, &config);
	assert_int_equal(config.window_bytes, 0);
	mb_machine_free(machine);
}

/* What a refusal may name. */
static void test_what_would_fit(void **state)
{
	struct mb_boot_config config = {.model = &mb_memmodels[MB_MEMMODEL_VMEMMAP]};
	struct mb_machine *machine = NULL;

	(void)state;
	assert_int_equal(mb_machine_parse("nodes=64 each=64G", NULL, NULL, &machine), 0);
	config.machine = machine;
	assert_true(mb_window_opt_would_fit(&config, 3 * MB_GIB));
	assert_false(mb_window_opt_would_fit(&config, 64 * MB_MIB));
	config.window_bytes = 2 * MB_GIB;
	assert_true(mb_window_opt_would_fit(&config, 3 * MB_GIB));
	config.window_auto = true;
	assert_false(mb_window_opt_would_fit(&config, 3 * MB_GIB));
	config.window_auto = false;
	config.model = mb_memmodel_find("sparse");
	assert_false(mb_window_opt_would_fit(&config, 3 * MB_GIB));
	mb_machine_free(machine);
}

static int check(uint64_t window, const char *model, bool dry_run, char **ret_said)
{
	const struct mb_cli cli = {.cmd = &boot, .opts = {.window = window}};
	struct mb_boot_config config = {.model = mb_memmodel_find(model), .dry_run = dry_run};
	struct capture capture;
	int status;

	capture_begin(&capture, stderr);
	status = mb_window_opt_check(&cli, &config);
	*ret_said = capture_end(&capture);
	return status;
}

static void test_what_does_not_go_with_windows(void **state)
{
	static const struct {
		bool size, is_auto, dry_run;
		const char *model, *words; /* NULL: it is fine */
	} rows[] = {
		{false, false, false, "flat", NULL},
		{false, true, false, "vmemmap", NULL},
		{true, false, false, "vmemmap", NULL},
		{false, true, false, "flat", "--model flat"},
		{true, false, false, "sparse", "--model sparse"},
		{false, true, true, "vmemmap", NULL},
		{true, false, true, "vmemmap", "--dry-run"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t window = rows[i].size      ? 64 * MB_MIB
				  : rows[i].is_auto ? word(AUTO)
						    : word(OFF);
		char *said;
		int status = check(window, rows[i].model, rows[i].dry_run, &said);

		assert_int_equal(status, rows[i].words ? MB_EXIT_USAGE : MB_EXIT_OK);
		if (rows[i].words)
			assert_non_null(strstr(said, rows[i].words));
		else
			assert_string_equal(said, "");
		free(said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_what_would_fit),
		cmocka_unit_test(test_what_does_not_go_with_windows),
	};

	return cmocka_run_group_tests_name("window_opt", tests, NULL, NULL);
}
