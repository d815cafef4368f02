/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/html.h"
#include "reports/json.h"
#include "reports/writer.h"
#include "tests/reports/hostile.h"

/* What a function writes; the caller frees it. */
struct page {
	struct mb_html html;
	char *text;
	size_t length;
};

static void begin(struct page *page, const struct mb_result *const *results, size_t count)
{
	page->text = NULL;
	page->html = (struct mb_html){.file = open_memstream(&page->text, &page->length),
				      .results = results,
				      .count = count};
	assert_non_null(page->html.file);
}

static void end(struct page *page)
{
	assert_int_equal(fclose(page->html.file), 0);
	assert_int_equal(page->html.error, 0);
}

static void test_text(void **state)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{"plain", "plain"},
		{"", ""},
		{NULL, ""},
		{"<b a=\"1\" b='2'>&amp;", "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;amp;"},
		{"a\nb\tc\x01\x7f\xff", "a\\nb\\tc\\x01\\x7f\\xff"},
		{"gr\xc3\xbc\xc3\x9f \xe2\x82\xac", "gr\xc3\xbc\xc3\x9f \xe2\x82\xac"},
		{"\xe2\x80\xae\xe2\x80\xa8", "\\u202e\\u2028"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct page page;

		begin(&page, NULL, 0);
		mb_html_text(&page.html, rows[i].text);
		end(&page);
		assert_string_equal(page.text, rows[i].html);
		free(page.text);
	}
}

/* Nothing in it can end a script or begin a comment, and it reads back equal. */
static void test_json(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 200; i++) {
		struct mb_result *result = random_result(&rng), *back = NULL;
		const struct mb_result *const_back;
		struct mb_err err = {0};
		struct page page;
		char *first, *again;

		begin(&page, NULL, 0);
		mb_html_json(&page.html, result);
		end(&page);
		assert_null(strpbrk(page.text, "<>&"));
		assert_null(strstr(page.text, "\xe2\x80\xa8"));
		assert_int_equal(mb_json_read(page.text, page.length, NULL, &err, &back), 0);
		const_back = back;
		first = written(mb_json_write, result);
		again = written_all(mb_json_write, &const_back, 1);
		assert_string_equal(first, again);
		free(first);
		free(again);
		free(page.text);
		mb_result_free(result);
		mb_result_free(back);
	}
}

static void test_cells(void **state)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_result *two[] = {result, result};
	const struct mb_metric *time = &mb_metrics.rows[MB_METRIC_WALL_NS];
	struct page page;

	begin(&page, two, 1);
	mb_html_cell_metric(&page.html, time, 1500000);
	mb_html_cell_metric(&page.html, time, NAN);
	mb_html_cell_number(&page.html, 3);
	mb_html_cell_who(&page.html, 1);
	mb_html_head_metric(&page.html, time, NULL, 1, true);
	end(&page);
	assert_string_equal(page.text,
			    "<td class=\"n\" data-v=\"1500000\">1.50 ms</td>"
			    "<td class=\"n\">\u2013</td><td class=\"n\" data-v=\"3\">3</td>"
			    "<th scope=\"col\" class=\"n\" data-format=\"time\" data-axis=\"time\" "
			    "data-plot=\"\">time</th>");
	free(page.text);

	begin(&page, two, 2);
	mb_html_cell_who(&page.html, 1);
	mb_html_head_metric(&page.html, time, "engine", 1, false);
	end(&page);
	assert_string_equal(
		page.text,
		"<td class=\"who\">B</td><th scope=\"col\" class=\"n\" data-format=\"time\" "
		"data-axis=\"time\">engine <b>B</b></th>");
	free(page.text);
	mb_result_free(result);
}

/* Estimates are marked. */
static void test_estimate(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_run *run;
	struct page page;

	mb_result_add_counter(result, "cpu-cycles", "generic", NULL);
	mb_counter_set_metric(result, 0, MB_METRIC_CYCLES);
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 4000, 0.5);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, 4000);
	begin(&page, &one, 1);
	mb_html_cell_run(&page.html, run, MB_METRIC_CYCLES);
	end(&page);
	assert_non_null(strstr(page.text, ">~4"));
	free(page.text);
	mb_result_free(result);
}

/* The page's frame allows its own style and scripts and nothing else. Pieces do not end with a zero. */
static void test_pieces(void **state)
{
	const struct mb_html_piece *head = &mb_html_pieces[MB_HTML_BEFORE_TITLE];
	char *text = strndup(head->data, head->length);

	assert_int_equal(strncmp(text, "<!DOCTYPE html>", 15), 0);
	assert_non_null(strstr(text, "default-src 'none'; style-src 'sha256-"));
	assert_null(strstr(text, "unsafe"));
	assert_null(strstr(text, "{{"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_cells),  cmocka_unit_test(test_estimate),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
