/* SPDX-License-Identifier: Apache-2.0 */
/* Google Benchmark's JSON: what is read is a result that is whole, and every writer of one takes it. */
#include <errno.h>
#include <stdlib.h>

#include "reports/json.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_result none, *result = &none;
	struct mb_err err = {0};
	int r = mb_json_gbench_read((const char *)data, size, NULL, &err, &result);
	char *text = NULL;
	size_t length = 0;
	FILE *file;

	fuzz_check_err(r, &err);
	MUST(!r || r == -EINVAL || r == -ENOMSG);
	MUST(!r == (result != &none));
	if (r)
		return 0;
	MUST(!mb_result_error(result) && result->nr_runs);
	file = open_memstream(&text, &length);
	MUST(file && !mb_json_write((const struct mb_result *const *)&result, 1, file));
	MUST(!fclose(file) && length);
	free(text);
	mb_result_free(result);
	return 0;
}
