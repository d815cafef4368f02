/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "benches/runner_round.h"
#include "benches/runner_twins.h"
#include "core/base/align.h"

#define SLICES 8 /* of a pass, where it has so many rounds */

static int new_twins(const struct mb_bench *row, const struct mb_bench_env *env, int64_t arg,
		     uint64_t rounds, struct mb_runner_twins **ret_twins)
{
	struct mb_runner_twins *twins = calloc(1, sizeof(*twins));

	if (!twins)
		return -ENOMEM;
	twins->rounds = rounds;
	for (size_t i = 0; i < MB_RUNNER_TWINS; i++) {
		struct mb_runner_pass *pass = &twins->passes[i];

		pass->run = (struct mb_bench_run){.row = row, .env = env, .arg = arg};
		pass->ns = calloc(rounds + 1, sizeof(*pass->ns));
		if (!pass->ns) {
			mb_runner_twins_free(twins);
			return -ENOMEM;
		}
	}
	*ret_twins = twins;
	return 0;
}

/*
 * The other pass has had the caches: a round that does not count comes first, of each kind where there are two. Without a limit to be held
 * against, none does where a round is a whole slice: they are long ones.
 */
static int warm_slice(struct mb_runner_pass *pass, uint64_t rounds, bool in_turns)
{
	pass->turns.last = MB_TURN_NONE;
	return in_turns || rounds == 1 ? 0 : mb_runner_round_warm(&pass->run);
}

/* Rounds [begin, end) of so many; of them all the row's is the last one, and not one of its limit. */
static int run_slice(struct mb_runner_pass *pass, uint64_t begin, uint64_t end, uint64_t rounds,
		     bool in_turns)
{
	struct mb_turns *turns = in_turns ? &pass->turns : NULL;
	int rc = warm_slice(pass, end - begin, in_turns);

	for (uint64_t i = begin; !rc && i < end; i++) {
		rc = mb_bench_cancelled(pass->run.env) ? -ECANCELED : 0;
		if (!rc)
			rc = mb_runner_round(&pass->run, turns, (rounds - i) % 2, &pass->ns[i]);
	}
	return rc;
}

static int run_slices(struct mb_runner_twins *twins, bool in_turns)
{
	uint64_t rounds = mb_max(twins->rounds / SLICES, 1), slice = 0;
	int rc = 0;

	for (uint64_t at = 0; !rc && at < twins->rounds; at += rounds, slice++)
		for (size_t i = 0; !rc && i < MB_RUNNER_TWINS; i++)
			rc = run_slice(&twins->passes[(i + slice) % MB_RUNNER_TWINS], at,
				       mb_min(at + rounds, twins->rounds), twins->rounds, in_turns);
	return rc;
}

static int run_open(struct mb_runner_twins *twins, bool in_turns)
{
	int rc = run_slices(twins, in_turns);

	for (size_t i = 0; !rc && i < MB_RUNNER_TWINS; i++)
		rc = mb_runner_round_check(&twins->passes[i].run);
	return rc;
}

int mb_runner_twins_run(const struct mb_bench *row, const struct mb_bench_env *env, int64_t arg,
			uint64_t rounds, bool in_turns, struct mb_err *ret_err,
			struct mb_runner_twins **ret_twins)
{
	struct mb_runner_twins *twins;
	size_t nr_open = 0;
	int rc = new_twins(row, env, arg, rounds, &twins);

	if (rc)
		return rc;
	while (!rc && nr_open < MB_RUNNER_TWINS)
		rc = mb_runner_round_open(&twins->passes[nr_open++].run);
	if (!rc)
		rc = run_open(twins, in_turns);
	for (size_t i = 0; i < MB_RUNNER_TWINS; i++)
		if (rc && twins->passes[i].run.err.code && !ret_err->code)
			*ret_err = twins->passes[i].run.err;
	for (size_t i = nr_open; i-- > 0;)
		mb_runner_round_close(&twins->passes[i].run);
	if (rc)
		mb_runner_twins_free(twins);
	else
		*ret_twins = twins;
	return rc;
}

void mb_runner_twins_free(struct mb_runner_twins *twins)
{
	for (size_t i = 0; twins && i < MB_RUNNER_TWINS; i++)
		free(twins->passes[i].ns);
	free(twins);
}
