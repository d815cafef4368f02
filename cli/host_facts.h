/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_HOST_FACTS_H
#define MB_CLI_HOST_FACTS_H

#include "numa/topo.h"

struct mb_result;

/*
 * What the host is, and its settings that change figures, as facts and knobs of a result; an
 * unknown one says why.
 */
void mb_host_facts_add(struct mb_result *result, const struct mb_topo *topo);

#endif
