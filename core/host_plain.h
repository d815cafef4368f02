/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_HOST_PLAIN_H
#define MB_CORE_HOST_PLAIN_H

#include "core/host.h"

/*
 * A host without NUMA, pinning or libraries, for unit tests and benches: address space from mmap,
 * plain threads, and failures on demand. Not for measuring placement.
 */
struct mb_host_plain {
	struct mb_host host; /* what the engine gets */

	unsigned workers;    /* nr_workers of every node; default 1 */
	unsigned fail_back;  /* the Nth call of back fails with -ENOMEM, counted from 1; 0: none */
	unsigned fail_fault; /* the same for fault */
	unsigned fail_run;   /* the same for run, -EAGAIN: no thread could be started */
	unsigned cancel_fault; /* the Nth call of fault sets cancel, as a signal would */
	unsigned
		cancel_now; /* the same for the Nth reading of the clock: in the middle of a stage */
	atomic_uint nr_now, nr_back, nr_fault, nr_run;
	atomic_size_t mapped_bytes; /* windows not yet unmapped: 0 after a clean teardown */
	atomic_int cancel;
};

/* Caller's storage. */
void mb_host_plain_init(struct mb_host_plain *plain);

#endif
