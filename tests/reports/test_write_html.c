/* SPDX-License-Identifier: Apache-2.0 */
#include "reports/counter.h"
#include "reports/json.h"
#include "reports/writer.h"
#include "tests/reports/hostile.h"
#include "tests/reports/nodes.h"
#include "tests/reports/page.h"

static void test_golden(void **state)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_result *one = result;
	char *html = body(&one, 1), *data = strstr(html, "<script");

	assert_non_null(data);
	*data = 0; /* the JSON has a golden file of its own */
	if (mb_html_has_charts)
		assert_golden("sample.html", html);
	free(html);
	mb_result_free(result);
}

/* A section without data is left out; the others are, and are linked. */
static void test_sections(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	static const struct {
		enum mb_run_kind kind;
		const char *id;
	} rows[] = {
		{MB_RUN_STAGE, "phases"},
		{MB_RUN_NODE, "nodes"},
		{MB_RUN_WORKER, "workers"},
		{MB_RUN_KERNEL, "kernel"},
	};
	char text[64], *html;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		snprintf(text, sizeof(text), "<section id=\"%s\">", rows[i].id);
		html = body(&one, 1);
		assert_null(strstr(html, text));
		free(html);
		mb_result_run_set(mb_result_run(result, rows[i].kind, "deferred_init", 0, 0),
				  MB_METRIC_WALL_NS, 0, 1e6);
		html = body(&one, 1);
		assert_has(html, text);
		snprintf(text, sizeof(text), "<a href=\"#%s\">", rows[i].id);
		assert_has(html, text);
		assert_well_formed(html);
		free(html);
	}
	mb_result_free(result);
}

static struct mb_run *add_bench(struct mb_result *result, const char *name, const char *arg,
				const char *value, unsigned threads, double rate)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_BENCH, name);

	mb_result_run_set_arg(run, "temperature", "warm");
	mb_result_run_set_arg(run, arg, value);
	run->threads = threads;
	mb_result_run_set(run, MB_METRIC_BYTES_PER_SECOND, 0, rate);
	return run;
}

/* By threads: measured, ideal from the first, and the limit where percents say it. */
static void test_scaling(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	char *html;

	mb_result_run_set(add_bench(result, "pageinit/kernel/threads:1", "threads", "1", 1, 3e9),
			  MB_METRIC_LIMIT_PERCENT, 0, 50);
	html = body(&one, 1);
	assert_null(
		strstr(html, "<section id=\"scaling\">")); /* one number of threads is no line */
	free(html);
	add_bench(result, "pageinit/kernel/threads:all", "threads", "all", 8, 5e9);
	add_bench(result, "pageinit/stream/threads:1", "threads", "1", 1, 4e9);
	html = body(&one, 1);
	assert_well_formed(html);
	assert_has(html, "<section id=\"scaling\">");
	assert_has(html, "<tr><th scope=\"row\" class=\"n\" data-v=\"1\">1</th>"
			 "<td class=\"n\" data-v=\"3000000000\">3.00 GB/s</td>"
			 "<td class=\"n\" data-v=\"3000000000\">3.00 GB/s</td>"
			 "<td class=\"n\" data-v=\"6000000000\">6.00 GB/s</td></tr>");
	assert_has(html, "<tr><th scope=\"row\" class=\"n\" data-v=\"8\">8</th>"
			 "<td class=\"n\" data-v=\"5000000000\">5.00 GB/s</td>"
			 "<td class=\"n\" data-v=\"24000000000\">24.0 GB/s</td>"
			 "<td class=\"n\">\u2013</td></tr>");
	assert_has(html, "<section id=\"initialisers\">");
	free(html);
	mb_result_free(result);
}

static void test_matrix(void **state)
{
	struct mb_result *result = nodes_result();
	const struct mb_result *one = result;
	char *html = body(&one, 1);

	assert_well_formed(html);
	/* Nobody measured from node 5, so it has no row. */
	assert_has(html, "<tr><th scope=\"row\">CPUs of node 0</th>"
			 "<td class=\"n heat heat-7\" data-v=\"21474836480\">21.5 GB/s<br>"
			 "<small>100.0 %</small></td>"
			 "<td class=\"n heat heat-4\" data-v=\"10737418240\">10.7 GB/s<br>"
			 "<small>50.0 %</small></td>"
			 "<td class=\"n\">\u2013</td></tr>\n"
			 "<tr><th scope=\"row\">CPUs of node 2</th><td class=\"n\">\u2013</td>"
			 "<td class=\"n\">\u2013</td><td class=\"n heat heat-");
	assert_has(html, "5.37 GB/s<br><small>100.0 %</small></td></tr>\n</tbody>");
	assert_has(html, "memory of node 5");
	free(html);
	mb_result_free(result);

	result = mb_result_new(NULL); /* one node is no matrix */
	one = result;
	mb_result_add_fact(result, "node_memory:0", "4096 bytes", NULL);
	add_fill(result, "limit/memset/nonzero/threads:all", "warm", "all", NULL, 8e9);
	html = body(&one, 1);
	assert_null(strstr(html, "<section id=\"matrix\">"));
	free(html);
	mb_result_free(result);
}

