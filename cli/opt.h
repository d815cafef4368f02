/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_OPT_H
#define MB_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The options of all commands, one row each: getopt_long, the help, the man page and the bash
 * completion walk the rows of cli/opt.c.
 */

struct mb_err;

/* What an option's argument is, and so the type of its field in struct mb_opts. */
enum mb_opt_kind {
	MB_OPT_FLAG,    /* bool, no argument */
	MB_OPT_TEXT,    /* const char *, not empty */
	MB_OPT_FILE,    /* const char *, not empty, a file name or '-' */
	MB_OPT_CHOICE,  /* const char *, one of the row's values */
	MB_OPT_COUNT,   /* uint64_t, min … max */
	MB_OPT_WORDS,   /* the same, or one of the row's values: max + 1 + its index */
	MB_OPT_SIZE,    /* uint64_t, bytes, min … max */
	MB_OPT_SIZES,   /* the same, or one of the row's values: max + 1 + its index */
	MB_OPT_SECONDS, /* double, above 0, at most max: 90, 90s, 10m, 1h, 500ms */
	MB_OPT_PERCENT, /* the same, with or without a '%' */
	MB_OPT_TEXTS,   /* struct mb_opt_texts: may be given several times */
};

/* What an option that may be given several times was given, in order. */
#define MB_OPT_MAX_TEXTS 16
struct mb_opt_texts {
	const char *rows[MB_OPT_MAX_TEXTS];
	size_t count;
};

/* The index-th possible value, or NULL after the last one. */
typedef const char *mb_opt_value_fn(size_t index);

struct mb_opt {
	const char *name; /* without the dashes */
	char short_name;  /* 0: none */
	enum mb_opt_kind kind;
	const char *arg; /* how the help calls the argument; NULL for flags */
	mb_opt_value_fn *values;
	uint64_t min, max;
	bool may_be_empty; /* a text */
	unsigned commands; /* bits of the commands that take it (cli/cmd.h) */
	size_t field;      /* offset in struct mb_opts */
	const char *help;  /* one sentence without full stop; NULL: hidden */
};

/* The rows, in the order of the help. */
extern const struct mb_opt mb_opts_table[];
extern const size_t mb_opts_count;

/* The values after parsing; text points into argv. Zero and NULL: not given. */
struct mb_opts {
	bool help, version, print_man, print_completion;
	bool against_dmesg, check, dry_run, quiet, verbose, no_progress, redact;
	bool counters_kernel, require_counters;
	bool show;
	bool refit, hold_out, explain, here;
	bool quick, full, noise, interleave, list, list_formats;
	const char *machine, *machine_file, *sysroot, *cmdline, *dmesg;
	const char *facts, *allow_missing, *counters, *filter, *compare_variant, *metric;
	const char *policy, *kernel, *model, *page_size, *struct_page;
	const char *output, *format, *color;
	const char *base, *new_, *store;
	const char *vary, *host_model, *from_table;
	const char *history, *rev, *since;
	struct mb_opt_texts labels;
	const char *cpus, *smt, *bind, *pages, *fault, *topology;
	uint64_t repetitions, threads, max_memory, section_size, window, paced;
	uint64_t arena, seed, gates, fit_points;
	double min_time, budget;
	double threshold; /* per cent */
};

/*
 * Reads the options of one command from argv (argv[0] is skipped) into *ret_opts; *ret_first
 * becomes the index of the first operand, argv having been permuted so that operands come last.
 * Options that come before a command stop at the first operand. Not thread-safe (getopt). -EINVAL
 * or -ERANGE with err saying which option is wrong and what would be right.
 */
int mb_opt_parse(unsigned command, int argc, char **argv, struct mb_err *err,
		 struct mb_opts *ret_opts, int *ret_first);

/*
 * Takes the arguments that begin with prefix out of argv (argv[0] stays), up to "--"; they come
 * back in taken, argc entries long at least, in their order. Returns how many.
 */
int mb_opt_take(const char *prefix, int *argc, char **argv, char **taken);

/* The row of that long name, or NULL. */
const struct mb_opt *mb_opt_find(const char *name);

#endif
