/* SPDX-License-Identifier: Apache-2.0 */
#include "numa/counters.h"

/* Without libpfm: the kernel's generic and software events only. */

const char *mb_counters_version(void)
{
	return "none";
}
