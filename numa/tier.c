/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "numa/sysroot_file.h"
#include "numa/tier.h"

#define MAX_NODES 1024 /* MAX_NUMNODES of distribution kernels */
#define TIERS     "sys/devices/virtual/memory_tiering"

int mb_tier_of(const struct mb_sysroot *root, int node)
{
	uint64_t *tiers MB_FREE = NULL;
	size_t count;

	if (node < 0 || node >= MAX_NODES ||
	    mb_sysroot_file_numbers(root, "memory_tier", &tiers, &count, TIERS))
		return -ENOENT;
	for (size_t i = 0; i < count; i++) {
		uint64_t nodes[MB_BITMAP_WORDS(MAX_NODES)] = {0};

		if (!mb_sysroot_file_list(root, MAX_NODES, nodes, TIERS "/memory_tier%llu/nodelist",
					  (unsigned long long)tiers[i]) &&
		    mb_bit_test(nodes, (size_t)node))
			return (int)tiers[i];
	}
	return -ENOENT;
}

bool mb_tier_without_cpus(const struct mb_sysroot *root, int node)
{
	char *list MB_FREE = NULL;

	return !mb_sysroot_file_read(root, &list, "sys/devices/system/node/node%d/cpulist", node) &&
	       !list[strspn(list, "\n")];
}
