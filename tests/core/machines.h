/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_MACHINES_H
#define MB_TESTS_CORE_MACHINES_H

#include <stddef.h>

#include "core/base/rng.h"

/* Machines that the engine's tests share: each is unlike the others in one way. */
static const char *const machines[] = {
	"node0=2G node0.cpus=0-1",
	"nodes=2 each=1G cpus=2",
	"nodes=4 each=512M cpus=2",
	"nodes=8 each=384M cpus=1",
	"node0=300M node1=1700M node0.cpus=0 node1.cpus=1-3",            /* uneven */
	"node0=1G node1=1G node0.cpus=0-1",                              /* a node without CPUs */
	"node0=1G node0.cpus=0 node1.cpus=1-2",                          /* a node without memory */
	"node0=1G hole=3M@0x11100000 hole=4K@0x20001000 node0.cpus=0-1", /* holes inside sections */
	"node0=40M", /* smaller than a section */
	"node0=1100M reserve=32M@0x1000000 reserve=300M@0x20000000",
	"node0=512M@4G+512M@6G node1=512M@5G node0.cpus=0",         /* interleaved nodes */
	"node0=600M@0+333M@0x48001000 node3=1000M node0.cpus=0",    /* sparse ids, ragged ends */
	"node0=1088M@0 node1=960M@1088M node0.cpus=0 node1.cpus=1", /* a section of two nodes */
	"node5=2G@8G node5.cpus=0-1",                               /* Normal only, no node 0 */
	/* deferred parts of two nodes that meet inside a buddy block */
	"node0=1G@4G+1022M@8G node1=1G@5G+1026M@0x23fe00000 node0.cpus=0-1 node1.cpus=2-3",
	"arch=arm64 node0=1G@1G node1=1G@5G node0.cpus=0-1 node1.cpus=2-3 phys-bits=48",
	"node0=1G nomap=16M@0x10000000 node0.cpus=0",
};

/*
 * A random machine text of up to 3 nodes and 6 ranges with ragged ends, reservations and holes: up
 * to 2 GiB, so that a test boots many of them.
 */
void random_machine(struct mb_rng *rng, char *text, size_t size);

#endif
