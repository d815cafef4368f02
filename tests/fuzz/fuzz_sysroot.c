/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A captured tree as a whole: its machine, the memory that may be used, its kernel's release, and
 * what each fact reads of it. An input is a tree as one text: a line "== PATH" begins a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/facts.h"
#include "numa/sysroot.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine.h"
#include "tests/root.h"

#define HEADING   "== "
#define MAX_FILES 100

/* The end of the line at text, behind its line end. */
static const char *line_end(const char *text, const char *end)
{
	const char *stop = memchr(text, '\n', (size_t)(end - text));

	return stop ? stop + 1 : end;
}

static bool is_heading(const char *text, const char *end)
{
	return (size_t)(end - text) > strlen(HEADING) && !memcmp(text, HEADING, strlen(HEADING));
}

static char *unpack(const char *text, size_t size)
{
	const char *end = text + size, *at = text, *stop;
	char *tree = fuzz_tree_new();

	for (unsigned files = 0; at < end; at = stop) {
		const char *body = line_end(at, end);
		char path[256] = "";
		size_t length;

		for (stop = body; stop < end && !is_heading(stop, end); stop = line_end(stop, end))
			;
		if (!is_heading(at, end) || files++ >= MAX_FILES)
			continue;
		length = (size_t)(body - at) - strlen(HEADING);
		if (length >= sizeof(path))
			continue;
		memcpy(path, at + strlen(HEADING), length);
		path[strcspn(path, "\r\n")] = '\0';
		fuzz_tree_write(tree, path, body, (size_t)(stop - body));
	}
	return tree;
}

static void check_machine(const char *tree)
{
	struct mb_machine none, *machine = &none;
	struct mb_err err = {0};
	int r = mb_sysroot_machine(tree_root(tree), &err, &machine);

	fuzz_check_err(r, &err);
	MUST(!r == (machine != &none));
	MUST(!r || r == -ENOENT || r == -ENOTSUP || r == -EINVAL || r == -ERANGE);
	if (r)
		return;
	fuzz_machine_check(machine);
	/*
	 * A damaged tree's map may have what mem= leaves no room for. Whoever reads the machine's text obeys
	 * its command line, so that comes first; it may leave nothing.
	 */
	if (!mb_machine_obey_cmdline(machine, false, &err))
		fuzz_machine_round(machine, NULL);
	mb_machine_free(machine);
}

static void check_available(const char *tree)
{
	const char *source = NULL;
	struct mb_err err = {0};
	uint64_t bytes = 77;
	int r = mb_sysroot_available(tree_root(tree), &err, &bytes, &source);

	fuzz_check_err(r, &err);
	MUST(!r == !!source);
	MUST(!r || bytes == 77);
}

static void check_release(const char *tree)
{
	char release[16] = "?";
	int r = mb_sysroot_kernel_release(tree_root(tree), release, sizeof(release));

	MUST(!r || r == -ENOENT || r == -ERANGE);
	MUST(r ? !strcmp(release, "?") : *release);
}

static void check_facts(const char *tree_path)
{
	struct mb_fact_tree tree;
	struct mb_err err = {0};
	int r = mb_facts_open(tree_root(tree_path), NULL, &err, &tree);

	fuzz_check_err(r, &err);
	if (r)
		return;
	MUST(!tree.log == !!tree.no_log.code);
	for (size_t i = 0; i < mb_nr_facts; i++) {
		const struct mb_fact_row *fact = &mb_facts[i];
		struct mb_fact_values values = {0};

		mb_err_clear(&err);
		if ((tree.log || !fact->needs_log) &&
		    (tree.zoneinfo.nr_zones || !fact->needs_zoneinfo)) {
			r = fact->expected(&tree, &values, &err);
			fuzz_check_err(r, &err);
			MUST(!values.error && r != -ENOMEM);
		}
		for (size_t k = 0; k < values.count; k++)
			MUST(values.list[k].key && values.list[k].value);
		mb_facts_values_fini(&values);
	}
	mb_facts_close(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *tree = unpack((const char *)data, size);

	check_machine(tree);
	check_available(tree);
	check_release(tree);
	check_facts(tree);
	fuzz_tree_free(tree);
	return 0;
}
