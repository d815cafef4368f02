/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_PARSE_H
#define MB_CORE_BASE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers as users write them. Every function reads the whole of [text, text + length), leaves its
 * output untouched on failure and returns 0, -EINVAL (not of the form) or -ERANGE (does not fit).
 */

/* Decimal, or hexadecimal after 0x. No sign, no white space. */
int mb_parse_u64(const char *text, size_t length, uint64_t *ret_value);

/*
 * A size in bytes: decimal or 0x number with an optional binary unit K M G T P E (or k …),
 * optionally followed by iB or B: 4T, 512KiB, 0x1000, 64g. Fractions such as 1.5G are read when the
 * result is a whole number of bytes.
 */
int mb_parse_size(const char *text, size_t length, uint64_t *ret_bytes);

/* The same for a whole string. */
int mb_parse_size_str(const char *text, uint64_t *ret_bytes);

/*
 * A list as in Linux cpulist files: 0-3,8,10-11. Every number must be below limit. Sets the bits in
 * map (a bitmap of limit bits, not cleared first). An empty text is an empty list.
 */
int mb_parse_list(const char *text, size_t length, uint64_t limit, uint64_t *map);

/* Writes the set bits of map below limit in the same form. */
struct mb_strbuf;
void mb_parse_list_print(struct mb_strbuf *buf, const uint64_t *map, uint64_t limit);

/* Length of what is printable ASCII at the start of a text: all of it, or up to the first other byte. */
size_t mb_parse_printable(const char *text, size_t length);

/* Replaced letters, left out and added ones between two words; of b the first 31 bytes count. */
unsigned mb_parse_distance(const char *a, const char *b);

#endif
