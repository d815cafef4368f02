/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "reports/spread.h"
#include "reports/stats.h"

#define MANY_GATES 200       /* that have a 99th percentile of their own */
#define Z_99       2.5758    /* of the standard normal distribution: both tails 1 % */
#define Z_LOW      (-1.2816) /* its 10th percentile */

double mb_spread_shift(double ratio)
{
	return ratio > 0 ? fmax(ratio, 1 / ratio) - 1 : (double)NAN;
}

/* The 10th percentile of chi squared, by Wilson and Hilferty; within 2 % from 3 degrees on, and too small below. */
static double chi_squared_low(size_t degrees)
{
	double part = 2 / (9 * (double)degrees), root = 1 - part + Z_LOW * sqrt(part);

	return (double)degrees * pow(fmax(root, 0.02), 3);
}

int mb_spread_noise(const double *shifts, size_t count, double *ret_noise)
{
	MB_FREE double *sorted = malloc((count + 1) * sizeof(*sorted));
	double squares = 0, noise;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sorted[i] = fabs(shifts[i]);
	count = mb_stats_sort(sorted, count);
	for (size_t i = 0; i < count; i++)
		squares += sorted[i] * sorted[i];
	if (count < 2)
		noise = NAN;
	else if (count >= MANY_GATES)
		noise = mb_stats_quantile(sorted, count, MB_SPREAD_PERCENTILE);
	else
		noise = fmax(sorted[count - 1], Z_99 * sqrt(squares / chi_squared_low(count)));
	*ret_noise = noise;
	return 0;
}

/* --- building --- */

int mb_spread_set_made(struct mb_spread *spread, const char *utc)
{
	char *copy = utc ? strdup(utc) : NULL;

	if (utc && !copy)
		return -ENOMEM;
	free(spread->made_utc);
	spread->made_utc = copy;
	return 0;
}

int mb_spread_set_host(struct mb_spread *spread, const struct mb_result *host, size_t arena_bytes)
{
	int rc = mb_conditions_set_host(&spread->facts, host);

	if (!rc)
		rc = mb_conditions_set(&spread->facts, "arena", mb_strbuf_size(arena_bytes).text);
	return rc ? rc : mb_conditions_set_knobs(&spread->facts, host);
}

static struct mb_spread_row *find_row(const struct mb_spread *spread, const char *name,
				      size_t pairs)
{
	for (size_t i = 0; i < spread->nr_rows; i++)
		if (spread->rows[i].pairs == pairs && !strcmp(spread->rows[i].name, name))
			return &spread->rows[i];
	return NULL;
}

static struct mb_spread_row *new_row(struct mb_spread *spread, const char *name)
{
	struct mb_spread_row *row;

	if (mb_grow(&spread->rows, spread->nr_rows, sizeof(*row)))
		return NULL;
	row = &spread->rows[spread->nr_rows];
	*row = (struct mb_spread_row){.name = strdup(name)};
	spread->nr_rows += row->name != NULL;
	return row->name ? row : NULL;
}

int mb_spread_put(struct mb_spread *spread, const struct mb_spread_row *from)
{
	struct mb_spread_row *row = find_row(spread, from->name, from->pairs);
	char *name;

	if (!row)
		row = new_row(spread, from->name);
	if (!row)
		return -ENOMEM;
	name = row->name;
	*row = *from;
	row->name = name;
	return 0;
}

int mb_spread_add(struct mb_spread *spread, const char *name, size_t pairs, const double *shifts,
		  size_t count)
{
	struct mb_spread_row row = {
		.name = (char *)(uintptr_t)name, .pairs = pairs, .gates = count};

	for (size_t i = 0; i < count; i++)
		row.largest = fmax(row.largest, fabs(shifts[i]));
	if (mb_spread_noise(shifts, count, &row.noise))
		return -ENOMEM;
	return mb_spread_put(spread, &row);
}

void mb_spread_fini(struct mb_spread *spread)
{
	mb_conditions_fini(&spread->facts);
	for (size_t i = 0; i < spread->nr_rows; i++)
		free(spread->rows[i].name);
	free(spread->made_utc);
	free(spread->rows);
	*spread = (struct mb_spread){0};
}

/* --- asking --- */

double mb_spread_find(const struct mb_spread *spread, const char *name, size_t pairs)
{
	const struct mb_spread_row *best = NULL;

	for (size_t i = 0; spread && i < spread->nr_rows; i++) {
		const struct mb_spread_row *row = &spread->rows[i];

		if (row->pairs <= pairs && (!best || row->pairs > best->pairs) &&
		    !strcmp(row->name, name))
			best = row;
	}
	return best ? best->noise : (double)NAN;
}
