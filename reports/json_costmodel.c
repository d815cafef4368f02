/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "core/base/align.h"
#include "reports/costmodel_host.h"
#include "reports/costmodel_internal.h"
#include "reports/json_stored.h"
#include "reports/json_value.h"

#define VERSION_MEMBER "memboot_host_model"

/* Numbers of a fit and of a phase, and bounds that every fit keeps. */
struct field {
	const char *name;
	size_t offset;
	double least, most;
};

/* clang-format off */
static const struct field ranges[] = {
	{"size_low", offsetof(struct mb_costmodel, size_low), 0, 64},
	{"size_high", offsetof(struct mb_costmodel, size_high), 0, 64},
	{"size_spread", offsetof(struct mb_costmodel, size_spread), 0, 1e9},
	{"max_threads", offsetof(struct mb_costmodel, max_threads), 0, 1e6},
	{"max_nodes", offsetof(struct mb_costmodel, max_nodes), 1, 1e6},
};

static const struct field scatters[] = {
	{"points", offsetof(struct mb_costmodel_phase_fit, points), 0, 1e6},
	{"residual", offsetof(struct mb_costmodel_phase_fit, residual), 0, 1e3},
	{"freedom", offsetof(struct mb_costmodel_phase_fit, freedom), 0, 1e6},
};
/* clang-format on */

/* --- writing --- */

static void add_fields(json_t *object, const struct field *fields, size_t count, const void *from,
		       bool *bad)
{
	for (size_t i = 0; i < count; i++) {
		double value;

		memcpy(&value, (const char *)from + fields[i].offset, sizeof(value));
		mb_json_value_add(object, fields[i].name, mb_json_value_number(value), bad);
	}
}

static void append(json_t *array, json_t *value, bool *bad)
{
	if (json_array_append_new(array, value))
		*bad = true;
}

static json_t *term_value(const struct mb_costmodel *model, size_t term, size_t count, bool *bad)
{
	json_t *object = json_object(), *covariance = json_array();

	mb_json_value_add(object, "name", mb_json_value_text(mb_costmodel_terms[term].name), bad);
	mb_json_value_add(object, "ns", mb_json_value_number(model->coefficients[term]), bad);
	for (size_t i = 0; i < count; i++)
		append(covariance, mb_json_value_number(model->covariance[term][i]), bad);
	mb_json_value_add(object, "covariance", covariance, bad);
	return object;
}

static json_t *phase_value(const struct mb_costmodel *model, enum mb_costmodel_phase phase,
			   bool *bad)
{
	json_t *object = json_object(), *terms = json_array();
	size_t first, end;

	mb_json_value_add(object, "name", mb_json_value_text(mb_costmodel_phases[phase].name), bad);
	add_fields(object, scatters, MB_ARRAY_SIZE(scatters), &model->phases[phase], bad);
	mb_costmodel_terms_of(phase, &first, &end);
	for (size_t i = first; i < end; i++)
		append(terms, term_value(model, i, end - first, bad), bad);
	mb_json_value_add(object, "terms", terms, bad);
	return object;
}

static json_t *fit_value(const struct mb_costmodel_fit *fit)
{
	json_t *object = json_object(), *all = json_object(), *phases = json_array();
	bool bad = !object;

	mb_json_value_add(object, "key", mb_json_value_text(fit->key), &bad);
	add_fields(object, ranges, MB_ARRAY_SIZE(ranges), &fit->model, &bad);
	add_fields(all, scatters, MB_ARRAY_SIZE(scatters), &fit->model.all, &bad);
	mb_json_value_add(object, "all", all, &bad);
	for (unsigned i = 0; i < MB_COSTMODEL_NR_PHASES; i++)
		append(phases, phase_value(&fit->model, i, &bad), &bad);
	mb_json_value_add(object, "phases", phases, &bad);
	return mb_json_value_finish(object, bad);
}

