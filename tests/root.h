/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_ROOT_H
#define MB_TESTS_ROOT_H

#include "numa/sysroot_open.h"

/* The tree in a folder, for as long as the block it stands in. */
#define tree_root(folder) (&(struct mb_sysroot){.path = (folder)})

#endif
