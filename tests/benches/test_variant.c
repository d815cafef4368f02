/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "benches/variant.h"

/* Of each kind all rows of its table, then one's own; each name once within its kind. */
static void test_rows(void **state)
{
	size_t counts[MB_NR_VARIANT_KINDS][2] = {{0}};
	struct mb_variant row, other;
	size_t count = 0;

	for (; mb_variant_row(count, &row); count++) {
		size_t index = counts[row.kind][row.mine]++;
		const void *mine[] = {
			[MB_VARIANT_INITIALISER] = row.initialiser,
			[MB_VARIANT_SHARE] = row.share,
			[MB_VARIANT_RELEASE] = row.release,
		};
		const void *built_in[] = {
			[MB_VARIANT_INITIALISER] = mb_initialiser_row(index),
			[MB_VARIANT_SHARE] = mb_share_rule(index),
			[MB_VARIANT_RELEASE] = mb_release_rule(index),
		};

		assert_true(*row.name && *row.summary);
		assert_non_null(mine[row.kind]);
		if (!row.mine)
			assert_ptr_equal(mine[row.kind], built_in[row.kind]);
		for (size_t j = 0; j < count && mb_variant_row(j, &other); j++)
			assert_true(other.kind < row.kind || strcmp(other.name, row.name) != 0);
	}
	for (unsigned kind = 0; kind < MB_NR_VARIANT_KINDS; kind++)
		assert_true(counts[kind][0] >= 3 && counts[kind][1] >= 1);
	assert_null(mb_initialiser_row(counts[MB_VARIANT_INITIALISER][0]));
	assert_false(mb_variant_row(count, &row));
}

static void test_find(void **state)
{
	struct mb_variant pair[2];

	assert_true(mb_variant_find("pageblock", pair));
	assert_int_equal(pair->kind, MB_VARIANT_RELEASE);
	assert_false(mb_variant_find("pageblocks", pair));

	/* A name that several kinds have is of the other one's kind, whatever the order. */
	assert_true(mb_variant_find_pair("mine", "static", pair));
	assert_int_equal(pair[0].kind, MB_VARIANT_SHARE);
	assert_ptr_equal(pair[1].share, mb_share_rule(1));
	assert_true(mb_variant_find_pair("page", "mine", pair));
	assert_int_equal(pair[1].kind, MB_VARIANT_RELEASE);
	assert_true(pair[1].mine && !pair[0].mine);
	assert_true(mb_variant_find_pair("kernel", "kernel", pair));
	assert_ptr_equal(pair[0].initialiser, pair[1].initialiser);

	pair[0].name = "untouched";
	assert_false(mb_variant_find_pair("kernel", "static", pair));
	assert_false(mb_variant_find_pair("kernel", "nothing", pair));
	assert_string_equal(pair[0].name, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
