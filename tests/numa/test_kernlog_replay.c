/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/rng.h"
#include "core/host_plain.h"
#include "core/replay.h"
#include "core/replay_sparse.h"
#include "numa/sysroot.h"
#include "numa/sysroot_log.h"
#include "tests/captures.h"
#include "tests/root.h"
#include "tests/seed.h"

/* The traces of captured kernels, played again: every address is the kernel's. */

struct capture {
	struct mb_kernlog *log;
	struct mb_machine *machine;
	const struct mb_profile *profile;
};

static struct capture open_capture(const char *root)
{
	struct capture capture = {.log = NULL};
	struct mb_err err = {0};
	char release[64];

	assert_int_equal(mb_sysroot_log_read(tree_root(root), &capture.log), 0);
	assert_int_equal(mb_sysroot_machine(tree_root(root), &err, &capture.machine), 0);
	assert_int_equal(mb_sysroot_kernel_release(tree_root(root), release, sizeof(release)), 0);
	capture.profile = mb_profile_nearest(release);
	return capture;
}

static void close_capture(struct capture *capture)
{
	mb_kernlog_free(capture->log);
	mb_machine_free(capture->machine);
}

static void show(const char *root, const struct capture *capture, const struct mb_replay *replay)
{
	const struct mb_trace *trace = &capture->log->trace;

	print_message("%s: %zu compared, %zu taken, %zu differ\n", strrchr(root, '/') + 1,
		      replay->compared, replay->taken, replay->nr_diffs);
	for (size_t i = 0; i < replay->nr_diffs && i < 10; i++) {
		const struct mb_replay_diff *diff = &replay->diffs[i];

		print_message("  line %zu: %s: want %#llx, got %#llx\n",
			      diff->event < trace->nr_events ? trace->events[diff->event].line : 0,
			      diff->what, (unsigned long long)diff->want,
			      (unsigned long long)diff->got);
	}
}

static size_t count_events(const struct mb_trace *trace, size_t begin, enum mb_trace_type type)
{
	size_t count = 0;

	for (size_t i = begin; i < trace->nr_events; i++)
		count += trace->events[i].type == type;
	return count;
}

static void replay_capture(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	const struct mb_trace *trace = &capture.log->trace;
	struct mb_replay_config config;
	struct mb_memblock memblock;
	struct mb_replay replay;
	struct mb_err err = {0};

	(void)ctx;
	assert_int_equal(mb_replay_config_init(&config, trace, capture.machine,
					       capture.profile->memblock_dummy, &err),
			 0);
	assert_int_equal(mb_replay_run(&config, &memblock, &err, &replay), 0);
	show(root, &capture, &replay);
	assert_int_equal(replay.nr_diffs, 0);
	assert_int_equal(mb_memblock_check(&memblock), 0);
	/* Every answer was held against a request, or follows a line that the log has lost. */
	assert_int_equal(replay.compared + replay.taken,
			 count_events(trace, config.begin, MB_TRACE_ANSWER));
	assert_true(replay.taken <= 1);
	mb_replay_fini(&replay);
	mb_memblock_fini(&memblock);
	close_capture(&capture);
}

static void test_replay(void **state)
{
	captures_each(replay_capture, NULL);
}

/* A log that has lost its head is played from its first line on. */
static void replay_tails(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	char *text = captures_read(root, "dmesg", NULL), *at = text;
	char *last = strstr(text, " on node 0 flags"); /* of the dump that names nodes */

	(void)ctx;
	for (last -= 2000; at < last; at = strchr(at, '\n') + 1) {
		struct mb_replay_config config;
		struct mb_memblock memblock;
		struct mb_replay replay;
		struct mb_err err = {0};

		mb_kernlog_free(capture.log);
		assert_int_equal(mb_kernlog_parse(at, strlen(at), &capture.log), 0);
		assert_int_equal(mb_replay_config_init(&config, &capture.log->trace,
						       capture.machine,
						       capture.profile->memblock_dummy, &err),
				 0);
		assert_int_equal(mb_replay_run(&config, &memblock, &err, &replay), 0);
		if (replay.nr_diffs)
			show(root, &capture, &replay);
		assert_int_equal(replay.nr_diffs, 0);
		assert_true(replay.taken <= 1);
		mb_replay_fini(&replay);
		mb_memblock_fini(&memblock);
	}
	free(text);
	close_capture(&capture);
}

static void test_tails(void **state)
{
	captures_each(replay_tails, NULL);
}

static void run_sparse(const char *root, const struct capture *capture,
		       struct mb_replay_sparse *sparse)
{
	struct mb_host_plain plain;
	struct mb_boot_config config = {
		.machine = capture->machine, .profile = capture->profile, .host = &plain.host};
	struct mb_err err = {0};

