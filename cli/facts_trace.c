/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of the log's memblock trace: the answers that the kernel got, and those that memblock here gives. */
#include <errno.h>

#include "cli/facts.h"
#include "core/host_plain.h"
#include "core/replay.h"
#include "core/replay_sparse.h"

/* What played the trace, and what it came to. */
struct played {
	struct mb_replay replay;
	int r;
};

static struct played play_all(const struct mb_fact_tree *tree, struct mb_err *err)
{
	const struct mb_trace *trace = &tree->log->trace;
	struct played played = {0};
	struct mb_replay_config config;
	struct mb_memblock memblock = {0};

	played.r = mb_replay_config_init(&config, trace, tree->machine,
					 tree->profile.memblock_dummy, err);
	if (!played.r) {
		played.r = mb_replay_run(&config, &memblock, err, &played.replay);
		mb_memblock_fini(&memblock);
	}
	return played;
}

static struct played play_sparse(const struct mb_fact_tree *tree, struct mb_err *err)
{
	struct mb_replay_sparse sparse = {0};
	struct mb_host_plain host;
	struct mb_boot_config config = {
		.machine = tree->machine,
		.profile = &tree->profile,
		.host = &host.host,
		.policy = MB_POLICY_DEFERRED,
		.dry_run = true,
	};
	struct played played;

	mb_host_plain_init(&host);
	played.r = mb_replay_sparse_run(&config, &tree->log->trace, err, &sparse);
	played.replay = sparse.replay;
	return played;
}

/* Equal answers are counted; only those that part are listed, by the line of the log. */
static int add_played(const struct mb_fact_tree *tree, struct played played, bool got,
		      struct mb_fact_values *values, struct mb_err *err)
{
	const struct mb_trace *trace = &tree->log->trace;
	const struct mb_replay *replay = &played.replay;

	if (!played.r && !replay->compared)
		played.r = MB_FAIL(err, -ENOENT, "the trace has no request with its answer");
	for (size_t i = 0; !played.r && i < replay->nr_diffs; i++) {
		const struct mb_replay_diff *diff = &replay->diffs[i];
		bool inside = diff->event < trace->nr_events;

		mb_facts_addf(values, "line %zu %s, %s %zu\t0x%llx",
			      inside ? trace->events[diff->event].line : 0,
			      inside ? trace->events[diff->event].caller : "", diff->what, i,
			      (unsigned long long)(got ? diff->got : diff->want));
	}
	values->unlisted =
		replay->compared > replay->nr_diffs ? replay->compared - replay->nr_diffs : 0;
	mb_replay_fini(&played.replay);
	return played.r;
}

int mb_facts_trace_replay(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			  struct mb_err *err)
{
	return add_played(tree, play_all(tree, err), false, values, err);
}

int mb_facts_trace_replay_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			      struct mb_fact_values *values, struct mb_err *err)
{
	return add_played(tree, play_all(tree, err), true, values, err);
}

int mb_facts_trace_sparse(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			  struct mb_err *err)
{
	return add_played(tree, play_sparse(tree, err), false, values, err);
}

int mb_facts_trace_sparse_got(const struct mb_fact_tree *tree, const struct mb_boot *boot,
			      struct mb_fact_values *values, struct mb_err *err)
{
	return add_played(tree, play_sparse(tree, err), true, values, err);
}
