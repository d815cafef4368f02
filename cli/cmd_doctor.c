/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cli/host_noise.h"
#include "cli/interrupt.h"
#include "cli/machine_table.h"
#include "cli/output.h"
#include "cli/say.h"
#include "cli/term.h"
#include "core/base/align.h"
#include "numa/sysroot.h"
#include "numa/sysstate.h"
#include "reports/table.h"
#include "reports/text.h"
#include "reports/writer.h"

/* `memboot doctor`: the host checks as a table, and what would change those that are not fine. */
struct job {
	struct mb_cli *cli;
	struct mb_term term;
	struct mb_output output;
	struct mb_interrupt interrupt;
	struct mb_sysroot root;
	struct mb_sysstate state;
	struct mb_topo *topo;
	struct mb_result *result;
	char release[65]; /* of the tree's kernel, "" when not known */
};

static const enum mb_table_style styles[] = {
	[MB_NOISE_FINE] = MB_TABLE_GREEN,
	[MB_NOISE_DISTURBS] = MB_TABLE_YELLOW,
	[MB_NOISE_SPOILS] = MB_TABLE_RED,
	[MB_NOISE_UNKNOWN] = MB_TABLE_DIM,
};

/* Checks are neither benchmarks nor runs. */
static int check_writer(const struct job *job)
{
	const struct mb_writer *writer = NULL;

	if (job->output.path)
		writer = mb_writer_find(job->output.path, job->cli->opts.format, NULL);
	if (!writer || writer->has_noise)
		return MB_EXIT_OK;
	return mb_say(job->cli, MB_EXIT_USAGE,
		      "format %s has no place for what doctor finds; use json or text",
		      writer->name);
}

/* The tree, and on the live system what takes time to measure. */
static int look(struct job *job)
{
	const char *path = job->cli->opts.sysroot;
	struct mb_sysstate_measured measured = {0};
	struct mb_err err = {0};

	if (mb_interrupt_begin(job->cli, &job->interrupt))
		return MB_EXIT_UNFIT;
	job->root.path = "/";
	if (path && mb_sysroot_open(path, &err, &job->root))
		return mb_say_err(job->cli, MB_EXIT_USAGE, path, &err);
	if (!path && mb_sysstate_measure(&job->interrupt.cancel, &measured))
		return mb_say(job->cli, MB_EXIT_SIGNAL, "interrupted; nothing was changed");
	if (mb_sysroot_kernel_release(&job->root, job->release, sizeof(job->release)))
		job->release[0] = '\0';
	mb_sysstate_begin(&job->root, &measured, &job->state);
	return MB_EXIT_OK;
}

static int make_result(struct job *job)
{
	struct mb_err err = {0};
	int status;

	if (mb_topo_new(&err, &job->topo))
		return mb_say_err(job->cli, MB_EXIT_UNFIT, "this host's topology", &err);
	status = mb_output_begin_bare(job->cli, job->topo, &job->result);
	if (status)
		return status;
	if (job->cli->opts.sysroot && *job->release)
		mb_result_set(job->result, MB_RESULT_COMPARED_KERNEL, job->release);
	mb_host_noise_add(job->result, &job->state);
	if (job->cli->opts.sysroot && !*job->release &&
	    mb_noise_count(&job->result->noise, MB_NOISE_UNKNOWN) == job->result->noise.count)
		return mb_say(
			job->cli, MB_EXIT_USAGE,
			"--sysroot %.120s has nothing that tells of a host's state: is it a captured tree?",
			job->cli->opts.sysroot);
	return MB_EXIT_OK;
}

/* --- showing --- */

