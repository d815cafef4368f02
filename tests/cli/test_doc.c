/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/doc.h"

static void test_sections_are_whole(void **state)
{
	for (size_t i = 0; i < mb_doc_nr_sections; i++) {
		const struct mb_doc_section *section = &mb_doc_sections[i];

		assert_true(section->nr_items > 0);
		for (const char *c = section->title; *c; c++)
			assert_true((*c >= 'A' && *c <= 'Z') || *c == ' ');
		for (size_t k = 0; k < section->nr_items; k++) {
			assert_true(*section->items[k].term);
			assert_true(*section->items[k].text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
