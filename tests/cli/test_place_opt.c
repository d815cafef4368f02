/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/place_opt.h"
#include "core/base/align.h"
#include "core/page.h"
#include "tests/cli/capture.h"

static const struct mb_cmd boot = {.name = "boot"};

static void test_host_and_threads(void **state)
{
	const uint64_t max = mb_opt_find("threads")->max;
	struct mb_boot_config config = {.threads = 9};
	struct mb_opts opts = {0};

	(void)state;
	mb_place_opt_config(&opts, &config);
	assert_int_equal(config.threads, 0);
	assert_false(config.host_threads);
	assert_int_equal(mb_place_opt_host(&opts).bind, MB_HOST_MAP_NODE);
	assert_false(mb_place_opt_host(&opts).cores);

	assert_int_equal(mb_place_opt_host(&opts).pages, MB_ARENA_HOST);
	assert_false(config.serial_fault);

	opts = (struct mb_opts){.threads = 3, .bind = "spread", .pages = "2m", .fault = "serial"};
	mb_place_opt_config(&opts, &config);
	assert_int_equal(config.threads, 3);
	assert_false(config.host_threads);
	assert_int_equal(mb_place_opt_host(&opts).bind, MB_HOST_MAP_SPREAD);
	assert_int_equal(mb_place_opt_host(&opts).pages, MB_ARENA_2M);
	assert_true(config.serial_fault);

	for (unsigned word = 1; word <= 2; word++) {
		opts = (struct mb_opts){.threads = max + word};
		mb_place_opt_config(&opts, &config);
		assert_int_equal(config.threads, 0);
		assert_true(config.host_threads);
		assert_int_equal(mb_place_opt_host(&opts).cores, word == 1);
	}
}

/* 64 bytes a page of 4 KiB: 64 MiB, and 16 MiB for 1 GiB; whole pages of the pool alone. */
static void test_pools(void **state)
{
	static const struct {
		const char *pages;
		bool dry_run;
		uint64_t bytes;
	} rows[] = {
		{NULL, false, 0},           {"4k", false, 0}, {"thp", false, 0},
		{"2m", false, 80 * MB_MIB}, {"2m", true, 0},  {"1g", false, 0},
	};
	struct mb_machine *machine = NULL;

	(void)state;
	assert_int_equal(mb_machine_parse("node0=4G node1=1G", NULL, NULL, &machine), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mb_opts opts = {.pages = rows[i].pages};
		const struct mb_boot_config config = {
			.machine = machine,
			.struct_page = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT],
			.dry_run = rows[i].dry_run,
		};

		assert_int_equal(mb_place_opt_pool_bytes(&opts, &config), rows[i].bytes);
	}
	mb_machine_free(machine);
}

static void test_words(void **state)
{
	const struct {
		struct mb_opts opts;
		const char *text;
	} rows[] = {
		{{0}, ""},
		{{.threads = 1}, "at most 1 a node"},
		{{.threads = mb_opt_find("threads")->max + 1, .smt = "on"},
		 "one for each core of their node"},
		{{.threads = mb_opt_find("threads")->max + 2, .bind = "spread"},
		 "one for each CPU of their node, spread over all host nodes"},
		{{.cpus = "0-3", .smt = "off"}, "on CPUs 0-3, on one CPU of each core"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_strbuf text = {0};

		mb_place_opt_print(&rows[i].opts, &text);
		assert_string_equal(mb_strbuf_text(&text), rows[i].text);
		mb_strbuf_fini(&text);
	}
}

/* One line each, and the topology is left alone. */
static void test_bad_lists(void **state)
{
	static const struct {
		const char *cpus, *said;
		int status;
	} rows[] = {
		{"0-", "option '--cpus' takes a list such as 0-7,16", MB_EXIT_USAGE},
		{"x", "not 'x'", MB_EXIT_USAGE},
		{"3-1", "not '3-1'", MB_EXIT_USAGE},
		{"8192", "numbers below 8192, not '8192'", MB_EXIT_USAGE},
		{"8191", "option '--cpus': CPU 8191 cannot be used: there is none", MB_EXIT_UNFIT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mb_cli cli = {.cmd = &boot, .opts = {.cpus = rows[i].cpus}};
		struct mb_topo *topo = NULL;
		struct capture capture;
		char *text;
		int status;

		capture_begin(&capture, stderr);
		status = mb_place_opt_topo(&cli, &topo);
		text = capture_end(&capture);
		assert_int_equal(status, rows[i].status);
		assert_null(topo);
		assert_non_null(strstr(text, rows[i].said));
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
}

static void test_this_host(void **state)
{
	struct mb_cli cli = {.cmd = &boot};
	struct mb_topo *topo = NULL, *one = NULL;
	char first[16];

	(void)state;
	assert_int_equal(mb_place_opt_topo(&cli, &topo), MB_EXIT_OK);
	snprintf(first, sizeof(first), "%d", topo->nodes[0].cpus[0]);
	cli.opts.cpus = first;
	assert_int_equal(mb_place_opt_topo(&cli, &one), MB_EXIT_OK);
	assert_int_equal(one->nr_cpus, 1);
	assert_int_equal(one->nodes[0].cpus[0], topo->nodes[0].cpus[0]);
	mb_topo_free(one);
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_and_threads),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_bad_lists),
		cmocka_unit_test(test_this_host),
	};

	return cmocka_run_group_tests_name("place_opt", tests, NULL, NULL);
}
