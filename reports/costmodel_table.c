/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "core/base/stream.h"
#include "reports/costmodel_internal.h"
#include "reports/costmodel_table.h"
#include "reports/student.h"

#define NAME_LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
#define MAX_POINTS     4096
#define MAX_BYTES      ((size_t)1 << 20) /* of a file */
#define MAX_VALUE      1e18
#define MIN_EFFICIENCY 0.2
/* Of the points about the curve, as standard deviations of logarithms: of those that it was fitted on, and of the others. */
#define MAX_OFF     0.3
#define MAX_REST    0.5
#define MEMORIES    200 /* shares of memory that are tried where the table does not say it */
#define MIN_SEVERAL 3   /* points of several threads that show it */

/* --- reading --- */

/* Numbers that a table may say, and bounds beyond which no machine is. */
static const struct {
	const char *name;
	size_t offset;
	double least, most;
} fields[] = {
	{"pages", offsetof(struct mb_costmodel_table, pages), 1, 1e13},
	{"page_bytes", offsetof(struct mb_costmodel_table, page_bytes), 1, 4096},
	{"cpus", offsetof(struct mb_costmodel_table, cpus), 1, 1e6},
	{"cores", offsetof(struct mb_costmodel_table, cores), 1, 1e6},
	{"peak_gb_s", offsetof(struct mb_costmodel_table, peak_gb_s), 1e-3, 1e6},
	{"store_gb_s", offsetof(struct mb_costmodel_table, store_gb_s), 1e-3, 1e6},
};

#define LEAST_MS 1e-6
#define MOST_MS  1e9 /* eleven days */

/* A table on its way, and what was said already. */
struct reader {
	struct mb_costmodel_table table;
	size_t line;
	unsigned said; /* bits: fields */
};

/* A decimal number from 0 to MAX_VALUE at *text, which moves behind it and the blanks after it. */
static bool take_number(char **text, double *ret_value)
{
	size_t length = strspn(*text, "0123456789.eE+-");
	char *end;
	double value;

	if (!length || strchr("eE", **text))
		return false;
	value = strtod(*text, &end);
	if (end != *text + length || !(value >= 0 && value <= MAX_VALUE) ||
	    (*end && !strchr(" \t", *end)))
		return false;
	*text = end + strspn(end, " \t");
	*ret_value = value;
	return true;
}

static int set_text(struct reader *reader, const char *name, const char *value, char **text,
		    struct mb_err *err)
{
	char *copy;

	if (!*value)
		return MB_FAIL(err, -EINVAL, "line %zu: '%s' has no value", reader->line, name);
	if (*text)
		return MB_FAIL(err, -EINVAL, "line %zu: says for the second time what it is",
			       reader->line);
	copy = strdup(value);
	if (!copy)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	*text = copy;
	return 0;
}

static int set_field(struct reader *reader, size_t field, char *value, struct mb_err *err)
{
	double *where = (double *)((char *)&reader->table + fields[field].offset), number;

	if (reader->said & 1u << field)
		return MB_FAIL(err, -EINVAL, "line %zu: says '%s' for the second time",
			       reader->line, fields[field].name);
	if (!take_number(&value, &number) || *value || number < fields[field].least ||
	    number > fields[field].most)
		return MB_FAIL(err, -EINVAL, "line %zu: '%s' takes a number from %g to %g",
			       reader->line, fields[field].name, fields[field].least,
			       fields[field].most);
	*where = number;
	reader->said |= 1u << field;
	return 0;
}

static int say_what(const struct reader *reader, struct mb_err *err)
{
	return MB_FAIL(err, -EINVAL,
		       "line %zu: begins with no number of threads, nor a name and '='",
		       reader->line);
}

/* "name = value", value being the text behind the sign. */
static int read_name(struct reader *reader, char *name, char *value, struct mb_err *err)
{
	name[strcspn(name, " \t=")] = '\0';
	if (!strcmp(name, "title"))
		return set_text(reader, name, value, &reader->table.title, err);
	if (!strcmp(name, "source"))
		return set_text(reader, name, value, &reader->table.source, err);
	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++)
		if (!strcmp(name, fields[i].name))
			return set_field(reader, i, value, err);
	/* What is no name is not repeated: it may be anything. */
	if (!*name || name[strspn(name, NAME_LETTERS)])
		return say_what(reader, err);
	return MB_FAIL(err, -EINVAL,
		       "line %zu: '%.40s' is unknown; title, source, pages, page_bytes, cpus, "
		       "cores, peak_gb_s and store_gb_s are not",
		       reader->line, name);
}

