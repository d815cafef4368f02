/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_LIMIT_H
#define MB_CLI_LIMIT_H

#include "cli/cmd.h"
#include "core/base/strbuf.h"

/* How much real memory a run may take. */
struct mb_limit {
	uint64_t needed_bytes; /* by the machine, without what pools of huge pages give */
	uint64_t hole_bytes; /* of these, for holes that only the model flat covers; the caller's */
	uint64_t
		pool_bytes; /* besides, from pools, which are no part of what is available; the caller's */
	uint64_t allowed_bytes; /* --max-memory, else a quarter of what is available */
	uint64_t
		available_bytes; /* on the host, within its control group and on nodes of its cpuset */
	bool windows_fit; /* through windows the machine needs no more than is allowed; the caller's */
	bool chosen;      /* allowed_bytes is the user's */
	bool group;       /* available_bytes is what the control group leaves */
	bool cpuset;      /* available_bytes is what the nodes of the cpuset have */
};

#define MB_LIMIT_PART 4 /* the default is one such part of what is available */

/* max_memory is --max-memory, 0 when not given; source is that of mb_sysroot_available(). */
void mb_limit_set(struct mb_limit *limit, uint64_t needed, uint64_t available, const char *source,
		  uint64_t max_memory);

/*
 * 0, or one line in why that says what is too large and what to do: -E2BIG when it is more than the limit that was chosen, which
 * no host changes; -ENOMEM when it is more than this host has, or gives by itself.
 */
int mb_limit_check(const struct mb_limit *limit, bool dry_run, struct mb_strbuf *why);

/* "70.0 MiB of real memory", and what comes from pools. */
void mb_limit_add_needed(struct mb_strbuf *buf, const struct mb_limit *limit);

/* "5.8 GiB: a quarter of the 23.3 GiB that are available" */
void mb_limit_add(struct mb_strbuf *buf, const struct mb_limit *limit);

/* A size that is enough: rounded up, in the form that --max-memory takes. */
void mb_limit_add_enough(struct mb_strbuf *buf, uint64_t bytes);

#endif
