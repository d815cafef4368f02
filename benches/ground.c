/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benches/ground.h"
#include "core/base/align.h"
#include "core/host_plain.h"
#include "numa/host.h"

#define WINDOW_ALIGN (2 * MB_MIB)

static int open_host(const struct mb_bench_env *env, struct mb_ground *ground, struct mb_err *err)
{
	int rc;

	if (env->topo) {
		rc = mb_host_new(ground->machine, env->topo, NULL, env->cancel, err, &ground->numa);
		ground->host = rc ? NULL : mb_host_hooks(ground->numa);
		if (!rc && env->counters && mb_host_count_events(ground->numa, env->counters))
			return MB_FAIL(err, -ENOMEM, "out of memory");
		return rc;
	}
	ground->plain = malloc(sizeof(*ground->plain));
	if (!ground->plain)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	mb_host_plain_init(ground->plain);
	ground->host = &ground->plain->host;
	if (env->cancel)
		ground->host->cancel = env->cancel;
	return 0;
}

int mb_ground_open(const struct mb_bench_env *env, const char *machine_text, struct mb_err *err,
		   struct mb_ground **ret_ground)
{
	struct mb_ground *ground = calloc(1, sizeof(*ground));
	int rc;

	if (!ground)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	rc = mb_machine_parse(machine_text, NULL, err, &ground->machine);
	if (!rc)
		rc = open_host(env, ground, err);
	if (rc) {
		mb_ground_close(ground);
		return rc;
	}
	*ret_ground = ground;
	return 0;
}

/* The real host keeps the reason of a failed hook. */
int mb_ground_hook_failed(struct mb_ground *ground, int code, const char *what, struct mb_err *err)
{
	struct mb_err reason = {0};

	if (ground->numa)
		mb_host_take_err(ground->numa, &reason);
	return MB_FAIL(err, code, "%s: %s", what, reason.code ? reason.text : strerror(-code));
}

void mb_ground_add_reason(const struct mb_ground *ground, struct mb_err *err)
{
	struct mb_err reason = {0};
	size_t length = strlen(err->text);

	if (ground->numa)
		mb_host_take_err(ground->numa, &reason);
	if (reason.code)
		snprintf(err->text + length, sizeof(err->text) - length, "%s%s", length ? ": " : "",
			 reason.text);
}

int mb_ground_map(struct mb_ground *ground, int nid, size_t bytes, struct mb_err *err)
{
	const struct mb_host_ops *ops = ground->host->ops;
	void *ctx = ground->host->ctx, *addr;
	int rc;

	if (ground->addr)
		return MB_FAIL(err, -EINVAL, "a ground has one window");
	rc = ops->map(ctx, bytes, WINDOW_ALIGN, &addr);
	if (rc)
		return mb_ground_hook_failed(ground, rc, "address space for the arena", err);
	ground->addr = addr;
	ground->bytes = bytes;
	rc = ops->back(ctx, addr, bytes, nid);
	return rc ? mb_ground_hook_failed(ground, rc, "memory for the arena", err) : 0;
}

void mb_ground_unmap(struct mb_ground *ground)
{
	if (ground->addr)
		ground->host->ops->unmap(ground->host->ctx, ground->addr, ground->bytes);
	ground->addr = NULL;
	ground->bytes = 0;
}

int mb_ground_touch(struct mb_ground *ground, struct mb_err *err)
{
	const struct mb_worker self = {.nid = 0, .index = 0, .cpu = -1};
	int rc = ground->host->ops->fault(ground->host->ctx, ground->addr, ground->bytes, &self);

	return rc ? mb_ground_hook_failed(ground, rc, "first touch of the arena", err) : 0;
}

int mb_ground_warm(struct mb_ground *ground, size_t bytes, struct mb_err *err)
{
	int rc = mb_ground_map(ground, 0, bytes, err);

	return rc ? rc : mb_ground_touch(ground, err);
}

void mb_ground_close(struct mb_ground *ground)
{
	if (!ground)
		return;
	mb_ground_unmap(ground);
	mb_host_free(ground->numa);
	free(ground->plain);
	mb_machine_free(ground->machine);
	free(ground);
}
