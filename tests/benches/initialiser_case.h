/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_BENCHES_INITIALISER_CASE_H
#define MB_TESTS_BENCHES_INITIALISER_CASE_H

#include "benches/initialiser.h"

/*
 * Fails the test unless an initialiser leaves the same bytes as mb_pageinit_range(), and touches none besides: for each size of a
 * descriptor, at each place in a line of the cache, and for lengths around those of its runs. What the CPU lacks is said.
 */
void initialiser_case_check(const struct mb_initialiser *row);

#endif
