/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc/iomem of a tree that has nothing else: a sorted map of RAM that gives the same map when it
 * is written as the kernel does, or one reason why there is none; and the kernel's image.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/strbuf.h"
#include "numa/sysroot_map.h"
#include "tests/fuzz/fuzz.h"
#include "tests/root.h"

/* The map of the tree; false with an empty one where it has none. */
static bool read_map(const char *tree, const struct mb_machine *like, struct mb_sysroot_map *map)
{
	struct mb_sysroot_input input = {.root = tree_root(tree), .like = like};
	struct mb_err err = {0};
	int r = mb_sysroot_map_read(&input, &err, map);

	fuzz_check_err(r, &err);
	MUST(!r || r == -ENOENT);
	if (r) {
		MUST(!map->mem && !map->count);
		return false;
	}
	MUST(map->count && !strcmp(map->source, "/proc/iomem"));
	for (size_t i = 0; i < map->count; i++) {
		const struct mb_machine_mem *mem = &map->mem[i];

		MUST(mem->nid == MB_NO_NODE && mem->flags == MB_MEM_NONE);
		MUST(mem->start < mem->end && (!i || mem[-1].end < mem->start));
	}
	return true;
}

static void write_map(const char *tree, const struct mb_sysroot_map *map)
{
	struct mb_strbuf text = {0};

	for (size_t i = 0; i < map->count; i++)
		mb_strbuf_addf(&text, "%08llx-%08llx : System RAM\n  %08llx-%08llx : Kernel code\n",
			       (unsigned long long)map->mem[i].start,
			       (unsigned long long)map->mem[i].end - 1,
			       (unsigned long long)map->mem[i].start,
			       (unsigned long long)map->mem[i].end - 1);
	MUST(!text.error);
	fuzz_tree_write(tree, "proc/iomem", mb_strbuf_text(&text), text.length);
	mb_strbuf_fini(&text);
}

static void check_kernel(const char *tree)
{
	struct mb_range kernel = {1, 1};

	if (mb_sysroot_map_kernel(tree_root(tree), &kernel))
		MUST(kernel.start < kernel.end);
	else
		MUST(kernel.start == 1 && kernel.end == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_machine *like = mb_machine_new(MB_ARCH_X86_64);
	struct mb_sysroot_map map = {0}, again = {0};
	char *tree = fuzz_tree_new();

	MUST(like);
	fuzz_tree_write(tree, "proc/iomem", data, size);
	check_kernel(tree);
	if (read_map(tree, like, &map)) {
		write_map(tree, &map);
		MUST(read_map(tree, like, &again) && map.count == again.count);
		for (size_t i = 0; i < map.count; i++)
			MUST(map.mem[i].start == again.mem[i].start &&
			     map.mem[i].end == again.mem[i].end);
		check_kernel(tree);
	}
	mb_sysroot_map_fini(&again);
	mb_sysroot_map_fini(&map);
	mb_machine_free(like);
	fuzz_tree_free(tree);
	return 0;
}
