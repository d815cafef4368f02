/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "reports/text.h"
#include "reports/uncounted.h"

#define MAX_REASONS 8 /* that are told apart: there are as many as ways for a kernel to refuse */

struct reasons {
	const char *texts[MAX_REASONS];
	size_t count;
};

static bool has_reason(const struct mb_run *run, size_t counter, const char *reason)
{
	const char *own = run->counts ? run->counts[counter].reason : NULL;

	return own && (!reason || !strcmp(own, reason));
}

static void remember(struct reasons *reasons, const char *reason)
{
	for (size_t i = 0; i < reasons->count; i++)
		if (!strcmp(reasons->texts[i], reason))
			return;
	if (reasons->count < MAX_REASONS)
		reasons->texts[reasons->count++] = reason;
}

static void collect(const struct mb_result *result, struct reasons *reasons)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		for (size_t k = 0; k < result->counters.count; k++)
			if (has_reason(result->runs[i], k, NULL))
				remember(reasons, result->runs[i]->counts[k].reason);
}

/* Runs in which any event has that reason. */
static size_t count_runs(const struct mb_result *result, const char *reason)
{
	size_t count = 0;

	for (size_t i = 0; i < result->nr_runs; i++) {
		bool found = false;

		for (size_t k = 0; k < result->counters.count && !found; k++)
			found = has_reason(result->runs[i], k, reason);
		count += found;
	}
	return count;
}

static void add_events(struct mb_strbuf *text, const struct mb_result *result, const char *reason)
{
	const char *join = "";

	for (size_t k = 0; k < result->counters.count; k++) {
		bool found = false;

		for (size_t i = 0; i < result->nr_runs && !found; i++)
			found = has_reason(result->runs[i], k, reason);
		if (!found)
			continue;
		mb_strbuf_add(text, join);
		mb_text_add_printable(text, result->counters.rows[k].name);
		join = ", ";
	}
}

void mb_uncounted_add(struct mb_strbuf *text, const struct mb_result *result)
{
	struct reasons reasons = {.count = 0};
	size_t counted = 0;

	collect(result, &reasons);
	for (size_t i = 0; i < result->nr_runs; i++)
		counted += result->runs[i]->counts != NULL;
	for (size_t i = 0; i < reasons.count; i++) {
		mb_strbuf_addf(text, "  not counted in %zu of %zu rows: ",
			       count_runs(result, reasons.texts[i]), counted);
		add_events(text, result, reasons.texts[i]);
		mb_strbuf_add(text, ": ");
		mb_text_add_printable(text, reasons.texts[i]);
		mb_strbuf_add(text, "\n");
	}
}

const struct mb_run *mb_uncounted_find(const struct mb_result *result, size_t *ret_counter)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		for (size_t k = 0; k < result->counters.count; k++)
			if (has_reason(result->runs[i], k, NULL)) {
				*ret_counter = k;
				return result->runs[i];
			}
	return NULL;
}
