/* SPDX-License-Identifier: Apache-2.0 */
/* The file with the fits of a host: what is read can be written and reads the same; failures have a reason and change nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/costmodel_host.h"
#include "tests/fuzz/fuzz.h"

static int read_back(const char *tree, const void *data, size_t size,
		     struct mb_costmodel_host *ret_host)
{
	struct mb_err err = {0};
	char path[512];
	int r;

	fuzz_tree_write(tree, "model.json", data, size);
	snprintf(path, sizeof(path), "%s/model.json", tree);
	r = mb_json_costmodel_read(path, &err, ret_host);
	fuzz_check_err(r, &err);
	return r;
}

static void check(const char *tree, struct mb_costmodel_host *host)
{
	struct mb_costmodel_host again = {0};
	struct mb_strbuf why = {0};
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	MUST(file && !mb_json_costmodel_write(host, file) && !fclose(file));
	MUST(!read_back(tree, text, length, &again));
	MUST(again.nr_fits == host->nr_fits);
	MUST(!mb_costmodel_host_outdated(host, &again, &why));
	for (size_t i = 0; i < host->nr_fits; i++) {
		const struct mb_costmodel *model =
			mb_costmodel_host_find(&again, host->fits[i].key);

		MUST(model);
		for (size_t k = 0; k < MB_COSTMODEL_NR_TERMS; k++)
			MUST(model->coefficients[k] == host->fits[i].model.coefficients[k]);
	}
	mb_strbuf_fini(&why);
	mb_costmodel_host_fini(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_costmodel_host host = {.nr_fits = 77};
	char *tree = fuzz_tree_new();

	if (read_back(tree, data, size, &host)) {
		MUST(host.nr_fits == 77);
	} else {
		check(tree, &host);
		mb_costmodel_host_fini(&host);
	}
	fuzz_tree_free(tree);
	return 0;
}
