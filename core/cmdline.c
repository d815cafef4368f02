/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/parse.h"
#include "core/cmdline.h"

/* End of the word at text: white space outside double quotes. */
static const char *word_end(const char *text)
{
	bool quoted = false;

	for (; *text && (quoted || !isspace((unsigned char)*text)); text++)
		if (*text == '"')
			quoted = !quoted;
	return text;
}

static void copy_value(const char *text, const char *end, char *value, size_t size)
{
	size_t length = 0;

	for (; text < end; text++)
		if (*text != '"' && length + 1 < size)
			value[length++] = *text;
	value[length] = '\0';
}

bool mb_cmdline_get(const char *cmdline, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	bool found = false;

	while (*cmdline) {
		const char *end;

		while (isspace((unsigned char)*cmdline))
			cmdline++;
		end = word_end(cmdline);
		if ((size_t)(end - cmdline) >= length && !strncmp(cmdline, name, length) &&
		    (cmdline + length == end || cmdline[length] == '=')) {
			const char *text = cmdline + length;

			copy_value(text < end ? text + 1 : end, end, value, size);
			found = true;
		}
		cmdline = end;
	}
	return found;
}

bool mb_cmdline_amount(const char *cmdline, const char *name, struct mb_cmdline_amount *ret_amount)
{
	struct mb_cmdline_amount amount = {0};
	char text[64];
	size_t length;

	if (!mb_cmdline_get(cmdline, name, text, sizeof(text)))
		return false;
	length = strlen(text);
	amount.percent = length && text[length - 1] == '%';
	if (amount.percent ? mb_parse_u64(text, length - 1, &amount.value)
			   : mb_parse_size(text, length, &amount.value))
		return false;
	if (amount.percent)
		amount.value = mb_min(amount.value, 100);
	*ret_amount = amount;
	return true;
}
