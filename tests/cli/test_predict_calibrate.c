/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/machine_opt.h"
#include "cli/predict_calibrate.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/page.h"

/* All texts are machines, of at most 32 GiB, and no two rows are alike. */
static void rows(void **state)
{
	static struct mb_predict_row all[128];
	size_t count = 0, policies[MB_NR_POLICIES] = {0};

	for (unsigned cpus = 1; cpus <= 64; cpus *= 8) {
		for (count = 0; mb_predict_calibrate_row(count, cpus, &all[count]); count++) {
			struct mb_machine *machine;
			struct mb_err err = {0};
			uint64_t bytes = 0;

			if (mb_machine_opt_parse(all[count].text, NULL, &err, &machine))
				fail_msg("%s: %s", all[count].text, err.text);
			for (size_t i = 0; i < machine->nr_mem; i++)
				bytes += machine->mem[i].end - machine->mem[i].start;
			assert_true(bytes <= UINT64_C(32) << 30);
			assert_true(all[count].threads <= cpus);
			policies[all[count].policy]++;
			mb_machine_free(machine);
			for (size_t i = 0; i < count; i++)
				assert_false(!strcmp(all[i].text, all[count].text) &&
					     all[i].policy == all[count].policy &&
					     all[i].threads == all[count].threads);
		}
		assert_true(count > 20);
	}
	for (int i = 0; i < MB_NR_POLICIES; i++)
		assert_true(policies[i] > 0);
}

static void want_init(struct mb_predict_calibrate *want, struct mb_topo *topo)
{
	want->topo = topo;
	want->profile = mb_profile_find("6.1");
	want->model = &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	want->struct_page = &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
	want->seed = 1;
}

/* Real boots of what fits into little memory: each stage that a policy has took some time, the others none. */
static void small_ones(void **state)
{
	struct mb_predict_calibrate want = {.allowed_bytes = 56 << 20, .budget_s = 600};
	struct mb_predict_boots boots = {0};
	struct mb_progress_view view = {0};
	struct mb_topo *topo;
	struct mb_err err = {0};

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	want_init(&want, topo);
	if (mb_predict_calibrate_run(&want, &err, &boots))
		fail_msg("%s", err.text);
	assert_int_equal(boots.rounds, MB_PREDICT_MAX_ROUNDS);
	assert_true(boots.nr_samples >= 3 && boots.nr_samples < 10);
	assert_false(isnan(boots.scatter));
	for (size_t i = 0; i < boots.nr_samples; i++) {
		const struct mb_costmodel_sample *sample = &boots.samples[i];
		const double *deferred = sample->ns + MB_COSTMODEL_DEFERRED * boots.rounds;
		const double *init = sample->ns + MB_COSTMODEL_PAGEINIT * boots.rounds;

		assert_int_equal(sample->repetitions, boots.rounds);
		assert_true(sample->features.memmap_pages > 0);
		for (size_t k = 0; k < boots.rounds; k++) {
			assert_true(init[k] > 0);
			assert_int_equal(isnan(deferred[k]) == 0,
					 sample->features.nodes[0].pages > 0);
		}
	}
	mb_predict_calibrate_view(&want, &view);
	assert_non_null(strstr(view.label, "round"));
	assert_int_equal(view.total, 600000);
	mb_predict_boots_fini(&boots);
	mb_topo_free(topo);
}

/* Boots are of the architecture and page size of what is to be predicted. */
static void alike(void **state)
{
	struct mb_predict_calibrate want = {.allowed_bytes = 28 << 20, .budget_s = 600};
	struct mb_machine *like;
	double pages[2];
	struct mb_topo *topo;
	struct mb_err err = {0};

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	for (int i = 0; i < 2; i++) {
		struct mb_predict_boots boots = {0};

		assert_int_equal(mb_machine_parse(i ? "arch=arm64 page=64K nodes=1 each=1G"
						    : "arch=arm64 page=16K nodes=1 each=1G",
						  NULL, &err, &like),
				 0);
		want_init(&want, topo);
		want.like = like;
		if (mb_predict_calibrate_run(&want, &err, &boots))
			fail_msg("%s", err.text);
		pages[i] = boots.samples[0].features.memmap_pages;
		mb_predict_boots_fini(&boots);
		mb_machine_free(like);
	}
	assert_true(pages[0] == 4 * pages[1]);
	mb_topo_free(topo);
}

static void refused(void **state)
{
	static const struct {
		uint64_t allowed_bytes;
		double budget_s;
		int cancel, code;
		size_t nr_boots;
		const char *says;
	} cases[] = {
		{1 << 20, 600, 0, -ENOMEM, 0, "0 machines can be booted, and 1 are the least"},
		{56 << 20, 1e-9, 0, -ETIME, 0, " is too small for 3 rounds of boots"},
		/* One boot shows what can be known of no host. */
		{56 << 20, 5e-3, 0, -ETIME, 1, "3 rounds of boots are the least, and take about "},
		{56 << 20, 600, 1, -ECANCELED, 0, ""},
	};
	struct mb_topo *topo;
	struct mb_err err = {0};

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_boots boots = {0};
		atomic_int cancel = cases[i].cancel;
		struct mb_predict_calibrate want = {
			.allowed_bytes = cases[i].allowed_bytes,
			.budget_s = cases[i].budget_s,
			.cancel = &cancel,
		};

		want_init(&want, topo);
		mb_err_clear(&err);
		assert_int_equal(mb_predict_calibrate_run(&want, &err, &boots), cases[i].code);
		assert_int_equal(boots.nr_boots, cases[i].nr_boots);
		if (!strstr(err.text, cases[i].says))
			fail_msg("case %zu: %s", i, err.text);
		mb_predict_boots_fini(&boots);
	}
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(small_ones),
		cmocka_unit_test(alike),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
