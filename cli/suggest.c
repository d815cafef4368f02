/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "cli/suggest.h"
#include "core/base/align.h"

#define MAX_WORD 63

unsigned mb_suggest_distance(const char *a, const char *b)
{
	size_t na = strnlen(a, MAX_WORD), nb = strnlen(b, MAX_WORD);
	unsigned rows[3][MAX_WORD + 1]; /* the two rows before, and this one */

	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		const unsigned *older = rows[(i + 1) % 3], *old = rows[(i - 1) % 3];
		unsigned *now = rows[i % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned best = old[j - 1] + (a[i - 1] != b[j - 1]);

			best = (unsigned)mb_min(best, old[j] + 1);
			best = (unsigned)mb_min(best, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = (unsigned)mb_min(best, older[j - 2] + 1);
			now[j] = best;
		}
	}
	return rows[na % 3][nb];
}

const char *mb_suggest(const char *word, const char *(*next)(const void *arg, size_t index),
		       const void *arg)
{
	const char *best = NULL, *name;
	unsigned best_distance = UINT_MAX;

	for (size_t i = 0; (name = next(arg, i)); i++) {
		unsigned distance = mb_suggest_distance(word, name);

		if (distance >= best_distance || distance > mb_max(1, strlen(name) / 3))
			continue;
		best = name;
		best_distance = distance;
	}
	return best;
}