static void add_checks(const struct job *job, struct mb_strbuf *text)
{
	static const struct mb_table_column columns[] = {
		{"check", MB_TABLE_LEFT},
		{"verdict", MB_TABLE_LEFT},
		{"is", MB_TABLE_LEFT},
		{"should be", MB_TABLE_LEFT},
	};
	struct mb_table *table = mb_table_new(columns, MB_ARRAY_SIZE(columns));

	for (size_t i = 0; i < job->result->noise.count; i++) {
		const struct mb_noise *row = &job->result->noise.rows[i];
		const char *value = row->texts[MB_NOISE_VALUE];

		mb_table_cell(table, row->texts[MB_NOISE_TITLE]);
		mb_table_cell(table, mb_noise_verdict_label(row->verdict));
		mb_table_style_cell(table, styles[row->verdict]);
		mb_table_cell(table, value ? value : row->texts[MB_NOISE_REASON]);
		mb_table_cell(table, row->texts[MB_NOISE_SHOULD]);
	}
	mb_term_add_table(text, &job->term, table);
}

/* Why each of them matters, and the command: commands stand on lines of their own, ready to copy. */
static void add_advice(const struct job *job, struct mb_strbuf *text)
{
	bool any = false;

	for (size_t i = 0; i < job->result->noise.count; i++) {
		const struct mb_noise *row = &job->result->noise.rows[i];

		if (row->verdict != MB_NOISE_DISTURBS && row->verdict != MB_NOISE_SPOILS)
			continue;
		if (!any)
			mb_machine_table_heading(text, &job->term,
						 "Why, and what would change it (as root)");
		any = true;
		mb_strbuf_addf(text, "  %s: %s\n", row->texts[MB_NOISE_TITLE],
			       row->texts[MB_NOISE_WHY]);
		if (!row->texts[MB_NOISE_COMMAND])
			continue;
		mb_strbuf_add(text, "    ");
		mb_text_add_printable(text, row->texts[MB_NOISE_COMMAND]);
		mb_strbuf_add(text, "\n");
	}
}

static int show(const struct job *job)
{
	const struct mb_noises *noise = &job->result->noise;
	struct mb_strbuf text = {0};

	if (!job->output.tables)
		return MB_EXIT_OK;
	mb_machine_table_heading(&text, &job->term,
				 job->cli->opts.sysroot ? "Captured host" : "This host");
	mb_strbuf_add(&text, "  kernel ");
	mb_text_add_printable(&text, *job->release ? job->release : "of an unknown release");
	if (job->state.nr_cpus)
		mb_strbuf_addf(&text, ", %u CPU%s online\n", job->state.nr_cpus,
			       job->state.nr_cpus == 1 ? "" : "s");
	else
		mb_strbuf_add(&text, ", CPUs not known\n");
	add_checks(job, &text);
	add_advice(job, &text);
	mb_strbuf_add(&text, "\nchecks:");
	for (int i = 0; i < MB_NOISE_NR_VERDICTS; i++)
		mb_strbuf_addf(&text, "%s %zu %s", i ? "," : "",
			       mb_noise_count(noise, (enum mb_noise_verdict)i),
			       mb_noise_verdict_label((enum mb_noise_verdict)i));
	mb_strbuf_add(&text, "; nothing was changed\n");
	return mb_term_write(job->cli, &text);
}

/* The result is written before the tables: a reader of those that goes away must not cost it. */
static int finish(const struct job *job)
{
	int saved = mb_output_save(job->cli, &job->output, job->result), shown = show(job);

	if (saved || shown)
		return saved ? saved : shown;
	return mb_noise_count(&job->result->noise, MB_NOISE_SPOILS) ? MB_EXIT_NO : MB_EXIT_OK;
}

int mb_cmd_doctor_run(struct mb_cli *cli)
{
	struct job job = {.cli = cli, .interrupt = {.signal_fd = -1, .stop_fd = -1}};
	int status = mb_output_open(cli, &job.output);

	job.term = mb_term_open(&cli->opts);
	if (!status)
		status = check_writer(&job);
	if (!status)
		status = look(&job);
	if (!status)
		status = make_result(&job);
	mb_interrupt_stop(&job.interrupt);
	if (!status)
		status = finish(&job);
	mb_result_free(job.result);
	mb_topo_free(job.topo);
	mb_sysroot_close(&job.root);
	return status;
}
