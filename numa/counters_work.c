/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "core/base/align.h"
#include "numa/counters_work.h"

#define BYTES    MB_MIB
#define LINE     64
#define MAX_CPUS 16384

/* Out of all caches; where that is not known, lines are merely read again. */
static void flush(volatile char *line)
{
#if defined(__x86_64__)
	__builtin_ia32_clflush((const void *)(uintptr_t)line);
#elif defined(__aarch64__)
	__asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
#else
	(void)line;
#endif
}

static void touch(volatile char *pages)
{
	for (size_t i = 0; i < BYTES; i += LINE)
		pages[i] = (char)(i / LINE);
}

/* What a branch does hangs on numbers that nothing can foresee. */
static unsigned guess(volatile char *pages)
{
	uint64_t random = 88172645463325252u;
	unsigned odd = 0;

	for (size_t i = 0; i < BYTES; i += LINE) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		if (random & 1)
			pages[i]++;
		else
			odd += (unsigned char)pages[i];
	}
	return odd;
}

static unsigned fetch(volatile char *pages)
{
	unsigned sum = 0;

	for (size_t i = 0; i < BYTES; i += LINE)
		flush(&pages[i]);
#if defined(__aarch64__)
	__asm__ volatile("dsb sy" : : : "memory");
#elif defined(__x86_64__)
	__builtin_ia32_mfence();
#endif
	for (size_t i = 0; i < BYTES; i += LINE)
		sum += (unsigned char)pages[i];
	return sum;
}

/* To the last CPU of a set, or to the first. */
static void go(const cpu_set_t *cpus, size_t size, cpu_set_t *one, bool last)
{
	int chosen = -1;

	for (int cpu = 0; cpu < MAX_CPUS && (last || chosen < 0); cpu++)
		if (CPU_ISSET_S((size_t)cpu, size, cpus))
			chosen = cpu;
	if (chosen < 0)
		return;
	CPU_ZERO_S(size, one);
	CPU_SET_S((size_t)chosen, size, one);
	sched_setaffinity(0, size, one);
}

/* The lines that the thread has touched on one CPU are fetched on another. */
static void roam(volatile char *pages)
{
	size_t size = CPU_ALLOC_SIZE(MAX_CPUS);
	cpu_set_t *cpus = CPU_ALLOC(MAX_CPUS), *one = CPU_ALLOC(MAX_CPUS);

	if (cpus && one && !sched_getaffinity(0, size, cpus)) {
		go(cpus, size, one, false);
		touch(pages);
		go(cpus, size, one, true);
		fetch(pages);
		go(cpus, size, one, false);
		sched_setaffinity(0, size, cpus);
	}
	CPU_FREE(cpus);
	CPU_FREE(one);
}

int mb_counters_work(void)
{
	const struct timespec nap = {.tv_nsec = 100000};
	volatile char *pages =
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		return -ENOMEM;
	/* Many small pages, not one huge one. */
	madvise((void *)(uintptr_t)pages, BYTES, MADV_NOHUGEPAGE);
	roam(pages);
	guess(pages);
	fetch(pages);
	nanosleep(&nap, NULL);
	munmap((void *)(uintptr_t)pages, BYTES);
	return 0;
}
