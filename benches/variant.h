/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_VARIANT_H
#define MB_BENCHES_VARIANT_H

#include "benches/initialiser.h"
#include "benches/release.h"
#include "benches/share.h"

/*
 * Ways to do the same thing that can be held against each other: the tables of benches/initialiser.c, share.c and release.c,
 * and one's own of benches/variant_mine.c behind them. A name is unique within its kind.
 */
enum mb_variant_kind {
	MB_VARIANT_INITIALISER,
	MB_VARIANT_SHARE,
	MB_VARIANT_RELEASE,
	MB_NR_VARIANT_KINDS,
};

struct mb_variant {
	enum mb_variant_kind kind;
	const char *name, *summary;
	bool mine;
	/* By kind: one of these. */
	const struct mb_initialiser *initialiser;
	const struct mb_share_rule *share;
	const struct mb_release_rule *release;
};

/* "initialiser", "chunk rule", "release rule": for people; "initialiser", "share", "release": in names of runs. */
const char *mb_variant_kind_name(enum mb_variant_kind kind);
const char *mb_variant_kind_key(enum mb_variant_kind kind);

/* By kind, in the order of the tables; false after the last. */
bool mb_variant_row(size_t index, struct mb_variant *ret_variant);

/* The first of that name; false when there is none. */
bool mb_variant_find(const char *name, struct mb_variant *ret_variant);

/* Two of one kind; false when no kind has both. */
bool mb_variant_find_pair(const char *a, const char *b, struct mb_variant ret_pair[2]);

/* benches/variant_mine.c: each ends with a row without a name. */
extern const struct mb_initialiser mb_variant_mine_initialisers[];
extern const struct mb_share_rule mb_variant_mine_shares[];
extern const struct mb_release_rule mb_variant_mine_releases[];

#endif
