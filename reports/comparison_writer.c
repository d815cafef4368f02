/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "reports/comparison_text.h"
#include "reports/comparison_writer.h"
#include "reports/save.h"

#define FILE_COLUMNS 120

static int write_text(const struct mb_comparison *comparison, FILE *file)
{
	const struct mb_comparison_view view = {
		.table.indent = 2, .columns = FILE_COLUMNS, .all = true};
	struct mb_strbuf text = {0};
	int error = mb_comparison_text(comparison, &view, &text);

	if (!error)
		fputs(mb_strbuf_text(&text), file);
	mb_strbuf_fini(&text);
	return error ? error : ferror(file) ? -EIO : 0;
}

const struct mb_comparison_writer mb_comparison_writers[] = {
	{"json", ".json", "everything about each row", mb_json_comparison},
	{"junit", ".xml", "a test case a row, for any CI: worse is a failure", mb_comparison_junit},
	{"markdown", ".md", "a summary for a pull request", mb_comparison_markdown},
	{"text", ".txt", "tables for people", write_text},
};
const size_t mb_comparison_writers_count = MB_ARRAY_SIZE(mb_comparison_writers);

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), own = strlen(end);

	return own <= length && !strcmp(text + length - own, end);
}

const struct mb_comparison_writer *mb_comparison_writer_find(const char *path, const char *format,
							     struct mb_err *err)
{
	bool guess = !format && (mb_save_is_standard(path) || !mb_save_has_extension(path));
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf known = {0};

	for (size_t i = 0; i < mb_comparison_writers_count; i++) {
		const struct mb_comparison_writer *writer = &mb_comparison_writers[i];

		if (format || guess ? !strcmp(writer->name, format ? format : "json")
				    : ends_with(path, writer->extension))
			return writer;
	}
	for (size_t i = 0; i < mb_comparison_writers_count; i++)
		mb_strbuf_addf(&known, " %s",
			       format ? mb_comparison_writers[i].name
				      : mb_comparison_writers[i].extension);
	MB_FAIL(err, -EINVAL, "verdicts have no such %s; known are%s%s",
		format ? "format" : "extension", mb_strbuf_text(&known),
		format ? "" : "; another name needs --format");
	return NULL;
}

static int begin(const char *path, const char *format, struct mb_save *save,
		 const struct mb_comparison_writer **ret_writer, struct mb_err *err)
{
	int error = mb_save_begin(path, err, save);

	if (error)
		return error;
	*ret_writer = mb_comparison_writer_find(path, format, err);
	return *ret_writer ? 0 : -EINVAL;
}

int mb_comparison_writer_check(const char *path, const char *format, struct mb_err *err)
{
	MB_CLEANUP(mb_save_fini) struct mb_save save = {0};
	const struct mb_comparison_writer *writer;
	int error = begin(path, format, &save, &writer, err);

	return error ? error : mb_save_probe(&save, err);
}

struct content {
	const struct mb_comparison_writer *writer;
	const struct mb_comparison *comparison;
};

static int write_content(void *arg, FILE *file)
{
	const struct content *content = arg;

	return content->writer->write(content->comparison, file);
}

int mb_comparison_writer_save(const char *path, const char *format,
			      const struct mb_comparison *comparison, FILE *standard,
			      struct mb_err *err)
{
	MB_CLEANUP(mb_save_fini) struct mb_save save = {0};
	struct content content = {.comparison = comparison};
	int error = begin(path, format, &save, &content.writer, err);

	if (error)
		return error;
	if (comparison->error)
		return MB_FAIL(err, comparison->error, "out of memory");
	return mb_save_write(&save, write_content, &content, standard, err);
}
