/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/facts.h"
#include "cli/interrupt.h"
#include "cli/machine_table.h"
#include "cli/overwrite.h"
#include "cli/say.h"
#include "cli/term.h"
#include "config.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "core/host_plain.h"
#include "numa/capture.h"
#include "numa/sysroot_file.h"
#include "reports/save.h"
#include "reports/table.h"
#include "reports/text.h"

/* `memboot capture`: collects a tree, writes it, says what is in it and what is not. */
struct job {
	const struct mb_cli *cli;
	struct mb_term term;
	const char *path, *packing;
	bool standard; /* the archive goes to standard output, so what is said goes to stderr */
	struct mb_save save;
	struct mb_interrupt interrupt;
	struct mb_sysroot root;
	struct mb_capture capture;
};

#define NOTE_NAME "capture.txt" /* what goes along for whoever reads the archive */

static int refuse(const struct job *job, const struct mb_err *err)
{
	char what[160] = "cannot write to standard output";

	if (!job->standard)
		snprintf(what, sizeof(what), "cannot write '%.120s'", job->path);
	return mb_say_err(job->cli, MB_EXIT_USAGE, what, err);
}

/* Everything that can be refused before the tree is looked at. */
static int begin(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	struct mb_err err = {0};

	job->term = mb_term_open(opts);
	job->path = opts->output;
	if (!job->path)
		return mb_say(job->cli, MB_EXIT_USAGE, "where to? give -o FILE.tar.gz");
	if (!strcmp(mb_archive_version(), "none"))
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "archives need libarchive, which this program was built without "
			      "(libarchive-dev)");
	if (mb_overwrite_check_options(job->cli))
		return MB_EXIT_USAGE;
	job->standard = mb_save_is_standard(job->path);
	if (mb_save_begin(job->path, &err, &job->save))
		return refuse(job, &err);
	job->packing = mb_archive_packing(job->standard ? "-" : job->path, &err);
	if (!job->packing || mb_save_probe(&job->save, &err))
		return refuse(job, &err);
	if (job->standard && isatty(STDOUT_FILENO))
		return mb_say(job->cli, MB_EXIT_USAGE,
			      "an archive is nothing for a terminal; give -o FILE.tar.gz");
	if (mb_interrupt_begin(job->cli, &job->interrupt))
		return MB_EXIT_UNFIT;
	job->root.path = "/";
	if (opts->sysroot && mb_sysroot_open(opts->sysroot, &err, &job->root))
		return mb_say_err(job->cli, MB_EXIT_USAGE, opts->sysroot, &err);
	return MB_EXIT_OK;
}

/* A row with something to tell: the first path that failed, and how many more. */
static bool is_missing(const struct job *job, size_t row)
{
	const struct mb_capture_part *part = &job->capture.parts[row];
	bool may_lack = part->files || mb_capture_rows[row].may_lack;

	return part->failed && !(may_lack && part->error == -ENOENT);
}

/* For the reader of the archive: what made it, and what could not be read. */
static int add_note(struct job *job)
{
	struct mb_strbuf text = {0};
	size_t length;
	char *data;

	mb_strbuf_addf(&text, "captured by memboot %s %s --redact\n", MB_VERSION,
		       job->cli->opts.redact ? "with" : "without");
	for (size_t i = 0; i < mb_nr_capture_rows; i++) {
		const struct mb_capture_part *part = &job->capture.parts[i];

		if (is_missing(job, i))
			mb_strbuf_addf(&text, "missing: %s: %s\n", mb_capture_rows[i].path,
				       mb_sysroot_file_reason(part->error));
	}
	length = text.length;
	data = mb_strbuf_take(&text);
	if (!data || mb_archive_add(&job->capture.archive, NOTE_NAME, data, length))
		return -ENOMEM;
	return mb_archive_settle(&job->capture.archive, NULL);
}

static int collect(struct job *job)
{
	const struct mb_opts *opts = &job->cli->opts;
	int r;

	r = mb_capture_collect(&job->root, opts->redact, &job->interrupt.cancel, &job->capture);
	if (!r && !job->capture.archive.count)
		return mb_say(job->cli, opts->sysroot ? MB_EXIT_USAGE : MB_EXIT_UNFIT,
			      "%s has no file that says something about memory",
			      opts->sysroot ? opts->sysroot : "this host");
	if (!r)
		r = add_note(job);
	if (r == -ECANCELED)
		return mb_say(job->cli, MB_EXIT_SIGNAL, "interrupted; nothing is written");
	return r ? mb_say(job->cli, MB_EXIT_UNFIT, "out of memory") : MB_EXIT_OK;
}

static int write_archive(void *arg, FILE *file)
{
	const struct job *job = arg;

	return mb_archive_write(&job->capture.archive, job->packing, file, NULL);
}

