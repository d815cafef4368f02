/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/align.h"
#include "numa/place.h"

/* Without libnuma: hosts with one node need nothing, others cannot be served. */

const char *mb_place_version(void)
{
	return "none";
}

static int need_single(const struct mb_topo *topo, struct mb_err *err)
{
	if (mb_topo_single(topo))
		return 0;
	return MB_FAIL(
		err, -ENOTSUP,
		"built without libnuma (libnuma-dev): memory cannot be bound to one of several nodes");
}

int mb_place_bind(const struct mb_topo *topo, void *addr, size_t bytes, int node,
		  struct mb_err *err)
{
	int rc = need_single(topo, err);

	(void)addr;
	(void)bytes;
	if (!rc && !mb_topo_find(topo, node))
		return MB_FAIL(err, -EINVAL, "there is no host node %d", node);
	return rc;
}

int mb_place_count(const struct mb_topo *topo, const void *addr, size_t bytes, int node,
		   struct mb_place_count *ret_count, struct mb_err *err)
{
	int rc = need_single(topo, err);

	(void)addr;
	(void)node;
	if (!rc)
		*ret_count = (struct mb_place_count){
			.right = mb_div_ceil(bytes, topo->page_sizes[0]), .assumed = true};
	return rc;
}
