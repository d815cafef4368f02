/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/json.h"
#include "reports/save.h"
#include "reports/writer.h"

const struct mb_writer mb_writers[] = {
	{
		.name = "json",
		.extension = ".json",
		.summary = "everything, every sample; the form that is read back",
		.write = mb_json_write,
		.one_only = true,
		.has_noise = true,
	},
	{
		.name = "gbench",
		.extension = ".gbench.json",
		.summary = "Google Benchmark's JSON, for its compare.py and CI dashboards",
		.write = mb_json_gbench,
		.one_only = true,
		.benchmarks_only = true,
		.lacks = mb_lacks_times,
	},
	{
		.name = "gbench-median",
		.extension = ".gbench-median.json",
		.summary =
			"the same with one row a benchmark, for readers that take no repetitions",
		.write = mb_json_gbench_median,
		.one_only = true,
		.benchmarks_only = true,
		.lacks = mb_lacks_times,
	},
	{
		.name = "bencher",
		.extension = ".bmf.json",
		.summary = "Bencher Metric Format: figures worth tracking, with their intervals",
		.write = mb_json_bencher,
		.one_only = true,
		.benchmarks_only = true,
		.whole_only = true,
		.lacks = mb_lacks_tracked,
	},
	{
		.name = "trace",
		.extension = ".trace.json",
		.summary = "a timeline of stages and workers for Perfetto and chrome://tracing",
		.write = mb_json_trace,
		.benchmarks_only = true,
		.lacks = mb_lacks_timeline,
	},
	{
		.name = "csv",
		.extension = ".csv",
		.summary = "one row per sample, for spreadsheets and data frames",
		.write = mb_write_csv,
		.lacks = mb_lacks_runs,
	},
	{
		.name = "otava",
		.extension = ".otava.csv",
		.summary = "a history for Apache Otava: one row a result, in the order of time",
		.write = mb_write_otava,
		.benchmarks_only = true,
		.lacks = mb_lacks_common,
	},
	{
		.name = "gobench",
		.extension = ".gobench.txt",
		.summary = "the Go benchmark format, for benchstat",
		.write = mb_write_gobench,
		.benchmarks_only = true,
		.lacks = mb_lacks_figures,
	},
	{
		.name = "hwloc",
		.extension = ".xml",
		.summary = "measured bandwidth between nodes as memory attributes for hwloc",
		.write = mb_write_hwloc,
		.one_only = true,
		.benchmarks_only = true,
		.lacks = mb_lacks_matrix,
		.benches_alone = true,
	},
	{
		.name = "prometheus",
		.extension = ".prom",
		.summary = "gauges for the textfile collector of Prometheus' node exporter",
		.write = mb_write_prometheus,
	},
	{
		.name = "markdown",
		.extension = ".md",
		.summary = "a summary for a pull request; times of several results side by side",
		.write = mb_write_markdown,
		.has_noise = true,
	},
	{
		.name = "html",
		.extension = ".html",
		.summary = "a page with charts that needs no network; several results side by side",
		.write = mb_write_html,
		.write_trends = mb_write_html_history,
		.has_noise = true,
	},
	{
		.name = "text",
		.extension = ".txt",
		.summary = "tables for people",
		.write = mb_write_text,
		.has_noise = true,
	},
};
const size_t mb_writers_count = MB_ARRAY_SIZE(mb_writers);

static const struct mb_writer *by_extension(const char *path)
{
	const struct mb_writer *best = NULL;
	size_t length = strlen(path), longest = 0;

	for (size_t i = 0; i < mb_writers_count; i++) {
		size_t own = strlen(mb_writers[i].extension);

		if (own <= longest || own > length ||
		    strcmp(path + length - own, mb_writers[i].extension))
			continue;
		best = &mb_writers[i];
		longest = own;
	}
	return best;
}

static const struct mb_writer *by_name(const char *name)
{
	for (size_t i = 0; i < mb_writers_count; i++)
		if (!strcmp(mb_writers[i].name, name))
			return &mb_writers[i];
	return NULL;
}

