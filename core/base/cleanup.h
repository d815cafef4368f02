/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_CLEANUP_H
#define MB_CORE_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Scope-bound release through the compiler's cleanup attribute. Every destructor accepts the empty
 * value.
 */

static inline void mb_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void mb_cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void mb_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define MB_CLEANUP(fn) __attribute__((cleanup(fn)))
#define MB_FREE        MB_CLEANUP(mb_cleanup_free)
#define MB_FCLOSE      MB_CLEANUP(mb_cleanup_fclose)
#define MB_CLOSE       MB_CLEANUP(mb_cleanup_close)

/* Hands a pointer out of a scope that would free it. */
#define MB_TAKE(p)                             \
	__extension__({                        \
		__typeof__(p) mb_taken_ = (p); \
		(p) = NULL;                    \
		mb_taken_;                     \
	})

#endif
