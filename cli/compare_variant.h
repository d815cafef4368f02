/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COMPARE_VARIANT_H
#define MB_CLI_COMPARE_VARIANT_H

#include "cli/cmd.h"

/* `memboot bench --compare-variant A,B`: measures, shows and writes. An enum mb_exit. */
int mb_compare_variant_run(struct mb_cli *cli);

/* What `memboot list variants` shows: kind, name and what it does. */
struct mb_table;
void mb_compare_variant_list(struct mb_table *table);

#endif
