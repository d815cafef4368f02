/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/state_file.h"
#include "core/base/cleanup.h"

char *mb_state_file_path(const char *option, const char *variable, const char *name)
{
	const char *given = option ? option : getenv(variable);
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int r = -1;

	if (given && *given)
		return strdup(given);
	/* Other names than absolute ones are to be ignored, says the XDG Base Directory Specification. */
	if (state && *state == '/')
		r = asprintf(&path, "%s/memboot/%s", state, name);
	else if (home && *home)
		r = asprintf(&path, "%s/.local/state/memboot/%s", home, name);
	return r < 0 ? NULL : path;
}

/*
 * The folders of a path that are not there yet; what cannot be made is found when the file is written. Returns how long the name of the first
 * new one is; 0: none is new.
 */
static size_t make_folders(const char *path)
{
	char *copy MB_FREE = strdup(path);
	size_t first = 0;

	for (char *slash = copy ? strchr(copy + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!mkdir(copy, 0777) && !first)
			first = (size_t)(slash - copy);
		*slash = '/';
	}
	return first;
}

/* Those from first on, unless somebody has put something into them. */
static void drop_folders(const char *path, size_t first)
{
	char *copy MB_FREE = first ? strdup(path) : NULL;

	for (char *slash; copy && (slash = strrchr(copy, '/')) && slash >= copy + first;) {
		*slash = '\0';
		rmdir(copy);
	}
}

int mb_state_file_write(const char *path, mb_save_fn *fn, void *arg, struct mb_err *err)
{
	size_t first = make_folders(path);
	struct mb_save save;
	int rc = mb_save_begin(path, err, &save);

	if (!rc) {
		rc = mb_save_write(&save, fn, arg, stdout, err);
		mb_save_fini(&save);
	}
	if (rc)
		drop_folders(path, first);
	return rc;
}

int mb_state_file_probe(const char *path, struct mb_err *err)
{
	size_t first = make_folders(path);
	struct mb_save save;
	int rc = mb_save_begin(path, err, &save);

	if (!rc) {
		rc = mb_save_probe(&save, err);
		mb_save_fini(&save);
	}
	drop_folders(path, first);
	return rc;
}
