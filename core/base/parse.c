/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"

#define WORD_MAX 31 /* bytes of a word that are compared */

/*
 * Digits after the point that can still give whole bytes: 2^-60 of the largest unit has 60 of them.
 */
#define MAX_FRACTION 60

/* What is left to read. */
struct cursor {
	const char *at, *end;
};

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/*
 * Reads all digits of the base; false without any. Too large a number sets *overflow and reads on.
 */
static bool read_digits(struct cursor *in, unsigned base, uint64_t *ret_value, bool *overflow)
{
	const char *start = in->at;
	uint64_t value = 0;

	for (; in->at < in->end && digit_of(*in->at) < (int)base; in->at++) {
		*overflow |= __builtin_mul_overflow(value, base, &value);
		*overflow |= __builtin_add_overflow(value, (uint64_t)digit_of(*in->at), &value);
	}
	*ret_value = value;
	return in->at > start;
}

/* Decimal, or hexadecimal after 0x. */
static bool read_number(struct cursor *in, uint64_t *ret_value, bool *overflow, bool *ret_hex)
{
	*ret_hex =
		in->end - in->at >= 2 && in->at[0] == '0' && (in->at[1] == 'x' || in->at[1] == 'X');
	if (*ret_hex)
		in->at += 2;
	return read_digits(in, *ret_hex ? 16 : 10, ret_value, overflow);
}