int mb_json_costmodel_write(void *arg, FILE *file)
{
	const struct mb_costmodel_host *host = arg;
	int rc;

	fprintf(file, "{\n\"" VERSION_MEMBER "\": %d,\n\"made_utc\": ", MB_COSTMODEL_VERSION);
	rc = mb_json_value_put(file, mb_json_value_text(host->made_utc));
	fputs(",\n\"facts\": ", file);
	if (!rc)
		rc = mb_json_conditions_put(file, &host->facts);
	fputs(",\n\"fits\": [", file);
	for (size_t i = 0; !rc && i < host->nr_fits; i++) {
		fputs(i ? ",\n  " : "\n  ", file);
		rc = mb_json_value_put(file, fit_value(&host->fits[i]));
	}
	fputs("\n]\n}\n", file);
	return rc ? rc : ferror(file) ? -EIO : 0;
}

/* --- reading --- */

/* Where in the file, for reasons. */
struct place {
	size_t fit;
	const char *phase, *term; /* NULL: not in one */
};

static int bad(const struct place *place, const char *what, struct mb_err *err)
{
	return MB_FAIL(err, -EINVAL, "fits[%zu]%s%s%s%s.%s is missing or makes no sense",
		       place->fit, place->phase ? "." : "", place->phase ? place->phase : "",
		       place->term ? "." : "", place->term ? place->term : "", what);
}

static bool get_number(const json_t *value, double *ret_number)
{
	if (!json_is_number(value) || !isfinite(json_number_value(value)))
		return false;
	*ret_number = json_number_value(value);
	return true;
}

static int read_fields(const json_t *object, const struct field *fields, size_t count,
		       const struct place *place, void *to, struct mb_err *err)
{
	for (size_t i = 0; i < count; i++) {
		double value;

		if (!get_number(json_object_get(object, fields[i].name), &value) ||
		    value < fields[i].least || value > fields[i].most)
			return bad(place, fields[i].name, err);
		memcpy((char *)to + fields[i].offset, &value, sizeof(value));
	}
	return 0;
}

/* What boots scatter by: nothing is known of a phase that none of them had, and no other is without scatter. */
static int read_scatter(const json_t *object, const struct place *place,
			struct mb_costmodel_phase_fit *fit, struct mb_err *err)
{
	int rc = read_fields(object, scatters, MB_ARRAY_SIZE(scatters), place, fit, err);

	if (rc || !(fit->points > 0))
		return rc;
	if (!(fit->residual > 0))
		return bad(place, "residual", err);
	return fit->freedom >= 1 ? 0 : bad(place, "freedom", err);
}

/* The member of an array whose name is that. */
static json_t *find_named(const json_t *array, const char *name)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *object = json_array_get(array, i);
		const char *text = json_string_value(json_object_get(object, "name"));

		if (text && !strcmp(text, name))
			return object;
	}
	return NULL;
}

/* The largest coefficient that makes sense, in ns: a boot's start takes less than 100 s, and nothing that there are many of 1,000,000 of its unit. */
static double most_ns(size_t term)
{
	const struct mb_costmodel_term_row *row = &mb_costmodel_terms[term];

	return row->kind == MB_COSTMODEL_FIXED ? 1e11 : 1e6 * row->scale;
}

/* A covariance is no larger than what the errors of its two coefficients allow. */
static bool is_covariance(const struct mb_costmodel *model, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		for (size_t k = first; k < end; k++) {
			double most = sqrt(model->covariance[i][i - first]) *
				      sqrt(model->covariance[k][k - first]);

			if (fabs(model->covariance[i][k - first]) > 1.001 * most)
				return false;
		}
	return true;
}

static int read_term(const json_t *object, size_t term, size_t first, size_t end,
		     const struct place *place, struct mb_costmodel *model, struct mb_err *err)
{
	json_t *covariance = json_object_get(object, "covariance");

	if (!get_number(json_object_get(object, "ns"), &model->coefficients[term]) ||
	    model->coefficients[term] < 0 || model->coefficients[term] > most_ns(term))
		return bad(place, "ns", err);
	if (!json_is_array(covariance) || json_array_size(covariance) != end - first)
		return bad(place, "covariance", err);
	for (size_t i = 0; i < end - first; i++)
		if (!get_number(json_array_get(covariance, i), &model->covariance[term][i]) ||
		    (i == term - first && (model->covariance[term][i] < 0 ||
					   sqrt(model->covariance[term][i]) > most_ns(term))))
			return bad(place, "covariance", err);
	return 0;
}

