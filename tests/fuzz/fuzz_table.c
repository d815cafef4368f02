/* SPDX-License-Identifier: Apache-2.0 */
/* A published table: what is read makes sense and is fitted or refused with a reason; failures name a line and change nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reports/costmodel_table.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct mb_costmodel_table *table)
{
	struct mb_costmodel_curve curve = {.fitted = 77};
	struct mb_strbuf why = {0};

	MUST(table->nr_points);
	for (size_t i = 0; i < table->nr_points; i++) {
		MUST(table->points[i].ms > 0 && isfinite(table->points[i].ms));
		MUST(!i || table->points[i].threads > table->points[i - 1].threads);
	}
	if (mb_costmodel_table_fit(table, table->nr_points, &why, &curve)) {
		MUST(mb_strbuf_text(&why)[0] && curve.fitted == 77);
	} else {
		for (double threads = 0; threads < 1e6; threads = 2 * threads + 1) {
			struct mb_costmodel_value value;

			mb_costmodel_table_predict(&curve, threads, &value);
			MUST(value.low <= value.ns && value.ns <= value.high);
		}
	}
	mb_strbuf_fini(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_costmodel_table table = {.nr_points = 77};
	struct mb_err err = {0};
	FILE *file = tmpfile();
	int r;

	MUST(file && fwrite(data, 1, size, file) == size);
	rewind(file);
	r = mb_costmodel_table_read(file, &err, &table);
	fuzz_check_err(r, &err);
	if (r) {
		MUST(table.nr_points == 77);
	} else {
		check(&table);
		mb_costmodel_table_fini(&table);
	}
	fclose(file);
	return 0;
}
