/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_KNOB_H
#define MB_REPORTS_KNOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Settings of a host that results keep. Each is a file of one line below /; "[a] b" marks the choice that is on, and then that choice is the
 * value.
 */
struct mb_knob {
	const char *name, *path;
	bool matters; /* figures under another value are others; else it decides alone what may be measured */
};

extern const struct mb_knob mb_knobs[];
extern const size_t mb_nr_knobs;

/* Whether figures under another value of the knob are others; of one that the table lacks they may be. */
bool mb_knob_matters(const char *name);

#endif
