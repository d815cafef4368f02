/* SPDX-License-Identifier: Apache-2.0 */
/* Includes TEMPLATE for each size of MB_PAGE_SIZES; MODEL is what the including file says. */

#define PAGE_BYTES 56
#include TEMPLATE
#undef PAGE_BYTES
#define PAGE_BYTES 64
#include TEMPLATE
#undef PAGE_BYTES
#define PAGE_BYTES 72
#include TEMPLATE
#undef PAGE_BYTES
#define PAGE_BYTES 80
#include TEMPLATE
#undef PAGE_BYTES
#define PAGE_BYTES 88
#include TEMPLATE
#undef PAGE_BYTES
#define PAGE_BYTES 96
#include TEMPLATE
#undef PAGE_BYTES
