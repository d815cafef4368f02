/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_FUZZ_MACHINE_H
#define MB_TESTS_FUZZ_MACHINE_H

#include "core/machine.h"

/* What holds for every machine that a reader makes. */

/* Within the limits, sorted, disjoint, complete. */
void fuzz_machine_check(const struct mb_machine *machine);

/* The checked machine of a text, which the caller frees; NULL where the text has none, and one reason. */
struct mb_machine *fuzz_machine_parse(const char *text, const struct mb_machine *defaults);

/* The printed form says everything: it reads back to the same machine, whatever the defaults. */
void fuzz_machine_round(const struct mb_machine *machine, const struct mb_machine *defaults);

#endif
