/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "numa/archive.h"

/* For builds without libarchive. */
static int fail(struct mb_err *err)
{
	return MB_FAIL(err, -ENOTSUP,
		       "archives need libarchive, which this program was built without "
		       "(libarchive-dev)");
}

int mb_archive_read(const char *path, struct mb_err *err, struct mb_archive *ret_archive)
{
	(void)path;
	(void)ret_archive;
	return fail(err);
}

int mb_archive_parse(const void *bytes, size_t length, struct mb_err *err,
		     struct mb_archive *ret_archive)
{
	(void)bytes;
	(void)length;
	(void)ret_archive;
	return fail(err);
}

int mb_archive_write(const struct mb_archive *archive, const char *packing, FILE *file,
		     struct mb_err *err)
{
	(void)archive;
	(void)packing;
	(void)file;
	return fail(err);
}

const char *mb_archive_version(void)
{
	return "none";
}
