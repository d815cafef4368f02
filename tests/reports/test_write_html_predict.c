/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/strbuf.h"
#include "tests/reports/page.h"

#define GIB (UINT64_C(1) << 30)

/* A time with its band: half and twice as much. */
static struct mb_run *predict(struct mb_result *result, const char *name, double gib,
			      unsigned threads, double ms)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_PREDICTION, name);

	assert_non_null(run);
	if (gib > 0)
		mb_result_run_set(run, MB_METRIC_BYTES, 0, gib * GIB);
	mb_result_run_set(run, MB_METRIC_PREDICTED_NS, 0, ms * 1e6);
	mb_result_run_set(run, MB_METRIC_PREDICTED_LOW_NS, 0, ms * 5e5);
	mb_result_run_set(run, MB_METRIC_PREDICTED_HIGH_NS, 0, ms * 2e6);
	run->threads = threads;
	return run;
}

/* A point of a curve. */
static void point(struct mb_result *result, const char *what, const char *value, double gib,
		  unsigned threads, double ms)
{
	mb_result_run_set_arg(predict(result, "to_all_memory", gib, threads, ms), what, value);
}

/* A boot of a node of that size. */
static struct mb_result *boot(double gib, unsigned threads, double ms)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_run *run;

	run = mb_result_run(result, MB_RUN_TOTAL, "to_all_memory", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_WALL_NS, 0, ms * 1e6);
	run = mb_result_run(result, MB_RUN_TOTAL, "memory", MB_RUN_NONE, MB_RUN_NONE);
	mb_result_run_set(run, MB_METRIC_PRESENT_PAGES, 0, gib * GIB / 4096);
	run = mb_result_run(result, MB_RUN_NODE, "deferred_init", 0, MB_RUN_NONE);
	run->threads = threads;
	assert_int_equal(mb_result_error(result), 0);
	return result;
}

/* Figures of the section: caption, kind of chart where there are charts, and rows of cells with | between them. The caller frees it. */
static char *figures(const struct mb_result *const *results, size_t count)
{
	char *html = body(results, count), *at = strstr(html, "<section id=\"predictions\">");
	struct mb_strbuf text = {0};

	assert_well_formed(html);
	assert_non_null(at);
	*strstr(at, "</section>") = '\0';
	while ((at = strstr(at, "<figcaption>"))) {
		char *row = strstr(at, "<tbody>"), *end = strstr(at, "</tbody>");

		at += strlen("<figcaption>");
		mb_strbuf_addf(&text, "%.*s\n", (int)strcspn(at, "<"), at);
		while ((row = strstr(row, "<tr")) && row < end) {
			for (char *cell = row + 3; strncmp(cell, "</tr>", 5) != 0; cell++) {
				if (*cell == '>' && cell[1] != '<')
					mb_strbuf_addf(&text, "%.*s", (int)strcspn(cell + 1, "<"),
						       cell + 1);
				if (!strncmp(cell, "</t", 3))
					mb_strbuf_add(&text, "|");
			}
			mb_strbuf_add(&text, "\n");
			row++;
		}
		at = end;
	}
	free(html);
	assert_int_equal(text.error, 0);
	return text.data;
}

static void assert_figures(const struct mb_result *const *results, size_t count, const char *want)
{
	char *is = figures(results, count);

	assert_string_equal(is, want);
	free(is);
}

/* A kind of chart that report.js draws. */
static void assert_chart(const struct mb_result *const *results, size_t count, const char *kind,
			 bool there)
{
	char *html = body(results, count), chart[64];

	snprintf(chart, sizeof(chart), "data-chart=\"%s\"", kind);
	assert_int_equal(strstr(html, chart) != NULL, there && mb_html_has_charts);
	snprintf(chart, sizeof(chart), "%s: band(", kind);
	if (mb_html_has_charts && !strncmp(kind, "band", 4))
		assert_non_null(strstr(mb_html_pieces[MB_HTML_AFTER_BODY].data, chart));
	free(html);
}

static void test_none(void **state)
{
	struct mb_result *result = boot(64, 4, 20);
	const struct mb_result *one = result;
	char *html = body(&one, 1);

	assert_null(strstr(html, "id=\"predictions\""));
	assert_null(strstr(html, "href=\"#predictions\""));
	free(html);
	mb_result_free(result);
}

