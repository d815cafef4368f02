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
	struct mb_predict_calibrate want = {.available_bytes = 56 << 20, .budget_s = 600};
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

static void refused(void **state)
{
	static const struct {
		uint64_t available_bytes;
		double budget_s;
		int cancel, code;
	} cases[] = {
		{1 << 20, 600, 0, -ENOMEM},
		{56 << 20, 1e-9, 0, -ETIME},
		{56 << 20, 600, 1, -ECANCELED},
	};
	struct mb_topo *topo;
	struct mb_err err = {0};

	assert_int_equal(mb_topo_new(&err, &topo), 0);
	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		struct mb_predict_boots boots = {0};
		atomic_int cancel = cases[i].cancel;
		struct mb_predict_calibrate want = {
			.available_bytes = cases[i].available_bytes,
			.budget_s = cases[i].budget_s,
			.cancel = &cancel,
		};

		want_init(&want, topo);
		mb_err_clear(&err);
		assert_int_equal(mb_predict_calibrate_run(&want, &err, &boots), cases[i].code);
		mb_predict_boots_fini(&boots);
	}
	mb_topo_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(small_ones),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