static int add_point(struct reader *reader, const struct mb_costmodel_point *point,
		     struct mb_err *err)
{
	struct mb_costmodel_table *table = &reader->table;

	if (table->nr_points == MAX_POINTS)
		return MB_FAIL(err, -EINVAL, "line %zu: %d points are the limit", reader->line,
			       MAX_POINTS);
	if (mb_grow(&table->points, table->nr_points, sizeof(*table->points)))
		return MB_FAIL(err, -ENOMEM, "out of memory");
	table->points[table->nr_points++] = *point;
	return 0;
}

/* "threads ms [stdev]" */
static int read_point(struct reader *reader, char *text, struct mb_err *err)
{
	const struct mb_costmodel_table *table = &reader->table;
	struct mb_costmodel_point point;
	double stdev_ms;

	if (!take_number(&text, &point.threads) || point.threads > 1e6 ||
	    point.threads > floor(point.threads))
		return say_what(reader, err);
	if (!take_number(&text, &point.ms) || point.ms < LEAST_MS || point.ms > MOST_MS)
		return MB_FAIL(err, -EINVAL, "line %zu: a time from %g to %g ms has to follow %g",
			       reader->line, LEAST_MS, MOST_MS, point.threads);
	if (*text && !take_number(&text, &stdev_ms))
		return MB_FAIL(err, -EINVAL,
			       "line %zu: the third number, a standard deviation in ms, is none",
			       reader->line);
	if (*text)
		return MB_FAIL(err, -EINVAL, "line %zu: has more than threads, ms and stdev",
			       reader->line);
	if (table->nr_points && table->points[table->nr_points - 1].threads >= point.threads)
		return MB_FAIL(err, -EINVAL, "line %zu: threads have to rise, and %g follow %g",
			       reader->line, point.threads,
			       table->points[table->nr_points - 1].threads);
	return add_point(reader, &point, err);
}

static int read_line(struct reader *reader, char *line, size_t length, struct mb_err *err)
{
	char *equals, *end;

	if (strlen(line) != length)
		return MB_FAIL(err, -EINVAL, "line %zu: has a zero byte", reader->line);
	line[strcspn(line, "#\r\n")] = '\0';
	line += strspn(line, " \t");
	for (end = line + strlen(line); end > line && strchr(" \t", end[-1]);)
		*--end = '\0';
	if (!*line)
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return read_point(reader, line, err);
	return read_name(reader, line, equals + 1 + strspn(equals + 1, " \t"), err);
}

/* What only the whole shows. */
static int check(const struct mb_costmodel_table *table, struct mb_err *err)
{
	if (!table->nr_points)
		return MB_FAIL(err, -EINVAL, "has no points: lines of threads and ms");
	if ((table->peak_gb_s > 0 || table->store_gb_s > 0) && !(table->pages > 0))
		return MB_FAIL(
			err, -EINVAL,
			"says what its memory takes, but not 'pages', which it takes it for");
	if (table->cores > table->cpus)
		return MB_FAIL(err, -EINVAL, "has more cores than CPUs");
	return 0;
}

int mb_costmodel_table_read(FILE *file, struct mb_err *err, struct mb_costmodel_table *ret_table)
{
	struct reader reader = {.table = {.pages = NAN,
					  .page_bytes = 64,
					  .cpus = NAN,
					  .cores = NAN,
					  .peak_gb_s = NAN,
					  .store_gb_s = NAN}};
	char *text MB_FREE = NULL;
	size_t length = 0;
	int rc = mb_stream_read(file, MAX_BYTES, &text, &length);

	if (rc == -EFBIG)
		return MB_FAIL(err, -EINVAL, "is larger than %zu KiB", MAX_BYTES >> 10);
	if (rc)
		return MB_FAIL(err, rc, "%s", strerror(-rc));
	for (char *line = text, *end; !rc && line < text + length; line = end + 1) {
		end = memchr(line, '\n', (size_t)(text + length - line));
		if (!end)
			end = text + length;
		*end = '\0';
		reader.line++;
		rc = read_line(&reader, line, (size_t)(end - line), err);
	}
	if (!rc)
		rc = check(&reader.table, err);
	if (rc) {
		mb_costmodel_table_fini(&reader.table);
		return rc;
	}
	*ret_table = reader.table;
	return 0;
}

