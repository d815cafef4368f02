/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_STRBUF_H
#define MB_CORE_BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

/*
 * Growing text buffer. Zero-initialise, add, then read text (never NULL-terminated garbage: it is
 * "" while empty) or take it. A failed allocation is remembered in error and later calls do
 * nothing, so one check at the end is enough.
 */
struct mb_strbuf {
	char *data;
	size_t length, capacity; /* bytes, without the terminator */
	int error;               /* 0 or -ENOMEM */
};

void mb_strbuf_add(struct mb_strbuf *buf, const char *text);
void mb_strbuf_addf(struct mb_strbuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a size as the shortest exact form that the size parser reads back: 4T, 512K, 4097. */
void mb_strbuf_add_size(struct mb_strbuf *buf, uint64_t bytes);

/* A size for people in a message: "80 MiB", "1.016 GiB"; four digits. */
struct mb_strbuf_size {
	char text[16];
};

struct mb_strbuf_size mb_strbuf_size(uint64_t bytes);

/* The same as tables show it: "80 MiB", "1.0 GiB"; one decimal where it is not whole. */
struct mb_strbuf_size mb_strbuf_size_short(uint64_t bytes);

/* The text so far; valid until the next call. */
const char *mb_strbuf_text(const struct mb_strbuf *buf);

/*
 * Hands the text to the caller, who frees it; NULL after an error. The buffer is empty afterwards.
 */
char *mb_strbuf_take(struct mb_strbuf *buf);

void mb_strbuf_fini(struct mb_strbuf *buf);

#endif
