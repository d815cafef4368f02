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

/* What a fit may be is read again, be its times exact or far apart. */
static void test_any_fit(void **state)
{
	static const double noises[] = {0, 0.01, 0.05, 0.15};
	size_t fitted = 0;

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct case_machine machines[CASE_MACHINES];
		struct mb_costmodel_sample samples[CASE_MACHINES];
		struct mb_costmodel_host host = {0}, again = {0};
		double truth[MB_COSTMODEL_NR_TERMS];
		struct mb_rng rng = {seed};
		struct mb_strbuf why = {0};
		struct mb_costmodel model;
		struct mb_err err = {0};
		FILE *file = fopen(path, "w");

		case_truth(truth, 1 << seed % 6);
		case_calibrate(machines, truth, noises[seed % 4], &rng, samples);
		if (!mb_costmodel_fit(samples, CASE_MACHINES, NULL, &why, &model)) {
			assert_int_equal(mb_costmodel_host_put(&host, "6.1", &model), 0);
			fitted++;
		}
		assert_int_equal(mb_json_costmodel_write(&host, file), 0);
		assert_int_equal(fclose(file), 0);
		if (mb_json_costmodel_read(path, &err, &again))
			fail_msg("seed %llu: %s", (unsigned long long)seed, err.text);
		mb_strbuf_fini(&why);
		mb_costmodel_host_fini(&host);
		mb_costmodel_host_fini(&again);
	}
	assert_true(fitted >= 12);
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
		{"", "is empty"},
		{"[]", "is no host model that memboot has written"},
		{"{}", "is no host model that memboot has written"},
		{"{\"memboot_noise\": 1}", "is no host model that memboot has written"},
		{"{\"memboot_host_model\": \"1\"}", "is no host model that memboot has written"},
		{"{\"memboot_host_model\": 9}",
		 "is of a newer memboot: version 9, and this one reads 2"},
		{"{\"memboot_host_model\": 2}", "facts are missing"},
		{"{\"memboot_host_model\": 2, \"facts\": {\"a\": 1}}", "a fact is no text"},
		{"{\"memboot_host_model\": 2, \"facts\": {}}", "fits are missing"},
		{"{\"memboot_host_model\": 2, \"facts\": {}, \"fits\": [7]}",
		 "fits[0].key is missing or makes no sense"},
		{"{\"memboot_host_model\": 2, \"facts\": {}, \"fits\": [{\"key\": \"a\"}]}",
		 "fits[0].size_low is missing or makes no sense"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++)
		refused(rows[i].text, strlen(rows[i].text), rows[i].why);
}

/* Whatever its terms were. */
static void test_older(void **state)
{
	static const char text[] = "{\"memboot_host_model\": 1, \"facts\": {}, \"fits\": []}";
	struct mb_costmodel_host host = {.nr_fits = 77};
	struct mb_err err = {0};

	write_bytes(text, strlen(text));
	assert_int_equal(mb_json_costmodel_read(path, &err, &host), -ESTALE);
	assert_string_equal(
		err.text,
		"is of an older memboot: version 1, and this one reads 2; fit the host anew");
	assert_int_equal(host.nr_fits, 77);
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

/* A model that a fit cannot be has none of its numbers believed. */
static void test_absurd(void **state)
{
	static const struct {
		size_t offset;
		double value;
		const char *why;
	} rows[] = {
#define AT(member) offsetof(struct mb_costmodel, member)
		{AT(coefficients[0]), -1, "memblock.ranges.ns"},
		{AT(coefficients[0]), 1e30, "memblock.ranges.ns"},
		{AT(coefficients[0]), NAN, "memblock.ranges.ns"},
		{AT(coefficients[1]), 1e12, "memblock.start.ns"},
		{AT(covariance[0][0]), -1, "memblock.ranges.covariance"},
		{AT(covariance[0][0]), 1e40, "memblock.ranges.covariance"},
		{AT(covariance[0][1]), 1e9, "memblock.covariance"},
		{AT(covariance[0][1]), NAN, "memblock.ranges.covariance"},
		{AT(phases[0].residual), 0, "memblock.residual"},
		{AT(phases[0].residual), 1e4, "memblock.residual"},
		{AT(phases[0].residual), NAN, "memblock.residual"},
		{AT(phases[0].freedom), 0.1, "memblock.freedom"},
		{AT(all.residual), 0, "all.residual"},
		{AT(all.points), 0, "all.points"},
		{AT(size_low), 60, "size_high"},
		{AT(size_high), 1e9, "size_high"},
		{AT(max_threads), -1, "max_threads"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_costmodel_host host = {0}, again = {.nr_fits = 77};
		struct mb_err err = {0};
		FILE *file = fopen(path, "w");
		char why[128];

		make_host(&host);
		memcpy((char *)&host.fits[0].model + rows[i].offset, &rows[i].value,
		       sizeof(rows[i].value));
		assert_int_equal(mb_json_costmodel_write(&host, file), 0);
		fclose(file);
		snprintf(why, sizeof(why), "fits[0].%s is missing or makes no sense", rows[i].why);
		assert_int_equal(mb_json_costmodel_read(path, &err, &again), -EINVAL);
		assert_string_equal(err.text, why);
		assert_int_equal(again.nr_fits, 77);
		mb_costmodel_host_fini(&host);
	}
}

/* Nothing takes no time; a phase beside the totals is none of them. */
static void test_zero(void **state)
{
	for (unsigned beside = 0; beside < 2; beside++) {
		struct mb_costmodel_host host = {0}, again = {.nr_fits = 77};
		struct mb_err err = {0};
		FILE *file = fopen(path, "w");

		make_host(&host);
		for (size_t i = 0; i < MB_COSTMODEL_NR_TERMS; i++)
			if (!beside || mb_costmodel_terms[i].phase != MB_COSTMODEL_FAULT)
				host.fits[1].model.coefficients[i] = 0;
		assert_int_equal(mb_json_costmodel_write(&host, file), 0);
		fclose(file);
		assert_int_equal(mb_json_costmodel_read(path, &err, &again), -EINVAL);
		assert_string_equal(err.text, "fits[1] has no phase that takes any time");
		assert_int_equal(again.nr_fits, 77);
		mb_costmodel_host_fini(&host);
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
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_any_fit),
		cmocka_unit_test(test_bad),        cmocka_unit_test(test_older),
		cmocka_unit_test(test_truncated),  cmocka_unit_test(test_changed),
		cmocka_unit_test(test_absurd),     cmocka_unit_test(test_missing),
		cmocka_unit_test(test_full),       cmocka_unit_test(test_zero),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
