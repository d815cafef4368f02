/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "numa/sysroot_open.h"

int mb_sysroot_open(const char *path, struct mb_err *err, struct mb_sysroot *ret_root)
{
	struct mb_sysroot root = {.path = path};
	struct stat info;
	int r;

	if (stat(*path ? path : "/", &info))
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode))
		return MB_FAIL(
			err, -ENOENT,
			"is neither a folder with a proc and a sys tree nor an archive of one");
	if (access(*path ? path : "/", S_ISDIR(info.st_mode) ? R_OK | X_OK : R_OK))
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	r = S_ISDIR(info.st_mode) ? 0 : mb_archive_read(path, err, &root.archive);
	if (!r)
		*ret_root = root;
	return r;
}

void mb_sysroot_close(struct mb_sysroot *root)
{
	mb_archive_fini(&root->archive);
	*root = (struct mb_sysroot){0};
}