/* One machine has its parts and no curve; totals and what is beside them are rows that the chart leaves out. */
static void test_one_machine(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_run *node;
	char *html;

	mb_result_set_fact(result, "predicted_for", "a host");
	predict(result, "sparse_init", 0, 0, 3);
	predict(result, "fault", 0, 0, 5);
	predict(result, "deferred_init", 0, 0, 16);
	node = mb_result_run(result, MB_RUN_PREDICTION, "deferred_init", 1, MB_RUN_NONE);
	mb_result_run_set(node, MB_METRIC_PREDICTED_NS, 0, 16e6);
	node->threads = 4;
	predict(result, "to_all_memory", 64, 4, 20);
	assert_figures(&one, 1,
		       "Each part, predicted from a fit of a host\n"
		       "sparse_init|3.00 ms|1.50 ms|6.00 ms|–|\n"
		       "fault, beside the totals|5.00 ms|2.50 ms|10.0 ms|–|\n"
		       "deferred_init|16.0 ms|8.00 ms|32.0 ms|–|\n"
		       "deferred_init, node 1|16.0 ms|–|–|4|\n"
		       "to_all_memory|20.0 ms|10.0 ms|40.0 ms|4|\n");
	assert_chart(&one, 1, "ranges", true);
	html = body(&one, 1);
	assert_has(html, "<tr class=\"beside\" data-skip=\"\"><th scope=\"row\">fault, beside");
	assert_has(html, "the line of a bar; bars end at the prediction");
	free(html);
	assert_chart(&one, 1, "bandmemory", false);
	mb_result_free(result);
}

/* Machines of several results, and a boot between them: over memory, in its order. */
static void test_several_machines(void **state)
{
	struct mb_result *small = mb_result_new(NULL), *large = mb_result_new(NULL);
	struct mb_result *booted = boot(128, 4, 41);
	const struct mb_result *all[] = {large, booted, small};
	char *text;

	predict(small, "to_all_memory", 64, 4, 20);
	predict(large, "to_all_memory", 256, 4, 80);
	text = figures(all, 3);
	text[strcspn(text, "E")] = '\0'; /* the parts are of no concern here */
	assert_string_equal(
		text,
		"Time to all memory over memory: predicted with its 90 % interval, and measured\n"
		"C|64.0 GiB|4|–|20.0 ms|10.0 ms|40.0 ms|\n"
		"B|128.0 GiB|4|41.0 ms|–|–|–|\n"
		"A|256.0 GiB|4|–|80.0 ms|40.0 ms|160 ms|\n");
	assert_chart(all, 3, "bandmemory", true);
	free(text);
	mb_result_free(small);
	mb_result_free(large);
	mb_result_free(booted);
}

/* A curve has the boots of as much memory beside it, each at its threads; its own machine is no point of it. */
static void test_threads(void **state)
{
	struct mb_result *curve = mb_result_new(NULL);
	struct mb_result *same = boot(64, 2, 33), *other = boot(128, 2, 70);
	const struct mb_result *all[] = {curve, same, other};

	point(curve, "threads", "4", 64, 4, 20);
	point(curve, "threads", "1", 64, 1, 60);
	assert_figures(all, 1,
		       "Time to all memory over threads a node: predicted with its 90 % interval\n"
		       "|64.0 GiB|1|–|60.0 ms|30.0 ms|120 ms|\n"
		       "|64.0 GiB|4|–|20.0 ms|10.0 ms|40.0 ms|\n");
	assert_figures(
		all, 3,
		"Time to all memory over threads a node, result A: predicted with its 90 % interval, "
		"and measured\n"
		"A|64.0 GiB|1|–|60.0 ms|30.0 ms|120 ms|\n"
		"B|64.0 GiB|2|33.0 ms|–|–|–|\n"
		"A|64.0 GiB|4|–|20.0 ms|10.0 ms|40.0 ms|\n");
	assert_chart(all, 3, "bandthreads", true);
	assert_chart(all, 3, "bandmemory", false);
	for (size_t i = 0; i < 3; i++)
		mb_result_free((struct mb_result *)(uintptr_t)all[i]);
}

/* Neither memory nor threads differ; boots do not say what their chunks were. */
static void test_chunks(void **state)
{
	struct mb_result *curve = mb_result_new(NULL), *booted = boot(64, 4, 22);
	const struct mb_result *both[] = {curve, booted};

	point(curve, "chunk", "268435456", 64, 4, 21);
	point(curve, "chunk", "134217728", 64, 4, 20);
	assert_figures(
		both, 2,
		"Time to all memory over the size of a chunk, result A: predicted with its 90 % interval\n"
		"A|64.0 GiB|4|128.0 MiB|–|20.0 ms|10.0 ms|40.0 ms|\n"
		"A|64.0 GiB|4|256.0 MiB|–|21.0 ms|10.5 ms|42.0 ms|\n");
	assert_chart(both, 2, "bandchunk", true);
	mb_result_free(curve);
	mb_result_free(booted);
}

