/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_vary.h"
#include "core/base/align.h"

#define GIB 1073741824.0

static void values(void **state)
{
	static const struct {
		const char *text;
		enum mb_predict_vary_what what;
		size_t count;
		double values[10];
	} cases[] = {
		{"threads=1..128", MB_PREDICT_VARY_THREADS, 8, {1, 2, 4, 8, 16, 32, 64, 128}},
		{"threads=1..6", MB_PREDICT_VARY_THREADS, 4, {1, 2, 4, 6}},
		{"threads=2..5", MB_PREDICT_VARY_THREADS, 4, {2, 3, 4, 5}},
		{"threads=7", MB_PREDICT_VARY_THREADS, 1, {7}},
		{"cpus=1,3,96", MB_PREDICT_VARY_CPUS, 3, {1, 3, 96}},
		{"each=1G..8G", MB_PREDICT_VARY_EACH, 4, {GIB, 2 * GIB, 4 * GIB, 8 * GIB}},
		{"each=4G..6G",
		 MB_PREDICT_VARY_EACH,
		 9,
		 {4 * GIB, 4.25 * GIB, 4.5 * GIB, 4.75 * GIB, 5 * GIB, 5.25 * GIB, 5.5 * GIB,
		  5.75 * GIB, 6 * GIB}},
		{"chunk=512M,2G", MB_PREDICT_VARY_CHUNK, 2, {GIB / 2, 2 * GIB}},
		{"nodes=1..4", MB_PREDICT_VARY_NODES, 3, {1, 2, 4}},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_vary vary;
		struct mb_err err = {0};

		assert_int_equal(mb_predict_vary_parse(cases[i].text, &err, &vary), 0);
		assert_int_equal(vary.what, cases[i].what);
		assert_int_equal(vary.count, cases[i].count);
		for (size_t k = 0; k < vary.count; k++)
			assert_true(vary.values[k] == cases[i].values[k]);
	}
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "threads, chunk, each, nodes or cpus"},
		{"threads", "threads, chunk, each, nodes or cpus"},
		{"thread=1", "not 'thread'"},
		{"threads=", "is no whole number above 0"},
		{"threads=0", "'0' is no whole number above 0"},
		{"threads=-1", "'-1' is no whole number"},
		{"threads=1.5", "is no whole number"},
		{"threads=1,,2", "'' is no whole number"},
		{"threads=1,2,", "'' is no whole number"},
		{"threads=2,1", "have to rise"},
		{"threads=1,1", "have to rise"},
		{"threads=4..2", "range is empty"},
		{"threads=4..4", "range is empty"},
		{"threads=1..", "is no whole number"},
		{"threads=1...4", "is no whole number"},
		{"threads=1000000", "no machine has 1000000"},
		{"threads=4294967295", "no machine has 4294967295"},
		{"threads=99999999999999999999", "no machine has 99999999999999999999"},
		{"threads=1..99999999999999999999", "no machine has 99999999999999999999"},
		{"threads=99999999999999999999x", "is no whole number above 0"},
		{"each=99999999999999999999", "no machine has 99999999999999999999"},
		{"each=0", "is no size above 0"},
		{"each=big", "'big' is no size"},
		{"each=1024P", "no machine has 1024P"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_vary vary;
		struct mb_err err = {0};

		assert_true(mb_predict_vary_parse(cases[i].text, &err, &vary) < 0);
		if (!strstr(err.text, cases[i].why))
			fail_msg("'%s': %s", cases[i].text, err.text);
	}
}

static void too_many(void **state)
{
	struct mb_predict_vary vary;
	struct mb_err err = {0};
	char text[512] = "threads=1";

	for (int i = 2; i <= MB_PREDICT_VARY_MAX + 1; i++)
		sprintf(text + strlen(text), ",%d", i);
	assert_int_equal(mb_predict_vary_parse(text, &err, &vary), -ERANGE);
}

static void texts(void **state)
{
	static const struct {
		const char *text;
		enum mb_predict_vary_what what;
		double value;
		const char *is; /* NULL: refused */
	} cases[] = {
		{"nodes=2 each=1G cpus=2", MB_PREDICT_VARY_EACH, 4096, "nodes=2 each=4096 cpus=2"},
		{"nodes=2 each=1G", MB_PREDICT_VARY_NODES, 16, "nodes=16 each=1G"},
		{"nodes=2 each=1G\tcpus=2", MB_PREDICT_VARY_CPUS, 3, "nodes=2 each=1G\tcpus=3"},
		{"node0.cpus=1 nodes=1 each=1G", MB_PREDICT_VARY_CPUS, 3, NULL},
		{"node0=4G", MB_PREDICT_VARY_EACH, 4096, NULL},
		{"each=1G each=2G", MB_PREDICT_VARY_EACH, 4096, NULL},
		{"", MB_PREDICT_VARY_NODES, 2, NULL},
		/* Neither comments nor what is quoted. */
		{"nodes=2 each=1G # was each=5G", MB_PREDICT_VARY_EACH, 4096,
		 "nodes=2 each=4096 # was each=5G"},
		{"# was\nnodes=2 each=1G#nodes=3\ncpus=1", MB_PREDICT_VARY_EACH, 4096,
		 "# was\nnodes=2 each=4096#nodes=3\ncpus=1"},
		{"cmdline='x nodes=3 # y' nodes=2 each=1G", MB_PREDICT_VARY_NODES, 4,
		 "cmdline='x nodes=3 # y' nodes=4 each=1G"},
		{"each='1G' nodes=\"2\"", MB_PREDICT_VARY_EACH, 4096, "each=4096 nodes=\"2\""},
		{"node0=1G cmdline='x nodes=3'", MB_PREDICT_VARY_NODES, 4, NULL},
		{"node0=1G # nodes=3", MB_PREDICT_VARY_NODES, 4, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_err err = {0};
		char *text =
			mb_predict_vary_text(cases[i].text, cases[i].what, cases[i].value, &err);

		if (cases[i].is)
			assert_string_equal(text, cases[i].is);
		else
			assert_null(text);
		assert_int_equal(err.code, cases[i].is ? 0 : -EINVAL);
		free(text);
	}
}

static void words(void **state)
{
	assert_string_equal(mb_predict_vary_value(MB_PREDICT_VARY_THREADS, 16).text, "16");
	assert_string_equal(mb_predict_vary_value(MB_PREDICT_VARY_EACH, 64 * GIB).text, "64 GiB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(refused), cmocka_unit_test(too_many),
		cmocka_unit_test(texts),  cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