static int write_out(struct job *job)
{
	struct mb_err err = {0};
	int r = mb_save_write(&job->save, write_archive, job, stdout, &err);

	if (!r || (r == -EPIPE && job->standard))
		return MB_EXIT_OK;
	return refuse(job, &err);
}

/* --- saying what there is --- */

static void add_counts(struct mb_table *table, const struct mb_redact_counts *counts)
{
	struct mb_strbuf text = {0};

	if (counts->values)
		mb_strbuf_addf(&text, "%zu value%s replaced", counts->values,
			       counts->values == 1 ? "" : "s");
	if (counts->lines)
		mb_strbuf_addf(&text, "%s%zu line%s left out", text.length ? ", " : "",
			       counts->lines, counts->lines == 1 ? "" : "s");
	mb_table_cell(table, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

/* A row's pattern as people write it. */
static void cell_pattern(struct mb_table *table, const char *pattern)
{
	static const char number[] = "[0-9]*";
	struct mb_strbuf text = {0};
	const char *at;

	for (; (at = strstr(pattern, number)); pattern = at + strlen(number))
		mb_strbuf_addf(&text, "%.*s*", (int)(at - pattern), pattern);
	mb_strbuf_add(&text, pattern);
	mb_table_cell(table, mb_strbuf_text(&text));
	mb_strbuf_fini(&text);
}

/* redacted is NULL where there is no such column. */
static void add_file(struct mb_table *table, const char *path, size_t files, size_t bytes,
		     const struct mb_redact_counts *redacted)
{
	cell_pattern(table, path);
	mb_table_cellf(table, "%zu", files);
	mb_table_cellf(table, "%zu", bytes);
	if (redacted)
		add_counts(table, redacted);
	else
		mb_table_end_row(table);
}

/* The files of a row, each on a line of its own. */
static void add_each(const struct job *job, size_t row, struct mb_table *table)
{
	static const struct mb_redact_counts none = {0};
	const struct mb_archive *archive = &job->capture.archive;

	for (size_t i = 0; i < archive->count; i++)
		if (mb_capture_row_wants(row, archive->files[i].path))
			add_file(table, archive->files[i].path, 1, archive->files[i].length,
				 job->cli->opts.redact ? &none : NULL);
}

static void add_rows(const struct job *job, struct mb_table *table)
{
	const struct mb_archive *archive = &job->capture.archive;
	struct mb_redact_counts all = {0};
	size_t bytes = 0;

	for (size_t i = 0; i < mb_nr_capture_rows; i++) {
		const struct mb_capture_part *part = &job->capture.parts[i];

		all.values += part->redacted.values;
		all.lines += part->redacted.lines;
		if (part->files && job->cli->opts.verbose &&
		    strpbrk(mb_capture_rows[i].path, "*[?"))
			add_each(job, i, table);
		else if (part->files)
			add_file(table, mb_capture_rows[i].path, part->files, part->bytes,
				 job->cli->opts.redact ? &part->redacted : NULL);
	}
	for (size_t i = 0; i < archive->count; i++)
		bytes += archive->files[i].length;
	add_file(table, NOTE_NAME, 1, mb_archive_find(archive, NOTE_NAME)->length,
		 job->cli->opts.redact ? &(struct mb_redact_counts){0} : NULL);
	add_file(table, "all", archive->count, bytes, job->cli->opts.redact ? &all : NULL);
}

/* Each file with -v, else one line for all files of a kind. */
static int add_captured(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"path", MB_TABLE_LEFT},
		{"files", MB_TABLE_RIGHT},
		{"bytes", MB_TABLE_RIGHT},
		{"redacted", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, job->cli->opts.redact ? 4 : 3);
	int r = -ENOMEM;

	mb_machine_table_heading(text, &job->term, "Captured");
	if (table) {
		add_rows(job, table);
		r = mb_table_render(table, &job->term.table, text);
	}
	mb_table_free(table);
	return r;
}

static int add_missing(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"path", MB_TABLE_LEFT},
		{"files", MB_TABLE_RIGHT},
		{"why", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, 3);
	bool any = false;
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; i < mb_nr_capture_rows; i++) {
		const struct mb_capture_part *part = &job->capture.parts[i];

		if (!is_missing(job, i))
			continue;
		any = true;
		cell_pattern(table, part->failed == 1 ? part->failure : mb_capture_rows[i].path);
		mb_table_cellf(table, "%zu", part->failed);
		mb_table_cell(table, mb_sysroot_file_reason(part->error));
	}
	if (any && !r) {
		mb_machine_table_heading(text, &job->term, "Not captured");
		r = mb_table_render(table, &job->term.table, text);
	}
	mb_table_free(table);
	return r;
}

/* --- what can be done with it --- */

