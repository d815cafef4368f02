/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cmd.h"
#include "cli/opt.h"
#include "core/base/align.h"
#include "core/base/err.h"

#define MAX_ARGS 24

/* Parses words, separated by '|', as the arguments of a command. */
struct parsed {
	char words[256];
	char *argv[MAX_ARGS + 1];
	int argc, first, r;
	struct mb_opts opts;
	struct mb_err err;
};

static void parse(struct parsed *parsed, unsigned command, const char *words)
{
	char *rest = parsed->words;

	*parsed = (struct parsed){.first = -1};
	snprintf(parsed->words, sizeof(parsed->words), "cmd|%s", words);
	while (rest && parsed->argc < MAX_ARGS)
		parsed->argv[parsed->argc++] = strsep(&rest, "|");
	parsed->r = mb_opt_parse(command, parsed->argc, parsed->argv, &parsed->err, &parsed->opts,
				 &parsed->first);
}

static void test_values(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT,
	      "--machine|nodes=2|--policy=eager|-r|3|--check|--threads=7|--max-memory|1G|-ox.json");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.opts.machine, "nodes=2");
	assert_string_equal(p.opts.policy, "eager");
	assert_int_equal(p.opts.repetitions, 3);
	assert_true(p.opts.check);
	assert_false(p.opts.dry_run);
	assert_int_equal(p.opts.threads, 7);
	assert_int_equal(p.opts.max_memory, MB_GIB);
	assert_string_equal(p.opts.output, "x.json");
	assert_int_equal(p.first, p.argc);
}

/* Times with and without a unit; nothing else, and none above what the option takes. */
static void test_times(void **state)
{
	static const struct {
		const char *text;
		double seconds; /* 0: refused */
	} rows[] = {
		{"90", 90},   {"90s", 90},   {"10m", 600},   {"1h", 3600}, {"500ms", 0.5},
		{"1.5m", 90}, {"2min", 120}, {"24h", 86400}, {"25h", 0},   {"0", 0},
		{"-1m", 0},   {"m", 0},      {"", 0},        {"10 m", 0},  {"10mm", 0},
		{"1m30s", 0}, {"nan", 0},    {"inf", 0},     {"10x", 0},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char words[64];
		struct parsed p;

		snprintf(words, sizeof(words), "--budget|%s", rows[i].text);
		parse(&p, MB_CMD_NOISE, words);
		assert_int_equal(p.r, rows[i].seconds > 0 ? 0 : -EINVAL);
		if (!p.r)
			assert_true(p.opts.budget == rows[i].seconds);
		else
			assert_non_null(strstr(p.err.text, "500ms, 90s, 10m or 1h"));
	}
}

/* Per cent, with or without their sign; nothing else, and not 0, which is no threshold. */
static void test_percent(void **state)
{
	static const char *const bad[] = {"0", "-1", "5x", "%", "nan", "1001", "5 %", "inf"};
	struct parsed p;

	parse(&p, MB_CMD_COMPARE, "--threshold=5%|a.json|b.json");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.threshold == 5);
	assert_int_equal(p.argc - p.first, 2);
	parse(&p, MB_CMD_COMPARE, "--threshold|0.5|--metric|wall_ns,ipc");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.threshold == 0.5);
	assert_string_equal(p.opts.metric, "wall_ns,ipc");
	for (size_t i = 0; i < MB_ARRAY_SIZE(bad); i++) {
		char words[64];

		snprintf(words, sizeof(words), "--threshold|%s", bad[i]);
		parse(&p, MB_CMD_COMPARE, words);
		assert_int_equal(p.r, -EINVAL);
		assert_non_null(strstr(p.err.text, "'--threshold' takes per cent above 0"));
	}
}

/* A number or a word: the words come behind the largest number. */
static void test_words(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--threads|cores|--smt|off|--cpus|0-3,7|--bind|spread");
	assert_int_equal(p.r, 0);
	assert_int_equal(p.opts.threads, mb_opt_find("threads")->max + 1);
	assert_string_equal(p.opts.smt, "off");
	assert_string_equal(p.opts.cpus, "0-3,7");
	assert_string_equal(p.opts.bind, "spread");
	parse(&p, MB_CMD_BOOT, "--threads=all");
	assert_int_equal(p.opts.threads, mb_opt_find("threads")->max + 2);
}

/* What says how to count needs to know what. */
static void test_counters(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--counters|default,cycles:k|--counters-kernel|--require-counters");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.opts.counters, "default,cycles:k");
	assert_true(p.opts.counters_kernel && p.opts.require_counters);
	parse(&p, MB_CMD_BENCH, "--counters|mem|--counters-kernel|--require-counters");
	assert_int_equal(p.r, 0);
	parse(&p, MB_CMD_TOPO, "--counters|mem");
	assert_int_equal(p.r, -EINVAL);
	parse(&p, MB_CMD_BOOT, "--counters-kernel");
	assert_int_equal(p.r, -EINVAL);
	assert_non_null(strstr(p.err.text, "'--counters-kernel' needs '--counters'"));
	parse(&p, MB_CMD_BOOT, "--require-counters");
	assert_int_equal(p.r, -EINVAL);
	assert_non_null(strstr(p.err.text, "'--require-counters' needs '--counters'"));
	parse(&p, MB_CMD_BOOT, "--counters=");
	assert_int_equal(p.r, -EINVAL);
}