void mb_costmodel_table_fini(struct mb_costmodel_table *table)
{
	free(table->title);
	free(table->source);
	free(table->points);
	*table = (struct mb_costmodel_table){0};
}

/* --- the curve --- */

static double curve_ms(const struct mb_costmodel_curve *curve, double threads)
{
	double team = 1;

	if (threads > 1)
		team = mb_costmodel_team(threads, curve->cpus, curve->cores) * curve->efficiency;
	return hypot(curve->work_ms / fmax(team, 1), curve->memory_ms);
}

/* Sum of logarithms of what points of several threads are off, and of their squares; the others say nothing of that. */
static double off(const struct mb_costmodel_curve *curve, const struct mb_costmodel_table *table,
		  double *ret_squares)
{
	double sum = 0;

	*ret_squares = 0;
	for (size_t i = 0; i < curve->fitted; i++) {
		double apart = log(table->points[i].ms / curve_ms(curve, table->points[i].threads));

		if (table->points[i].threads <= 1)
			continue;
		*ret_squares += apart * apart;
		sum += apart;
	}
	return sum;
}

/* Work from the time of one thread, then the efficiency at which the others are off by nothing on the whole. Returns the squares. */
static double settle(struct mb_costmodel_curve *curve, const struct mb_costmodel_table *table,
		     double one_ms)
{
	double low = MIN_EFFICIENCY, high = 1, squares;

	curve->work_ms = sqrt(fmax(one_ms * one_ms - curve->memory_ms * curve->memory_ms, 0));
	curve->efficiency = 1;
	if (off(curve, table, &squares) <= 0)
		return squares;
	for (int i = 0; i < 60; i++) {
		curve->efficiency = (low + high) / 2;
		if (off(curve, table, &squares) > 0)
			high = curve->efficiency;
		else
			low = curve->efficiency;
	}
	return squares;
}

/* What memory needs, where the table says what it takes; NaN: it does not. */
static double memory_ms(const struct mb_costmodel_table *table)
{
	double gb_s = table->store_gb_s > 0 ? table->store_gb_s
					    : table->peak_gb_s * MB_COSTMODEL_TABLE_REACHED /
						      MB_COSTMODEL_TABLE_TRAFFIC;

	return table->pages * table->page_bytes / gb_s / 1e6;
}

/* The memory's time at which the points are off least. */
static double find_memory(struct mb_costmodel_curve *curve, const struct mb_costmodel_table *table,
			  double one_ms)
{
	double best = 0, least = HUGE_VAL;

	for (int i = 0; i <= MEMORIES; i++) {
		double squares;

		curve->memory_ms = i ? one_ms * pow(10, -3.0 * i / MEMORIES) : 0;
		squares = settle(curve, table, one_ms);
		if (squares >= least)
			continue;
		least = squares;
		best = curve->memory_ms;
	}
	curve->memory_ms = best;
	return settle(curve, table, one_ms);
}

/* Points of several threads; the mean time of the others, 0 without any. */
static size_t count_points(const struct mb_costmodel_table *table, size_t nr_fitted,
			   double *ret_one_ms)
{
	double sum = 0;
	size_t ones = 0;

	for (size_t i = 0; i < nr_fitted; i++)
		if (table->points[i].threads <= 1) {
			sum += table->points[i].ms;
			ones++;
		}
	*ret_one_ms = ones ? sum / (double)ones : 0;
	return nr_fitted - ones;
}

/* Why the curve describes none of such points, if it does not. first, end: of the table's points; freedom: degrees of their scatter. */
static bool is_off(const struct mb_costmodel_curve *curve, const struct mb_costmodel_table *table,
		   size_t first, size_t end, double freedom, struct mb_strbuf *ret_why)
{
	double squares = 0, farthest = 0, scatter, most = first ? MAX_REST : MAX_OFF;
	const struct mb_costmodel_point *worst = NULL;

	for (size_t i = first; i < end; i++) {
		const struct mb_costmodel_point *point = &table->points[i];
		double apart = log(point->ms / curve_ms(curve, point->threads));

		squares += apart * apart;
		if (fabs(apart) <= farthest)
			continue;
		farthest = fabs(apart);
		worst = point;
	}
	scatter = sqrt(squares / fmax(freedom, 1));
	if (!worst || scatter <= most)
		return false;
	mb_strbuf_addf(ret_why,
		       "the points%s lie off the curve of work over threads and memory's limit: "
		       "%.0f thread%s took %.4g ms, and the curve has %.4g ms",
		       first ? " that were not fitted" : "", worst->threads,
		       worst->threads > 1 || worst->threads < 1 ? "s" : "", worst->ms,
		       curve_ms(curve, worst->threads));
	return true;
}

