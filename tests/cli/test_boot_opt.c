/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/boot_opt.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/page.h"
#include "tests/cli/capture.h"

/* Every choice of the options is found again, and without them there are defaults. */
static void choices(void **state)
{
	struct mb_boot_config config;
	struct mb_opts opts = {0};

	mb_boot_opt_config(&opts, &config);
	assert_int_equal(config.policy, MB_POLICY_DEFERRED);
	assert_ptr_equal(config.model, &mb_memmodels[MB_MEMMODEL_VMEMMAP]);
	assert_ptr_equal(config.struct_page, &mb_page_sizes[MB_PAGE_SIZE_DEFAULT]);
	for (unsigned i = 0; i < MB_NR_POLICIES; i++) {
		opts.policy = mb_boot_policies[i];
		mb_boot_opt_config(&opts, &config);
		assert_int_equal(config.policy, i);
	}
	for (size_t i = 0; i < MB_NR_MEMMODELS; i++) {
		opts.model = mb_memmodels[i].name;
		mb_boot_opt_config(&opts, &config);
		assert_ptr_equal(config.model, &mb_memmodels[i]);
	}
	for (size_t i = 0; i < MB_NR_PAGE_SIZES; i++) {
		opts.struct_page = mb_page_sizes[i].name;
		mb_boot_opt_config(&opts, &config);
		assert_ptr_equal(config.struct_page, &mb_page_sizes[i]);
	}
}

/* A kernel by name goes before the host's; a model that cannot hold the machine is said. */
static void machines(void **state)
{
	static const struct {
		const char *kernel, *release, *model, *text, *profile; /* NULL: refused */
	} cases[] = {
		{NULL, "6.12.5-amd64", NULL, "arch=x86_64 page=4K nodes=1 each=1G", "6.12"},
		{"6.1", "6.12.5-amd64", NULL, "arch=x86_64 page=4K nodes=1 each=1G", "6.1"},
		{NULL, "", "flat", "arch=x86_64 page=4K node0=1G@0 node1=1G@4T", NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const struct mb_cli cli = {
			.cmd = mb_cmd_find("boot"),
			.opts = {.kernel = cases[i].kernel, .model = cases[i].model}};
		struct mb_boot_config config = {0};
		struct mb_machine *machine;
		struct capture capture;
		struct mb_err err = {0};
		char *text;
		int status;

		assert_int_equal(mb_machine_parse(cases[i].text, NULL, &err, &machine), 0);
		mb_boot_opt_config(&cli.opts, &config);
		capture_begin(&capture, stderr);
		status = mb_boot_opt_machine(&cli, machine, cases[i].release, &config);
		text = capture_end(&capture);
		assert_int_equal(status, cases[i].profile ? MB_EXIT_OK : MB_EXIT_USAGE);
		assert_int_equal(*text == '\0', cases[i].profile != NULL);
		if (cases[i].profile) {
			assert_string_equal(config.profile->name, cases[i].profile);
			assert_ptr_equal(config.machine, machine);
		}
		free(text);
		mb_machine_free(machine);
	}
}

/* The result names the machine so that it can be booted again, and the rules. */
static void in_a_result(void **state)
{
	const struct mb_cli cli = {.cmd = mb_cmd_find("boot"),
				   .opts = {.policy = "lazy", .struct_page = "72"}};
	struct mb_result *result = mb_result_new(NULL);
	struct mb_boot_config config = {0};
	struct mb_machine *machine, *again;
	char hash[24];

	assert_int_equal(
		mb_machine_parse("arch=x86_64 page=4K nodes=2 each=1G", NULL, NULL, &machine), 0);
	mb_boot_opt_config(&cli.opts, &config);
	assert_int_equal(mb_boot_opt_machine(&cli, machine, "6.12.5", &config), MB_EXIT_OK);
	assert_int_equal(mb_boot_opt_result(&cli, &config, result), MB_EXIT_OK);
	assert_int_equal(mb_machine_parse(result->fields[MB_RESULT_MACHINE], NULL, NULL, &again),
			 0);
	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)mb_machine_hash(again));
	assert_string_equal(result->fields[MB_RESULT_MACHINE_HASH], hash);
	assert_string_equal(result->fields[MB_RESULT_KERNEL_PROFILE], "6.12");
	assert_string_equal(result->fields[MB_RESULT_POLICY], "lazy");
	assert_string_equal(result->fields[MB_RESULT_STRUCT_PAGE], "72");
	mb_machine_free(again);
	mb_machine_free(machine);
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
		cmocka_unit_test(machines),
		cmocka_unit_test(in_a_result),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
