/* SPDX-License-Identifier: Apache-2.0 */
/* The file with the noise of a host: what is read can be written and reads the same; failures have a reason and change nothing. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/spread.h"
#include "tests/fuzz/fuzz.h"

static int read_back(const char *tree, const void *data, size_t size, struct mb_spread *ret_spread)
{
	struct mb_err err = {0};
	char path[512];
	int r;

	fuzz_tree_write(tree, "noise.json", data, size);
	snprintf(path, sizeof(path), "%s/noise.json", tree);
	r = mb_json_spread_read(path, &err, ret_spread);
	fuzz_check_err(r, &err);
	return r;
}

static void check(const char *tree, struct mb_spread *spread)
{
	struct mb_spread again = {0};
	struct mb_strbuf why = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	MUST(file && !mb_json_spread_write(spread, file) && !fclose(file));
	MUST(!read_back(tree, text, length, &again));
	MUST(again.nr_rows == spread->nr_rows && again.facts.count == spread->facts.count);
	MUST(!mb_conditions_outdated(&spread->facts, &again.facts, &why));
	for (size_t i = 0; i < spread->nr_rows; i++) {
		const struct mb_spread_row *row = &spread->rows[i];
		double noise = mb_spread_find(&again, row->name, row->pairs);

		MUST(noise == row->noise || (isnan(noise) && isnan(row->noise)));
	}
	mb_strbuf_fini(&why);
	mb_spread_fini(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_spread spread = {.nr_rows = 77};
	char *tree = fuzz_tree_new();

	if (read_back(tree, data, size, &spread)) {
		MUST(spread.nr_rows == 77);
	} else {
		check(tree, &spread);
		mb_spread_fini(&spread);
	}
	fuzz_tree_free(tree);
	return 0;
}