static void test_operands_come_last(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_LIST, "stages|--color|never|more");
	assert_int_equal(p.r, -EINVAL); /* list has no colours */
	parse(&p, MB_CMD_TOPO, "one|--color|never|two");
	assert_int_equal(p.r, 0);
	assert_int_equal(p.argc - p.first, 2);
	assert_string_equal(p.argv[p.first], "one");
	assert_string_equal(p.argv[p.first + 1], "two");
	parse(&p, MB_CMD_REPORT, "a.json|-o|x.csv|b.json|--list-formats");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.list_formats);
	assert_int_equal(p.argc - p.first, 2);
}

/* A command line may be empty: that is not the same as none. */
static void test_empty_text(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--check");
	assert_null(p.opts.cmdline);
	parse(&p, MB_CMD_BOOT, "--cmdline|");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.opts.cmdline, "");
	parse(&p, MB_CMD_TOPO, "--cmdline=mem=1G quiet");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.opts.cmdline, "mem=1G quiet");
}

static void test_before_the_command(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_NONE, "boot|--policy|eager");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.argv[p.first], "boot");
	parse(&p, MB_CMD_NONE, "--version");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.version);
}

static void test_two_dashes_end_the_options(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_LIST, "--|--help");
	assert_int_equal(p.r, 0);
	assert_false(p.opts.help);
	assert_string_equal(p.argv[p.first], "--help");
}

/* What is wrong, and the words that the message must have. */
static void test_errors(void **state)
{
	static const struct {
		unsigned command;
		const char *words, *said;
	} rows[] = {
		{MB_CMD_BOOT, "--polcy|eager",
		 "option '--polcy' is unknown; did you mean '--policy'?"},
		{MB_CMD_BOOT, "--polcy=eager", "'--polcy' is unknown; did you mean '--policy'?"},
		{MB_CMD_BOOT, "--zzzzzz", "option '--zzzzzz' is unknown; '--help' lists"},
		{MB_CMD_BOOT, "-Z", "option '-Z' is unknown"},
		{MB_CMD_BOOT, "-qZ", "option '-Z' is unknown"},
		{MB_CMD_BOOT, "--policy", "option '--policy' needs an argument: --policy NAME"},
		{MB_CMD_BOOT, "-o", "option '--output' needs an argument: --output FILE"},
		{MB_CMD_BOOT, "--policy|lazyy",
		 "option '--policy' takes eager, deferred or lazy, not 'lazyy'"},
		{MB_CMD_BOOT, "--policy|", "takes eager, deferred or lazy, not ''"},
		{MB_CMD_BOOT, "--kernel|5.10",
		 "option '--kernel' takes 6.1, 6.12 or 6.18, not '5.10'"},
		{MB_CMD_BOOT, "--check=yes", "option '--check' takes no argument"},
		{MB_CMD_BOOT, "-r|0",
		 "option '--repetitions' takes a whole number from 1 to 10000, not '0'"},
		{MB_CMD_BOOT, "-r|-1", "not '-1'"},
		{MB_CMD_BOOT, "-r|1.5", "not '1.5'"},
		{MB_CMD_BOOT, "--model|flatter", "takes flat, sparse, extreme or vmemmap"},
		{MB_CMD_BOOT, "--page-size|8K", "takes 4K, 16K or 64K"},
		{MB_CMD_BOOT, "--section-size|big", "takes a size"},
		{MB_CMD_BENCH, "--model|flat", "belongs to another command"},
		{MB_CMD_BOOT, "--struct-page|60", "takes 56, 64, 72, 80, 88 or 96"},
		{MB_CMD_BENCH, "--struct-page|64", "belongs to another command"},
		{MB_CMD_BOOT, "--threads|99999999999999999999999", "whole number from 1 to 8192"},
		{MB_CMD_BOOT, "--threads|some",
		 "takes cores or all, or a whole number from 1 to 8192, not 'some'"},
		{MB_CMD_BOOT, "--bind|far", "takes node or spread"},
		{MB_CMD_BOOT, "--smt|maybe", "takes on or off"},
		{MB_CMD_BOOT, "--max-memory|12Q", "takes a size such as 512M or 4G, not '12Q'"},
		{MB_CMD_BOOT, "--max-memory|0", "takes a size"},
		{MB_CMD_BOOT, "--output=", "option '--output' needs a file name that is not empty"},
		{MB_CMD_BOOT, "--machine=", "needs a text that is not empty"},
		{MB_CMD_BOOT, "--ma|x",
		 "option '--ma' is ambiguous: '--machine' or '--machine-file'?"},
		{MB_CMD_BOOT, "--machine|a=1|--machine-file|x", "exclude each other"},
		{MB_CMD_BOOT, "--dmesg=", "needs a file name that is not empty"},
		{MB_CMD_BOOT, "--against-dmesg=x", "takes no argument"},
		{MB_CMD_VALIDATE, "--dmesg|x", "belongs to another command: memboot boot --dmesg"},
		{MB_CMD_DOCTOR, "--machine|a=1", "belongs to another command"},
		{MB_CMD_TOPO, "--machine|a=1|--sysroot|x", "exclude each other"},
		{MB_CMD_BENCH, "--full|--quick", "'--quick' and '--full' exclude each other"},
		{MB_CMD_BOOT, "--quick", "belongs to another command: memboot bench --quick"},
		{MB_CMD_VALIDATE, "--machine|a=1", "belongs to another command"},
		{MB_CMD_GATE, "--metric|instructions",
		 "a gate judges times alone; for other figures 'memboot bench --counters default' of each program, then 'memboot compare --metric'"},
		{MB_CMD_VALIDATE, "--facts=", "needs a text that is not empty"},
		{MB_CMD_VALIDATE, "--cmdline|quiet", "belongs to another command: memboot boot"},
		{MB_CMD_BOOT, "--cmdline", "option '--cmdline' needs an argument: --cmdline TEXT"},
		{MB_CMD_BOOT, "--facts|F1", "belongs to another command: memboot validate"},
		{MB_CMD_BOOT, "--version", "option '--version' stands alone: memboot --version"},
		{MB_CMD_NONE, "--policy|eager|boot",
		 "belongs to another command: memboot boot --policy"},
		{MB_CMD_TOPO, "--policy|eager", "belongs to another command: memboot boot"},
		{MB_CMD_TOPO, "-r|3", "belongs to another command: memboot boot"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, rows[i].command, rows[i].words);
		if (p.r == -EINVAL && strstr(p.err.text, rows[i].said))
			continue;
		fail_msg("%s: %d '%s'", rows[i].words, p.r, p.err.text);
	}
}