static void test_counters(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_run *run;
	char *html;

	mb_result_add_counter(result, "cpu-cycles", "generic, user mode", NULL);
	mb_result_add_counter(result, "r003", NULL, "no <PMU>");
	mb_counter_set_metric(result, 0, MB_METRIC_CYCLES);
	run = mb_result_add_run(result, MB_RUN_STAGE, "x");
	mb_result_run_set_count(run, 0, 0, 4000, 1);
	mb_result_run_set(run, MB_METRIC_CYCLES, 0, 4000);
	mb_result_run_set(run, MB_METRIC_CYCLES_PER_PAGE, 0, 40);
	html = body(&one, 1);
	assert_well_formed(html);
	assert_has(html, "<section id=\"counters\">");
	assert_has(html,
		   "data-axis=\"cycles\">cycles</th>"); /* a chart shows figures per page alone */
	assert_has(html, "data-axis=\"cycles/page\" data-plot=\"\">cycles/page</th>");
	assert_has(html, "no &lt;PMU&gt;");
	free(html);
	mb_result_free(result);
}

/* The timeline is of one repetition: that whose stage took the median. */
static void test_timeline(void **state)
{
	static const double stage_ns[] = {9e6, 5e6, 1e6};
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	char *html;

	for (size_t i = 0; i < 3; i++) {
		struct mb_run *stage = mb_result_run(result, MB_RUN_STAGE, "deferred_init",
						     MB_RUN_NONE, MB_RUN_NONE);
		struct mb_run *worker = mb_result_run(result, MB_RUN_WORKER, "deferred_init", 1, 0);

		mb_result_run_set(stage, MB_METRIC_WALL_NS, i, stage_ns[i]);
		mb_result_run_set(stage, MB_METRIC_START_NS, i, 500);
		mb_result_run_set(worker, MB_METRIC_START_NS, i, 1000 * (double)(i + 1));
		mb_result_run_set(worker, MB_METRIC_WALL_NS, i, stage_ns[i] - 100);
		worker = mb_result_run(result, MB_RUN_WORKER, "deferred_init", 1, 1);
		mb_result_run_set(worker, MB_METRIC_START_NS, i, 700);
		mb_result_run_set(worker, MB_METRIC_WALL_NS, i, 0); /* found nothing left to do */
		mb_result_run_set(worker, MB_METRIC_PAGES, i, 0);
	}
	html = body(&one, 1);
	assert_has(html, ", repetition 2 of 3</figcaption>");
	assert_has(html, "<th scope=\"row\">node 1 worker 0</th><td class=\"n\">\u2013</td>"
			 "<td class=\"n\" data-v=\"1500\">1.50 \u00b5s</td>"
			 "<td class=\"n\" data-v=\"4999900\">5.00 ms</td>");
	assert_has(
		html,
		"<th scope=\"row\">node 1 worker 1</th><td class=\"n\">\u2013</td>"
		"<td class=\"n\">\u2013</td><td class=\"n\">\u2013</td>"
		"<td class=\"n\">\u2013</td><td class=\"n\">\u2013</td><td class=\"n\">\u2013</td></tr>");
	free(html);
	mb_result_free(result);
}

