/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/opt.h"
#include "cli/suggest.h"
#include "cli/verdict.h"
#include "core/base/align.h"
#include "core/base/err.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "core/boot.h"
#include "core/memmodel.h"
#include "core/profile.h"
#include "numa/arena.h"
#include "numa/host_map.h"

#define LONG_BASE 256 /* getopt's value of row n is LONG_BASE + n */

static const char *policy_value(size_t index)
{
	return index < MB_NR_POLICIES ? mb_boot_policies[index] : NULL;
}

static const char *color_value(size_t index)
{
	static const char *const names[] = {"auto", "always", "never"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *kernel_value(size_t index)
{
	return index < mb_nr_profiles ? mb_profiles[index].name : NULL;
}

static const char *model_value(size_t index)
{
	return index < MB_NR_MEMMODELS ? mb_memmodels[index].name : NULL;
}

static const char *page_size_value(size_t index)
{
	static const char *const names[] = {"4K", "16K", "64K"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *struct_page_value(size_t index)
{
	return index < MB_NR_PAGE_SIZES ? mb_page_sizes[index].name : NULL;
}

static const char *threads_value(size_t index)
{
	static const char *const names[] = {"cores", "all"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *smt_value(size_t index)
{
	static const char *const names[] = {"on", "off"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *bind_value(size_t index)
{
	return index < MB_HOST_MAP_NR_BINDS ? mb_host_map_binds[index] : NULL;
}

/* The first one is what the host does unasked. */
static const char *pages_value(size_t index)
{
	return index + 1 < MB_ARENA_NR_PAGES ? mb_arena_pages[index + 1] : NULL;
}

static const char *fault_value(size_t index)
{
	static const char *const names[] = {"parallel", "serial"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

static const char *window_value(size_t index)
{
	static const char *const names[] = {"auto", "off"};

	return index < MB_ARRAY_SIZE(names) ? names[index] : NULL;
}

#define FIELD(name) offsetof(struct mb_opts, name)

const struct mb_opt mb_opts_table[] = {
	{"machine", 0, MB_OPT_TEXT, "TEXT", .commands = MB_CMD_BOOT | MB_CMD_TOPO | MB_CMD_PREDICT,
	 .field = FIELD(machine),
	 .help = "a machine other than the host, such as 'nodes=4 each=64G cpus=8'"},
	{"machine-file", 0, MB_OPT_FILE, "FILE",
	 .commands = MB_CMD_BOOT | MB_CMD_TOPO | MB_CMD_PREDICT, .field = FIELD(machine_file),
	 .help = "the same, read from a file; '-' is standard input"},
	{"sysroot", 0, MB_OPT_FILE, "DIR|ARCHIVE",
	 .commands = MB_CMD_BOOT | MB_CMD_TOPO | MB_CMD_VALIDATE | MB_CMD_CAPTURE | MB_CMD_DOCTOR |
		     MB_CMD_PREDICT,
	 .field = FIELD(sysroot),
	 .help = "the machine of a captured tree: a folder with proc, sys and dmesg of a kernel, or a "
		 "tar archive of one"},
	{"cmdline", 0, MB_OPT_TEXT, "TEXT", .may_be_empty = true,
	 .commands = MB_CMD_BOOT | MB_CMD_TOPO | MB_CMD_PREDICT, .field = FIELD(cmdline),
	 .help = "the kernel's command line, instead of the machine's own, such as "
		 "'movablecore=2G mem=64G'"},
	{"facts", 0, MB_OPT_TEXT, "LIST", .commands = MB_CMD_VALIDATE, .field = FIELD(facts),
	 .help = "compare these alone, such as F2,F6 (default: all; 'memboot list facts')"},
	{"allow-missing", 0, MB_OPT_TEXT, "LIST", .commands = MB_CMD_VALIDATE,
	 .field = FIELD(allow_missing),
	 .help = "facts that need not be comparable, such as F4,F14"},
	{"kernel", 0, MB_OPT_CHOICE, "RELEASE", kernel_value,
	 .commands = MB_CMD_BOOT | MB_CMD_VALIDATE | MB_CMD_PREDICT, .field = FIELD(kernel),
	 .help = "rules of this Linux release (default: the one nearest to the host's)"},
	{"policy", 0, MB_OPT_CHOICE, "NAME", policy_value, .commands = MB_CMD_BOOT | MB_CMD_PREDICT,
	 .field = FIELD(policy),
	 .help = "who initialises the descriptors: the boot CPU alone, or for most of them each "
		 "node's workers later on, or the first allocation that needs them (default: "
		 "deferred)"},
	{"model", 0, MB_OPT_CHOICE, "NAME", model_value, .commands = MB_CMD_BOOT | MB_CMD_PREDICT,
	 .field = FIELD(model),
	 .help = "where descriptors are and how they are found (default: vmemmap)"},
	{"page-size", 0, MB_OPT_CHOICE, "SIZE", page_size_value,
	 .commands = MB_CMD_BOOT | MB_CMD_PREDICT, .field = FIELD(page_size),
	 .help = "page size, whatever the machine says; x86-64 has 4K alone"},
	{"struct-page", 0, MB_OPT_CHOICE, "BYTES", struct_page_value,
	 .commands = MB_CMD_BOOT | MB_CMD_PREDICT, .field = FIELD(struct_page),
	 .help = "size of a page descriptor, which the kernel's configuration makes (default: 64; "
		 "'memboot list struct-pages')"},
	{"section-size", 0, MB_OPT_SIZE, "SIZE", .min = 1, .max = UINT64_MAX,
	 .commands = MB_CMD_BOOT | MB_CMD_PREDICT, .field = FIELD(section_size),
	 .help = "size of a sparse section, whatever the machine says, such as 128M"},
	{"threads", 0, MB_OPT_WORDS, "N|cores|all", threads_value, .min = 1,
	 .max = MB_MACHINE_MAX_CPUS, .commands = MB_CMD_BOOT | MB_CMD_PREDICT,
	 .field = FIELD(threads),
	 .help = "workers per node in the deferred stage: a number, or one for each core or each CPU of "
		 "its host node (default: what kernel and host allow)"},
	{"smt", 0, MB_OPT_CHOICE, "WHEN", smt_value, .commands = MB_CMD_BOOT | MB_CMD_TOPO,
	 .field = FIELD(smt),
	 .help = "whether all CPUs of a core work, or one of them (default: on)"},
	{"cpus", 0, MB_OPT_TEXT, "LIST", .commands = MB_CMD_BOOT | MB_CMD_TOPO,
	 .field = FIELD(cpus),
	 .help = "host CPUs that work, such as 0-7,16; a node without any borrows from the nearest"},
	{"bind", 0, MB_OPT_CHOICE, "WHERE", bind_value, .commands = MB_CMD_BOOT | MB_CMD_TOPO,
	 .field = FIELD(bind),
	 .help = "workers run on their host node's CPUs, or spread over those of all nodes; memory is "
		 "on its node either way (default: node)"},
	{"topology", 0, MB_OPT_FILE, "FILE|TEXT", .commands = MB_CMD_TOPO, .field = FIELD(topology),
	 .help = "plan on another host instead of this one: an hwloc XML file, or hwloc's synthetic text such "
		 "as 'node:4 core:2 pu:2'; nothing can be bound to it"},
	{"pages", 0, MB_OPT_CHOICE, "SIZE", pages_value, .commands = MB_CMD_BOOT,
	 .field = FIELD(pages),
	 .help = "host pages that the memmap is made of: small ones alone, transparent huge pages, or huge "
		 "pages of the kernel's pools (default: as the host is set)"},
	{"window", 0, MB_OPT_SIZES, "auto|off|SIZE", window_value, .min = 1,
	 .max = UINT64_C(1) << 50, .commands = MB_CMD_BOOT, .field = FIELD(window),
	 .help = "map each node's memmap onto so much real memory, which is used again and again, for machines that have "
		 "more page descriptors than this host has memory; auto is well above the caches where memory allows (default: off)"},
	{"fault", 0, MB_OPT_CHOICE, "HOW", fault_value, .commands = MB_CMD_BOOT,
	 .field = FIELD(fault),
	 .help = "who touches the memmap first: all workers of all nodes at once, or one worker of one node "
		 "after another (default: parallel)"},
	{"repetitions", 'r', MB_OPT_COUNT, "N", .min = 1, .max = 10000,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH, .field = FIELD(repetitions),
	 .help = "measure N times and report median and spread (default: 1)"},
	{"min-time", 0, MB_OPT_SECONDS, "TIME", .max = 3600, .commands = MB_CMD_BOOT | MB_CMD_BENCH,
	 .field = FIELD(min_time),
	 .help = "a repetition does its work as often as needs at least that long, such as 500ms or 2s (default: a boot once, "
		 "rows of bench 0.5)"},
	{"filter", 0, MB_OPT_TEXT, "REGEX", .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_COMPARE,
	 .field = FIELD(filter),
	 .help = "only what has a name that REGEX matches somewhere: the rows that bench measures, as REGEX "
		 "alone does, what boot shows and stores, and the rows that are compared; a leading '-' turns it around"},
	{"quick", 0, MB_OPT_FLAG, .commands = MB_CMD_BENCH, .field = FIELD(quick),
	 .help = "a first look at everything within about a minute: short, and each row once"},
	{"full", 0, MB_OPT_FLAG, .commands = MB_CMD_BENCH, .field = FIELD(full),
	 .help = "for a report: all values of all rows, 15 repetitions of at least 0.1 seconds each, interleaved"},
	{"noise", 0, MB_OPT_FLAG, .commands = MB_CMD_BENCH, .field = FIELD(noise),
	 .help = "how far two measurements of the same row lie apart on this host: 40 short passes over the rows (or -r), "
		 "two by two in random order; takes about half an hour for all"},
	{"interleave", 0, MB_OPT_FLAG, .commands = MB_CMD_BENCH, .field = FIELD(interleave),
	 .help = "repetitions of all rows in random order, so that what the host does meanwhile falls on "
		 "all alike"},
	{"list", 0, MB_OPT_FLAG, .commands = MB_CMD_BENCH, .field = FIELD(list),
	 .help = "print the names of the rows instead of measuring them"},
	{"compare-variant", 0, MB_OPT_TEXT, "A,B", .commands = MB_CMD_BENCH,
	 .field = FIELD(compare_variant),
	 .help = "hold two ways to do the same thing against each other, in turns, one's own too: -r pairs "
		 "(default: 30), with one thread and with all ('memboot list variants')"},
	/* What `memboot gate` asks for: rows at its pace, on an arena of that size (benches/paced.h). */
	{"paced", 0, MB_OPT_SIZE, "SIZE", .min = 1, .max = UINT64_C(1) << 50,
	 .commands = MB_CMD_BENCH, .field = FIELD(paced)},
	{"check", 0, MB_OPT_FLAG, .commands = MB_CMD_BOOT, .field = FIELD(check),
	 .help = "walk every invariant after every stage; exit 1 when one is broken"},
	{"counters", 0, MB_OPT_TEXT, "LIST", .commands = MB_CMD_BOOT | MB_CMD_BENCH,
	 .field = FIELD(counters),
	 .help = "count these events in all that is timed, on each thread: default, mem, tlb, branch, numa, or "
		 "names of events, with commas between them ('memboot list counters')"},
	{"counters-kernel", 0, MB_OPT_FLAG, .commands = MB_CMD_BOOT | MB_CMD_BENCH,
	 .field = FIELD(counters_kernel),
	 .help = "count what the host's kernel does meanwhile too, not user mode alone"},
	{"require-counters", 0, MB_OPT_FLAG, .commands = MB_CMD_BOOT | MB_CMD_BENCH,
	 .field = FIELD(require_counters),
	 .help = "exit 4 when one of the events does not count on this host, or not in all that is timed"},
	{"dry-run", 0, MB_OPT_FLAG, .commands = MB_CMD_BOOT, .field = FIELD(dry_run),
	 .help = "all but the memmap itself: needs little memory for a machine of any size"},
	{"against-dmesg", 0, MB_OPT_FLAG, .commands = MB_CMD_BOOT, .field = FIELD(against_dmesg),
	 .help = "also show what the kernel's own log says that deferred init took, node by node; "
		 "exit 3 when it says nothing"},
	{"dmesg", 0, MB_OPT_FILE, "FILE", .commands = MB_CMD_BOOT, .field = FIELD(dmesg),
	 .help = "the log for --against-dmesg (default: that of --sysroot, /dev/kmsg, or the journal)"},
	{"max-memory", 0, MB_OPT_SIZE, "SIZE", .min = 1, .max = UINT64_MAX,
	 .commands = MB_CMD_BOOT | MB_CMD_PREDICT, .field = FIELD(max_memory),
	 .help = "real memory that may be used, besides pools of huge pages (default: a quarter of what is "
		 "available)"},
	{"base", 0, MB_OPT_FILE, "PROGRAM", .commands = MB_CMD_GATE, .field = FIELD(base),
	 .help = "the program that --new is held against: a memboot, or a script that runs one"},
	{"new", 0, MB_OPT_FILE, "PROGRAM", .commands = MB_CMD_GATE, .field = FIELD(new_),
	 .help = "the program that is judged"},
	{"budget", 0, MB_OPT_SECONDS, "TIME", .max = 86400,
	 .commands = MB_CMD_GATE | MB_CMD_NOISE | MB_CMD_PREDICT, .field = FIELD(budget),
	 .help = "how long all of it may take, such as 90s or 10m; seconds without a unit (default: a gate 60, noise 240, a fit 120)"},
	{"gates", 0, MB_OPT_COUNT, "N", .min = 5, .max = 10000, .commands = MB_CMD_NOISE,
	 .field = FIELD(gates), .help = "so many gates share the budget (default: 20)"},
	{"arena", 0, MB_OPT_SIZE, "SIZE", .min = 1 << 21, .max = UINT64_C(1) << 50,
	 .commands = MB_CMD_GATE | MB_CMD_NOISE, .field = FIELD(arena),
	 .help = "memory that warm rows work on, the same on both sides (default: four times the largest cache, at least "
		 "128 MiB)"},
	{"seed", 0, MB_OPT_COUNT, "N", .min = 1, .max = UINT64_MAX, .commands = MB_CMD_GATE,
	 .field = FIELD(seed),
	 .help = "of the bootstrap; the same samples and seed give the same interval (default: 1)"},
	{"store", 0, MB_OPT_FILE, "FILE",
	 .commands = MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_NOISE | MB_CMD_PREDICT,
	 .field = FIELD(store),
	 .help = "where the noise of this host is kept (default: $MEMBOOT_NOISE, else memboot/noise.json in $XDG_STATE_HOME or "
		 "~/.local/state); of predict its fit ($MEMBOOT_COSTMODEL, memboot/costmodel.json)"},
	{"refit", 0, MB_OPT_FLAG, .commands = MB_CMD_PREDICT, .field = FIELD(refit),
	 .help = "fit this host anew, also where a fit is stored"},
	{"hold-out", 0, MB_OPT_FLAG, .commands = MB_CMD_PREDICT, .field = FIELD(hold_out),
	 .help = "fit this host anew, and say how far off predictions are of machines that were held out of the fit: the larger "
		 "ones, those of one number of nodes, of one number of workers"},
	{"vary", 0, MB_OPT_TEXT, "NAME=VALUES", .commands = MB_CMD_PREDICT, .field = FIELD(vary),
	 .help = "a curve over threads, chunk, each, nodes or cpus: VALUES is a list such as 1,2,4, or a range that doubles, such "
		 "as 64G..4T"},
	{"explain", 0, MB_OPT_FLAG, .commands = MB_CMD_PREDICT, .field = FIELD(explain),
	 .help = "also the terms of the model, their coefficients with errors, and which of them rules"},
	{"here", 0, MB_OPT_FLAG, .commands = MB_CMD_PREDICT, .field = FIELD(here),
	 .help = "predict what 'memboot boot' of that machine takes on this host, whose CPUs its nodes share; else each of them "
		 "has its own"},
	{"host-model", 0, MB_OPT_FILE, "FILE", .commands = MB_CMD_PREDICT,
	 .field = FIELD(host_model),
	 .help = "predict with the fit of another host, which --store kept there"},
	{"from-table", 0, MB_OPT_FILE, "FILE", .commands = MB_CMD_PREDICT,
	 .field = FIELD(from_table),
	 .help = "fit published times of a node over threads instead of a host, and predict the others of them; '-' is standard input"},
	{"fit-points", 0, MB_OPT_COUNT, "N", .min = 1, .max = 4096, .commands = MB_CMD_PREDICT,
	 .field = FIELD(fit_points),
	 .help = "points of a table that are fitted, the first ones (default: 2, or all where it says nothing of its memory)"},
	{"show", 0, MB_OPT_FLAG, .commands = MB_CMD_NOISE, .field = FIELD(show),
	 .help = "show what is stored instead of measuring; exit 1 when it is out of date"},
	{"threshold", 0, MB_OPT_PERCENT, "PERCENT", .max = 1000,
	 .commands = MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_HISTORY, .field = FIELD(threshold),
	 .help = "a change counts from there on (default: 5%; history check 1%, or less where the figure has a narrower band)"},
	{"metric", 0, MB_OPT_TEXT, "KEY,...", .commands = MB_CMD_COMPARE | MB_CMD_HISTORY,
	 .field = FIELD(metric),
	 .help = "look at these instead, with commas between them ('memboot list metrics'); history takes 'all' too"},
	{"history", 0, MB_OPT_FILE, "FILE",
	 .commands = MB_CMD_HISTORY | MB_CMD_REPORT | MB_CMD_GATE, .field = FIELD(history),
	 .help = "the file with the history, made on first use (default, but for report: $MEMBOOT_HISTORY); report draws the trends "
		 "in it on its HTML page, gate without --base holds NEW against it"},
	{"rev", 0, MB_OPT_TEXT, "NAME", .commands = MB_CMD_HISTORY, .field = FIELD(rev),
	 .help = "revision that was measured (default: $GITHUB_SHA, $CI_COMMIT_SHA or $GIT_COMMIT, else git's "
		 "HEAD); of list and export, the one to show"},
	{"label", 0, MB_OPT_TEXTS, "KEY=VALUE", .commands = MB_CMD_HISTORY | MB_CMD_GATE,
	 .field = FIELD(labels),
	 .help = "what else tells results apart, such as kernel=6.12; may be given several times; add and import of history "
		 "keep it, its others and a gate against a history heed only results that have it"},
	{"since", 0, MB_OPT_TEXT, "REV", .commands = MB_CMD_HISTORY, .field = FIELD(since),
	 .help = "check heeds what came after this revision alone"},
	{"redact", 0, MB_OPT_FLAG, .commands = MB_CMD_CAPTURE, .field = FIELD(redact),
	 .help = "leave out what tells whose machine it is: host name, serial numbers, values of the "
		 "command line"},
	{"output", 'o', MB_OPT_FILE, "FILE",
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_VALIDATE | MB_CMD_CAPTURE | MB_CMD_DOCTOR |
		     MB_CMD_REPORT | MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_HISTORY | MB_CMD_PREDICT,
	 .field = FIELD(output),
	 .help = "write the result there; '-' is standard output, without the table"},
	{"format", 0, MB_OPT_CHOICE, "NAME", mb_verdict_format,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_VALIDATE | MB_CMD_DOCTOR | MB_CMD_REPORT |
		     MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_HISTORY | MB_CMD_PREDICT,
	 .field = FIELD(format),
	 .help = "how the result is written (default: by FILE's extension, else json); junit is of comparisons alone"},
	{"list-formats", 0, MB_OPT_FLAG, .commands = MB_CMD_REPORT, .field = FIELD(list_formats),
	 .help = "print the formats and their extensions, as 'memboot list formats' does"},
	{"quiet", 'q', MB_OPT_FLAG,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_VALIDATE | MB_CMD_CAPTURE | MB_CMD_DOCTOR |
		     MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_NOISE | MB_CMD_PREDICT,
	 .field = FIELD(quiet), .help = "print nothing but errors"},
	{"verbose", 'v', MB_OPT_FLAG,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_TOPO | MB_CMD_VALIDATE | MB_CMD_CAPTURE |
		     MB_CMD_DOCTOR | MB_CMD_REPORT | MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_NOISE |
		     MB_CMD_HISTORY | MB_CMD_PREDICT,
	 .field = FIELD(verbose), .help = "tell more; errors name the source line that found them"},
	{"color", 0, MB_OPT_CHOICE, "WHEN", color_value,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_TOPO | MB_CMD_VALIDATE | MB_CMD_CAPTURE |
		     MB_CMD_DOCTOR | MB_CMD_COMPARE | MB_CMD_GATE | MB_CMD_NOISE | MB_CMD_HISTORY |
		     MB_CMD_PREDICT,
	 .field = FIELD(color),
	 .help = "colours in tables; auto: on a terminal, unless NO_COLOR is set"},
	{"no-progress", 0, MB_OPT_FLAG,
	 .commands = MB_CMD_BOOT | MB_CMD_BENCH | MB_CMD_GATE | MB_CMD_NOISE | MB_CMD_PREDICT,
	 .field = FIELD(no_progress), .help = "no progress bar on a terminal"},
	{"help", 'h', MB_OPT_FLAG, .commands = MB_CMD_ALL, .field = FIELD(help),
	 .help = "this help"},
	{"version", 'V', MB_OPT_FLAG, .commands = MB_CMD_NONE, .field = FIELD(version),
	 .help = "version of the program and of its libraries"},
	{"print-man", 0, MB_OPT_FLAG, .commands = MB_CMD_NONE, .field = FIELD(print_man)},
	{"print-completion", 0, MB_OPT_FLAG, .commands = MB_CMD_NONE,
	 .field = FIELD(print_completion)},
};

const size_t mb_opts_count = MB_ARRAY_SIZE(mb_opts_table);

const struct mb_opt *mb_opt_find(const char *name)
{
	for (size_t i = 0; i < mb_opts_count; i++) {
		if (strcmp(mb_opts_table[i].name, name) == 0)
			return &mb_opts_table[i];
	}
	return NULL;
}

/* For suggestions: the command's visible options. arg points to the command's bit. */
static const char *next_name(const void *arg, size_t index)
{
	unsigned command = *(const unsigned *)arg;

	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];

		if ((opt->commands & command) && opt->help && index-- == 0)
			return opt->name;
	}
	return NULL;
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The first two options that an abbreviation may stand for; true when there are two. */
static bool ambiguous(unsigned command, const char *name, const char *ret_found[2])
{
	const char *known;
	unsigned nr = 0;

	for (size_t i = 0; (known = next_name(&command, i)) && nr < 2; i++) {
		if (begins_with(known, name))
			ret_found[nr++] = known;
	}
	return nr == 2;
}

/* Options of others that a command might be thought to have, and what it does instead. */
static const struct {
	unsigned command;
	const char *name, *instead;
} elsewhere[] = {
	{MB_CMD_GATE, "metric",
	 "a gate judges times alone; for other figures 'memboot bench --counters default' of each program, then 'memboot compare --metric'"},
};

/* The option is another command's: names one that takes it. */
static int fail_elsewhere(unsigned command, const struct mb_opt *opt, struct mb_err *err)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(elsewhere); i++) {
		if (elsewhere[i].command == command && !strcmp(elsewhere[i].name, opt->name))
			return MB_FAIL(err, -EINVAL, "option '--%s': %s", opt->name,
				       elsewhere[i].instead);
	}
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		if (opt->commands & mb_cmds[i].bit)
			return MB_FAIL(err, -EINVAL,
				       "option '--%s' belongs to another command: memboot %s --%s",
				       opt->name, mb_cmds[i].name, opt->name);
	}
	return MB_FAIL(err, -EINVAL, "option '--%s' stands alone: memboot --%s", opt->name,
		       opt->name);
}

static int fail_unknown(unsigned command, const char *word, struct mb_err *err)
{
	const struct mb_opt *other;
	const char *near, *found[2];
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (ambiguous(command, name, found))
		return MB_FAIL(err, -EINVAL, "option '--%s' is ambiguous: '--%s' or '--%s'?", name,
			       found[0], found[1]);
	other = mb_opt_find(name);
	if (other && other->help)
		return fail_elsewhere(command, other, err);
	near = mb_suggest(name, next_name, &command);
	if (near)
		return MB_FAIL(err, -EINVAL, "option '--%s' is unknown; did you mean '--%s'?", name,
			       near);
	return MB_FAIL(err, -EINVAL, "option '--%s' is unknown; '--help' lists the options", name);
}

/* "a", "a or b", "a, b or c" */
static void add_values(struct mb_strbuf *buf, mb_opt_value_fn *values)
{
	for (size_t i = 0; values(i); i++) {
		if (i)
			mb_strbuf_add(buf, values(i + 1) ? ", " : " or ");
		mb_strbuf_add(buf, values(i));
	}
}

static int store_choice(const struct mb_opt *opt, const char *text, struct mb_err *err,
			const char **ret_text)
{
	struct mb_strbuf known = {0};
	int r;

	for (size_t i = 0; opt->values(i); i++) {
		if (strcmp(opt->values(i), text) == 0) {
			*ret_text = opt->values(i);
			return 0;
		}
	}
	add_values(&known, opt->values);
	r = MB_FAIL(err, -EINVAL, "option '--%s' takes %s, not '%.40s'", opt->name,
		    mb_strbuf_text(&known), text);
	mb_strbuf_fini(&known);
	return r;
}

static int store_count(const struct mb_opt *opt, const char *text, struct mb_err *err,
		       uint64_t *ret_value)
{
	uint64_t value;

	if (mb_parse_u64(text, strlen(text), &value) || value < opt->min || value > opt->max)
		return MB_FAIL(err, -EINVAL,
			       "option '--%s' takes a whole number from %llu to %llu, not '%.40s'",
			       opt->name, (unsigned long long)opt->min,
			       (unsigned long long)opt->max, text);
	*ret_value = value;
	return 0;
}

/* One of the row's words, behind its numbers. */
static bool find_word(const struct mb_opt *opt, const char *text, uint64_t *ret_value)
{
	for (size_t i = 0; opt->values(i); i++) {
		if (strcmp(opt->values(i), text) == 0) {
			*ret_value = opt->max + 1 + i;
			return true;
		}
	}
	return false;
}

static int store_words(const struct mb_opt *opt, const char *text, struct mb_err *err,
		       uint64_t *ret_value)
{
	struct mb_strbuf known = {0};
	int r;

	if (find_word(opt, text, ret_value) || !store_count(opt, text, NULL, ret_value))
		return 0;
	add_values(&known, opt->values);
	r = MB_FAIL(err, -EINVAL,
		    "option '--%s' takes %s, or a whole number from %llu to %llu, not '%.40s'",
		    opt->name, mb_strbuf_text(&known), (unsigned long long)opt->min,
		    (unsigned long long)opt->max, text);
	mb_strbuf_fini(&known);
	return r;
}

static int store_size(const struct mb_opt *opt, const char *text, struct mb_err *err,
		      uint64_t *ret_bytes)
{
	uint64_t bytes;

	if (mb_parse_size_str(text, &bytes) || bytes < opt->min || bytes > opt->max)
		return MB_FAIL(err, -EINVAL,
			       "option '--%s' takes a size such as 512M or 4G, not '%.40s'",
			       opt->name, text);
	*ret_bytes = bytes;
	return 0;
}

static int store_sizes(const struct mb_opt *opt, const char *text, struct mb_err *err,
		       uint64_t *ret_value)
{
	struct mb_strbuf known = {0};
	int r;

	if (find_word(opt, text, ret_value) || !store_size(opt, text, NULL, ret_value))
		return 0;
	add_values(&known, opt->values);
	r = MB_FAIL(err, -EINVAL,
		    "option '--%s' takes %s, or a size such as 512M or 4G, not '%.40s'", opt->name,
		    mb_strbuf_text(&known), text);
	mb_strbuf_fini(&known);
	return r;
}

/* A number and its unit, seconds without one. */
static int store_seconds(const struct mb_opt *opt, const char *text, struct mb_err *err,
			 double *ret_seconds)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"min", 60}, {"h", 3600}};
	char *end;
	double number = strtod(text, &end);

	for (size_t i = 0; end != text && i < MB_ARRAY_SIZE(units); i++) {
		double seconds = number * units[i].seconds;

		if (strcmp(end, units[i].name) != 0 || !(seconds > 0) || seconds > (double)opt->max)
			continue;
		*ret_seconds = seconds;
		return 0;
	}
	return MB_FAIL(err, -EINVAL,
		       "option '--%s' takes a time such as 500ms, 90s, 10m or 1h, up to %llus, not "
		       "'%.40s'",
		       opt->name, (unsigned long long)opt->max, text);
}

static int store_percent(const struct mb_opt *opt, const char *text, struct mb_err *err,
			 double *ret_percent)
{
	char *end;
	double percent = strtod(text, &end);

	if (end != text && strcmp(end, "%") == 0)
		end++;
	if (end == text || *end || !(percent > 0) || percent > (double)opt->max)
		return MB_FAIL(err, -EINVAL,
			       "option '--%s' takes per cent above 0, such as 5%%, not '%.40s'",
			       opt->name, text);
	*ret_percent = percent;
	return 0;
}

static int store_texts(const struct mb_opt *opt, const char *text, struct mb_err *err,
		       struct mb_opt_texts *ret_texts)
{
	if (!*text)
		return MB_FAIL(err, -EINVAL, "option '--%s' needs a text that is not empty",
			       opt->name);
	if (ret_texts->count == MB_OPT_MAX_TEXTS)
		return MB_FAIL(err, -EINVAL, "option '--%s' may be given %d times at most",
			       opt->name, MB_OPT_MAX_TEXTS);
	ret_texts->rows[ret_texts->count++] = text;
	return 0;
}

static int store(const struct mb_opt *opt, const char *text, struct mb_err *err,
		 struct mb_opts *opts)
{
	void *field = (char *)opts + opt->field;

	switch (opt->kind) {
	case MB_OPT_FLAG: *(bool *)field = true; return 0;
	case MB_OPT_TEXT:
	case MB_OPT_FILE:
		if (!*text && !opt->may_be_empty)
			return MB_FAIL(err, -EINVAL, "option '--%s' needs %s that is not empty",
				       opt->name,
				       opt->kind == MB_OPT_FILE ? "a file name" : "a text");
		*(const char **)field = text;
		return 0;
	case MB_OPT_TEXTS: return store_texts(opt, text, err, field);
	case MB_OPT_CHOICE: return store_choice(opt, text, err, field);
	case MB_OPT_COUNT: return store_count(opt, text, err, field);
	case MB_OPT_WORDS: return store_words(opt, text, err, field);
	case MB_OPT_SIZE: return store_size(opt, text, err, field);
	case MB_OPT_SIZES: return store_sizes(opt, text, err, field);
	case MB_OPT_SECONDS: return store_seconds(opt, text, err, field);
	case MB_OPT_PERCENT: return store_percent(opt, text, err, field);
	}
	return -EINVAL;
}

/* Fills getopt's two descriptions from the command's rows. */
static void fill_getopt(unsigned command, struct option *longs, char *shorts)
{
	*shorts++ = command == MB_CMD_NONE ? '+' : ':';
	if (command == MB_CMD_NONE)
		*shorts++ = ':';
	for (size_t i = 0; i < mb_opts_count; i++) {
		const struct mb_opt *opt = &mb_opts_table[i];

		if (!(opt->commands & command))
			continue;
		*longs++ = (struct option){opt->name, opt->arg ? required_argument : no_argument,
					   NULL, LONG_BASE + (int)i};
		if (!opt->short_name)
			continue;
		*shorts++ = opt->short_name;
		if (opt->arg)
			*shorts++ = ':';
	}
	*longs = (struct option){0};
	*shorts = '\0';
}

/* The row of a value that getopt gave, or NULL for a short name that no row has. */
static const struct mb_opt *row_of(int value)
{
	if (value >= LONG_BASE)
		return &mb_opts_table[value - LONG_BASE];
	for (size_t i = 0; i < mb_opts_count; i++) {
		if (value && mb_opts_table[i].short_name == value)
			return &mb_opts_table[i];
	}
	return NULL;
}

/*
 * getopt found something wrong: ':' an argument is missing, '?' anything else; word is what it
 * looked at last.
 */
static int fail_getopt(unsigned command, int what, const char *word, struct mb_err *err)
{
	const struct mb_opt *opt = row_of(optopt);

	if (what == ':')
		return MB_FAIL(err, -EINVAL, "option '--%s' needs an argument: --%s %s", opt->name,
			       opt->name, opt->arg);
	if (optopt >= LONG_BASE)
		return MB_FAIL(err, -EINVAL, "option '--%s' takes no argument", opt->name);
	if (!optopt)
		return fail_unknown(command, begins_with(word, "--") ? word + 2 : word, err);
	if (opt)
		return fail_elsewhere(command, opt, err);
	return MB_FAIL(err, -EINVAL, "option '-%c' is unknown; '--help' lists the options", optopt);
}

/* Of each group one at most is given. */
static int check_exclusive(const struct mb_opts *opts, struct mb_err *err)
{
	const struct {
		const char *name;
		bool given;
		char group;
	} rows[] = {
		{"machine", opts->machine != NULL, 'm'},
		{"machine-file", opts->machine_file != NULL, 'm'},
		{"sysroot", opts->sysroot != NULL, 'm'},
		{"quick", opts->quick, 'q'},
		{"full", opts->full, 'q'},
		{"noise", opts->noise, 'q'},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		for (size_t j = 0; rows[i].given && j < i; j++) {
			if (rows[j].given && rows[j].group == rows[i].group)
				return MB_FAIL(
					err, -EINVAL,
					"options '--%s' and '--%s' exclude each other; give one",
					rows[j].name, rows[i].name);
		}
	}
	return 0;
}

/* What says how to count needs something to count. */
static int check_counters(const struct mb_opts *opts, struct mb_err *err)
{
	if (opts->counters || (!opts->counters_kernel && !opts->require_counters))
		return 0;
	return MB_FAIL(err, -EINVAL, "option '--%s' needs '--counters', such as --counters default",
		       opts->counters_kernel ? "counters-kernel" : "require-counters");
}

int mb_opt_parse(unsigned command, int argc, char **argv, struct mb_err *err,
		 struct mb_opts *ret_opts, int *ret_first)
{
	struct option longs[MB_ARRAY_SIZE(mb_opts_table) + 1];
	char shorts[2 * MB_ARRAY_SIZE(mb_opts_table) + 3];
	struct mb_opts opts = {0};
	int value, r;

	fill_getopt(command, longs, shorts);
	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == ':' || value == '?')
			return fail_getopt(command, value, argv[optind - 1], err);
		r = store(row_of(value), optarg, err, &opts);
		if (r)
			return r;
	}
	r = check_exclusive(&opts, err);
	if (!r)
		r = check_counters(&opts, err);
	if (r)
		return r;
	*ret_opts = opts;
	*ret_first = optind;
	return 0;
}

int mb_opt_take(const char *prefix, int *argc, char **argv, char **taken)
{
	int kept = 1, nr_taken = 0, i;

	for (i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
		if (begins_with(argv[i], prefix))
			taken[nr_taken++] = argv[i];
		else
			argv[kept++] = argv[i];
	}
	for (; i < *argc; i++)
		argv[kept++] = argv[i];
	*argc = kept;
	return nr_taken;
}
