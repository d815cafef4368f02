/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_TUNABLES_H
#define MB_CORE_TUNABLES_H

#include "core/types.h"

/*
 * What an administrator may have changed of a kernel's memory management, with the names of
 * /proc/sys/vm; see Documentation/admin-guide/sysctl/vm.rst.
 */
struct mb_tunables {
	unsigned watermark_scale_factor; /* of 10 000 */
	unsigned lowmem_reserve_ratio[MB_NR_ZONES];
	unsigned percpu_pagelist_high_fraction; /* 0: by the low watermark */
	bool huge_pages;                        /* transparent ones were on at boot */
};

/* clang-format off */
#define MB_TUNABLES_DEFAULT \
	((struct mb_tunables){.watermark_scale_factor = 10, \
			      .lowmem_reserve_ratio = {256, 256, 32, 0, 0}, \
			      .huge_pages = true})
/* clang-format on */

#endif