/* The bar is of one repetition, that of the median total; where the medians do not add up, the page says so. */
static void test_phases(void **state)
{
	static const double ns[][3] = {{1e6, 9e6, 2e6}, {8e6, 2e6, 1e6}, {9e6, 11e6, 3e6}};
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	static const char *const names[] = {"memmap_init", "deferred_init", "to_all_memory"};
	char *html;

	for (size_t k = 0; k < 3; k++)
		mb_result_run_set(mb_result_run(result, k < 2 ? MB_RUN_STAGE : MB_RUN_TOTAL,
						names[k], MB_RUN_NONE, MB_RUN_NONE),
				  MB_METRIC_WALL_NS, 0, ns[k][0]);
	html = body(&one, 1);
	assert_has(html, "<figcaption>Time of each phase, one after another</figcaption>");
	free(html);
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 1; i < 3; i++)
			mb_result_run_set(mb_result_run(result, k < 2 ? MB_RUN_STAGE : MB_RUN_TOTAL,
							names[k], MB_RUN_NONE, MB_RUN_NONE),
					  MB_METRIC_WALL_NS, i, ns[k][i]);
	html = body(&one, 1);
	assert_has(html, "in the repetition whose total is nearest to the median. The medians do "
			 "not add up: 4.00 ms, while the median total is 9.00 ms</figcaption>");
	assert_has(html, "data-axis=\"time\">median</th>");
	assert_has(html, "data-axis=\"time\" data-plot=\"\">repetition 1 of 3</th>");
	assert_has(html, "<th scope=\"row\">deferred_init</th>"
			 "<td class=\"n\" data-v=\"2000000\">2.00 ms</td>"
			 "<td class=\"n\" data-v=\"8000000\">8.00 ms</td>");
	free(html);
	mb_result_free(result);
}

static struct mb_run *add_value(struct mb_result *result, const char *fact, const char *name,
				const char *expected, const char *got)
{
	struct mb_run *run = mb_result_add_run(result, MB_RUN_VALUE, name);

	mb_result_run_set_arg(run, "fact", fact);
	mb_result_run_set_arg(run, "expected", expected);
	mb_result_run_set_arg(run, "got", got);
	if (strcmp(expected, got) != 0)
		mb_result_run_set_status(run, MB_RUN_FAILED, "different");
	return run;
}

/* The facts stand right below the answer, with the values that differ. */
static void test_facts(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_run *run = mb_result_add_run(result, MB_RUN_FACT, "F1");
	char *html;

	mb_result_run_set_arg(run, "what", "zones");
	mb_result_run_set(run, MB_METRIC_COMPARED_VALUES, 0, 1);
	add_value(result, "F1", "DMA", "4095", "4095");
	run = mb_result_add_run(result, MB_RUN_FACT, "F2");
	mb_result_run_set_status(run, MB_RUN_FAILED, "1 of 2 values differ");
	mb_result_run_set(run, MB_METRIC_COMPARED_VALUES, 0, 2);
	add_value(result, "F2", "same", "7", "7");
	add_value(result, "F2", "batch", "63", "62");
	mb_result_run_set_status(mb_result_add_run(result, MB_RUN_FACT, "F3"), MB_RUN_SKIPPED,
				 "no <log>");
	html = body(&one, 1);
	assert_well_formed(html);
	assert_has(html, "</section>\n<section id=\"facts\">\n<h2>Facts</h2>");
	assert_true(strstr(html, "<section") ==
		    strstr(html, "<section id=\"answer\">")); /* and nothing is between */
	assert_true(strstr(strstr(html, "<section") + 1, "<section") ==
		    strstr(html, "<section id=\"facts\">"));
	assert_has(html,
		   "<tr class=\"fine\"><th scope=\"row\">F1</th><td>zones</td><td>4095</td>"
		   "<td>4095</td><td><span class=\"verdict\">equal</span></td><td></td></tr>\n"
		   "<tr class=\"spoils\"><th scope=\"row\">F2</th><td></td>"
		   "<td>2 values</td><td>2 values</td>"
		   "<td><span class=\"verdict\">different</span></td>"
		   "<td>1 of 2 values differ</td></tr>\n"
		   "<tr class=\"part not-ok\"><th scope=\"row\">batch</th><td></td>"
		   "<td>63</td><td>62</td>"
		   "<td><span class=\"verdict\">different</span></td><td>different</td></tr>\n"
		   "<tr class=\"disturbs\"><th scope=\"row\">F3</th><td></td>"
		   "<td>\u2013</td><td>\u2013</td>"
		   "<td><span class=\"verdict\">not compared</span></td>"
		   "<td>no &lt;log&gt;</td></tr>\n");
	free(html);
	mb_result_free(result);
}

