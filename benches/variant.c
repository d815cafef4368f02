/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "benches/variant.h"

static bool take_initialiser(const struct mb_initialiser *row, struct mb_variant *variant)
{
	if (!row || !row->name)
		return false;
	variant->initialiser = row;
	variant->name = row->name;
	variant->summary = row->summary;
	return true;
}

static bool take_share(const struct mb_share_rule *row, struct mb_variant *variant)
{
	if (!row || !row->name)
		return false;
	variant->share = row;
	variant->name = row->name;
	variant->summary = row->summary;
	return true;
}

static bool take_release(const struct mb_release_rule *row, struct mb_variant *variant)
{
	if (!row || !row->name)
		return false;
	variant->release = row;
	variant->name = row->name;
	variant->summary = row->summary;
	return true;
}

static bool initialiser(size_t index, bool mine, struct mb_variant *variant)
{
	return take_initialiser(
		mine ? &mb_variant_mine_initialisers[index] : mb_initialiser_row(index), variant);
}

static bool share(size_t index, bool mine, struct mb_variant *variant)
{
	return take_share(mine ? &mb_variant_mine_shares[index] : mb_share_rule(index), variant);
}

static bool release(size_t index, bool mine, struct mb_variant *variant)
{
	return take_release(mine ? &mb_variant_mine_releases[index] : mb_release_rule(index),
			    variant);
}

static const struct kind {
	const char *name, *key;
	bool (*row)(size_t index, bool mine, struct mb_variant *variant);
} kinds[MB_NR_VARIANT_KINDS] = {
	[MB_VARIANT_INITIALISER] = {"initialiser", "initialiser", initialiser},
	[MB_VARIANT_SHARE] = {"chunk rule", "share", share},
	[MB_VARIANT_RELEASE] = {"release rule", "release", release},
};

const char *mb_variant_kind_name(enum mb_variant_kind kind)
{
	return kinds[kind].name;
}

const char *mb_variant_kind_key(enum mb_variant_kind kind)
{
	return kinds[kind].key;
}

/* The index-th of a kind; ones of one's own come last. */
static bool row_of(enum mb_variant_kind kind, size_t index, struct mb_variant *ret_variant)
{
	struct mb_variant variant = {.kind = kind};

	for (size_t i = 0;; i++) {
		if (!variant.mine && !kinds[kind].row(i, false, &variant)) {
			variant.mine = true;
			i = 0;
		}
		if (variant.mine && !kinds[kind].row(i, true, &variant))
			return false;
		if (!index--)
			break;
	}
	*ret_variant = variant;
	return true;
}

bool mb_variant_row(size_t index, struct mb_variant *ret_variant)
{
	for (unsigned kind = 0; kind < MB_NR_VARIANT_KINDS; kind++)
		for (size_t i = 0; row_of((enum mb_variant_kind)kind, i, ret_variant); i++)
			if (!index--)
				return true;
	return false;
}

static bool find(enum mb_variant_kind kind, const char *name, struct mb_variant *ret_variant)
{
	for (size_t i = 0; row_of(kind, i, ret_variant); i++)
		if (!strcmp(ret_variant->name, name))
			return true;
	return false;
}

bool mb_variant_find(const char *name, struct mb_variant *ret_variant)
{
	struct mb_variant variant;

	for (unsigned kind = 0; kind < MB_NR_VARIANT_KINDS; kind++)
		if (find((enum mb_variant_kind)kind, name, &variant)) {
			*ret_variant = variant;
			return true;
		}
	return false;
}

bool mb_variant_find_pair(const char *a, const char *b, struct mb_variant ret_pair[2])
{
	struct mb_variant pair[2];

	for (unsigned kind = 0; kind < MB_NR_VARIANT_KINDS; kind++)
		if (find((enum mb_variant_kind)kind, a, &pair[0]) &&
		    find((enum mb_variant_kind)kind, b, &pair[1])) {
			memcpy(ret_pair, pair, sizeof(pair));
			return true;
		}
	return false;
}
