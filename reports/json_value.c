/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include <jansson.h>

#include "reports/json_value.h"

/* 17 significant digits name a double uniquely (IEEE 754-2008, 5.12.2). */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(17))

json_t *mb_json_value_text(const char *words)
{
	return words ? json_string(words) : json_null();
}

json_t *mb_json_value_number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (fabs(value) <= 0x1p53 && value == trunc(value) && !(value == 0 && signbit(value)))
		return json_integer((json_int_t)value);
	return json_real(value);
}

void mb_json_value_add(json_t *object, const char *key, json_t *value, bool *bad)
{
	if (json_object_set_new(object, key, value))
		*bad = true;
}

json_t *mb_json_value_finish(json_t *container, bool bad)
{
	if (!bad)
		return container;
	json_decref(container);
	return NULL;
}

int mb_json_value_put(FILE *file, json_t *value)
{
	int error = 0;

	if (!value)
		return -ENOMEM;
	if (json_dumpf(value, file, DUMP_FLAGS))
		error = ferror(file) ? -EIO : -ENOMEM;
	json_decref(value);
	return error;
}
