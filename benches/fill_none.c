/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/fill.h"

/* No fills of its own for this architecture: memset is what there is. */
const struct mb_fill mb_fill_cpu_rows[1];
const size_t mb_fill_nr_cpu_rows;
