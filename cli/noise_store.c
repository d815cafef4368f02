/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "cli/noise_store.h"
#include "cli/state_file.h"

char *mb_noise_store_path(const struct mb_opts *opts)
{
	return mb_state_file_path(opts->store, "MEMBOOT_NOISE", "noise.json");
}

int mb_noise_store_read(const char *path, struct mb_err *err, struct mb_spread *ret_spread)
{
	return mb_json_spread_read(path, err, ret_spread);
}

int mb_noise_store_write(const char *path, const struct mb_spread *spread, struct mb_err *err)
{
	return mb_state_file_write(path, mb_json_spread_write, (void *)(uintptr_t)spread, err);
}
