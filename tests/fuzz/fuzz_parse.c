/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, sizes and lists: what is read prints to a text that reads the same; failures change nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "tests/fuzz/fuzz.h"

#define UNTOUCHED UINT64_C(0x5a5a5a5a5a5a5a5a)
#define LIMIT     1000 /* of a list; not a whole word of its bitmap */

static bool plain_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return length;
}

/* The same text as a string is held against libc's reader where it is one for both. */
static void check_u64(const char *bytes, size_t length, const char *text)
{
	uint64_t value = UNTOUCHED;
	int r = mb_parse_u64(bytes, length, &value);

	MUST(!r || r == -EINVAL || r == -ERANGE);
	MUST(!r || value == UNTOUCHED);
	if (!plain_digits(bytes, length))
		return;
	errno = 0;
	MUST(r != -EINVAL);
	MUST(strtoull(text, NULL, 10) == (r ? UINT64_MAX : value));
	MUST((errno == ERANGE) == (r == -ERANGE));
}

static void check_size(const char *text, size_t length)
{
	uint64_t bytes = UNTOUCHED, again = 0, number;
	struct mb_strbuf printed = {0};
	int r = mb_parse_size(text, length, &bytes);

	MUST(!r || r == -EINVAL || r == -ERANGE);
	MUST(!r || bytes == UNTOUCHED);
	if (!mb_parse_u64(text, length, &number))
		MUST(!r && bytes == number);
	if (r)
		return;
	mb_strbuf_add_size(&printed, bytes);
	MUST(!printed.error && !mb_parse_size_str(mb_strbuf_text(&printed), &again));
	MUST(again == bytes);
	mb_strbuf_fini(&printed);
}

static void check_list(const char *text, size_t length)
{
	uint64_t map[MB_BITMAP_WORDS(LIMIT)] = {0}, again[MB_BITMAP_WORDS(LIMIT)] = {0};
	struct mb_strbuf printed = {0};
	int r = mb_parse_list(text, length, LIMIT, map);

	MUST(!r || r == -EINVAL || r == -ERANGE);
	for (size_t bit = r ? 0 : LIMIT; bit < 64 * MB_BITMAP_WORDS(LIMIT); bit++)
		MUST(!mb_bit_test(map, bit));
	if (r)
		return;
	mb_parse_list_print(&printed, map, LIMIT);
	MUST(!printed.error);
	MUST(!mb_parse_list(mb_strbuf_text(&printed), printed.length, LIMIT, again));
	MUST(!memcmp(map, again, sizeof(map)));
	mb_strbuf_fini(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = malloc(size + !size), *text = fuzz_text(data, size);

	MUST(bytes);
	if (size)
		memcpy(bytes, data, size);
	check_u64(bytes, size, text);
	check_size(bytes, size);
	check_list(bytes, size);
	free(bytes);
	free(text);
	return 0;
}
