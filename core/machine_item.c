/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/machine_item.h"

static bool is_space(char c)
{
	return c && strchr(" \t\n\r\v\f", c);
}

const char *mb_machine_item_skip(const char *at)
{
	for (;;) {
		while (is_space(*at))
			at++;
		if (*at != '#')
			return at;
		at += strcspn(at, "\n");
	}
}

const char *mb_machine_item_scan(const char *at, const char **ret_equals, char *ret_bad)
{
	char quote = '\0';

	*ret_equals = NULL;
	for (; *at && (quote || (!is_space(*at) && *at != '#')); at++) {
		if (quote && *at == '\n')
			break;
		if (((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f) && *at != '\t') {
			*ret_bad = *at;
			return NULL;
		}
		if (*at == quote)
			quote = '\0';
		else if (!quote && (*at == '\'' || *at == '"'))
			quote = *at;
		else if (*at == '=' && !quote && !*ret_equals)
			*ret_equals = at;
	}
	*ret_bad = quote;
	return quote ? NULL : at;
}

void mb_machine_item_unquote(const char *at, const char *end, char **out)
{
	char quote = '\0';

	for (; at < end; at++) {
		if (*at == quote)
			quote = '\0';
		else if (!quote && (*at == '\'' || *at == '"'))
			quote = *at;
		else
			*(*out)++ = *at;
	}
}

bool mb_machine_item_next(const char *at, struct mb_machine_item *ret_item)
{
	struct mb_machine_item item = {.name = mb_machine_item_skip(at)};
	char bad;

	if (!*item.name)
		return false;
	item.end = mb_machine_item_scan(item.name, &item.equals, &bad);
	if (!item.end || !item.equals)
		return false;
	*ret_item = item;
	return true;
}
