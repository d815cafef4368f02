/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include <jansson.h>

#include "reports/conditions.h"
#include "reports/json_value.h"

int mb_json_conditions_put(FILE *file, const struct mb_conditions *conditions)
{
	int rc = 0;

	fputs("{", file);
	for (size_t i = 0; !rc && i < conditions->count; i++) {
		fputs(i ? ",\n  " : "\n  ", file);
		rc = mb_json_value_put(file, mb_json_value_text(conditions->rows[i].name));
		fputs(": ", file);
		if (!rc)
			rc = mb_json_value_put(file, mb_json_value_text(conditions->rows[i].value));
	}
	fputs("\n}", file);
	return rc;
}

int mb_json_conditions_read(const json_t *root, struct mb_err *err,
			    struct mb_conditions *conditions)
{
	json_t *facts = json_object_get(root, "facts"), *value;
	const char *name;

	if (!json_is_object(facts))
		return MB_FAIL(err, -EINVAL, "facts are missing");
	json_object_foreach(facts, name, value)
	{
		if (!json_is_string(value) && !json_is_null(value))
			return MB_FAIL(err, -EINVAL, "a fact is no text");
		if (mb_conditions_set(conditions, name, json_string_value(value)))
			return -ENOMEM;
	}
	return 0;
}