static bool is_stream(const char *path)
{
	struct stat st;

	return mb_save_is_standard(path) ||
	       (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

const struct mb_writer *mb_writer_find(const char *path, const char *format, struct mb_err *err)
{
	const struct mb_writer *writer = format ? by_name(format) : by_extension(path);
	struct mb_strbuf known = {0};

	if (!writer && !format && (is_stream(path) || !mb_save_has_extension(path)))
		writer = by_name("json");
	if (writer)
		return writer;
	for (size_t i = 0; i < mb_writers_count; i++)
		mb_strbuf_addf(&known, " %s",
			       format ? mb_writers[i].name : mb_writers[i].extension);
	MB_FAIL(err, -EINVAL, "unknown %s; known are%s%s", format ? "format" : "extension",
		mb_strbuf_text(&known), format ? "" : "; another name needs --format");
	mb_strbuf_fini(&known);
	return NULL;
}

/* What can be said before there is a result. A directory is one whatever its extension. */
static int begin(const char *path, const char *format, struct mb_save *save,
		 const struct mb_writer **ret_writer, struct mb_err *err)
{
	int error = mb_save_begin(path, err, save);

	if (error)
		return error;
	*ret_writer = mb_writer_find(path, format, err);
	return *ret_writer ? 0 : -EINVAL;
}

int mb_writer_check(const char *path, const char *format, struct mb_err *err)
{
	MB_CLEANUP(mb_save_fini) struct mb_save save = {0};
	const struct mb_writer *writer;
	int error = begin(path, format, &save, &writer, err);

	return error ? error : mb_save_probe(&save, err);
}

struct content {
	const struct mb_writer *writer;
	const struct mb_result *const *results;
	size_t count;
	const struct mb_html_trends *trends;
};

static int write_content(void *arg, FILE *file)
{
	const struct content *content = arg;

	if (content->trends)
		return content->writer->write_trends(content->results, content->count,
						     content->trends, file);
	return content->writer->write(content->results, content->count, file);
}

/* The formats that hold what these results have. */
static void add_holders(struct mb_strbuf *text, const struct mb_result *const *results,
			size_t count)
{
	for (size_t i = 0; i < mb_writers_count; i++) {
		const struct mb_writer *writer = &mb_writers[i];

		if ((writer->one_only && count > 1) ||
		    (writer->lacks && writer->lacks(results, count)))
			continue;
		mb_strbuf_addf(text, "%s%s", text->length ? ", " : "", writer->name);
	}
}

static int fail_lacking(const struct mb_writer *writer, const char *lacking,
			const struct mb_result *const *results, size_t count, struct mb_err *err)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf holders = {0};

	add_holders(&holders, results, count);
	return MB_FAIL(err, -ENODATA, "the result%s not what format %s holds: %s; take one of %s",
		       count > 1 ? "s have" : " has", writer->name, lacking,
		       mb_strbuf_text(&holders));
}

/* What of the results or their number the format has no place for. */
static int check_results(const struct mb_writer *writer, const struct mb_result *const *results,
			 size_t count, struct mb_err *err)
{
	const char *lacking;

	if (writer->one_only && count > 1)
		return MB_FAIL(err, -EINVAL, "format %s holds one result, and these are %zu",
			       writer->name, count);
	for (size_t i = 0; i < count; i++) {
		int error = mb_result_error(results[i]);

		if (error)
			return MB_FAIL(err, error, "the result is not whole: %s", strerror(-error));
		if (writer->whole_only && results[i]->status != MB_RESULT_COMPLETE)
			return MB_FAIL(err, -EINVAL,
				       "the result is %s, which format %s cannot say; json can",
				       mb_result_status_name(results[i]->status), writer->name);
	}
	lacking = writer->lacks ? writer->lacks(results, count) : NULL;
	if (lacking)
		return fail_lacking(writer, lacking, results, count, err);
	return 0;
}

int mb_writer_check_result(const char *path, const char *format, const struct mb_result *result,
			   struct mb_err *err)
{
	const struct mb_writer *writer = mb_writer_find(path, format, err);

	return writer ? check_results(writer, &result, 1, err) : -EINVAL;
}

int mb_writer_save_trends(const char *path, const char *format,
			  const struct mb_result *const *results, size_t count,
			  const struct mb_html_trends *trends, FILE *standard, struct mb_err *err)
{
	MB_CLEANUP(mb_save_fini) struct mb_save save = {0};
	struct content content = {.results = results, .count = count, .trends = trends};
	int error = begin(path, format, &save, &content.writer, err);

	if (error)
		return error;
	if (trends && !content.writer->write_trends)
		return MB_FAIL(err, -EINVAL, "format %s has no place for a history; html has",
			       content.writer->name);
	error = check_results(content.writer, results, count, err);
	return error ? error : mb_save_write(&save, write_content, &content, standard, err);
}

int mb_writer_save(const char *path, const char *format, const struct mb_result *const *results,
		   size_t count, FILE *standard, struct mb_err *err)
{
	return mb_writer_save_trends(path, format, results, count, NULL, standard, err);
}
