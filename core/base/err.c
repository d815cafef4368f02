/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/err.h"

int mb_err_set(struct mb_err *err, int code, const char *file, int line, const char *text, ...)
{
	va_list args;

	if (!err || err->code)
		return code;
	err->code = code;
	err->file = file;
	err->line = line;
	va_start(args, text);
	vsnprintf(err->text, sizeof(err->text), text, args);
	va_end(args);
	return code;
}

void mb_err_clear(struct mb_err *err)
{
	memset(err, 0, sizeof(*err));
}