/* Where the phase does not say when it began, its first worker does, wherever it stands. */
static void test_origin(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	char *html;

	mb_result_run_set(mb_result_run(result, MB_RUN_STAGE, "x", MB_RUN_NONE, MB_RUN_NONE),
			  MB_METRIC_WALL_NS, 0, 9e6);
	for (int i = 0; i < 3; i++) {
		struct mb_run *worker = mb_result_run(result, MB_RUN_WORKER, "x", 0, i);

		mb_result_run_set(worker, MB_METRIC_WALL_NS, 0, 1e6);
		mb_result_run_set(worker, MB_METRIC_START_NS, 0, i == 1 ? 3e6 : 5e6);
	}
	html = body(&one, 1);
	assert_has(html, "node 0 worker 0</th><td class=\"n\">\u2013</td>"
			 "<td class=\"n\" data-v=\"2000000\">");
	assert_has(html, "node 0 worker 1</th><td class=\"n\">\u2013</td>"
			 "<td class=\"n\" data-v=\"0\">");
	free(html);
	mb_result_free(result);
}

/* Figures among the facts are as people read them, unless that hides what differs. */
static void test_host_figures(void **state)
{
	struct mb_result *a = mb_result_new(NULL), *b = mb_result_new(NULL);
	const struct mb_result *two[] = {a, b};
	char *html;

	mb_result_add_fact(a, "memory", "25276510208 bytes", NULL);
	mb_result_add_fact(a, "clock_read_cost", "23.382080078125 ns", NULL);
	html = body(two, 1);
	assert_has(html, "<td>23.5 GiB</td>");
	assert_has(html, "<td>23.4 ns</td>");
	free(html);
	mb_result_add_fact(b, "memory", "25276510209 bytes", NULL);
	mb_result_add_fact(b, "clock_read_cost", "25 ns", NULL);
	html = body(two, 2);
	assert_has(html, "<td class=\"differs\">25276510208 bytes</td>"
			 "<td class=\"differs\">25276510209 bytes</td>");
	assert_has(html, "<td class=\"differs\">23.4 ns</td><td class=\"differs\">25.0 ns</td>");
	free(html);
	mb_result_run_set(mb_result_run(a, MB_RUN_STAGE, "memblock", MB_RUN_NONE, MB_RUN_NONE),
			  MB_METRIC_NS_PER_PAGE, 0, 0.001);
	html = body(two, 1);
	assert_has(html, "<td class=\"n\" data-v=\"0.001\">&lt; 0.01 ns</td>");
	free(html);
	mb_result_free(a);
	mb_result_free(b);
}

/* A table beside each other has so many columns and no more, and says so. */
static void test_left_out(void **state)
{
	struct mb_result *result = sample_result(NULL);
	const struct mb_result *many[30];
	char *html;

	for (size_t i = 0; i < MB_ARRAY_SIZE(many); i++)
		many[i] = result;
	html = body(many, 30);
	assert_has(html, "what differs is marked (the first 26 of 30 results)</figcaption>");
	assert_has(html, "<figcaption>Host (the first 26 of 30 results)</figcaption>");
	free(html);
	html = body(many, 26);
	assert_has(html, "what differs is marked</figcaption>");
	assert_null(strstr(html, "the first 26"));
	free(html);
	mb_result_free(result);
}

/* What spoilt the figures does not look like one of them. */
static void test_spoilt(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	const char *texts[MB_NOISE_NR_TEXTS] = {[MB_NOISE_NAME] = "load"};
	char *html;

	mb_result_add_noise(result, MB_NOISE_DISTURBS, texts);
	html = body(&one, 1);
	assert_null(strstr(html, " spoilt\""));
	free(html);
	mb_result_add_noise(result, MB_NOISE_SPOILS, texts);
	html = body(&one, 1);
	assert_has(html, " spoilt\"><span class=\"topic\">how far to trust it");
	free(html);
	mb_result_free(result);
}

/* Those of benches have no times, so there is no timeline. */
static void test_bench_workers(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	char *html;

	add_bench(result, "pageinit/kernel/threads:1", "threads", "1", 1, 3e9);
	mb_result_run_set(
		mb_result_run(result, MB_RUN_WORKER, "pageinit/kernel/threads:1", MB_RUN_NONE, 0),
		MB_METRIC_CYCLES, 0, 1e6);
	html = body(&one, 1);
	assert_null(strstr(html, "<section id=\"workers\">"));
	assert_has(html, "Runs of kind worker");
	assert_has(html, "<details class=\"kind\" open>\n<summary>bench <small>1</small>");
	assert_has(html, "<details class=\"kind\">\n<summary>worker <small>1</small>");
	free(html);
	mb_result_free(result);
}

