/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/say.h"
#include "cli/term.h"

#define TEXT_COLUMNS 100 /* of text that goes to no terminal */

bool mb_term_is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && (!*term || strcmp(term, "dumb") == 0);
}

static bool wants_colour(const char *when)
{
	const char *no_color = getenv("NO_COLOR");

	if (when && strcmp(when, "always") == 0)
		return true;
	if (when && strcmp(when, "never") == 0)
		return false;
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !mb_term_is_dumb();
}

struct mb_term mb_term_open(const struct mb_opts *opts)
{
	bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	bool colour = wants_colour(opts->color);
	unsigned columns = mb_term_columns(STDOUT_FILENO);

	return (struct mb_term){
		.colour = colour,
		.charset = utf8 ? MB_FORMAT_UTF8 : MB_FORMAT_ASCII,
		.table = {.colour = colour, .indent = 2},
		.columns = columns ? columns : TEXT_COLUMNS,
	};
}

void mb_term_add_table(struct mb_strbuf *text, const struct mb_term *term, struct mb_table *table)
{
	if (!table || mb_table_render(table, &term->table, text))
		text->error = -ENOMEM;
	mb_table_free(table);
}

int mb_term_write(const struct mb_cli *cli, struct mb_strbuf *text)
{
	int error = text->error ? ENOMEM : 0;

	errno = 0;
	if (!error && (fputs(mb_strbuf_text(text), stdout) == EOF || fflush(stdout) == EOF))
		error = errno ? errno : EIO;
	mb_strbuf_fini(text);
	if (!error || error == EPIPE)
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_USAGE, "cannot write to standard output: %s", strerror(error));
}

void mb_term_init(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		/*
		 * The wrong direction on purpose: reading or writing then fails with EBADF, as it
		 * would without it.
		 */
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setlocale(LC_CTYPE, "");
}

unsigned mb_term_columns(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col)
		return 80;
	return size.ws_col;
}