static int read_phase(const json_t *object, enum mb_costmodel_phase phase, struct place place,
		      struct mb_costmodel *model, struct mb_err *err)
{
	json_t *terms = json_object_get(object, "terms");
	size_t first, end;
	int rc;

	place.phase = mb_costmodel_phases[phase].name;
	rc = read_scatter(object, &place, &model->phases[phase], err);
	mb_costmodel_terms_of(phase, &first, &end);
	if (!rc && json_array_size(terms) != end - first)
		rc = bad(&place, "terms", err);
	for (size_t i = first; !rc && i < end; i++) {
		place.term = mb_costmodel_terms[i].name;
		rc = read_term(find_named(terms, place.term), i, first, end, &place, model, err);
	}
	place.term = NULL;
	return rc || is_covariance(model, first, end) ? rc : bad(&place, "covariance", err);
}

/* Whether it gives a time to what is in the totals. */
static bool takes_time(const struct mb_costmodel *model)
{
	for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++)
		if (!mb_costmodel_phases[mb_costmodel_terms[i].phase].beside &&
		    model->coefficients[i] > 0)
			return true;
	return false;
}

static int read_fit(const json_t *object, size_t index, struct mb_err *err,
		    struct mb_costmodel_host *host)
{
	const char *key = json_string_value(json_object_get(object, "key"));
	json_t *phases = json_object_get(object, "phases");
	struct place place = {.fit = index};
	struct mb_costmodel model = {0};
	int rc;

	if (!key || mb_costmodel_host_find(host, key))
		return bad(&place, "key", err);
	rc = read_fields(object, ranges, MB_ARRAY_SIZE(ranges), &place, &model, err);
	place.phase = "all";
	if (!rc)
		rc = read_scatter(json_object_get(object, "all"), &place, &model.all, err);
	if (!rc && !(model.all.points > 0))
		rc = bad(&place, "points", err);
	place.phase = NULL;
	if (!rc && model.size_low > model.size_high)
		rc = bad(&place, "size_high", err);
	if (!rc && json_array_size(phases) != MB_COSTMODEL_NR_PHASES)
		rc = bad(&place, "phases", err);
	for (unsigned i = 0; !rc && i < MB_COSTMODEL_NR_PHASES; i++)
		rc = read_phase(find_named(phases, mb_costmodel_phases[i].name), i, place, &model,
				err);
	if (!rc && !takes_time(&model))
		rc = MB_FAIL(err, -EINVAL, "fits[%zu] has no phase that takes any time", index);
	return rc ? rc : mb_costmodel_host_put(host, key, &model);
}

static int read_root(const json_t *root, struct mb_err *err, void *arg)
{
	json_t *fits = json_object_get(root, "fits");
	struct mb_costmodel_host *host = arg;
	int rc = mb_costmodel_host_set_made(host,
					    json_string_value(json_object_get(root, "made_utc")));

	if (!rc)
		rc = mb_json_conditions_read(root, err, &host->facts);
	if (!rc && !json_is_array(fits))
		return MB_FAIL(err, -EINVAL, "fits are missing");
	for (size_t i = 0; !rc && i < json_array_size(fits); i++)
		rc = read_fit(json_array_get(fits, i), i, err, host);
	return rc;
}

int mb_json_costmodel_read(const char *path, struct mb_err *err, struct mb_costmodel_host *ret_host)
{
	static const struct mb_json_stored fits = {VERSION_MEMBER, MB_COSTMODEL_VERSION,
						   "host model", "fit the host anew", read_root};
	struct mb_costmodel_host host = {0};
	int rc = mb_json_stored_read(path, &fits, err, &host);

	if (rc)
		mb_costmodel_host_fini(&host);
	else
		*ret_host = host;
	return rc;
}