/* Rows that are all there is are seen at once; beside others, they are one of several tables. */
static void test_open_benches(void **state)
{
	struct mb_result *benches = mb_result_new(NULL), *boot = sample_result(NULL);
	const struct mb_result *both[] = {benches, boot};
	char *html;

	add_bench(benches, "memblock/alloc/regions:8", "regions", "8", 1, 3e9);
	mb_result_add_noise(benches, MB_NOISE_FINE,
			    (const char *[MB_NOISE_NR_TEXTS]){[MB_NOISE_NAME] = "swap"});
	html = body(both, 1);
	assert_well_formed(html);
	assert_has(html, "<details class=\"kind\" open>\n<summary>bench <small>1</small>");
	assert_true(strstr(html, "<section id=\"runs\">") < strstr(html, "<section id=\"noise\">"));
	free(html);
	html = body(both, 2);
	assert_has(html, "<details class=\"kind\">\n<summary>bench ");
	assert_null(strstr(html, "<details class=\"kind\" open>"));
	assert_true(strstr(html, "<section id=\"runs\">") > strstr(html, "<section id=\"noise\">"));
	free(html);
	mb_result_free(benches);
	mb_result_free(boot);
}

/* Several results: each has its letter, and what differs between them is marked. */
static void test_several(void **state)
{
	struct mb_result *a = sample_result(NULL), *b = sample_result(NULL);
	const struct mb_result *two[] = {a, b};
	char *html;

	mb_result_set(b, MB_RESULT_POLICY, "eager");
	mb_result_add_noise(b, MB_NOISE_FINE,
			    (const char *[MB_NOISE_NR_TEXTS]){[MB_NOISE_NAME] = "swap"});
	html = body(two, 2);
	assert_well_formed(html);
	assert_has(html, "<h3>Result B</h3>");
	assert_has(html, "<td class=\"differs\">deferred</td><td class=\"differs\">eager</td>");
	assert_has(html, "<td>6.1</td><td>6.1</td>");
	assert_has(html, "<td>unknown: no access</td><td>unknown: no access</td>");
	/* What both say of the host stands once. */
	assert_has(html,
		   "<tr class=\"fine\"><td class=\"who\">A, B</td><th scope=\"row\">ksm</th>");
	assert_has(html, "<tr class=\"fine\"><td class=\"who\">B</td><th scope=\"row\">swap</th>");
	assert_has(html, "id=\"result-B\">");
	free(html);
	mb_result_free(a);
	mb_result_free(b);
}

/* A metric that nobody knows is in the table of all runs by its label and unit. */
static void test_new_metric(void **state)
{
	struct more_metrics more;
	struct mb_result *result;
	const struct mb_result *one;
	char *html;

	more_metrics_init(&more);
	one = result = sample_result(&more.table);
	mb_result_run_set(result->runs[1], MB_NR_METRICS, 0, 777777);
	html = body(&one, 1);
	assert_has(html, "data-axis=\"widgets\">widgets</th>");
	assert_has(html, "<td class=\"n\" data-v=\"777777\">777\u202f777</td>");
	free(html);
	mb_result_free(result);
}

/* Whatever is in results, the page keeps its form, and each result can be read back from it. */
static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 200; i++) {
		struct mb_result *results[3];
		size_t count = 1 + mb_rng_below(&rng, 3);
		char *html, *data;

		for (size_t k = 0; k < count; k++)
			results[k] = random_result(&rng);
		html = body((const struct mb_result *const *)results, count);
		assert_well_formed(html);
		for (const char *at = html; *at; at++)
			assert_true((unsigned char)*at >= ' ' || *at == '\n');
		data = html;
		for (size_t k = 0; k < count; k++) {
			struct mb_result *back = NULL;
			struct mb_err err = {0};
			char *first, *again;

			data = strchr(strstr(data, "<script"), '>') + 1;
			assert_int_equal(mb_json_read(data,
						      (size_t)(strstr(data, "</script") - data),
						      NULL, &err, &back),
					 0);
			first = written(mb_json_write, results[k]);
			again = written(mb_json_write, back);
			assert_string_equal(first, again);
			free(first);
			free(again);
			mb_result_free(back);
		}
		free(html);
		for (size_t k = 0; k < count; k++)
			mb_result_free(results[k]);
	}
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_html);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),        cmocka_unit_test(test_sections),
		cmocka_unit_test(test_scaling),       cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_counters),      cmocka_unit_test(test_timeline),
		cmocka_unit_test(test_bench_workers), cmocka_unit_test(test_open_benches),
		cmocka_unit_test(test_several),       cmocka_unit_test(test_phases),
		cmocka_unit_test(test_facts),         cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_spoilt),        cmocka_unit_test(test_origin),
		cmocka_unit_test(test_host_figures),  cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_hostile),       cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
