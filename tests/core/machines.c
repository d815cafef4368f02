/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/core/machines.h"

static void add(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, size - length, format, args);
	va_end(args);
}

/* Whole pages mostly, sometimes not; now and then on a section boundary. */
static uint64_t ragged(struct mb_rng *rng, uint64_t limit)
{
	uint64_t value = mb_rng_below(rng, limit);

	switch (mb_rng_below(rng, 4)) {
	case 0: return value & ~(UINT64_C(0x7ffffff));
	case 1: return value & ~(UINT64_C(0x1fffff));
	case 2: return value;
	default: return value & ~(UINT64_C(0xfff));
	}
}

void random_machine(struct mb_rng *rng, char *text, size_t size)
{
	unsigned nodes = 1 + (unsigned)mb_rng_below(rng, 3),
		 ranges = nodes + (unsigned)mb_rng_below(rng, 4);
	uint64_t cursor = mb_rng_below(rng, 3) ? 0 : UINT64_C(0xf0000000);
	uint64_t first = cursor, memory = 0;

	*text = 0;
	for (unsigned i = 0; i < ranges; i++) {
		uint64_t bytes = (UINT64_C(96) << 20) + ragged(rng, UINT64_C(400) << 20);

		cursor += mb_rng_below(rng, 3) ? 0 : ragged(rng, UINT64_C(600) << 20);
		if (i < nodes)
			add(text, size, " node%u=%llu@%llu", i, (unsigned long long)bytes,
			    (unsigned long long)cursor);
		else
			add(text, size, " reserve=%llu@%llu", (unsigned long long)(bytes / 16),
			    (unsigned long long)(first + ragged(rng, cursor - first + 1)));
		if (!i)
			memory = cursor;
		if (i < nodes)
			cursor += bytes;
	}
	if (mb_rng_below(rng, 2))
		add(text, size, " hole=%llu@%llu",
		    (unsigned long long)(4096 + ragged(rng, UINT64_C(5) << 20)),
		    (unsigned long long)(memory + (UINT64_C(1) << 20) +
					 ragged(rng, UINT64_C(6) << 20)));
	add(text, size, " node0.cpus=0-%u", (unsigned)mb_rng_below(rng, 4));
}
