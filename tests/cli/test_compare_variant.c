/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "benches/variant.h"
#include "cli/compare_variant.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "reports/table.h"
#include "tests/cli/capture.h"

/* What is refused before anything is measured, in one line. */
static void test_refused(void **state)
{
	static const struct {
		const char *pair, *words;
		struct mb_opts opts; /* besides */
	} rows[] = {
		{"kernal,mine", "'kernal' is unknown; did you mean 'kernel'?", {0}},
		{"kernel,mime", "'mime' is unknown; did you mean 'mine'?", {0}},
		{"kernel,xyzzyplugh", "'memboot list variants' shows them", {0}},
		{"static,kernel", "chunk rule and initialiser; give two of one kind", {0}},
		{"kernel", "two names with a comma", {0}},
		{"kernel,", "two names with a comma", {0}},
		{",kernel", "two names with a comma", {0}},
		{"kernel,mine,memset", "two names with a comma", {0}},
		{"kernel,mine",
		 "leave --quick out, or give the number of pairs with -r instead\n",
		 {.quick = true}},
		{"kernel,mine",
		 "leave --full out, or give the number of pairs with -r instead\n",
		 {.full = true}},
		{"kernel,mine", "leave --filter out\n", {.filter = "x"}},
		{"kernel,mine", "leave --interleave out\n", {.interleave = true}},
		{"kernel,mine", "leave --list out\n", {.list = true}},
		{"kernel,mine", "leave --quick out\n", {.quick = true, .repetitions = 2}},
		{"kernel,mine", "leave REGEX out\n", {0}},
		{"kernel,mine", "leave REGEX out\n", {.repetitions = 2}},
		{"kernel,mine",
		 "leave --min-time out, or give the number of pairs with -r instead\n",
		 {.min_time = 1}},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("bench"), .opts = rows[i].opts};
		struct capture capture;
		char *text;
		int status;

		cli.opts.compare_variant = rows[i].pair;
		cli.nr_args = strstr(rows[i].words, "REGEX") != NULL;
		capture_begin(&capture, stderr);
		status = mb_compare_variant_run(&cli);
		text = capture_end(&capture);
		assert_int_equal(status, MB_EXIT_USAGE);
		if (!strstr(text, rows[i].words))
			fail_msg("%s: %s", rows[i].pair, text);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
}

/* A signal that waits when the run begins ends it long before so many pairs. */
static void test_interrupted(void **state)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("bench")};
	struct capture out, err;
	sigset_t set, old;
	char *shown, *said;
	int status;

	cli.opts.compare_variant = "kernel,mine";
	cli.opts.repetitions = 10000;
	cli.opts.no_progress = true;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &old), 0);
	assert_int_equal(kill(getpid(), SIGINT), 0); /* any thread may take it */
	capture_begin(&out, stdout);
	capture_begin(&err, stderr);
	status = mb_compare_variant_run(&cli);
	said = capture_end(&err);
	shown = capture_end(&out);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_int_equal(status, MB_EXIT_SIGNAL);
	assert_non_null(strstr(said, "interrupted; what ended is shown"));
	assert_non_null(strstr(shown, " of descriptors, partial: "));
	assert_non_null(strstr(shown, " of 10000 pairs with 1 thread"));
	free(said);
	free(shown);
}

static void test_list(void **state)
{
	static const struct mb_table_column columns[] = {
		{"a", MB_TABLE_LEFT}, {"b", MB_TABLE_LEFT}, {"c", MB_TABLE_LEFT}};
	static const struct mb_table_options plain = {0};
	struct mb_table *table = mb_table_new(columns, 3);
	struct mb_strbuf text = {0};
	struct mb_variant variant;
	const char *at;

	mb_compare_variant_list(table);
	assert_int_equal(mb_table_render(table, &plain, &text), 0);
	at = mb_strbuf_text(&text);
	for (size_t i = 0; mb_variant_row(i, &variant); i++) {
		at = strstr(at, mb_variant_kind_name(variant.kind));
		assert_non_null(at);
		at = strstr(at, variant.summary);
		assert_non_null(at);
	}
	mb_strbuf_fini(&text);
	mb_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("compare_variant", tests, NULL, NULL);
}
