/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/clock.h"
#include "numa/meminfo.h"
#include "numa/sysroot.h"
#include "numa/sysstate.h"

#define SECONDS     0.5
#define STEP_NS     20000000 /* between two looks at cancel */
#define BLOCK_BYTES (2 * MB_MIB)
#define MAX_BLOCKS  32
#define PART        64 /* of the available memory, at most */
#define DROPPED     8  /* one block in so many: the slowest, in which something else ran */

static int compare_ns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Touches each page of fresh memory once and gives it back. ns without the slowest blocks; 0: it cannot be had. */
static uint64_t touch(size_t nr_blocks)
{
	size_t bytes = nr_blocks * BLOCK_BYTES, page = (size_t)sysconf(_SC_PAGESIZE);
	volatile char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t times[MAX_BLOCKS], sum = 0;

	if (memory == MAP_FAILED)
		return 0;
	madvise((void *)memory, bytes, MADV_NOHUGEPAGE);
	for (size_t block = 0; block < nr_blocks; block++) {
		uint64_t start = mb_clock_now_ns();

		for (size_t at = 0; at < BLOCK_BYTES; at += page)
			memory[block * BLOCK_BYTES + at] = 1;
		times[block] = mb_clock_now_ns() - start;
	}
	munmap((void *)memory, bytes);
	qsort(times, nr_blocks, sizeof(*times), compare_ns);
	for (size_t block = 0; block < nr_blocks - nr_blocks / DROPPED; block++)
		sum += times[block];
	return sum;
}

/*
 * The kernel hands out what was given back last, so the second time the hypervisor has backed the
 * pages already; all else is the same.
 */
static void measure_backing(const struct mb_sysroot *root, struct mb_sysstate_measured *measured)
{
	uint64_t available = 0;
	size_t nr_blocks;

	mb_sysroot_available(root, NULL, &available, NULL);
	nr_blocks = (size_t)mb_min(available / PART / BLOCK_BYTES, MAX_BLOCKS);
	if (nr_blocks < 2)
		return;
	measured->first_ns = touch(nr_blocks);
	measured->second_ns = touch(nr_blocks);
	if (measured->first_ns && measured->second_ns)
		measured->touch_bytes = nr_blocks * BLOCK_BYTES;
}

int mb_sysstate_measure(const atomic_int *cancel, struct mb_sysstate_measured *ret_measured)
{
	const struct mb_sysroot root = {.path = "/"};
	struct mb_sysstate_measured measured = {0};
	struct mb_sysstate_ticks before = {0}, after = {0};
	struct mb_meminfo memory = {0}, later = {0};
	uint64_t start = mb_clock_now_ns(), end = start + (uint64_t)(SECONDS * 1e9);
	const struct timespec step = {.tv_nsec = STEP_NS};
	bool ticks = !mb_sysstate_read_ticks(&root, &before);

	mb_meminfo_host(&memory);
	measure_backing(&root, &measured);
	do {
		if (cancel && atomic_load(cancel))
			return -ECANCELED;
		nanosleep(&step, NULL);
	} while (mb_clock_now_ns() < end);
	measured.seconds = (double)(mb_clock_now_ns() - start) / 1e9;
	if (ticks && !mb_sysstate_read_ticks(&root, &after) && after.all > before.all &&
	    after.steal >= before.steal) {
		measured.steal_ticks = after.steal - before.steal;
		measured.all_ticks = after.all - before.all;
	}
	if (!mb_meminfo_host(&later) && memory.total_bytes &&
	    later.total_bytes > memory.total_bytes)
		measured.grown_bytes = later.total_bytes - memory.total_bytes;
	*ret_measured = measured;
	return 0;
}
