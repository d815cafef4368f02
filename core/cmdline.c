/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/cmdline.h"

/* --- words --- */

static bool is_blank(char c)
{
	return isspace((unsigned char)c);
}

const char *mb_cmdline_word_end(const char *text, const char **ret_equals)
{
	bool quoted = false;

	*ret_equals = NULL;
	for (; *text && (quoted || !is_blank(*text)); text++) {
		if (*text == '=' && !*ret_equals)
			*ret_equals = text;
		if (*text == '"')
			quoted = !quoted;
	}
	return text;
}

bool mb_cmdline_next(const char **at, struct mb_cmdline_word *ret_word)
{
	const char *start = *at, *end, *equals;
	bool quoted;

	while (is_blank(*start))
		start++;
	*at = end = mb_cmdline_word_end(start, &equals);
	if (start == end || (end - start == 2 && !memcmp(start, "--", 2)))
		return false;
	quoted = *start == '"';
	start += quoted;
	*ret_word = (struct mb_cmdline_word){.name = start};
	if (equals) {
		ret_word->name_length = (size_t)(equals++ - start);
		quoted |= *equals == '"';
		equals += equals < end && *equals == '"';
	}
	if (quoted && end > (equals ? equals : start) && end[-1] == '"')
		end--;
	if (equals) {
		ret_word->value = equals;
		ret_word->value_length = (size_t)(end - equals);
	} else {
		ret_word->name_length = (size_t)(end - start);
	}
	return true;
}

bool mb_cmdline_is(const struct mb_cmdline_word *word, const char *name)
{
	size_t i = 0;

	for (; i < word->name_length && name[i]; i++) {
		char c = word->name[i] == '-' ? '_' : word->name[i];

		if (c != (name[i] == '-' ? '_' : name[i]))
			return false;
	}
	return i == word->name_length && !name[i];
}

bool mb_cmdline_get(const char *cmdline, const char *name, char *value, size_t size)
{
	struct mb_cmdline_word word;
	bool found = false;

	while (mb_cmdline_next(&cmdline, &word)) {
		size_t length = mb_min(word.value_length, size - 1);

		if (!mb_cmdline_is(&word, name))
			continue;
		if (length)
			memcpy(value, word.value, length);
		value[length] = '\0';
		found = true;
	}
	return found;
}

bool mb_cmdline_has(const char *cmdline, const char *name)
{
	struct mb_cmdline_word word;
	bool found = false;

	while (!found && mb_cmdline_next(&cmdline, &word))
		found = mb_cmdline_is(&word, name);
	return found;
}

/* --- values --- */

/* A part of the command line. */
struct part {
	const char *at, *end;
};

static struct part value_of(const struct mb_cmdline_word *word)
{
	return (struct part){word->value, word->value ? word->value + word->value_length : NULL};
}

/* Takes what a list has up to its next comma; false at its end. */
static bool next_item(struct part *list, struct part *ret_item)
{
	if (!list->at)
		return false;
	*ret_item = *list;
	list->at = memchr(list->at, ',', (size_t)(list->end - list->at));
	if (list->at)
		ret_item->end = list->at++;
	return true;
}

static bool equals(struct part part, const char *text)
{
	size_t length = strlen(text);

	return part.at && (size_t)(part.end - part.at) == length && !memcmp(part.at, text, length);
}

static bool begins(struct part part, const char *text)
{
	size_t length = strlen(text);

	return part.at && (size_t)(part.end - part.at) >= length && !memcmp(part.at, text, length);
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : UINT32_MAX;
}

/* A number in C's bases, taken from the part; what does not fit is 0. False: there is none. */
static bool take_number(struct part *part, uint64_t *ret_value)
{
	const char *at = part->at;
	unsigned base = 10;
	uint64_t value = 0;
	bool fits = true;

	if (!at || at == part->end || digit(*at) > 9)
		return false;
	if (*at == '0') {
		base = 8;
		if (part->end - at > 2 && (at[1] | 0x20) == 'x' && digit(at[2]) < 16) {
			base = 16;
			at += 2;
		}
	}
	for (; at < part->end && digit(*at) < base; at++)
		fits &= !__builtin_mul_overflow(value, base, &value) &&
			!__builtin_add_overflow(value, digit(*at), &value);
	part->at = at;
	*ret_value = fits ? value : 0;
	return true;
}

