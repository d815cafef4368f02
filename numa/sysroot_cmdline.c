/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "numa/sysroot_cmdline.h"

/* A word of the command line, and whether there was one: blanks inside double quotes are its own. */
static bool next_word(const char **at, const char **ret_word, size_t *ret_length)
{
	bool quoted = false;
	const char *c;

	*at += strspn(*at, " \t\n");
	*ret_word = *at;
	for (c = *at; *c && (quoted || !strchr(" \t\n", *c)); c++)
		quoted ^= *c == '"';
	*ret_length = (size_t)(c - *at);
	*at = c;
	return *ret_length > 0;
}

/* lib/cmdline.c's memparse: a number in C's bases and a unit; 0 when it does not fit. */
static uint64_t memparse(const char *text, const char **ret_end)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	char *end;
	uint64_t value = 0;
	unsigned shift;

	*ret_end = text;
	if (*text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno)
		value = 0;
	unit = *end & ~0x20 ? strchr(units, *end & ~0x20) : NULL;
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		value = value > UINT64_MAX >> shift ? 0 : value << shift;
		end++;
	}
	*ret_end = end;
	return value;
}

/* RAM ends at limit. */
static int limit_ram(struct mb_ranges *ram, mb_phys_t limit)
{
	struct mb_ranges beyond = {0};
	int r = mb_ranges_add(&beyond, limit, MB_PHYS_MAX);

	mb_ranges_normalise(ram);
	if (!r)
		r = mb_ranges_subtract(ram, &beyond);
	mb_ranges_fini(&beyond);
	return r;
}

static int apply_mem(const char *value, struct mb_ranges *ram)
{
	const char *end;
	uint64_t size = memparse(value, &end);

	return size ? limit_ram(ram, size) : 0;
}

/* One item of memmap=; ends at a comma, a blank or the end. */
static int apply_memmap(const char *value, struct mb_ranges *ram, struct mb_ranges *other)
{
	const char *end;
	uint64_t size, start;

	if (!strncmp(value, "exactmap", 8)) {
		ram->count = other->count = 0;
		return 0;
	}
	size = memparse(value, &end);
	if (end == value || !size)
		return 0;
	if (!*end || strchr(", \t\n", *end))
		return limit_ram(ram, size);
	if (!strchr("@$#!", *end))
		return 0;
	start = memparse(end + 1, &value);
	if (value == end + 1)
		return 0;
	return mb_ranges_add(*end == '@' ? ram : other, start,
			     start + mb_min(size, MB_PHYS_MAX - start));
}

int mb_sysroot_cmdline_apply(const char *cmdline, struct mb_ranges *ram, struct mb_ranges *other)
{
	const char *word;
	size_t length;
	int r = 0;

	while (!r && next_word(&cmdline, &word, &length)) {
		const char *stop = word + length;

		if (!strncmp(word, "mem=", 4))
			r = apply_mem(word + 4, ram);
		if (strncmp(word, "memmap=", 7))
			continue;
		for (word += 7; !r && word < stop; word++) {
			r = apply_memmap(word, ram, other);
			while (word < stop && *word != ',')
				word++;
		}
	}
	return r;
}

bool mb_sysroot_cmdline_has(const char *cmdline, const char *word)
{
	const char *at;
	size_t length;

	while (next_word(&cmdline, &at, &length)) {
		if (length == strlen(word) && !memcmp(at, word, length))
			return true;
	}
	return false;
}
