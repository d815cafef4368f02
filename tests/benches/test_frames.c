/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "benches/frames.h"
#include "core/base/align.h"
#include "tests/benches/bench_case.h"

static const struct mb_bench_env env;

/* Half of a section and a whole one in each half of the RAM. */
static const size_t map_bytes[] = {2 * MB_MIB, 6 * MB_MIB};

/* Frames of one model, on a ground of their own. */
struct stand {
	struct mb_ground *ground;
	struct mb_frames *frames;
};

static void open_stand(struct stand *stand, size_t bytes, enum mb_memmodel_id id)
{
	char *text = mb_frames_machine(bytes);
	struct mb_err err = {0};

	*stand = (struct stand){0};
	assert_non_null(text);
	if (mb_ground_open(&env, text, &err, &stand->ground) ||
	    mb_frames_new(stand->ground, &mb_memmodels[id], &err, &stand->frames))
		fail_msg("%s: %s", text, err.text);
	free(text);
}

static void close_stand(struct stand *stand)
{
	mb_frames_free(stand->frames);
	mb_ground_close(stand->ground);
}

/*
 * Each page frame's mark stays where it was put, so no two share a descriptor, and all lie in the
 * window.
 */
static void check_pages(const struct mb_frames *frames)
{
	uintptr_t end = frames->window + frames->model->window_bytes;

	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < 2; i++)
			for (mb_pfn_t pfn = frames->ram[i].start; pfn < frames->ram[i].end; pfn++) {
				struct mb_page *page = mb_frames_page(frames, pfn);

				assert_true((uintptr_t)page >= frames->window &&
					    (uintptr_t)(page + 1) <= end);
				if (pass)
					assert_int_equal(page->private, pfn);
				else
					page->private = pfn;
			}
}

/* What is told without the model's conversions is what they say. */
static void check_model(const struct mb_frames *frames)
{
	const struct mb_memmodel *model = frames->model;

	for (size_t i = 0; i < 2; i++)
		for (mb_pfn_t pfn = frames->ram[i].start; pfn < frames->ram[i].end; pfn++) {
			struct mb_page *page = mb_frames_page(frames, pfn);

			assert_ptr_equal(mb_memmodel_pfn_to_page(model, pfn), page);
			assert_int_equal(mb_memmodel_page_to_pfn(model, page), pfn);
		}
	for (mb_pfn_t pfn = 0; pfn < frames->end + model->geo.pages_per_section; pfn++)
		if (mb_frames_valid(frames, pfn) != mb_memmodel_pfn_valid(model, pfn))
			fail_msg("model %s: page frame 0x%llx", model->row->name,
				 (unsigned long long)pfn);
}

static void test_models(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(map_bytes); i++)
		for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
			struct stand stand;

			open_stand(&stand, map_bytes[i], (enum mb_memmodel_id)id);
			check_model(stand.frames);
			check_pages(stand.frames);
			close_stand(&stand);
		}
}

/* As many descriptors as were asked for, and a hole with whole sections in it. */
static void test_machine(void **state)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(map_bytes); i++) {
		struct stand stand;
		const struct mb_frames *frames;
		uint64_t pages = 0;

		open_stand(&stand, map_bytes[i], MB_MEMMODEL_EXTREME);
		frames = stand.frames;
		for (size_t j = 0; j < 2; j++)
			pages += frames->ram[j].end - frames->ram[j].start;
		assert_int_equal(pages * mb_page_sizes[MB_PAGE_SIZE_DEFAULT].bytes, map_bytes[i]);
		assert_true(frames->ram[0].end <= frames->absent.start);
		assert_true(frames->absent.start < frames->absent.end);
		assert_true(frames->absent.end <= frames->ram[1].start);
		close_stand(&stand);
	}
}

static void test_a_machine_that_cannot_be_held(void **state)
{
	struct mb_ground *ground = NULL;
	struct mb_frames *frames = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_ground_open(&env, "nodes=2 each=1G", &err, &ground), 0);
	assert_int_equal(mb_frames_new(ground, mb_memmodel_find("flat"), &err, &frames), -ENOTSUP);
	assert_non_null(strstr(err.text, "model flat cannot hold"));
	assert_null(frames);
	mb_frames_free(frames);
	mb_ground_close(ground);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_a_machine_that_cannot_be_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
