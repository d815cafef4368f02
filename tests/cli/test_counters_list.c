/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/counters_list.h"
#include "numa/counters.h"
#include "numa/counters_perf.h"

static const struct mb_table_options plain = {0};

/* Each group is there with its events, each known name is there once more at most, and each line says what came of it. */
static void test_list(void **state)
{
	static const struct mb_table_column columns[] = {{"a", MB_TABLE_LEFT},
							 {"b", MB_TABLE_LEFT},
							 {"c", MB_TABLE_LEFT},
							 {"d", MB_TABLE_LEFT},
							 {"e", MB_TABLE_LEFT}};
	struct mb_table *table = mb_table_new(columns, 5);
	struct mb_strbuf text = {0};
	size_t events = 0, nr_lines = 0;
	char *line, *rest;

	(void)state;
	mb_counters_list_fill(table);
	assert_int_equal(mb_table_render(table, &plain, &text), 0);
	for (size_t i = 0; i < mb_counters_nr_groups; i++) {
		char name[32];

		snprintf(name, sizeof(name), "\n%s ", mb_counters_groups[i].name);
		assert_non_null(strstr(mb_strbuf_text(&text), name));
	}
	rest = text.data;
	while ((line = strsep(&rest, "\n")) && *line) {
		nr_lines++;
		if (strncmp(line, "  ", 2) != 0)
			continue;
		events++;
		assert_true(strlen(line) > 60); /* down to the last column */
	}
	assert_true(nr_lines > mb_counters_nr_groups + events);
	assert_true(events > 30);
	mb_strbuf_fini(&text);
	mb_table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests_name("counters_list", tests, NULL, NULL);
}
