/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "benches/slow.h"
#include "core/base/align.h"

static bool is_stage(const char *text, size_t length)
{
	static const char *const stages[] = {MB_SLOW_PAGEINIT, MB_SLOW_HANDOFF, MB_SLOW_MEMBLOCK};

	for (size_t i = 0; i < MB_ARRAY_SIZE(stages); i++)
		if (strlen(stages[i]) == length && !strncmp(stages[i], text, length))
			return true;
	return false;
}

uint64_t mb_slow_share(const char *stage, uint64_t count)
{
	const char *text = getenv("MEMBOOT_SLOW");
	size_t length;
	double percent;
	char *end;

	if (!text)
		return 0;
	length = strcspn(text, ":");
	if (!is_stage(text, length) || text[length] != ':')
		abort();
	percent = strtod(text + length + 1, &end);
	if (end == text + length + 1 || *end || !(percent >= 0 && percent <= 100))
		abort();
	if (strlen(stage) != length || strncmp(stage, text, length))
		return 0;
	return (uint64_t)((double)count * percent / 100 + 0.5);
}
