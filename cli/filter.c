/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/boot_result.h"
#include "cli/filter.h"
#include "core/base/align.h"
#include "core/zone.h"

struct mb_filter {
	regex_t regex;
	bool negative;
};

int mb_filter_new(const char *pattern, struct mb_err *err, struct mb_filter **ret_filter)
{
	struct mb_filter *filter = calloc(1, sizeof(*filter));
	const char *wanted;
	char reason[128];
	int code;

	if (!filter)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	filter->negative = *pattern == '-';
	wanted = pattern + filter->negative;
	code = regcomp(&filter->regex, strcmp(wanted, "all") ? wanted : ".",
		       REG_EXTENDED | REG_NOSUB);
	if (code) {
		regerror(code, &filter->regex, reason, sizeof(reason));
		free(filter);
		return MB_FAIL(err, code == REG_ESPACE ? -ENOMEM : -EINVAL,
			       "'%.80s' is no regular expression: %s", pattern, reason);
	}
	*ret_filter = filter;
	return 0;
}

void mb_filter_free(struct mb_filter *filter)
{
	if (filter)
		regfree(&filter->regex);
	free(filter);
}

static bool is_found(const struct mb_filter *filter, const char *name)
{
	return regexec(&filter->regex, name, 0, NULL, 0) == 0;
}

bool mb_filter_name(const struct mb_filter *filter, const char *name)
{
	return !filter || is_found(filter, name) != filter->negative;
}

bool mb_filter_run(const struct mb_filter *filter, const struct mb_run *run)
{
	const char *stage = run->kind == MB_RUN_PHASE ? mb_result_fact(&run->args, "stage") : NULL;

	if (!filter)
		return true;
	return (is_found(filter, run->name) || (stage && is_found(filter, stage))) !=
	       filter->negative;
}

/* Of what is no stage and no zone; the names of parts of stages are those of the kernel's functions. */
static const char *const others[] = {
	"init_unavailable_range",    "memmap_init_reserved_pages", MB_BOOT_TOTAL_FIRST_ALLOCATION,
	MB_BOOT_TOTAL_FIRST_KMALLOC, MB_BOOT_TOTAL_ALL_MEMORY,     MB_BOOT_TOTAL_PHASES,
	MB_BOOT_TOTAL_FAULT,         MB_BOOT_TOTAL_TOUCH,          MB_BOOT_TOTAL_MEMORY,
	MB_BOOT_TOTAL_NODE_LOCK,
};

bool mb_filter_boot(const struct mb_filter *filter, enum mb_policy policy)
{
	bool found = false;

	for (size_t i = 0; i < mb_boot_nr_stages; i++) {
		const struct mb_stage *stage = mb_boot_stages[i];
		bool runs = !stage->policies || stage->policies & 1u << policy;

		found |= runs && mb_filter_name(filter, stage->name);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(others); i++)
		found |= mb_filter_name(filter, others[i]);
	for (unsigned type = 0; type < MB_NR_ZONES; type++)
		found |= mb_filter_name(filter, mb_zone_name((enum mb_zone_type)type));
	for (unsigned order = 0; order < MB_MAX_ORDERS; order++) {
		char name[32];

		snprintf(name, sizeof(name), "%s%u", MB_BOOT_TOTAL_FREE_BLOCKS, order);
		found |= mb_filter_name(filter, name);
	}
	return found;
}

static bool is_let_through(const struct mb_run *run, const void *arg)
{
	return mb_filter_run(arg, run);
}

size_t mb_filter_result(const struct mb_filter *filter, struct mb_result *result)
{
	if (filter)
		mb_result_keep_runs(result, is_let_through, filter);
	return result->nr_runs;
}
