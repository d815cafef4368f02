/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_SYSROOT_BENEATH_H
#define MB_NUMA_SYSROOT_BENEATH_H

/*
 * Opens path, which begins with no slash, below a folder and nowhere else: openat2(2) with
 * RESOLVE_BENEATH. Links that stay inside are followed, unless the system lacks openat2; then none
 * is. flags are open(2)'s for reading. The caller closes what comes back; or -EXDEV for a link that
 * leads out, or what open returns.
 */
int mb_sysroot_beneath(const char *folder, const char *path, int flags);

/* The same without openat2, for systems without it. */
int mb_sysroot_beneath_walk(const char *folder, const char *path, int flags);

#endif
