/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_GROW_H
#define MB_CORE_BASE_GROW_H

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/*
 * Room for one more element at the end of an array that began empty (NULL) and grows by this alone: it has room for the next
 * power of two of its count, and moves when that is full. array: the address of the pointer to it. 0, or -ENOMEM and the array as
 * it was.
 */
static inline int mb_grow(void *array, size_t count, size_t element_bytes)
{
	void *larger;

	if (count & (count - 1))
		return 0;
	larger = reallocarray(*(void **)array, count ? 2 * count : 1, element_bytes);
	if (!larger)
		return -ENOMEM;
	*(void **)array = larger;
	return 0;
}

#endif
