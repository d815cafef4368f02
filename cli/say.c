/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "core/base/err.h"
#include "core/base/strbuf.h"

/* Makes the text one printable line. */
static void add_clean(struct mb_strbuf *line, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7f)
			mb_strbuf_addf(line, "\\x%02x", c);
		else
			mb_strbuf_addf(line, "%c", c);
	}
}

static int say(const struct mb_cli *cli, enum mb_exit status, const char *text)
{
	struct mb_strbuf line = {0};

	mb_strbuf_add(&line, "memboot: ");
	if (cli && cli->cmd)
		mb_strbuf_addf(&line, "%s: ", cli->cmd->name);
	add_clean(&line, text);
	mb_strbuf_add(&line, "\n");
	fputs(line.error ? "memboot: out of memory\n" : mb_strbuf_text(&line), stderr);
	mb_strbuf_fini(&line);
	return status;
}

int mb_say(const struct mb_cli *cli, enum mb_exit status, const char *text, ...)
{
	char words[1024];
	va_list args;

	va_start(args, text);
	vsnprintf(words, sizeof(words), text, args);
	va_end(args);
	return say(cli, status, words);
}

int mb_say_err(const struct mb_cli *cli, enum mb_exit status, const char *what,
	       const struct mb_err *err)
{
	struct mb_strbuf words = {0};
	const char *text = err->text[0] ? err->text : strerror(-err->code);

	if (what)
		mb_strbuf_addf(&words, "%s: ", what);
	if (err->stage)
		mb_strbuf_addf(&words, "stage %s: ", err->stage);
	mb_strbuf_add(&words, text);
	if (cli && cli->opts.verbose && err->file)
		mb_strbuf_addf(&words, " [%s:%d]", err->file, err->line);
	status = (enum mb_exit)say(cli, status, mb_strbuf_text(&words));
	mb_strbuf_fini(&words);
	return status;
}