	mb_host_plain_init(&plain);
	if (mb_replay_sparse_run(&config, &capture->log->trace, &err, sparse))
		fail_msg("%s: %s", root, err.text);
}

static void sparse_capture(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	struct mb_replay_sparse sparse;

	(void)ctx;
	run_sparse(root, &capture, &sparse);
	show(root, &capture, &sparse.replay);
	assert_int_equal(sparse.replay.nr_diffs, 0);
	assert_true(sparse.replay.compared >= 5);
	mb_replay_fini(&sparse.replay);
	close_capture(&capture);
}

static void test_sparse(void **state)
{
	captures_each(sparse_capture, NULL);
}

/* An answer moved by a page differs, there and nowhere else: the kernel's stands. */
static void spoil_answer(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	const struct mb_trace *trace = &capture.log->trace;
	struct mb_replay_config config;
	struct mb_memblock memblock;
	struct mb_replay replay;
	struct mb_err err = {0};
	size_t i;

	(void)ctx;
	assert_int_equal(mb_replay_config_init(&config, trace, capture.machine,
					       capture.profile->memblock_dummy, &err),
			 0);
	/* The last answer but for frees behind it. */
	for (i = trace->nr_events; trace->events[i - 1].type != MB_TRACE_ANSWER;)
		i--;
	trace->events[i - 1].base -= 4096;
	trace->events[i - 1].end -= 4096;
	assert_int_equal(mb_replay_run(&config, &memblock, &err, &replay), 0);
	assert_int_equal(replay.nr_diffs, 1);
	assert_string_equal(replay.diffs[0].what, "address");
	assert_int_equal(replay.diffs[0].got - replay.diffs[0].want, 4096);
	mb_replay_fini(&replay);
	mb_memblock_fini(&memblock);
	close_capture(&capture);
}

static void test_spoiled_answer(void **state)
{
	captures_each(spoil_answer, NULL);
}

/* Any field of a request of sparse_init changed is a difference. */
static void spoil_sparse(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	struct mb_trace_event *event = capture.log->trace.events;
	struct mb_replay_sparse sparse;

	(void)ctx;
	while (event->type != MB_TRACE_REQUEST || strcmp(event->caller, "sparse_index_alloc"))
		event++;
	event->size += 64;
	run_sparse(root, &capture, &sparse);
	assert_int_equal(sparse.replay.nr_diffs, 1);
	assert_string_equal(sparse.replay.diffs[0].what, "size");
	mb_replay_fini(&sparse.replay);
	close_capture(&capture);
}

static void test_spoiled_sparse(void **state)
{
	captures_each(spoil_sparse, NULL);
}

/* Hostile logs: whatever they say, the replay ends, and memblock stays in order. */
static void spoil_text(const char *root, void *ctx)
{
	struct capture capture = open_capture(root);
	struct mb_rng *rng = ctx;
	char *early = captures_read(root, "dmesg", NULL);
	size_t length = strlen(early) / 2;

	for (unsigned round = 0; round < 20; round++) {
		struct mb_replay_config config;
		struct mb_memblock memblock;
		struct mb_replay replay;
		struct mb_replay_sparse sparse;
		struct mb_err err = {0};
		struct mb_host_plain plain;
		struct mb_boot_config boot = {.machine = capture.machine,
					      .profile = capture.profile,
					      .host = &plain.host};

		mb_kernlog_free(capture.log);
		for (unsigned i = 0; i < 3 + round; i++)
			early[mb_rng_below(rng, length)] =
				"0123456789abcdef"[mb_rng_below(rng, 16)];
		assert_int_equal(mb_kernlog_parse(early, length, &capture.log), 0);
		mb_host_plain_init(&plain);
		if (!mb_replay_sparse_run(&boot, &capture.log->trace, &err, &sparse))
			mb_replay_fini(&sparse.replay);
		if (mb_replay_config_init(&config, &capture.log->trace, capture.machine,
					  capture.profile->memblock_dummy, &err))
			continue;
		if (!mb_replay_run(&config, &memblock, &err, &replay))
			assert_int_equal(mb_memblock_check(&memblock), 0);
		mb_replay_fini(&replay);
		mb_memblock_fini(&memblock);
	}
	free(early);
	close_capture(&capture);
}

static void test_spoiled_text(void **state)
{
	struct mb_rng rng = {seed_or(0x5eed)};

	captures_each(spoil_text, &rng);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),         cmocka_unit_test(test_tails),
		cmocka_unit_test(test_sparse),         cmocka_unit_test(test_spoiled_answer),
		cmocka_unit_test(test_spoiled_sparse), cmocka_unit_test(test_spoiled_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
