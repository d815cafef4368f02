/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/runner_flags.h"
#include "core/base/align.h"

bool mb_runner_flags_full(const struct mb_runner_options *options)
{
	static const char filter[] = "--benchmark_filter=";

	for (size_t i = 0; i < options->nr_flags; i++)
		if (!strncmp(options->flags[i], filter, sizeof(filter) - 1))
			return true;
	return options->full || options->filter;
}

unsigned mb_runner_flags_repetitions(const struct mb_runner_options *options)
{
	static const char flag[] = "--benchmark_repetitions=";
	unsigned count = options->repetitions;

	for (size_t i = options->nr_flags; !count && i--;)
		if (!strncmp(options->flags[i], flag, sizeof(flag) - 1))
			count = (unsigned)strtoul(options->flags[i] + sizeof(flag) - 1, NULL, 10);
	return mb_max(count, 1);
}

int mb_runner_flags_check(const struct mb_runner_options *options, struct mb_err *err)
{
	static const char counters[] = "--benchmark_perf_counters=";

	for (size_t i = 0; i < options->nr_flags; i++)
		if (!strncmp(options->flags[i], counters, sizeof(counters) - 1))
			return MB_FAIL(err, -EINVAL,
				       "%.*s is not supported: --counters counts events",
				       (int)sizeof(counters) - 2, counters);
	return 0;
}

int mb_runner_flags_add(const struct mb_runner_options *options, unsigned lap,
			struct cbench *cbench)
{
	char *texts[4] = {NULL};
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < options->nr_flags; i++)
		rc = cbench_flag(cbench, options->flags[i]);
	/* Whatever is wrong with a flag, such as a file that is none, is wrong usage. */
	if (rc)
		return rc == -ENOMEM ? rc : -EINVAL;
	if (options->filter &&
	    asprintf(&texts[count++], "--benchmark_filter=%s", options->filter) < 0)
		return -ENOMEM;
	if (options->repetitions || options->passes)
		rc = asprintf(&texts[count++], "--benchmark_repetitions=%u",
			      options->passes ? (lap ? lap : 1) : options->repetitions);
	if (rc >= 0 && options->min_time_s > 0)
		rc = asprintf(&texts[count++], "--benchmark_min_time=%.9f", options->min_time_s);
	if (rc >= 0 && (options->interleave || options->passes))
		rc = asprintf(&texts[count++], "--benchmark_enable_random_interleaving=%s",
			      options->passes ? "false" : "true");
	rc = rc < 0 ? -ENOMEM : 0;
	for (size_t i = 0; i < count; i++) {
		if (!rc)
			rc = cbench_flag(cbench, texts[i]);
		free(texts[i]);
	}
	return rc;
}

static bool flags_ask(const struct mb_runner_options *options,
		      bool (*question)(const struct cbench *))
{
	struct cbench *cbench = cbench_new(NULL);
	bool answer = false;

	for (size_t i = 0; cbench && i < options->nr_flags; i++)
		cbench_flag(cbench, options->flags[i]);
	if (cbench)
		answer = question(cbench);
	cbench_free(cbench);
	return answer;
}

bool mb_runner_flags_list(const struct mb_runner_options *options)
{
	return flags_ask(options, cbench_wants_list);
}

bool mb_runner_flags_display(const struct mb_runner_options *options)
{
	return flags_ask(options, cbench_wants_display);
}
