/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_PIN_H
#define MB_NUMA_PIN_H

#include "numa/topo.h"

/*
 * Pins the calling thread. Each function speaks of the thread that calls it, so all of them may run in several threads
 * at once. numa/pin_hwloc.c uses hwloc; numa/pin_none.c, in a build without it, the C library.
 */

/*
 * To one host CPU, and reads back that it is so: a topology of another machine accepts any binding and does nothing.
 * 0; -ENOTSUP when the topology is not of this system; -EINVAL or -EPERM when this CPU is not ours to use; -EXDEV when
 * the kernel has put it elsewhere.
 */
int mb_pin_cpu(const struct mb_topo *topo, int cpu, struct mb_err *err);

/* CPUs of a thread, to be put back later. */
struct mb_pin;

/* 0, -ENOTSUP or -ENOMEM. The caller frees it with mb_pin_free(). */
int mb_pin_save(const struct mb_topo *topo, struct mb_pin **ret_pin);

/* Gives the calling thread these CPUs; 0 or a negative errno. */
int mb_pin_restore(const struct mb_topo *topo, const struct mb_pin *pin);

void mb_pin_free(struct mb_pin *pin);

/* The CPU on which the calling thread runs now, or a negative errno. */
int mb_pin_current_cpu(void);

/* --- the library's part, for numa/pin.c --- */

/* An empty set, NULL without memory. Freed with mb_pin_free(). */
struct mb_pin *mb_pin_alloc(void);

/* Reads the calling thread's CPUs; 0 or a negative errno. */
int mb_pin_read(const struct mb_topo *topo, struct mb_pin *pin);

/* Makes it a set of this CPU alone; the CPU is 0 … MB_TOPO_MAX_CPUS - 1. */
void mb_pin_only(struct mb_pin *pin, int cpu);

bool mb_pin_is_only(const struct mb_pin *pin, int cpu);

#endif