int mb_parse_u64(const char *text, size_t length, uint64_t *ret_value)
{
	struct cursor in = {text, text + length};
	bool overflow = false, hex;
	uint64_t value;

	if (!read_number(&in, &value, &overflow, &hex) || in.at != in.end)
		return -EINVAL;
	if (overflow)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

/* The unit's power of two; 0 when there is none. */
static unsigned read_unit(struct cursor *in)
{
	static const char units[] = "KMGTPE";
	unsigned shift = 0;
	const char *unit;

	if (in->at < in->end && *in->at) {
		char upper =
			*in->at >= 'a' && *in->at <= 'z' ? (char)(*in->at - 'a' + 'A') : *in->at;

		unit = strchr(units, upper);
		if (unit) {
			shift = 10 * (unsigned)(unit - units + 1);
			in->at++;
			if (in->end - in->at >= 2 && in->at[0] == 'i' && in->at[1] == 'B')
				in->at++;
		}
	}
	if (in->at < in->end && *in->at == 'B')
		in->at++;
	return shift;
}

/*
 * The decimal fraction 0.digits times 2^shift, by doubling it shift times and collecting what
 * passes the point. -EINVAL when something is left behind the point.
 */
static int scale_fraction(const char *digits, size_t count, unsigned shift, uint64_t *ret_value)
{
	unsigned char fraction[MAX_FRACTION];
	uint64_t value = 0;

	while (count && digits[count - 1] == '0')
		count--;
	if (count > MAX_FRACTION)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		fraction[i] = (unsigned char)(digits[i] - '0');
	for (unsigned bit = 0; bit < shift; bit++) {
		unsigned carry = 0;

		for (size_t i = count; i-- > 0;) {
			unsigned twice = fraction[i] * 2u + carry;

			fraction[i] = (unsigned char)(twice % 10);
			carry = twice / 10;
		}
		value = value * 2 + carry;
	}
	for (size_t i = 0; i < count; i++) {
		if (fraction[i])
			return -EINVAL;
	}
	*ret_value = value;
	return 0;
}

int mb_parse_size(const char *text, size_t length, uint64_t *ret_bytes)
{
	struct cursor in = {text, text + length};
	const char *fraction = NULL;
	bool overflow = false, hex;
	uint64_t value, below = 0;
	size_t digits = 0;
	unsigned shift;
	int r;

	if (!read_number(&in, &value, &overflow, &hex))
		return -EINVAL;
	if (!hex && in.at < in.end && *in.at == '.') {
		fraction = ++in.at;
		while (in.at < in.end && *in.at >= '0' && *in.at <= '9')
			in.at++;
		digits = (size_t)(in.at - fraction);
		if (!digits)
			return -EINVAL;
	}
	shift = read_unit(&in);
	if (in.at != in.end)
		return -EINVAL;
	r = scale_fraction(fraction, digits, shift, &below);
	if (r)
		return r;
	if (overflow || value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret_bytes = (value << shift) + below;
	return 0;
}

int mb_parse_size_str(const char *text, uint64_t *ret_bytes)
{
	return mb_parse_size(text, strlen(text), ret_bytes);
}

/* One element, first or first-last. */
static int read_element(struct cursor *in, uint64_t limit, uint64_t *ret_first, uint64_t *ret_last)
{
	bool overflow = false;

	if (!read_digits(in, 10, ret_first, &overflow))
		return -EINVAL;
	*ret_last = *ret_first;
	if (in->at < in->end && *in->at == '-') {
		in->at++;
		if (!read_digits(in, 10, ret_last, &overflow))
			return -EINVAL;
	}
	if (overflow)
		return -ERANGE;
	if (*ret_last < *ret_first)
		return -EINVAL;
	return *ret_last < limit ? 0 : -ERANGE;
}

static void set_bits(uint64_t *map, uint64_t first, uint64_t last)
{
	uint64_t low = UINT64_MAX << (first % 64), high = UINT64_MAX >> (63 - last % 64);

	if (first / 64 == last / 64) {
		map[first / 64] |= low & high;
		return;
	}
	map[first / 64] |= low;
	for (uint64_t word = first / 64 + 1; word < last / 64; word++)
		map[word] = UINT64_MAX;
	map[last / 64] |= high;
}

/* Walks the list; sets bits when map is not NULL. */
static int walk_list(const char *text, size_t length, uint64_t limit, uint64_t *map)
{
	struct cursor in = {text, text + length};
	bool too_large = false;

	while (in.at < in.end) {
		uint64_t first = 0, last = 0;
		int r = read_element(&in, limit, &first, &last);

		if (r == -EINVAL)
			return r;
		too_large |= r != 0;
		if (map)
			set_bits(map, first, last);
		if (in.at == in.end)
			break;
		if (*in.at++ != ',' || in.at == in.end)
			return -EINVAL;
	}
	return too_large ? -ERANGE : 0;
}

int mb_parse_list(const char *text, size_t length, uint64_t limit, uint64_t *map)
{
	int r = walk_list(text, length, limit, NULL);

	return r ? r : walk_list(text, length, limit, map);
}

void mb_parse_list_print(struct mb_strbuf *buf, const uint64_t *map, uint64_t limit)
{
	const char *comma = "";

	for (uint64_t first = 0; first < limit; first++) {
		uint64_t last = first;

		if (first % 64 == 0 && !map[first / 64])
			first += 63; /* an empty word */
		if (!mb_bit_test(map, first))
			continue;
		while (last + 1 < limit && mb_bit_test(map, last + 1))
			last++;
		mb_strbuf_addf(buf, "%s%llu", comma, (unsigned long long)first);
		if (last > first)
			mb_strbuf_addf(buf, "-%llu", (unsigned long long)last);
		comma = ",";
		first = last;
	}
}

size_t mb_parse_printable(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length && text[at] >= ' ' && text[at] <= '~')
		at++;
	return at;
}

unsigned mb_parse_distance(const char *a, const char *b)
{
	size_t length = strnlen(b, WORD_MAX);
	unsigned line[WORD_MAX + 1];

	for (unsigned k = 0; k <= length; k++)
		line[k] = k;
	for (unsigned i = 0; a[i]; i++) {
		unsigned corner = line[0]++;

		for (size_t k = 0; k < length; k++) {
			unsigned replaced = corner + (a[i] != b[k]);

			corner = line[k + 1];
			line[k + 1] = (unsigned)mb_min(replaced, mb_min(corner, line[k]) + 1);
		}
	}
	return line[length];
}
