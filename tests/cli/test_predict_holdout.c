/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_holdout.h"
#include "reports/predicted.h"

static const struct mb_term term = {
	.charset = MB_FORMAT_ASCII, .table = {.indent = 2}, .columns = 100};

static const struct mb_predict_fit fit = {
	.holdouts =
		{
			{MB_COSTMODEL_HELD_SIZE, 8388608, 5, 4, 0.042},
			{MB_COSTMODEL_HELD_NODES, 4, 3, 3, 0.5},
			{MB_COSTMODEL_HELD_THREADS, 1, 2, 0, NAN},
		},
	.nr_holdouts = 3,
};

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

/* What was held out, how many, how far off; what the others could not say is not a figure. */
static void table(void **state)
{
	struct mb_strbuf text = {0};

	mb_predict_holdout_add(&text, &term, &fit);
	has(mb_strbuf_text(&text),
	    "from 8,388,608 descriptors on         5         4.2 %       4\n");
	has(mb_strbuf_text(&text),
	    "4 nodes                               3        50.0 %       3\n");
	has(mb_strbuf_text(&text),
	    "1 worker                              2         unfit       -\n");
	mb_strbuf_fini(&text);
}

static void fact(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_predict_fit none = {0};

	mb_predict_holdout_add_fact(result, &none);
	assert_int_equal(result->facts.count, 0);
	mb_predict_holdout_add_fact(result, &fit);
	assert_int_equal(result->facts.count, 1);
	assert_string_equal(result->facts.rows[0].name, MB_PREDICTED_HELD_OUT);
	has(result->facts.rows[0].value, "4 nodes 50.0 % (3 of 3 inside), 1 worker unfit");
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(fact)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
