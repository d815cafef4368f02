/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "reports/csv.h"
#include "reports/format.h"
#include "reports/text.h"

void mb_csv_add(struct mb_csv *csv, const char *text)
{
	if (csv->begun)
		fputc(',', csv->file);
	fputs(text, csv->file);
	csv->begun = true;
}

void mb_csv_add_text(struct mb_csv *csv, const char *text)
{
	struct mb_strbuf clean = {0}, quoted = {0};
	const char *at;

	if (*text && strchr("=+-@\t\r", *text))
		mb_strbuf_add(&clean, "'");
	mb_text_add_printable(&clean, text);
	at = mb_strbuf_text(&clean);
	if (strpbrk(at, ",\"")) {
		mb_strbuf_add(&quoted, "\"");
		for (; *at; at++)
			mb_strbuf_addf(&quoted, *at == '"' ? "\"\"" : "%c", *at);
		mb_strbuf_add(&quoted, "\"");
		at = mb_strbuf_text(&quoted);
	}
	mb_csv_add(csv, at);
	if (clean.error || quoted.error)
		csv->error = -ENOMEM;
	mb_strbuf_fini(&clean);
	mb_strbuf_fini(&quoted);
}

void mb_csv_add_number(struct mb_csv *csv, double number)
{
	mb_csv_add(csv, mb_format_exact(number).text);
}

void mb_csv_end(struct mb_csv *csv)
{
	fputs("\r\n", csv->file);
	csv->begun = false;
}
