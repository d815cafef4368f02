/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/cleanup.h"
#include "tests/reports/costmodel_case.h"
#include "reports/costmodel_host.h"

static char path[] = "/tmp/memboot-test-XXXXXX";

static int group_setup(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int group_teardown(void **state)
{
	return unlink(path);
}

static void write_bytes(const char *text, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static void make_host(struct mb_costmodel_host *host)
{
	struct case_machine machines[CASE_MACHINES];
	struct mb_costmodel_sample samples[CASE_MACHINES];
	double truth[MB_COSTMODEL_NR_TERMS];
	struct mb_rng rng = {7};
	struct mb_strbuf why = {0};
	struct mb_costmodel model;

	case_truth(truth, 12);
	case_calibrate(machines, truth, 0.05, &rng, samples);
	assert_int_equal(mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model), 0);
	assert_int_equal(mb_costmodel_host_put(host, "6.1 vmemmap \"64\"", &model), 0);
	model.coefficients[0] /= 3;
	assert_int_equal(mb_costmodel_host_put(host, "6.12", &model), 0);
	assert_int_equal(mb_costmodel_host_set_made(host, "2024-06-07T12:00:00Z"), 0);
	assert_int_equal(mb_conditions_set(&host->facts, "kernel", "6.1"), 0);
	assert_int_equal(mb_conditions_set(&host->facts, "turbo", NULL), 0);
}

/* The file of such a host; the caller frees it. */
static char *make_file(size_t *ret_length)
{
	struct mb_costmodel_host host = {0};
	char *text = NULL, *copy;
	FILE *file = open_memstream(&text, ret_length);

	make_host(&host);
	assert_int_equal(mb_json_costmodel_write(&host, file), 0);
	assert_int_equal(fclose(file), 0);
	mb_costmodel_host_fini(&host);
	copy = strdup(text);
	free(text);
	return copy;
}

/* Bit for bit, as what predicts on another host. */
static void test_round_trip(void **state)
{
	struct mb_costmodel_host host = {0}, again = {0};
	struct mb_strbuf why = {0};
	struct mb_err err = {0};
	FILE *file = fopen(path, "w");

	make_host(&host);
	assert_int_equal(mb_json_costmodel_write(&host, file), 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(mb_json_costmodel_read(path, &err, &again), 0);
	assert_string_equal(again.made_utc, host.made_utc);
	assert_false(mb_costmodel_host_outdated(&host, &again, &why));
	assert_int_equal(again.facts.count, 2);
	assert_int_equal(again.nr_fits, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(again.fits[i].key, host.fits[i].key);
		assert_memory_equal(&again.fits[i].model, &host.fits[i].model,
				    sizeof(struct mb_costmodel));
	}
	mb_costmodel_host_fini(&host);
	mb_costmodel_host_fini(&again);
}

static void refused(const char *text, size_t length, const char *why)
{
	struct mb_costmodel_host host = {.nr_fits = 77};
	struct mb_err err = {0};

	write_bytes(text, length);
	assert_int_equal(mb_json_costmodel_read(path, &err, &host), -EINVAL);
	if (why)
		assert_string_equal(err.text, why);
	assert_true(*err.text);
	assert_int_equal(host.nr_fits, 77);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{"", "line 1 is not JSON"},
		{"[]", "is no host model that memboot has written"},
		{"{}", "is no host model that memboot has written"},
		{"{\"memboot_noise\": 1}", "is no host model that memboot has written"},
		{"{\"memboot_host_model\": \"1\"}", "is no host model that memboot has written"},
		{"{\"memboot_host_model\": 2}",
		 "is of another version of memboot; fit the host anew"},
		{"{\"memboot_host_model\": 1}", "facts are missing"},
		{"{\"memboot_host_model\": 1, \"facts\": {\"a\": 1}}", "a fact is no text"},
		{"{\"memboot_host_model\": 1, \"facts\": {}}", "fits are missing"},
		{"{\"memboot_host_model\": 1, \"facts\": {}, \"fits\": [7]}",
		 "fits[0].key is missing or makes no sense"},
		{"{\"memboot_host_model\": 1, \"facts\": {}, \"fits\": [{\"key\": \"a\"}]}",
		 "fits[0].size_low is missing or makes no sense"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		refused(rows[i].text, strlen(rows[i].text), rows[i].why);
}

/* Wherever it is cut off. */
static void test_truncated(void **state)
{
	size_t length;
	char *text MB_FREE = make_file(&length);

	for (size_t cut = 0; cut + 3 < length; cut += 1 + length / 300)
		refused(text, cut, NULL);
}

/* A word of a good file is another one. */
static void test_changed(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} rows[] = {
		{"\"memmap_init\"", "\"memmap_unit\"",
		 "fits[0].memmap_init.points is missing or makes no sense"},
		{"\"early pages\"", "\"curly pages\"",
		 "fits[0].memmap_init.early pages.ns is missing or makes no sense"},
		{"\"terms\"", "\"turns\"", "fits[0].memblock.terms is missing or makes no sense"},
		{"\"phases\"", "\"faxes!\"", "fits[0].phases is missing or makes no sense"},
		{"\"all\"", "\"ill\"", "fits[0].all.points is missing or makes no sense"},
		{"\"covariance\"", "\"covariants\"",
		 "fits[0].memblock.ranges.covariance is missing or makes no sense"},
		{"\"max_nodes\": ", "\"max_nodes\":-",
		 "fits[0].max_nodes is missing or makes no sense"},
		{"\"6.12\"", "\"6.1 vmemmap \\\"64\\\"\"",
		 "fits[1].key is missing or makes no sense"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		size_t length, before, from = strlen(rows[i].from), to = strlen(rows[i].to);
		char *text MB_FREE = make_file(&length);
		char *changed MB_FREE = malloc(length + to + 1);

		assert_non_null(strstr(text, rows[i].from));
		before = (size_t)(strstr(text, rows[i].from) - text);
		memcpy(changed, text, before);
		memcpy(changed + before, rows[i].to, to);
		memcpy(changed + before + to, text + before + from, length - before - from);
		refused(changed, length - from + to, rows[i].why);
	}
}

static void test_missing(void **state)
{
	struct mb_costmodel_host host;
	struct mb_err err = {0};

	assert_int_equal(mb_json_costmodel_read("/nowhere/model.json", &err, &host), -ENOENT);
}

static void test_full(void **state)
{
	struct mb_costmodel_host host = {0};
	FILE *file = fopen("/dev/full", "w");

	setvbuf(file, NULL, _IONBF, 0);
	assert_int_equal(mb_json_costmodel_write(&host, file), -EIO);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad),
		cmocka_unit_test(test_truncated),  cmocka_unit_test(test_changed),
		cmocka_unit_test(test_missing),    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
