/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_WORK_H
#define MB_NUMA_COUNTERS_WORK_H

/*
 * A little work, some milliseconds, that moves every event which a program can move: instructions run, branches are guessed
 * wrong, new pages are touched, their lines are fetched from memory again, the thread sleeps and goes to another CPU and
 * back, to the far end of those that it may use, which on a host with several nodes is mostly another node.
 */

/* For the calling thread, whose CPUs are the same afterwards. 0, or -ENOMEM and then little has moved. */
int mb_counters_work(void);

#endif