/* A published table, which has neither memory nor totals, and no column for what it does not know; and a curve of memory, in a figure of its own. */
static void test_two_curves(void **state)
{
	struct mb_result *table = mb_result_new(NULL), *sizes = mb_result_new(NULL);
	const struct mb_result *both[] = {table, sizes};
	struct mb_run *run;

	run = predict(table, "deferred_init", 0, 8, 50);
	mb_result_run_set_arg(run, "threads", "8");
	mb_result_run_set(run, MB_METRIC_PUBLISHED_NS, 0, 52e6);
	mb_result_run_set_arg(predict(table, "deferred_init", 0, 16, 30), "threads", "16");
	point(sizes, "each", "68719476736", 64, 4, 20);
	point(sizes, "each", "137438953472", 128, 4, 40);
	assert_figures(
		both, 2,
		"Deferred init of a node over threads a node, result A: predicted with its 90 % interval, and "
		"published\n"
		"A|8|52.0 ms|50.0 ms|25.0 ms|100 ms|\n"
		"A|16|–|30.0 ms|15.0 ms|60.0 ms|\n"
		"Time to all memory over memory, result B: predicted with its 90 % interval\n"
		"B|64.0 GiB|4|–|20.0 ms|10.0 ms|40.0 ms|\n"
		"B|128.0 GiB|4|–|40.0 ms|20.0 ms|80.0 ms|\n");
	mb_result_free(table);
	mb_result_free(sizes);
}

/* Terms of a model have a table of their own, and are neither parts nor points. */
static void test_terms(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_run *run;

	predict(result, "to_all_memory", 64, 4, 20);
	run = predict(result, "deferred_init", 0, 0, 1);
	mb_result_run_set_arg(run, "term", "pages of nodes");
	mb_result_run_set_arg(run, "kind", "serial");
	mb_result_run_set_arg(run, "unit", "ns/page");
	mb_result_run_set(run, MB_METRIC_COEFFICIENT, 0, 2.5);
	mb_result_run_set(run, MB_METRIC_COEFFICIENT_ERROR, 0, 0.25);
	mb_result_run_set(run, MB_METRIC_SHARE_PERCENT, 0, 100);
	assert_figures(
		&one, 1,
		"Each part, predicted from a fit of a host that is not known\n"
		"to_all_memory|20.0 ms|10.0 ms|40.0 ms|4|\n"
		"Terms of the model: what each costs, and what it adds\n"
		"deferred_init|pages of nodes|serial|2.500|0.250|ns/page|1.00 ms|100.0 %|\n");
	mb_result_free(result);
}

/* A published kernel without threads keeps its 0, which a logarithmic axis has no place for. */
static void test_no_threads(void **state)
{
	struct mb_result *table = mb_result_new(NULL);
	const struct mb_result *one = table;
	char *html;

	mb_result_run_set_arg(predict(table, "deferred_init", 0, 0, 60), "threads", "0");
	mb_result_run_set_arg(predict(table, "deferred_init", 0, 8, 20), "threads", "8");
	assert_figures(
		&one, 1,
		"Deferred init of a node over threads a node: predicted with its 90 % interval; "
		"0 threads are in the table alone\n"
		"|0|–|60.0 ms|30.0 ms|120 ms|\n"
		"|8|–|20.0 ms|10.0 ms|40.0 ms|\n");
	html = body(&one, 1);
	assert_has(html, "<td class=\"n\">0</td>");
	free(html);
	mb_result_free(table);
}

static void test_escaped(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;

	mb_result_set_fact(result, "predicted_for", "<b>\"R&D\"</b>");
	predict(result, "<script>alert(1)</script>", 64, 4, 20);
	assert_figures(&one, 1,
		       "Each part, predicted from a fit of &lt;b&gt;&quot;R&amp;D&quot;&lt;/b&gt;\n"
		       "&lt;script&gt;alert(1)&lt;/script&gt;|20.0 ms|10.0 ms|40.0 ms|4|\n");
	mb_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_one_machine),
		cmocka_unit_test(test_several_machines),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_two_curves),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_no_threads),
		cmocka_unit_test(test_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
