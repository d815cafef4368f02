/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/cbench.h"
#include "core/base/grow.h"
#include "core/base/strbuf.h"

/*
 * cbench without Google Benchmark: definitions can be listed and filtered (POSIX extended
 * expressions), running them is not supported and says which package is missing.
 */

static const char filter_flag[] = "--benchmark_filter=";
static const char list_flag[] = "--benchmark_list_tests";

struct cbench {
	char **names;
	size_t count;
	char *filter;
	bool wants_list;
	char error[192];
};

static int fail(struct cbench *bench, int code, const char *text)
{
	snprintf(bench->error, sizeof(bench->error), "%s", text);
	return code;
}

const char *cbench_version(void)
{
	return NULL;
}

struct cbench *cbench_new(const char *program)
{
	return calloc(1, sizeof(struct cbench));
}

void cbench_free(struct cbench *bench)
{
	if (!bench)
		return;
	for (size_t i = 0; i < bench->count; i++)
		free(bench->names[i]);
	free(bench->names);
	free(bench->filter);
	free(bench);
}

const char *cbench_error(const struct cbench *bench)
{
	return bench->error;
}

int cbench_flag(struct cbench *bench, const char *flag)
{
	char *filter;

	if (!strcmp(flag, list_flag)) {
		bench->wants_list = true;
		return 0;
	}
	/* What the other flags ask for needs the library; cbench_run() says so. */
	if (strncmp(flag, filter_flag, strlen(filter_flag)))
		return strncmp(flag, "--benchmark_", 12)
			       ? fail(bench, -EINVAL, "no --benchmark_* flag")
			       : 0;
	filter = strdup(flag + strlen(filter_flag));
	if (!filter)
		return -ENOMEM;
	free(bench->filter);
	bench->filter = filter;
	return 0;
}

int cbench_take_args(struct cbench *bench, int *argc, char **argv)
{
	int kept = *argc > 0 ? 1 : 0, rc = 0;

	for (int i = kept; i < *argc; i++) {
		if (strncmp(argv[i], "--benchmark_", 12))
			argv[kept++] = argv[i];
		else if (!rc)
			rc = cbench_flag(bench, argv[i]);
	}
	*argc = kept;
	argv[kept] = NULL;
	return rc;
}

bool cbench_wants_list(const struct cbench *bench)
{
	return bench->wants_list;
}

bool cbench_wants_display(const struct cbench *bench)
{
	return false;
}

static char *full_name(const struct cbench_def *def)
{
	struct mb_strbuf name = {0};

	mb_strbuf_add(&name, def->name);
	for (size_t i = 0; i < def->nr_args; i++)
		mb_strbuf_addf(&name, "/%s:%lld", def->arg_names[i], (long long)def->args[i]);
	return mb_strbuf_take(&name);
}

int cbench_register(struct cbench *bench, const struct cbench_def *def)
{
	char *name;

	if (!def->name || !*def->name || !def->fn)
		return fail(bench, -EINVAL, "a benchmark needs a name and a function");
	name = full_name(def);
	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < bench->count; i++)
		if (!strcmp(bench->names[i], name)) {
			free(name);
			return fail(bench, -EEXIST, "two benchmarks have one name");
		}
	if (mb_grow(&bench->names, bench->count, sizeof(name))) {
		free(name);
		return -ENOMEM;
	}
	bench->names[bench->count++] = name;
	return 0;
}

static int list_matching(const struct cbench *bench, const regex_t *regex, bool negative,
			 cbench_name_fn *on_name, void *arg)
{
	int count = 0;

	for (size_t i = 0; i < bench->count; i++) {
		bool match = !regexec(regex, bench->names[i], 0, NULL, 0);
		int rc = match == negative ? 0 : on_name(bench->names[i], arg);

		if (rc)
			return rc;
		count += match != negative;
	}
	return count;
}

int cbench_list(struct cbench *bench, cbench_name_fn *on_name, void *arg)
{
	const char *pattern = bench->filter ? bench->filter : "";
	bool negative = *pattern == '-';
	char reason[64];
	regex_t regex;
	int rc;

	pattern += negative;
	if (!*pattern || !strcmp(pattern, "all"))
		pattern = ".";
	rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc) {
		regerror(rc, &regex, reason, sizeof(reason));
		snprintf(bench->error, sizeof(bench->error), "'%.80s' is no regular expression: %s",
			 pattern, reason);
		return -EINVAL;
	}
	rc = list_matching(bench, &regex, negative, on_name, arg);
	regfree(&regex);
	return rc;
}

int cbench_run(struct cbench *bench, cbench_result_fn *on_result, void *arg)
{
	return fail(
		bench, -ENOTSUP,
		"not supported: built without Google Benchmark (Debian package libbenchmark-dev)");
}

/* No body is ever called. */

bool cbench_keep_running(struct cbench_state *state)
{
	return false;
}

bool cbench_keep_running_batch(struct cbench_state *state, uint64_t n)
{
	return false;
}

void cbench_pause(struct cbench_state *state)
{
}

void cbench_resume(struct cbench_state *state)
{
}

void cbench_set_time(struct cbench_state *state, double seconds)
{
}

void cbench_set_bytes(struct cbench_state *state, uint64_t bytes)
{
}

void cbench_set_items(struct cbench_state *state, uint64_t items)
{
}

void cbench_set_n(struct cbench_state *state, uint64_t n)
{
}

void cbench_set_counter(struct cbench_state *state, const char *name, double value,
			enum cbench_counter_kind kind)
{
}

void cbench_fail(struct cbench_state *state, const char *reason)
{
}

void cbench_skip(struct cbench_state *state, const char *reason)
{
}

int64_t cbench_arg(const struct cbench_state *state, size_t index)
{
	return 0;
}

uint64_t cbench_iterations(const struct cbench_state *state)
{
	return 0;
}
