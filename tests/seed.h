/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_SEED_H
#define MB_TESTS_SEED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a random test begins with: MB_SEED, else otherwise; printed, so that a failure can be repeated. */
static inline uint64_t seed_or(uint64_t otherwise)
{
	const char *given = getenv("MB_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : otherwise;

	print_message("# MB_SEED=%llu\n", (unsigned long long)seed);
	return seed;
}

#endif
