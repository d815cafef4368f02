/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/noise_store.h"
#include "core/base/cleanup.h"
#include "reports/save.h"

char *mb_noise_store_path(const struct mb_opts *opts)
{
	const char *name = opts->store ? opts->store : getenv("MEMBOOT_NOISE");
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int r = -1;

	if (name && *name)
		return strdup(name);
	/* Other names than absolute ones are to be ignored, says the XDG Base Directory Specification. */
	if (state && *state == '/')
		r = asprintf(&path, "%s/memboot/noise.json", state);
	else if (home && *home)
		r = asprintf(&path, "%s/.local/state/memboot/noise.json", home);
	return r < 0 ? NULL : path;
}

int mb_noise_store_read(const char *path, struct mb_err *err, struct mb_spread *ret_spread)
{
	return mb_json_spread_read(path, err, ret_spread);
}

/* The folders of a path that are not there yet; what cannot be made is found when the file is written. */
static void make_folders(const char *path)
{
	char *copy MB_FREE = strdup(path);

	for (char *slash = copy ? strchr(copy + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0777);
		*slash = '/';
	}
}

int mb_noise_store_write(const char *path, const struct mb_spread *spread, struct mb_err *err)
{
	struct mb_save save;
	int rc;

	make_folders(path);
	rc = mb_save_begin(path, err, &save);
	if (rc)
		return rc;
	rc = mb_save_write(&save, mb_json_spread_write, (void *)(uintptr_t)spread, stdout, err);
	mb_save_fini(&save);
	return rc;
}