/* lib/cmdline.c's memparse: the same with a unit behind it. */
static bool take_size(struct part *part, uint64_t *ret_bytes)
{
	static const char units[] = "KMGTPE";
	const char *unit = NULL;
	uint64_t value;
	unsigned shift;

	if (!take_number(part, &value))
		return false;
	if (part->at < part->end && isalpha((unsigned char)*part->at))
		unit = strchr(units, *part->at & ~0x20);
	if (unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		value = value > UINT64_MAX >> shift ? 0 : value << shift;
		part->at++;
	}
	*ret_bytes = value;
	return true;
}

bool mb_cmdline_amount(const char *cmdline, const char *name, struct mb_cmdline_amount *ret_amount)
{
	uint64_t bytes = 0, percent = 0;
	struct mb_cmdline_word word;
	bool found = false;

	while (mb_cmdline_next(&cmdline, &word)) {
		struct part part = value_of(&word), rest = part;
		uint64_t value = 0;

		if (!mb_cmdline_is(&word, name) || !part.at || equals(part, "mirror"))
			continue;
		found = true;
		if (take_number(&rest, &value) && rest.at < rest.end && *rest.at == '%') {
			percent = mb_min(value, 100);
			continue;
		}
		bytes = percent = 0;
		take_size(&part, &bytes);
	}
	if (found)
		*ret_amount = (struct mb_cmdline_amount){percent ? percent : bytes, percent != 0};
	return found;
}

bool mb_cmdline_mirror(const char *cmdline)
{
	struct mb_cmdline_word word;
	bool mirror = false;

	while (mb_cmdline_next(&cmdline, &word)) {
		struct part list = value_of(&word), item;

		while (mb_cmdline_is(&word, "kernelcore") && next_item(&list, &item))
			mirror |= equals(item, "mirror");
	}
	return mirror;
}

/* kstrtobool. False: the text is neither yes nor no. */
static bool take_bool(struct part part, bool *ret_value)
{
	static const char *const no[] = {"n", "N", "f", "F", "0", "of", "oF", "Of", "OF"};
	static const char *const yes[] = {"y", "Y", "t", "T", "1", "on", "oN", "On", "ON"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(no); i++) {
		if (!begins(part, no[i]) && !begins(part, yes[i]))
			continue;
		*ret_value = begins(part, yes[i]);
		return true;
	}
	return false;
}

bool mb_cmdline_bool(const char *cmdline, const char *name, bool otherwise)
{
	struct mb_cmdline_word word;

	while (mb_cmdline_next(&cmdline, &word))
		if (mb_cmdline_is(&word, name))
			take_bool(value_of(&word), &otherwise);
	return otherwise;
}

bool mb_cmdline_numa_off(const char *cmdline)
{
	struct mb_cmdline_word word;
	bool off = false;

	while (mb_cmdline_next(&cmdline, &word))
		off |= mb_cmdline_is(&word, "numa") && begins(value_of(&word), "off");
	return off;
}

/* --- the map --- */

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

/* An item of memmap= that changes the map: exactmap, SIZE, or SIZE, one of @$#!, and START. */
struct change {
	char kind; /* 'x': exactmap; 0: SIZE alone */
	uint64_t size;
	mb_phys_t start;
	bool whole; /* nothing is left behind it */
};

static bool read_change(struct part item, struct change *ret_change)
{
	struct change change = {0};

	if (begins(item, "exactmap")) {
		*ret_change = (struct change){.kind = 'x', .whole = equals(item, "exactmap")};
		return true;
	}
	if (!take_size(&item, &change.size))
		return false;
	if (item.at < item.end) {
		change.kind = *item.at++;
		if (!strchr("@$#!", change.kind) || !take_size(&item, &change.start))
			return false;
	}
	change.whole = item.at == item.end;
	*ret_change = change;
	return true;
}

static int apply_change(struct part item, struct mb_ranges *ram, struct mb_ranges *other)
{
	struct change change;

	if (!read_change(item, &change))
		return 0;
	if (change.kind == 'x') {
		ram->count = other->count = 0;
		return 0;
	}
	if (!change.kind)
		return limit_ram(ram, change.size);
	return mb_ranges_add(change.kind == '@' ? ram : other, change.start,
			     change.start + mb_min(change.size, MB_PHYS_MAX - change.start));
}

