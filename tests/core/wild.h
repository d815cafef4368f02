/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CORE_WILD_H
#define MB_TESTS_CORE_WILD_H

#include "core/base/rng.h"
#include "core/base/strbuf.h"

/*
 * Adds a random machine's text: architecture, page, section and address size; up to 40 ranges of up to 8
 * nodes in any order, ragged, touching, or with holes up to a quarter million sections; reservations,
 * holes and flags; CPUs of any node, distances; a command line with any of the options that matter. About
 * a gigabyte with 4 KiB pages, so that a test can boot it many times. Some are too small to boot, or their
 * command line leaves nothing.
 */
void wild_machine(struct mb_rng *rng, struct mb_strbuf *text);

/* The same with kernelcore=mirror and memory around 4 GiB, some of it mirrored, of up to 3 nodes in turns. */
void wild_mirrored(struct mb_rng *rng, struct mb_strbuf *text);

#endif
