/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "cli/limit.h"
#include "core/base/align.h"
#include "reports/format.h"

void mb_limit_set(struct mb_limit *limit, uint64_t needed, uint64_t available, const char *source,
		  uint64_t max_memory)
{
	*limit = (struct mb_limit){
		.needed_bytes = needed,
		.allowed_bytes = max_memory ? max_memory : available / MB_LIMIT_PART,
		.available_bytes = available,
		.chosen = max_memory != 0,
		.group = strcmp(source, "cgroup") == 0,
		.cpuset = strcmp(source, "cpuset") == 0,
	};
}

void mb_limit_add_enough(struct mb_strbuf *buf, uint64_t bytes)
{
	mb_strbuf_add_size(buf, mb_round_up(bytes, bytes < 10 * MB_GIB ? MB_MIB : MB_GIB));
}

static void add_bytes(struct mb_strbuf *buf, uint64_t bytes)
{
	mb_strbuf_add(buf, mb_format_bytes((double)bytes).text);
}

/* What comes besides. */
static void add_pools(struct mb_strbuf *buf, const struct mb_limit *limit)
{
	if (!limit->pool_bytes)
		return;
	mb_strbuf_add(buf, ", besides ");
	add_bytes(buf, limit->pool_bytes);
	mb_strbuf_add(buf, " in huge pages");
}

void mb_limit_add_needed(struct mb_strbuf *buf, const struct mb_limit *limit)
{
	add_bytes(buf, limit->needed_bytes);
	mb_strbuf_add(buf, " of real memory");
	add_pools(buf, limit);
}

void mb_limit_add(struct mb_strbuf *buf, const struct mb_limit *limit)
{
	add_bytes(buf, limit->allowed_bytes);
	mb_strbuf_add(buf, limit->chosen ? " (--max-memory; " : " (a quarter of the ");
	add_bytes(buf, limit->available_bytes);
	mb_strbuf_addf(buf, "%s available%s)", limit->chosen ? " are" : "",
		       limit->group    ? " in this control group"
		       : limit->cpuset ? " on the nodes of this cpuset"
				       : "");
}

int mb_limit_check(const struct mb_limit *limit, bool dry_run, struct mb_strbuf *why)
{
	if (limit->chosen && limit->allowed_bytes > limit->available_bytes) {
		mb_strbuf_add(why, "--max-memory ");
		mb_strbuf_add_size(why, limit->allowed_bytes);
		mb_strbuf_add(why, limit->group || limit->cpuset
					   ? " is more than is available here ("
					   : " is more than this host has available (");
		add_bytes(why, limit->available_bytes);
		mb_strbuf_add(why, "); give a smaller SIZE");
		return -ENOMEM;
	}
	if (limit->needed_bytes <= limit->allowed_bytes)
		return 0;
	mb_strbuf_add(why, "this machine needs ");
	add_bytes(why, limit->needed_bytes);
	mb_strbuf_add(why, " of memory");
	add_pools(why, limit);
	if (limit->hole_bytes) {
		mb_strbuf_add(why, ", ");
		add_bytes(why, limit->hole_bytes);
		mb_strbuf_add(why, " of it because model flat has descriptors for holes too");
	}
	mb_strbuf_add(why, "; the limit is ");
	mb_limit_add(why, limit);
	if (limit->needed_bytes <= limit->available_bytes) {
		mb_strbuf_add(why, "; use --max-memory ");
		mb_limit_add_enough(why, limit->needed_bytes);
	} else {
		mb_strbuf_add(why,
			      "; no --max-memory SIZE allows that here: use a smaller machine");
	}
	if (!dry_run)
		mb_strbuf_add(why, limit->windows_fit ? ", --window auto or --dry-run"
						      : " or --dry-run");
	return limit->chosen ? -E2BIG : -ENOMEM;
}
