/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/predict_fit.h"
#include "cli/state_file.h"
#include "core/base/align.h"
#include "core/base/parse.h"
#include "core/memmodel.h"
#include "core/page.h"
#include "tests/cli/capture.h"

#define LITTLE MB_EXIT_USAGE, "; the limit is 1 B (--max-memory; "

static char folder[] = "/tmp/memboot-test-XXXXXX";

static int group_setup(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state)
{
	return rmdir(folder);
}

/* A host that has these facts now. */
static struct mb_result *host_of(const char *cpu, const char *kernel)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_set_fact(result, "cpu_model", cpu);
	mb_result_set_fact(result, "kernel", kernel);
	mb_result_add_knob(result, "thp", "always", NULL);
	return result;
}

static struct mb_boot_config config_of(const char *kernel)
{
	static const struct mb_machine machine = {.arch = MB_ARCH_X86_64, .page_shift = 12};

	return (struct mb_boot_config){
		.machine = &machine,
		.profile = mb_profile_find(kernel),
		.model = &mb_memmodels[MB_MEMMODEL_VMEMMAP],
		.struct_page = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT],
	};
}

/* The fit that was made by hand, as that of a host. */
static void store(const char *path, const struct mb_result *result)
{
	struct mb_costmodel_host made = {0}, kept = {0};
	struct mb_err err = {0};
	char from[512];

	snprintf(from, sizeof(from), "%s/costmodel/host.json", getenv("MB_TEST_DATA"));
	assert_int_equal(mb_json_costmodel_read(from, &err, &made), 0);
	assert_int_equal(mb_costmodel_host_set(&kept, result), 0);
	assert_int_equal(mb_costmodel_host_put(&kept, made.fits[0].key, &made.fits[0].model), 0);
	assert_int_equal(mb_state_file_write(path, mb_json_costmodel_write, &kept, &err), 0);
	mb_costmodel_host_fini(&made);
	mb_costmodel_host_fini(&kept);
}

/* What it says and returns; the text is the caller's. */
static int get(const struct mb_opts *opts, const char *kernel, const struct mb_result *now,
	       struct mb_predict_fit *ret_fit, char **ret_text)
{
	struct mb_boot_config config = config_of(kernel);
	struct mb_cli cli = {.cmd = mb_cmd_find("predict"), .opts = *opts};
	struct capture capture;
	struct mb_topo *topo;
	struct mb_err err = {0};
	int status;

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	capture_begin(&capture, stderr);
	status = mb_predict_fit_get(&cli, &config, topo, now, ret_fit);
	*ret_text = capture_end(&capture);
	mb_topo_free(topo);
	return status;
}

static void assert_get(const struct mb_opts *opts, const char *kernel, const struct mb_result *now,
		       int status, const char *says)
{
	struct mb_predict_fit fit;
	char *text;

	assert_int_equal(get(opts, kernel, now, &fit, &text), status);
	if (!strstr(text, says))
		fail_msg("%s", text);
	assert_int_equal(fit.model != NULL, status == MB_EXIT_OK);
	mb_predict_fit_fini(&fit);
	free(text);
}

/* The same host uses what is stored; another kernel or setting is said. */
static void stored(void **state)
{
	struct mb_result *one = host_of("CPU one", "6.1"), *other = host_of("CPU one", "6.12");
	struct mb_opts opts = {.quiet = true};
	char path[128];

	snprintf(path, sizeof(path), "%s/costmodel.json", folder);
	opts.store = path;
	store(path, one);
	assert_get(&opts, "6.18", one, MB_EXIT_OK, "");
	assert_get(&opts, "6.18", other, MB_EXIT_PART,
		   "is out of date: kernel was 6.1, is 6.12; --refit makes a new one");
	opts.store = NULL;
	opts.host_model = path;
	assert_get(&opts, "6.18", other, MB_EXIT_OK, "");
	assert_get(&opts, "6.12", other, MB_EXIT_USAGE,
		   "has no fit of boots '6.12 vmemmap 64 x86_64 4K' (kernel, model, struct page, "
		   "architecture, page size), but '6.18 vmemmap 64 x86_64 4K'; --kernel");
	unlink(path);
	mb_result_free(one);
	mb_result_free(other);
}

static void put_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void unreadable(void **state)
{
	struct mb_result *one = host_of("CPU one", "6.1");
	struct mb_opts opts = {.quiet = true};
	char path[128];

	snprintf(path, sizeof(path), "%s/bad.json", folder);
	opts.host_model = path;
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "No such file");
	put_text(path, "{");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "is not JSON");
	put_text(path, "{\"memboot_host_model\": 999, \"facts\": {}, \"fits\": []}");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "is of a newer memboot");
	put_text(path, "{\"memboot_noise\": 1}");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "cannot read");
	opts.store = path;
	opts.host_model = NULL;
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "cannot read");
	unlink(path);
	mb_result_free(one);
}

/* A fit of an older version of the model is out of date by itself: another one is made, after a word. */
static void older(void **state)
{
	static const char text[] = "{\"memboot_host_model\": 1, \"facts\": {}, \"fits\": []}";
	struct mb_result *one = host_of("CPU one", "6.1");
	struct mb_opts opts = {.max_memory = 1};
	char path[128];

	snprintf(path, sizeof(path), "%s/old.json", folder);
	put_text(path, text);
	opts.store = path;
	/* As far as it gets with so little memory. */
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "old.json' is of an older version");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "this host is fitted now, within --budget\n");
	assert_get(&opts, "6.1", one, LITTLE);
	opts.store = NULL;
	opts.host_model = path;
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "cannot read");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "is of an older memboot: version 1");
	unlink(path);
	mb_result_free(one);
}

