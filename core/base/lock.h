/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_LOCK_H
#define MB_CORE_BASE_LOCK_H

#include <pthread.h>

/*
 * Where the kernel has a spinlock: spins for a while, then sleeps, so that more workers than CPUs
 * do not burn whole time slices behind a preempted owner.
 */
struct mb_lock {
	pthread_mutex_t mutex;
};

static inline void mb_lock_init(struct mb_lock *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ADAPTIVE_NP);
	pthread_mutex_init(&lock->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static inline void mb_lock_fini(struct mb_lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

static inline void mb_lock_take(struct mb_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

static inline void mb_lock_drop(struct mb_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

#endif