static void test_outputs_untouched_on_failure(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--check|--nonsense");
	assert_int_equal(p.r, -EINVAL);
	assert_false(p.opts.check);
	assert_int_equal(p.first, -1);
}

static void test_against(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--against-dmesg|--dmesg|x");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.against_dmesg);
	assert_string_equal(p.opts.dmesg, "x");
	parse(&p, MB_CMD_DOCTOR, "--sysroot|x|-o|y.json");
	assert_int_equal(p.r, 0);
	assert_string_equal(p.opts.sysroot, "x");
}

/* One that may be given several times keeps their order, up to a limit. */
static void test_texts(void **state)
{
	char many[(MB_OPT_MAX_TEXTS + 1) * 10 + 1] = "";
	struct parsed p;

	parse(&p, MB_CMD_HISTORY, "--label|a=1|--rev|x|--label|b=2");
	assert_int_equal(p.r, 0);
	assert_int_equal(p.opts.labels.count, 2);
	assert_string_equal(p.opts.labels.rows[0], "a=1");
	assert_string_equal(p.opts.labels.rows[1], "b=2");
	parse(&p, MB_CMD_HISTORY, "--label|");
	assert_int_equal(p.r, -EINVAL);
	for (int i = 0; i < MB_OPT_MAX_TEXTS; i++)
		strcat(many, i ? "|--label=x" : "--label=x");
	parse(&p, MB_CMD_HISTORY, many);
	assert_int_equal(p.r, 0);
	assert_int_equal(p.opts.labels.count, MB_OPT_MAX_TEXTS);
	strcat(many, "|--label=y");
	parse(&p, MB_CMD_HISTORY, many);
	assert_int_equal(p.r, -EINVAL);
}

static void test_abbreviations(void **state)
{
	struct parsed p;

	parse(&p, MB_CMD_BOOT, "--dry|--pol|eager");
	assert_int_equal(p.r, 0);
	assert_true(p.opts.dry_run);
	assert_string_equal(p.opts.policy, "eager");
}

/* Rules that every row must keep, or help, man page and completion go wrong. */
static void test_table(void **state)
{
	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];

		assert_true((opt->kind == MB_OPT_FLAG) == (opt->arg == NULL));
		assert_true((opt->kind == MB_OPT_CHOICE || opt->kind == MB_OPT_WORDS ||
			     opt->kind == MB_OPT_SIZES) == (opt->values != NULL));
		assert_true(opt->commands != 0);
		assert_true(opt->field < sizeof(struct mb_opts));
		assert_ptr_equal(mb_opt_find(opt->name), opt);
		if (opt->kind == MB_OPT_COUNT || opt->kind == MB_OPT_SIZE)
			assert_true(opt->min <= opt->max && opt->max > 0);
		for (size_t k = 0; k < i; k++) {
			assert_true(opt->field != mb_opts_table[k].field);
			assert_true(!opt->short_name ||
				    opt->short_name != mb_opts_table[k].short_name);
		}
	}
	assert_null(mb_opt_find("no such option"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_operands_come_last),
		cmocka_unit_test(test_empty_text),
		cmocka_unit_test(test_before_the_command),
		cmocka_unit_test(test_two_dashes_end_the_options),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_outputs_untouched_on_failure),
		cmocka_unit_test(test_against),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_abbreviations),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
