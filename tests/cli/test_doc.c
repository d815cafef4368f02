/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cmd.h"
#include "cli/doc.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"

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

static const struct mb_doc_section *find_section(const char *title)
{
	for (size_t i = 0; i < mb_doc_nr_sections; i++)
		if (strcmp(mb_doc_sections[i].title, title) == 0)
			return &mb_doc_sections[i];
	fail_msg("no section %s", title);
	return NULL;
}

/* README.md of the source tree, which the caller frees. */
static char *read_readme(void)
{
	const char *root = getenv("MB_SOURCE_ROOT");
	char *text = calloc(1, 1 << 20);
	char path[4096];
	MB_FCLOSE FILE *file = NULL;

	assert_non_null(root);
	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/README.md", root);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	return text;
}

static void test_exit_statuses(void **state)
{
	static const enum mb_exit all[] = {MB_EXIT_OK,   MB_EXIT_NO,    MB_EXIT_USAGE,
					   MB_EXIT_PART, MB_EXIT_UNFIT, MB_EXIT_SIGNAL};
	const struct mb_doc_section *section = find_section("EXIT STATUS");
	MB_FREE char *readme = read_readme();

	assert_int_equal(section->nr_items, MB_ARRAY_SIZE(all));
	for (size_t i = 0; i < MB_ARRAY_SIZE(all); i++) {
		const struct mb_doc_item *item = &section->items[i];
		char row[256];

		assert_int_equal(strtol(item->term, NULL, 10), all[i]);
		snprintf(row, sizeof(row), "\n| %s | %s |\n", item->term, item->text);
		if (!strstr(readme, row))
			fail_msg("README.md has no row '%s'", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections_are_whole),
		cmocka_unit_test(test_exit_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
