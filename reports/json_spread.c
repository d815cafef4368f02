/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>

#include <jansson.h>

#include "reports/json_stored.h"
#include "reports/json_value.h"
#include "reports/spread.h"

#define SCHEMA_VERSION 2 /* 1: pairs were of turns, not of processes */
#define VERSION_MEMBER "memboot_noise"
#define MAX_PAIRS      1000000 /* and gates */

/* --- writing --- */

static json_t *row_value(const struct mb_spread_row *row)
{
	json_t *object = json_object();
	bool bad = !object;

	mb_json_value_add(object, "name", mb_json_value_text(row->name), &bad);
	mb_json_value_add(object, "pairs", mb_json_value_number((double)row->pairs), &bad);
	mb_json_value_add(object, "gates", mb_json_value_number((double)row->gates), &bad);
	mb_json_value_add(object, "largest", mb_json_value_number(row->largest), &bad);
	mb_json_value_add(object, "noise", mb_json_value_number(row->noise), &bad);
	return mb_json_value_finish(object, bad);
}

int mb_json_spread_write(void *arg, FILE *file)
{
	const struct mb_spread *spread = arg;
	int rc;

	fprintf(file, "{\n\"" VERSION_MEMBER "\": %d,\n\"made_utc\": ", SCHEMA_VERSION);
	rc = mb_json_value_put(file, mb_json_value_text(spread->made_utc));
	fputs(",\n\"facts\": ", file);
	if (!rc)
		rc = mb_json_conditions_put(file, &spread->facts);
	fputs(",\n\"rows\": [", file);
	for (size_t i = 0; !rc && i < spread->nr_rows; i++) {
		fputs(i ? ",\n  " : "\n  ", file);
		rc = mb_json_value_put(file, row_value(&spread->rows[i]));
	}
	fputs("\n]\n}\n", file);
	return rc ? rc : ferror(file) ? -EIO : 0;
}

/* --- reading --- */

static int bad_row(size_t index, const char *what, struct mb_err *err)
{
	return MB_FAIL(err, -EINVAL, "rows[%zu].%s is missing or makes no sense", index, what);
}

static bool get_count(json_t *object, const char *key, size_t *ret_count)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > MAX_PAIRS)
		return false;
	*ret_count = (size_t)json_integer_value(value);
	return true;
}

/* A fraction of at least 0; null is NaN. */
static bool get_fraction(json_t *object, const char *key, double *ret_value)
{
	json_t *value = json_object_get(object, key);

	if (!value ||
	    !(json_is_null(value) || (json_is_number(value) && json_number_value(value) >= 0)))
		return false;
	*ret_value = json_is_null(value) ? (double)NAN : json_number_value(value);
	return true;
}

static int read_row(json_t *object, size_t index, struct mb_err *err, struct mb_spread *spread)
{
	const char *name = json_string_value(json_object_get(object, "name"));
	struct mb_spread_row row = {.name = (char *)(uintptr_t)name};

	if (!name)
		return bad_row(index, "name", err);
	if (!get_count(object, "pairs", &row.pairs))
		return bad_row(index, "pairs", err);
	if (!get_count(object, "gates", &row.gates))
		return bad_row(index, "gates", err);
	if (!get_fraction(object, "largest", &row.largest))
		return bad_row(index, "largest", err);
	if (!get_fraction(object, "noise", &row.noise))
		return bad_row(index, "noise", err);
	return mb_spread_put(spread, &row);
}

static int read_root(const json_t *root, struct mb_err *err, void *arg)
{
	json_t *rows = json_object_get(root, "rows");
	struct mb_spread *spread = arg;
	int rc = mb_spread_set_made(spread, json_string_value(json_object_get(root, "made_utc")));

	if (!rc)
		rc = mb_json_conditions_read(root, err, &spread->facts);
	if (!rc && !json_is_array(rows))
		return MB_FAIL(err, -EINVAL, "rows are missing");
	for (size_t i = 0; !rc && i < json_array_size(rows); i++)
		rc = read_row(json_array_get(rows, i), i, err, spread);
	return rc;
}

int mb_json_spread_read(const char *path, struct mb_err *err, struct mb_spread *ret_spread)
{
	static const struct mb_json_stored noise = {VERSION_MEMBER, SCHEMA_VERSION, "noise",
						    "measure the noise anew", read_root};
	struct mb_spread spread = {0};
	int rc = mb_json_stored_read(path, &noise, err, &spread);

	if (rc)
		mb_spread_fini(&spread);
	else
		*ret_spread = spread;
	return rc;
}