/* What is no fit is not replaced, whatever is asked for. */
static void foreign(void **state)
{
	static const char *const texts[] = {
		"{\"schema\": 1, \"runs\": []}\n",
		"{\"memboot_noise\": 1}",
		"{\"memboot_host_model\": 999, \"facts\": {}, \"fits\": []}",
		"words\n",
		"",
	};
	struct mb_result *one = host_of("CPU one", "6.1");
	char path[128], kept[128];

	snprintf(path, sizeof(path), "%s/foreign.json", folder);
	for (size_t i = 0; i < 2 * MB_ARRAY_SIZE(texts); i++) {
		struct mb_opts opts = {
			.store = path, .max_memory = 1, .refit = i % 2, .hold_out = !(i % 2)};
		FILE *file;
		size_t length;

		put_text(path, texts[i / 2]);
		assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "cannot read");
		file = fopen(path, "r");
		assert_non_null(file);
		length = fread(kept, 1, sizeof(kept) - 1, file);
		kept[length] = '\0';
		fclose(file);
		assert_string_equal(kept, texts[i / 2]);
	}
	unlink(path);
	mb_result_free(one);
}

/* Fits are: an older one, one that is out of date, and the one that is there. */
static void replaced(void **state)
{
	static const char old[] = "{\"memboot_host_model\": 1, \"facts\": {}, \"fits\": []}";
	struct mb_result *one = host_of("CPU one", "6.1"), *other = host_of("CPU one", "6.12");
	struct mb_opts opts = {.max_memory = 1, .refit = true};
	char path[128];

	snprintf(path, sizeof(path), "%s/again.json", folder);
	opts.store = path;
	put_text(path, old);
	/* As far as it gets with so little memory. */
	assert_get(&opts, "6.1", one, LITTLE);
	store(path, one);
	assert_get(&opts, "6.18", one, LITTLE);
	assert_get(&opts, "6.18", other, LITTLE);
	unlink(path);
	mb_result_free(one);
	mb_result_free(other);
}

/* The size that is named is enough: another reason is found then. */
static void little(void **state)
{
	struct mb_result *one = host_of("CPU one", "6.1");
	struct mb_opts opts = {.max_memory = 1, .budget = 1e-9, .quiet = true};
	const char *const use = "; use --max-memory ";
	struct mb_predict_fit fit;
	char path[128], *text, *size;

	snprintf(path, sizeof(path), "%s/little.json", folder);
	opts.store = path;
	assert_int_equal(get(&opts, "6.1", one, &fit, &text), MB_EXIT_USAGE);
	mb_predict_fit_fini(&fit);
	size = strstr(text, use);
	assert_non_null(size);
	size += strlen(use);
	assert_int_equal(mb_parse_size(size, strcspn(size, "\n"), &opts.max_memory), 0);
	free(text);
	assert_get(&opts, "6.1", one, MB_EXIT_PART, " is too small for 3 rounds of boots");
	opts.max_memory -= 2 << 20;
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, use);
	mb_result_free(one);
}

/* Found out before anything is measured. */
static void nowhere(void **state)
{
	struct mb_result *one = host_of("CPU one", "6.1");
	struct mb_opts opts = {.quiet = true, .store = "/proc/nothing/here.json"};

	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "cannot write '/proc/nothing/here.json'");
	opts.store = NULL;
	unsetenv("MEMBOOT_COSTMODEL");
	unsetenv("XDG_STATE_HOME");
	unsetenv("HOME");
	assert_get(&opts, "6.1", one, MB_EXIT_USAGE, "HOME is not set; give --store FILE");
	mb_result_free(one);
}

static void keys(void **state)
{
	struct mb_machine machine = {.arch = MB_ARCH_ARM64, .page_shift = 16};
	struct mb_boot_config config = config_of("6.12");

	assert_string_equal(mb_predict_fit_key(&config).text, "6.12 vmemmap 64 x86_64 4K");
	config.machine = &machine;
	assert_string_equal(mb_predict_fit_key(&config).text, "6.12 vmemmap 64 arm64 64K");
}

static void archs(void **state)
{
	static const struct {
		const char *host;
		enum mb_arch machine;
		bool other;
	} cases[] = {
		{"x86_64", MB_ARCH_X86_64, false}, {"aarch64", MB_ARCH_ARM64, false},
		{"x86_64", MB_ARCH_ARM64, true},   {"aarch64", MB_ARCH_X86_64, true},
		{"riscv64", MB_ARCH_X86_64, true}, {NULL, MB_ARCH_ARM64, false},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const struct mb_machine machine = {.arch = cases[i].machine};
		struct mb_predict_fit fit = {0};

		assert_int_equal(mb_conditions_set(&fit.host.facts, "architecture", cases[i].host),
				 0);
		assert_int_equal(mb_predict_fit_other_arch(&fit, &machine), cases[i].other);
		mb_predict_fit_fini(&fit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored),  cmocka_unit_test(unreadable), cmocka_unit_test(older),
		cmocka_unit_test(foreign), cmocka_unit_test(replaced),   cmocka_unit_test(little),
		cmocka_unit_test(nowhere), cmocka_unit_test(keys),       cmocka_unit_test(archs),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
