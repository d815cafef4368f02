/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/counters_list.h"
#include "core/base/align.h"
#include "numa/counters.h"
#include "numa/counters_perf.h"

/* Events of groups: the others follow without them. */
struct shown {
	struct mb_counters_event events[4 * MB_COUNTERS_MAX_EVENTS];
	size_t count;
};

static bool is_shown(const struct shown *shown, const struct mb_counters_event *event)
{
	for (size_t i = 0; i < shown->count; i++)
		if (mb_counters_event_same(&shown->events[i], event))
			return true;
	return false;
}

static void remember(struct shown *shown, const struct mb_counters_event *event)
{
	if (shown->count < MB_ARRAY_SIZE(shown->events) && !is_shown(shown, event))
		shown->events[shown->count++] = *event;
}

static void add_event(struct mb_table *table, const struct mb_counters_event *event)
{
	mb_table_cellf(table, "  %s", event->name);
	mb_table_cell(table, mb_counters_source_name(event->source));
	mb_table_cell(table, mb_counters_event_counted_by(event));
	mb_table_cell(table, mb_counters_roles[event->role].summary);
	if (event->code)
		mb_table_cell(table, event->reason);
	else
		mb_table_cell(table, event->unmovable ? "opens; nothing can move it on purpose"
						      : "counts");
}

/* "4 of 8 count" and, where hardware has too few counters, what that means. */
static void add_summary(struct mb_table *table, const struct mb_counters *counters)
{
	size_t count = mb_counters_count(counters), counted = 0;
	size_t turns = mb_counters_nr_turns(counters);

	for (size_t i = 0; i < count; i++)
		counted += !mb_counters_event(counters, i)->code;
	if (turns > 1)
		mb_table_cellf(table,
			       "%zu of %zu count; too many at once: %zu parts take turns, so "
			       "figures are estimates",
			       counted, count, turns);
	else
		mb_table_cellf(table, "%zu of %zu count", counted, count);
}

static void add_group(struct mb_table *table, const struct mb_counters_group *group,
		      struct shown *shown)
{
	const struct mb_counters_request request = {.list = group->name};
	struct mb_counters *counters;
	struct mb_err err = {0};

	mb_table_style(table, MB_TABLE_BOLD);
	mb_table_cell(table, group->name);
	mb_table_cell(table, "group");
	mb_table_cell(table, NULL);
	mb_table_cell(table, group->summary);
	if (mb_counters_new(&request, &err, &counters)) {
		mb_table_cell(table, err.text);
		return;
	}
	add_summary(table, counters);
	for (size_t i = 0; i < mb_counters_count(counters); i++) {
		add_event(table, mb_counters_event(counters, i));
		remember(shown, mb_counters_event(counters, i));
	}
	mb_counters_free(counters);
}

void mb_counters_list_fill(struct mb_table *table)
{
	struct shown shown = {.count = 0};
	const char *name;

	for (size_t i = 0; i < mb_counters_nr_groups; i++)
		add_group(table, &mb_counters_groups[i], &shown);
	mb_table_style(table, MB_TABLE_BOLD);
	mb_table_cell(table, "others");
	mb_table_end_row(table);
	for (size_t i = 0; (name = mb_counters_perf_name(i)); i++) {
		const struct mb_counters_request request = {.list = name};
		struct mb_counters_event event;

		if (mb_counters_probe(&request, NULL, &event) || is_shown(&shown, &event))
			continue;
		add_event(table, &event);
		remember(&shown, &event);
	}
}
