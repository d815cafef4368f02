/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/writer.h"

static void test_golden(void **state)
{
	assert_golden_sample(mb_write_prometheus, "sample.prom");
}

static void test_new_metric(void **state)
{
	assert_new_metric(mb_write_prometheus, 77, "# TYPE memboot_widgets_per_hour gauge\n",
			  ",name=\"first_allocation\"} 77\n");
}

/* A reader of the format 0.0.4: families in one piece, series unique, label values with its three escapes. */
static const char *check_labels(const char *at)
{
	assert_int_equal(*at++, '{');
	while (*at != '}') {
		at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
		assert_memory_equal(at, "=\"", 2);
		for (at += 2; *at != '"'; at++) {
			assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
			if (*at == '\\')
				assert_non_null(strchr("\\\"n", *++at));
		}
		at++;
		at += *at == ',';
	}
	return at + 1;
}

static void check_text(char *text)
{
	char *line, *rest = NULL, *end, family[128] = "", seen[16384] = "";
	const char *at;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strncmp(line, "# HELP ", 7)) {
			snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "),
				 line + 7);
			strcat(family, "{");
			assert_null(strstr(seen, family));
			strcat(seen, family);
			continue;
		}
		if (!strncmp(line, "# TYPE ", 7)) {
			assert_memory_equal(line + 7, family, strlen(family) - 1);
			assert_string_equal(line + 7 + strlen(family) - 1, " gauge");
			continue;
		}
		assert_memory_equal(line, family, strlen(family));
		at = check_labels(line + strlen(family) - 1);
		strtod(at, &end);
		assert_true(*at == ' ' && end > at + 1 && !*end);
	}
}

/* Whether a line stands twice, but for its value. */
static void check_unique(const char *text)
{
	char *copy = strdup(text), *rest = NULL, *line, *value;
	const char *other;

	for (line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strrchr(line, ' ');
		if (*line == '#' || !value)
			continue;
		value[1] = 0;
		other = strstr(text, line);
		assert_non_null(other);
		other = strstr(other + 1, line);
		assert_true(!other || other[-1] != '\n');
	}
	free(copy);
}

static void test_hostile(void **state)
{
	struct mb_rng rng = {seed()};

	for (size_t i = 0; i < 200; i++) {
		struct mb_result *first = random_result(&rng), *second = random_result(&rng);
		const struct mb_result *results[] = {first, second, first};
		char *text = written_all(mb_write_prometheus, results, 3);

		check_unique(text);
		check_text(text);
		free(text);
		mb_result_free(first);
		mb_result_free(second);
	}
}

/* Of two results of the same thing the later one counts. */
static void test_later(void **state)
{
	struct mb_result *late = sample_result(NULL), *early = sample_result(NULL);
	const struct mb_result *results[] = {late, early};
	char *text;

	mb_result_set(late, MB_RESULT_STARTED_UTC, "2026-02-01T00:00:00Z");
	mb_result_run_set(late->runs[1], MB_METRIC_WALL_NS, 0, 1e9);
	text = written_all(mb_write_prometheus, results, 2);
	assert_non_null(strstr(text, ",name=\"first_allocation\"} 1\n"));
	assert_null(strstr(text, "} 3.5\n"));
	assert_non_null(strstr(text, "\"} 1769904000\n"));
	free(text);
	mb_result_free(late);
	mb_result_free(early);
}

static void test_full(void **state)
{
	assert_reports_full(mb_write_prometheus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),  cmocka_unit_test(test_new_metric),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_later),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("write_prometheus", tests, NULL, NULL);
}
