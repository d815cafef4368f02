/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_BENCHES_HOME_H
#define MB_BENCHES_HOME_H

#include "numa/pin.h"

/*
 * The CPU of the thread that runs rows, between their own hosts too. A row without workers would run wherever the
 * scheduler puts it, and one CPU may be twice as slow as its neighbour for as long as a program lives: the one whose core
 * somebody else keeps busy. All rows, and both programs of a gate, have the same CPU instead.
 */
struct mb_home {
	const struct mb_topo *topo;
	struct mb_pin *pin; /* the CPUs before; NULL: nothing to put back */
};

/* Pins the calling thread to the first CPU that this process may use. topo NULL, or a host where it cannot be: nothing. */
void mb_home_enter(struct mb_home *home, const struct mb_topo *topo);

/* Puts the calling thread back, the same one. A zeroed home is fine. */
void mb_home_leave(struct mb_home *home);

#endif
