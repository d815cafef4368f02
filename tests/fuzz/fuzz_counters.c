/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --counters takes, and the kernel's formats of event terms: a list's words come out again, and a value that was placed
 * can be read back from its bits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "numa/counters_group.h"
#include "numa/counters_sysfs.h"
#include "tests/fuzz/fuzz.h"

#define MAX_WISHES 32

static void check_list(const char *text)
{
	struct mb_counters_wish none, *wishes = &none;
	struct mb_err err = {0};
	size_t count = SIZE_MAX;
	int r = mb_counters_group_parse(text, MAX_WISHES, &err, &wishes, &count);

	fuzz_check_err(r, &err);
	MUST(!r || r == -EINVAL);
	MUST(!r == (wishes != &none));
	MUST(!r || count == SIZE_MAX);
	if (r)
		return;
	MUST(count && count <= MAX_WISHES);
	for (size_t i = 0; i < count; i++) {
		MUST(wishes[i].role < MB_COUNTERS_NR_ROLES);
		MUST(*wishes[i].name ? strstr(text, wishes[i].name) != NULL : wishes[i].role != 0);
	}
	free(wishes);
}

/* On a host without any list of events. */
static void check_event(const char *text)
{
	struct mb_counters_event event = {.type = 77};
	struct mb_err err = {0};
	int r = mb_counters_event_find("/nonexistent", text, false, &err, &event);

	fuzz_check_err(r, &err);
	MUST(!r || r == -EINVAL || r == -ENOENT);
	MUST(!r || event.type == 77);
	MUST(r || (!strcmp(event.name, text) && (event.user || event.kernel)));
}

static void check_format(const char *text)
{
	struct mb_counters_event zero = {0}, ones = {0};
	int r = mb_counters_sysfs_place(text, 0, &zero);

	MUST(!r || r == -EINVAL);
	MUST(!zero.config && !zero.config1 && !zero.config2);
	if (r)
		return;
	/* The lowest bit fits into every format. */
	MUST(!mb_counters_sysfs_place(text, 1, &ones));
	MUST(!!ones.config + !!ones.config1 + !!ones.config2 <= 1);
	r = mb_counters_sysfs_place(text, UINT64_MAX, &ones);
	MUST(!r || r == -ERANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	MUST(text);
	check_list(text);
	check_event(text);
	check_format(text);
	free(text);
	return 0;
}
