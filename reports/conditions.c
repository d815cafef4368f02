/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/conditions.h"
#include "reports/host_class.h"
#include "reports/knob.h"

static struct mb_condition *find(const struct mb_conditions *conditions, const char *name)
{
	for (size_t i = 0; i < conditions->count; i++)
		if (!strcmp(conditions->rows[i].name, name))
			return &conditions->rows[i];
	return NULL;
}

static struct mb_condition *add(struct mb_conditions *conditions, const char *name)
{
	struct mb_condition *row;

	if (mb_grow(&conditions->rows, conditions->count, sizeof(*row)))
		return NULL;
	row = &conditions->rows[conditions->count];
	*row = (struct mb_condition){.name = strdup(name)};
	conditions->count += row->name != NULL;
	return row->name ? row : NULL;
}

int mb_conditions_set(struct mb_conditions *conditions, const char *name, const char *value)
{
	struct mb_condition *row = find(conditions, name);
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return -ENOMEM;
	if (!row)
		row = add(conditions, name);
	if (!row) {
		free(copy);
		return -ENOMEM;
	}
	free(row->value);
	row->value = copy;
	return 0;
}

int mb_conditions_set_host(struct mb_conditions *conditions, const struct mb_result *result)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf class = {0};
	int rc = mb_host_class(result, &class);

	if (!rc)
		rc = mb_conditions_set(conditions, "host", mb_strbuf_text(&class));
	if (!rc)
		rc = mb_conditions_set(conditions, "kernel",
				       mb_result_fact(&result->facts, "kernel"));
	return rc;
}

int mb_conditions_set_knobs(struct mb_conditions *conditions, const struct mb_result *result)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < result->knobs.count; i++)
		if (mb_knob_matters(result->knobs.rows[i].name))
			rc = mb_conditions_set(conditions, result->knobs.rows[i].name,
					       result->knobs.rows[i].value);
	return rc;
}

const char *mb_conditions_find(const struct mb_conditions *conditions, const char *name)
{
	const struct mb_condition *row = find(conditions, name);

	return row ? row->value : NULL;
}

bool mb_conditions_outdated(const struct mb_conditions *conditions, const struct mb_conditions *now,
			    struct mb_strbuf *ret_why)
{
	bool outdated = false;

	for (size_t i = 0; i < conditions->count; i++) {
		const struct mb_condition *row = &conditions->rows[i];
		const char *is = mb_conditions_find(now, row->name);
		const char *old = row->value ? row->value : "not known";
		const char *new = is ? is : "not known";

		/* Files of earlier versions have all knobs. */
		if (!mb_knob_matters(row->name) || !strcmp(old, new))
			continue;
		mb_strbuf_addf(ret_why, "%s%s was %s, is %s", outdated ? "; " : "", row->name, old,
			       new);
		outdated = true;
	}
	return outdated;
}

void mb_conditions_fini(struct mb_conditions *conditions)
{
	for (size_t i = 0; i < conditions->count; i++) {
		free(conditions->rows[i].name);
		free(conditions->rows[i].value);
	}
	free(conditions->rows);
	*conditions = (struct mb_conditions){0};
}
