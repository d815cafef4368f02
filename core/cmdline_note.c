/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "core/cmdline.h"
#include "core/cmdline_note.h"
#include "core/movable.h"

#define FEW_WORDS   4  /* shown of one reason */
#define FEW_LETTERS 40 /* of a name, and of a value */

/* What decides whether the words count; who makes the movable zones goes as in mb_movable_find(). */
struct context {
	const struct mb_machine *machine;
	bool hotplug, mirrored_memory; /* there is such memory */
	bool movable_node, mirror;     /* the words are there */
	bool mirror_counts;            /* kernelcore=mirror makes zones */
	bool makes_core;               /* kernelcore= and movablecore= leave a movable zone */
};

static const char unknown[] = "not known here";

static void look(struct context *context, const struct mb_machine *machine,
		 const struct mb_profile *profile)
{
	uint64_t pages = mb_machine_ram_bytes(machine) >> machine->page_shift;

	*context = (struct context){.machine = machine};
	for (size_t i = 0; i < machine->nr_mem; i++) {
		context->hotplug |= (machine->mem[i].flags & MB_MEM_HOTPLUG) != 0;
		context->mirrored_memory |= (machine->mem[i].flags & MB_MEM_MIRROR) != 0;
	}
	context->movable_node = mb_cmdline_has(machine->cmdline, "movable_node");
	context->mirror = mb_cmdline_mirror(machine->cmdline);
	context->mirror_counts = context->mirrored_memory || !profile->mirror_needs_memory;
	context->makes_core =
		mb_movable_core(machine, pages, mb_profile_max_order(machine->page_shift)) != 0;
}

static bool is_mirror(const struct mb_cmdline_word *word)
{
	return word->value && word->value_length == 6 && !memcmp(word->value, "mirror", 6);
}

static const char *note_core(const struct context *context, const struct mb_cmdline_word *word)
{
	if (context->movable_node)
		return "movable_node goes before it";
	if (is_mirror(word))
		return context->mirror_counts ? NULL : "no memory is mirrored";
	if (context->mirror)
		return "kernelcore=mirror goes before it";
	return context->makes_core ? NULL : "leaves no movable zone";
}

static const char *note_movable_node(const struct context *context,
				     const struct mb_cmdline_word *word)
{
	(void)word;
	return context->hotplug ? NULL : "no memory is hotpluggable";
}

static const char *note_mem(const struct context *context, const struct mb_cmdline_word *word)
{
	(void)context;
	return word->value && *word->value == 'n' ? "large pages are not simulated" : NULL;
}

static const char *note_memmap(const struct context *context, const struct mb_cmdline_word *word)
{
	(void)word;
	return context->machine->arch == MB_ARCH_X86_64 ? NULL : "x86-64 alone has it";
}

static const char *note_deferred_init(const struct context *context,
				      const struct mb_cmdline_word *word)
{
	(void)context;
	(void)word;
	return "--policy chooses that";
}

/* Every name that anything here reads; without a note it always counts. */
static const struct {
	const char *name;
	const char *(*note)(const struct context *context, const struct mb_cmdline_word *word);
} names[] = {
	{"kernelcore", note_core},
	{"movablecore", note_core},
	{"movable_node", note_movable_node},
	{"mem", note_mem},
	{"memmap", note_memmap},
	{"numa", NULL},
	{"early_page_ext", NULL},
	{"deferred_init", note_deferred_init},
};

/* Why the word changes nothing; NULL: it may. */
static const char *reason_of(const struct context *context, const struct mb_cmdline_word *word)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++)
		if (mb_cmdline_is(word, names[i].name))
			return names[i].note ? names[i].note(context, word) : NULL;
	return unknown;
}

static void add_part(struct mb_strbuf *text, const char *part, size_t length)
{
	mb_strbuf_addf(text, "%.*s%s", (int)mb_min(length, FEW_LETTERS), part,
		       length > FEW_LETTERS ? "..." : "");
}

static void add_word(struct mb_strbuf *text, const struct mb_cmdline_word *word)
{
	add_part(text, word->name, word->name_length);
	if (!word->value)
		return;
	mb_strbuf_add(text, "=");
	add_part(text, word->value, word->value_length);
}

/* The line of one reason: all words that have it. */
static void add_reason(struct mb_strbuf *text, const struct context *context, const char *reason)
{
	const char *at = context->machine->cmdline;
	struct mb_cmdline_word word;
	size_t count = 0;

	while (mb_cmdline_next(&at, &word)) {
		const char *why = reason_of(context, &word);

		if (!why || strcmp(why, reason) != 0 || count++ >= FEW_WORDS)
			continue;
		mb_strbuf_add(text, count == 1 ? "  no effect: " : ", ");
		add_word(text, &word);
	}
	if (count > FEW_WORDS)
		mb_strbuf_addf(text, " and %zu more", count - FEW_WORDS);
	mb_strbuf_addf(text, " (%s)\n", reason);
}

/* Whether a word before this one has the reason, whose line is there then. */
static bool is_listed(const struct context *context, const char *until, const char *reason)
{
	const char *at = context->machine->cmdline;
	struct mb_cmdline_word word;

	while (mb_cmdline_next(&at, &word) && at < until) {
		const char *why = reason_of(context, &word);

		if (why && strcmp(why, reason) == 0)
			return true;
	}
	return false;
}

void mb_cmdline_note_add(struct mb_strbuf *text, const struct mb_machine *machine,
			 const struct mb_profile *profile)
{
	const char *at = machine->cmdline;
	struct mb_cmdline_word word;
	struct context context;

	look(&context, machine, profile);
	while (mb_cmdline_next(&at, &word)) {
		const char *why = reason_of(&context, &word);

		if (why && !is_listed(&context, at, why))
			add_reason(text, &context, why);
	}
}
