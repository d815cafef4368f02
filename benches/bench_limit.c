/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/bench.h"
#include "benches/ground.h"
#include "core/base/align.h"

/*
 * What the host's memory can do: the C library's fills of the warm arena. A zero fill is a row of
 * its own, since current CPUs do it several times faster than any other. Shares no code with the
 * initialisers that are measured against it.
 */

/* The bytes are used in turn, so that a round that stores nothing is seen. */
struct fill {
	const char *name, *summary;
	unsigned char bytes[2];
};

static const struct fill fills[] = {
	{"memset/nonzero", "memset of warm memory with a byte that is not zero", {0x5a, 0xa5}},
	{"memset/zero", "memset of warm memory with zeros", {0x00, 0x00}},
};

struct limit {
	const struct fill *fill;
	unsigned turn; /* of the next round */
};

static int setup(struct mb_bench_run *run)
{
	struct limit *limit = calloc(1, sizeof(*limit));
	int rc;

	if (!limit)
		return MB_FAIL(&run->err, -ENOMEM, "out of memory");
	run->data = limit;
	run->bytes = run->env->arena_bytes;
	limit->fill = run->row->param;
	rc = mb_ground_open(run->env, MB_GROUND_ONE_NODE, &run->err, &run->ground);
	if (rc)
		return rc;
	rc = mb_ground_warm(run->ground, run->env->arena_bytes, &run->err);
	if (rc)
		return rc;
	/* First touch left zeros, which is what the zero fill is to leave. */
	memset(run->ground->addr, 0xff, run->ground->bytes);
	return 0;
}

static int fill_arena(struct mb_bench_run *run)
{
	struct limit *limit = run->data;

	memset(run->ground->addr, limit->fill->bytes[limit->turn], run->ground->bytes);
	__asm__ volatile("" : : "r"(run->ground->addr) : "memory");
	limit->turn = !limit->turn;
	return 0;
}

static int validate(struct mb_bench_run *run)
{
	const struct limit *limit = run->data;
	const unsigned char *bytes = run->ground->addr;
	unsigned char byte = limit->fill->bytes[!limit->turn];

	/* Equal to its own shift by one, and the first is right: all are. */
	if (bytes[0] != byte || memcmp(bytes, bytes + 1, run->ground->bytes - 1))
		return MB_FAIL(&run->err, -EUCLEAN, "the arena is not filled with 0x%02x", byte);
	return 0;
}

static void teardown(struct mb_bench_run *run)
{
	free(run->data);
}

bool mb_bench_limit_row(size_t index, struct mb_bench *ret_row)
{
	if (index >= MB_ARRAY_SIZE(fills))
		return false;
	*ret_row = (struct mb_bench){
		.group = "limit",
		.name = fills[index].name,
		.summary = fills[index].summary,
		.temperature = MB_BENCH_WARM,
		.param = &fills[index],
		.setup = setup,
		.run = fill_arena,
		.validate = validate,
		.teardown = teardown,
	};
	return true;
}