int mb_cmdline_map(const char *cmdline, struct mb_ranges *ram, struct mb_ranges *other)
{
	struct mb_cmdline_word word;
	int r = 0;

	while (!r && mb_cmdline_next(&cmdline, &word)) {
		struct part value = value_of(&word), item;
		uint64_t size;

		if (mb_cmdline_is(&word, "mem") && take_size(&value, &size) && size)
			r = limit_ram(ram, size);
		while (!r && mb_cmdline_is(&word, "memmap") && next_item(&value, &item))
			r = apply_change(item, ram, other);
	}
	return r;
}

uint64_t mb_cmdline_limit(const char *cmdline, unsigned page_shift)
{
	struct mb_cmdline_word word;
	uint64_t limit = 0;

	while (mb_cmdline_next(&cmdline, &word)) {
		struct part value = value_of(&word);

		if (!mb_cmdline_is(&word, "mem") || !value.at)
			continue;
		limit = 0;
		take_size(&value, &limit);
	}
	return limit >> page_shift << page_shift;
}

/* --- what a person typed --- */

static bool is_size(struct part part)
{
	uint64_t bytes;

	return take_size(&part, &bytes) && part.at == part.end && bytes;
}

static bool good_amount(struct part value, const struct mb_machine *machine)
{
	struct part number = value;
	uint64_t amount;

	(void)machine;
	if (take_number(&number, &amount) && number.at + 1 == number.end && *number.at == '%')
		return amount <= 100;
	return equals(value, "0") || is_size(value);
}

static bool good_core(struct part value, const struct mb_machine *machine)
{
	return equals(value, "mirror") || good_amount(value, machine);
}

static bool good_mem(struct part value, const struct mb_machine *machine)
{
	uint64_t bytes;

	if (machine->arch == MB_ARCH_X86_64 && equals(value, "nopentium"))
		return true;
	return is_size(value) && take_size(&value, &bytes) && bytes >> machine->page_shift;
}

static bool good_memmap(struct part value, const struct mb_machine *machine)
{
	struct change change;
	struct part item;
	bool any = false;

	(void)machine;
	while (next_item(&value, &item)) {
		if (!read_change(item, &change) || !change.whole)
			return false;
		if (change.kind != 'x' && !change.size)
			return false;
		any = true;
	}
	return any;
}

static bool good_numa(struct part value, const struct mb_machine *machine)
{
	(void)machine;
	return equals(value, "off");
}

static bool good_bool(struct part value, const struct mb_machine *machine)
{
	bool yes;

	(void)machine;
	return take_bool(value, &yes);
}

#define X86   (1u << MB_ARCH_X86_64)
#define ARM64 (1u << MB_ARCH_ARM64)

/* The options that change a machine. What is not here is somebody else's. */
static const struct option {
	const char *name;
	unsigned archs;
	bool (*good)(struct part value, const struct mb_machine *machine);
	const char *takes;
} options[] = {
	{"kernelcore", X86 | ARM64, good_core,
	 "kernelcore=4G, kernelcore=25% (100% is the most) or kernelcore=mirror"},
	{"movablecore", X86 | ARM64, good_amount,
	 "movablecore=4G or movablecore=25% (100% is the most)"},
	{"mem", X86 | ARM64, good_mem, "mem=SIZE, such as mem=4G, a page at least"},
	{"memmap", X86, good_memmap,
	 "memmap=SIZE, memmap=exactmap, or memmap=SIZE and @ (RAM), $, # or ! (no RAM) and START"},
	{"numa", X86 | ARM64, good_numa, "numa=off; other values are not simulated"},
	{"init_on_alloc", X86 | ARM64, good_bool, "init_on_alloc=1 or init_on_alloc=0"},
	{"init_on_free", X86 | ARM64, good_bool, "init_on_free=1 or init_on_free=0"},
};

int mb_cmdline_check(const char *cmdline, const struct mb_machine *machine, struct mb_err *err)
{
	struct mb_cmdline_word word;

	while (mb_cmdline_next(&cmdline, &word)) {
		for (size_t i = 0; i < MB_ARRAY_SIZE(options); i++) {
			const struct option *option = &options[i];
			int length = (int)mb_min(word.value_length, 40);

			if (!mb_cmdline_is(&word, option->name) ||
			    !(option->archs >> machine->arch & 1))
				continue;
			if (!word.value)
				return MB_FAIL(err, -EINVAL, "'%s' has no value; it takes %s",
					       option->name, option->takes);
			if (!option->good(value_of(&word), machine))
				return MB_FAIL(err, -EINVAL, "'%s=%.*s' is wrong; it takes %s",
					       option->name, length, word.value, option->takes);
		}
	}
	return 0;
}