/* The facts that cannot be compared for the same reason as fact i, in one line. */
static void add_reason(const struct mb_fact_result *results, size_t i, struct mb_strbuf *text)
{
	bool first = true;

	for (size_t k = 0; k < i; k++)
		if (results[k].status == MB_FACT_NOT_COMPARED &&
		    !strcmp(results[k].reason, results[i].reason))
			return;
	mb_strbuf_add(text, "  not ");
	for (size_t k = i; k < mb_nr_facts; k++) {
		if (results[k].status != MB_FACT_NOT_COMPARED ||
		    strcmp(results[k].reason, results[i].reason) != 0)
			continue;
		mb_strbuf_addf(text, "%s%s", first ? "" : ", ", mb_facts[k].id);
		first = false;
	}
	mb_strbuf_add(text, ": ");
	mb_text_add_printable(text, results[i].reason);
	mb_strbuf_add(text, "\n");
}

static int compare(const struct mb_fact_tree *tree, struct mb_fact_result *results)
{
	struct mb_host_plain host;
	struct mb_boot *boot = NULL;
	struct mb_err err = {0};
	int r = 0;

	mb_host_plain_init(&host);
	mb_facts_boot(tree, &host.host, &err, &boot);
	for (size_t i = 0; i < mb_nr_facts && !r; i++)
		r = mb_facts_compare(&mb_facts[i], tree, boot, &err, &results[i]);
	mb_boot_free(boot);
	return r;
}

/* The archive has no log: why it could not be read here is the reason, not that it is not there. */
static void explain_log(const struct job *job, struct mb_fact_tree *tree)
{
	for (size_t i = 0; i < mb_nr_capture_rows; i++) {
		const struct mb_capture_part *part = &job->capture.parts[i];
		bool denied = part->error == -EPERM || part->error == -EACCES;

		if (strcmp(mb_capture_rows[i].path, "dmesg") != 0 || !part->failed)
			continue;
		mb_err_clear(&tree->no_log);
		MB_FAIL(&tree->no_log, part->error, "dmesg: %s%s",
			mb_sysroot_file_reason(part->error), denied ? "; run as root" : "");
	}
}

/* Reads the archive as `memboot validate --sysroot` will: what it can compare, and what not. */
static int add_use(const struct job *job, struct mb_strbuf *text)
{
	const struct mb_sysroot root = {.path = job->path, .archive = job->capture.archive};
	struct mb_fact_result *results MB_FREE = calloc(mb_nr_facts, sizeof(*results));
	struct mb_fact_tree tree = {0};
	struct mb_err err = {0};
	size_t missing = 0;
	int r = results ? mb_facts_open(&root, NULL, &err, &tree) : -ENOMEM;

	mb_machine_table_heading(text, &job->term, "Use");
	if (!r && !tree.log)
		explain_log(job, &tree);
	if (!r)
		r = compare(&tree, results);
	for (size_t i = 0; i < mb_nr_facts && !r; i++)
		missing += results[i].status == MB_FACT_NOT_COMPARED;
	if (r && r != -ENOMEM) {
		mb_strbuf_add(text, "  none for the other commands: ");
		mb_text_add_printable(text, err.text);
		mb_strbuf_add(text, "\n");
		r = 0;
	} else if (!r) {
		mb_strbuf_addf(text, "  'memboot validate' can compare %zu of %zu facts\n",
			       mb_nr_facts - missing, mb_nr_facts);
	}
	for (size_t i = 0; missing && i < mb_nr_facts; i++)
		if (results[i].status == MB_FACT_NOT_COMPARED)
			add_reason(results, i, text);
	for (size_t i = 0; results && i < mb_nr_facts; i++)
		mb_facts_result_fini(&results[i]);
	mb_facts_close(&tree);
	return r;
}

static int say_all(const struct job *job)
{
	struct mb_strbuf text = {0};
	int status = MB_EXIT_OK;

	if (job->cli->opts.quiet)
		return MB_EXIT_OK;
	if (add_captured(job, &text) || add_missing(job, &text) || add_use(job, &text))
		text.error = -ENOMEM;
	if (!job->standard)
		return mb_term_write(job->cli, &text);
	if (text.error)
		status = mb_say(job->cli, MB_EXIT_UNFIT, "out of memory");
	else
		fputs(mb_strbuf_text(&text), stderr);
	mb_strbuf_fini(&text);
	return status;
}

int mb_cmd_capture_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = begin(&job);

	if (!status)
		status = collect(&job);
	if (!status)
		status = write_out(&job);
	mb_interrupt_stop(&job.interrupt);
	if (!status)
		status = say_all(&job);
	mb_capture_fini(&job.capture);
	mb_sysroot_close(&job.root);
	mb_save_fini(&job.save);
	return status;
}