/* What a table lacks that says too little of its memory, which points of several threads would show. */
static void add_lacking(const struct mb_costmodel_table *table, size_t several,
			struct mb_strbuf *ret_why)
{
	mb_strbuf_addf(ret_why,
		       "does not say what its memory takes: add %s'peak_gb_s' or 'store_gb_s', or "
		       "points of several threads, of which it takes %d and has %zu",
		       table->pages > 0 ? "" : "'pages' and ", MIN_SEVERAL, several);
}

/* Whether the first points can tell a curve at all; one_ms: the time of one thread, 0 without any. */
static enum mb_costmodel_status check_points(const struct mb_costmodel_curve *curve,
					     const struct mb_costmodel_table *table, double one_ms,
					     size_t several, struct mb_strbuf *ret_why)
{
	if (!(one_ms > 0)) {
		mb_strbuf_add(ret_why, "has no time of one thread: add a point of 0 or 1 threads");
		return MB_COSTMODEL_TOO_FEW;
	}
	if (isnan(curve->memory_ms) && several < MIN_SEVERAL) {
		add_lacking(table, several, ret_why);
		return MB_COSTMODEL_TOO_FEW;
	}
	if (curve->memory_ms >= one_ms) {
		mb_strbuf_addf(ret_why,
			       "memory alone would need %.1f ms, and one thread took %.1f ms",
			       curve->memory_ms, one_ms);
		return MB_COSTMODEL_SCATTERED;
	}
	return MB_COSTMODEL_FITTED;
}

enum mb_costmodel_status mb_costmodel_table_fit(const struct mb_costmodel_table *table,
						size_t nr_fitted, struct mb_strbuf *ret_why,
						struct mb_costmodel_curve *ret_curve)
{
	size_t fitted = mb_min(nr_fitted, table->nr_points), several, unknown;
	struct mb_costmodel_curve curve = {.fitted = fitted, .memory_ms = memory_ms(table)};
	double one_ms, squares, freedom;
	enum mb_costmodel_status status;

	several = count_points(table, fitted, &one_ms);
	unknown = mb_min(isnan(curve.memory_ms) ? 2 : 1, several);
	curve.cpus = table->cpus > 0 ? table->cpus : HUGE_VAL;
	curve.cores = table->cores > 0 ? table->cores : 0;
	status = check_points(&curve, table, one_ms, several, ret_why);
	if (status)
		return status;
	squares = isnan(curve.memory_ms) ? find_memory(&curve, table, one_ms)
					 : settle(&curve, table, one_ms);
	if (is_off(&curve, table, 0, fitted, (double)fitted - 1 - (double)unknown, ret_why) ||
	    is_off(&curve, table, fitted, table->nr_points, (double)(table->nr_points - fitted),
		   ret_why))
		return MB_COSTMODEL_SCATTERED;
	freedom = (double)(several - unknown);
	curve.freedom = MB_COSTMODEL_TABLE_FREEDOM + freedom;
	curve.error = sqrt(
		(MB_COSTMODEL_TABLE_FREEDOM * MB_COSTMODEL_TABLE_ERROR * MB_COSTMODEL_TABLE_ERROR +
		 squares) /
		curve.freedom);
	*ret_curve = curve;
	return MB_COSTMODEL_FITTED;
}

void mb_costmodel_table_predict(const struct mb_costmodel_curve *curve, double threads,
				struct mb_costmodel_value *ret_value)
{
	double width = mb_student_quantile((1 + MB_COSTMODEL_CONFIDENCE) / 2, curve->freedom) *
		       curve->error;

	ret_value->ns = 1e6 * curve_ms(curve, threads);
	ret_value->low = ret_value->ns * exp(-width);
	ret_value->high = ret_value->ns * exp(width);
}
