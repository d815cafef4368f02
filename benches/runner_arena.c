/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "benches/runner.h"
#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/meminfo.h"

/* How large the arena of warm rows is: no cache may hold it, and the host must not miss it. */

#define ARENA_MIN   (128 * MB_MIB)
#define ARENA_ALIGN (2 * MB_MIB)
#define CACHE_GUESS (32 * MB_MIB)
#define MAX_CACHES  16

/* Of one cache of CPU 0; 0: there is none with this number. */
static uint64_t cache_bytes(unsigned index)
{
	MB_FCLOSE FILE *file = NULL;
	char path[80], text[32];
	uint64_t bytes;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu0/cache/index%u/size", index);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%31s", text) != 1 || mb_parse_size_str(text, &bytes))
		return 0;
	return bytes;
}

/*
 * Largest cache that one CPU can use. sysconf comes second: on CPUs with several last-level caches
 * the C library adds them up.
 */
static uint64_t largest_cache(void)
{
	uint64_t largest = 0;
	long from_sysconf;

	for (unsigned i = 0; i < MAX_CACHES; i++)
		largest = mb_max(largest, cache_bytes(i));
	if (largest)
		return largest;
	from_sysconf = sysconf(_SC_LEVEL3_CACHE_SIZE);
	return from_sysconf > 0 ? (uint64_t)from_sysconf : CACHE_GUESS;
}

size_t mb_runner_arena_bytes(void)
{
	uint64_t bytes = mb_max(4 * largest_cache(), ARENA_MIN);
	struct mb_meminfo info;

	if (!mb_meminfo_host(&info))
		bytes = mb_min(bytes, info.available_bytes / 4);
	return mb_max(mb_align_down_pow2(bytes, ARENA_ALIGN), ARENA_ALIGN);
}
