/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's command line: values, amounts of memory, and what mem= and memmap= make of a map. */
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/cmdline.h"
#include "tests/fuzz/fuzz.h"

/* A value that is cut is the whole one's beginning; one that is not there changes nothing. */
static void check_value(const char *cmdline, const char *name)
{
	size_t room = strlen(cmdline) + 1;
	char *whole = malloc(room), small[4] = {'x', 'y', 'z', '\0'};

	MUST(whole);
	*whole = '\0';
	if (mb_cmdline_get(cmdline, name, whole, room)) {
		MUST(strlen(whole) < room && !strchr(whole, '"'));
		MUST(mb_cmdline_get(cmdline, name, small, sizeof(small)));
		MUST(strlen(small) == mb_min(strlen(whole), sizeof(small) - 1));
		MUST(!strncmp(whole, small, strlen(small)));
	} else {
		MUST(!*whole && !mb_cmdline_get(cmdline, name, small, sizeof(small)));
		MUST(!strcmp(small, "xyz"));
	}
	free(whole);
}

static void check_amount(const char *cmdline, const char *name)
{
	struct mb_cmdline_amount amount = {77, true};
	char value[4];

	if (mb_cmdline_amount(cmdline, name, &amount)) {
		MUST(mb_cmdline_get(cmdline, name, value, sizeof(value)));
		MUST(!amount.percent || amount.value <= 100);
	} else {
		MUST(amount.value == 77 && amount.percent);
	}
}

/* Memory below the limit, as far as the command line leaves it. */
static void check_map(const char *cmdline)
{
	struct mb_ranges ram = {0}, other = {0};

	MUST(!mb_ranges_add(&ram, MB_MIB, 3 * MB_GIB) &&
	     !mb_ranges_add(&ram, 4 * MB_GIB, 9 * MB_GIB));
	MUST(!mb_ranges_add(&other, 0, MB_MIB));
	MUST(!mb_cmdline_map(cmdline, &ram, &other));
	for (size_t i = 0; i < ram.count; i++)
		MUST(ram.list[i].start < ram.list[i].end);
	for (size_t i = 0; i < other.count; i++)
		MUST(other.list[i].start < other.list[i].end);
	if (!strstr(cmdline, "mem=") && !strstr(cmdline, "memmap="))
		MUST(ram.count == 2 && other.count == 1);
	mb_ranges_normalise(&ram);
	mb_ranges_normalise(&other);
	MUST(!mb_ranges_subtract(&ram, &other));
	fuzz_check_ranges(ram.list, ram.count);
	for (size_t i = 0; i < other.count; i++)
		MUST(!mb_ranges_overlap(&ram, other.list[i].start, other.list[i].end));
	mb_ranges_fini(&ram);
	mb_ranges_fini(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"kernelcore",    "movablecore", "movable_node", "mem",
					    "deferred_init", "quiet",       "numa",         "a"};
	char *cmdline = fuzz_text(data, size);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		check_value(cmdline, names[i]);
		check_amount(cmdline, names[i]);
	}
	check_map(cmdline);
	free(cmdline);
	return 0;
}
