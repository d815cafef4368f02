/* SPDX-License-Identifier: Apache-2.0 */
/* A result's JSON: what is read is written, reads back, and is written the same; every writer takes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reports/json.h"
#include "reports/writer.h"
#include "tests/fuzz/fuzz.h"

/* The result of a text, or NULL where it has none. */
static struct mb_result *read_result(const char *text, size_t size)
{
	struct mb_result none, *result = &none;
	struct mb_err err = {0};
	int r = mb_json_read(text, size, NULL, &err, &result);

	fuzz_check_err(r, &err);
	MUST(!r || r == -EINVAL);
	MUST(!r == (result != &none));
	return r ? NULL : result;
}

/* What a writer makes of a result; the caller frees it. */
static char *write_result(const struct mb_result *result, mb_writer_fn *write, size_t *ret_size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, ret_size);

	MUST(file && !write(&result, 1, file) && !fclose(file));
	return text;
}

static void check_round(const struct mb_result *result)
{
	size_t size = 0, size_again = 0;
	char *text = write_result(result, mb_json_write, &size), *again;
	struct mb_result *back = read_result(text, size);

	MUST(back && back->nr_runs == result->nr_runs && back->status == result->status);
	again = write_result(back, mb_json_write, &size_again);
	MUST(size == size_again && !memcmp(text, again, size));
	mb_result_free(back);
	free(text);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_result *result = read_result((const char *)data, size);
	size_t written;

	if (!result)
		return 0;
	MUST(!mb_result_error(result));
	check_round(result);
	for (size_t i = 0; i < mb_writers_count; i++)
		free(write_result(result, mb_writers[i].write, &written));
	mb_result_free(result);
	return 0;
}
