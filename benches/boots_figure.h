/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_BOOTS_FIGURE_H
#define MB_BENCHES_BOOTS_FIGURE_H

#include "benches/bench.h"
#include "core/boot.h"

/*
 * What rows take from a boot that has ended: the time of the row, or a counter beside it. A figure is a row.
 */
enum mb_boots_figure_id {
	MB_BOOTS_NONE, /* none of these */
	MB_BOOTS_FIRST_ALLOCATION,
	MB_BOOTS_ALL_MEMORY,
	MB_BOOTS_USER_SPACE, /* what is waited for before init is started: with lazy, first allocation */
	MB_BOOTS_LAST_NODE, /* the deferred stage's part of the node with the highest id */
	MB_BOOTS_JOBS,
	MB_BOOTS_SERIAL_PERCENT,
	MB_BOOTS_RESERVED_NS,
	MB_BOOTS_RESERVED_PAGES,
	MB_BOOTS_HOLE_NS,
	MB_BOOTS_HOLE_PAGES,
	MB_BOOTS_GROWTHS,
	MB_BOOTS_GROWTH_MEDIAN,
	MB_BOOTS_GROWTH_MAX,
	MB_BOOTS_NR_FIGURES,
};

struct mb_boots_figure {
	const char *counter; /* its name; times end in "_ns" */
	const char *summary;
	double (*of)(const struct mb_boot *boot); /* NaN: this boot has none */
	/* The parts of the round that it is the time of; NULL: events cannot tell them from the rest. */
	void (*add_parts)(const struct mb_boot *boot, struct mb_bench_run *run);
	bool worst; /* of several boots the largest, not the median, is meant */
};

/* By enum mb_boots_figure_id. */
extern const struct mb_boots_figure mb_boots_figures[MB_BOOTS_NR_FIGURES];

#endif
