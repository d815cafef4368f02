/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "core/cmdline_note.h"

/* The notes about a machine text, in one string that the caller frees; "" for none. */
static char *notes(const char *text, const char *cmdline, const char *kernel)
{
	struct mb_strbuf lines = {0};
	struct mb_machine *machine;
	struct mb_err err = {0};

	if (mb_machine_parse_with(text, cmdline, NULL, &err, &machine))
		fail_msg("%s: %s", cmdline, err.text);
	mb_cmdline_note_add(&lines, machine, mb_profile_find(kernel));
	mb_machine_free(machine);
	mb_strbuf_add(&lines, "");
	return mb_strbuf_take(&lines);
}

#define PLAIN   "arch=x86_64 node0=8G@0"
#define MIRROR  "arch=x86_64 node0=8G@0 mirror=1G@0"
#define HOTPLUG "arch=x86_64 node0=4G@0 node1=4G@4G hotplug=4G@4G"
#define ARM64   "arch=arm64 node0=8G@0"

static void names_what_changes_nothing(void **state)
{
	static const struct {
		const char *machine, *cmdline, *kernel, *notes;
	} rows[] = {
		{PLAIN, "", "6.1", ""},
		{PLAIN, "movablecore=2G", "6.1", ""},
		{PLAIN, "early_page_ext", "6.1", ""},
		{PLAIN, "mem=4G memmap=1M$1G numa=off kernelcore=25%", "6.1", ""},
		{PLAIN, "movablcore=2G", "6.1", "  no effect: movablcore=2G (not known here)\n"},
		{PLAIN, "quiet x=\"a b\" -- z", "6.1",
		 "  no effect: quiet, x=a b (not known here)\n"},
		{PLAIN, "a b c d e f mem=4G", "6.1",
		 "  no effect: a, b, c, d and 2 more (not known here)\n"},
		{PLAIN, "a=12345678901234567890123456789012345678901", "6.1",
		 "  no effect: a=1234567890123456789012345678901234567890... (not known here)\n"},
		{PLAIN, "kernelcore=9G", "6.1",
		 "  no effect: kernelcore=9G (leaves no movable zone)\n"},
		{PLAIN, "movablecore=0", "6.1",
		 "  no effect: movablecore=0 (leaves no movable zone)\n"},
		{PLAIN, "kernelcore=0 movablecore=1G", "6.1", ""},
		{PLAIN, "kernelcore=mirror", "6.12",
		 "  no effect: kernelcore=mirror (no memory is mirrored)\n"},
		{PLAIN, "kernelcore=mirror", "6.1", ""},
		{MIRROR, "kernelcore=mirror", "6.12", ""},
		{MIRROR, "kernelcore=mirror movablecore=1G", "6.12",
		 "  no effect: movablecore=1G (kernelcore=mirror goes before it)\n"},
		{PLAIN, "movable_node", "6.1",
		 "  no effect: movable_node (no memory is hotpluggable)\n"},
		{HOTPLUG, "movable_node", "6.1", ""},
		{HOTPLUG, "movable_node movablecore=1G", "6.1",
		 "  no effect: movablecore=1G (movable_node goes before it)\n"},
		{ARM64, "memmap=1M@1G", "6.1", "  no effect: memmap=1M@1G (x86-64 alone has it)\n"},
		{PLAIN, "deferred_init=lazy", "6.1",
		 "  no effect: deferred_init=lazy (--policy chooses that)\n"},
		{PLAIN, "a movable_node b", "6.1",
		 "  no effect: a, b (not known here)\n"
		 "  no effect: movable_node (no memory is hotpluggable)\n"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char *text = notes(rows[i].machine, rows[i].cmdline, rows[i].kernel);

		assert_string_equal(text, rows[i].notes);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_what_changes_nothing),
	};

	return cmocka_run_group_tests_name("cmdline_note", tests, NULL, NULL);
}
