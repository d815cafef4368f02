/* SPDX-License-Identifier: Apache-2.0 */
#include <perfmon/pfmlib.h>

#include "numa/counters.h"

/* libpfm tells its major version only (4.13 says 4.0). */
const char *mb_counters_version(void)
{
	return PFM_MAJ_VERSION(pfm_get_version()) == 4 ? "libpfm 4" : "libpfm";
}
