/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "core/base/cleanup.h"
#include "core/base/stream.h"
#include "reports/json_stored.h"

static int read_root(const json_t *root, const struct mb_json_stored *kind, struct mb_err *err,
		     void *arg)
{
	const json_t *member = json_object_get(root, kind->member);
	long long version = json_integer_value(member);

	if (!json_is_integer(member))
		return MB_FAIL(err, -EINVAL, "is no %s that memboot has written", kind->what);
	if (version > kind->version)
		return MB_FAIL(err, -EINVAL,
			       "is of a newer memboot: version %lld, and this one reads %d",
			       version, kind->version);
	if (version < kind->version)
		return MB_FAIL(err, -ESTALE,
			       "is of an older memboot: version %lld, and this one reads %d; %s",
			       version, kind->version, kind->anew);
	return kind->read(root, err, arg);
}

int mb_json_stored_read(const char *path, const struct mb_json_stored *kind, struct mb_err *err,
			void *arg)
{
	MB_FCLOSE FILE *file = fopen(path, "re");
	MB_FREE char *text = NULL;
	size_t length = 0;
	json_error_t error;
	json_t *root;
	int rc;

	if (!file)
		return MB_FAIL(err, -errno, "%s", strerror(errno));
	rc = mb_stream_read(file, MB_JSON_STORED_MAX_BYTES, &text, &length);
	if (rc == -EFBIG)
		return MB_FAIL(err, rc, "is larger than %zu MiB", MB_JSON_STORED_MAX_BYTES >> 20);
	if (rc)
		return MB_FAIL(err, rc, "%s", strerror(-rc));
	if (!length)
		return MB_FAIL(err, -EINVAL, "is empty");
	root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return MB_FAIL(err, -EINVAL, "line %d is not JSON", error.line);
	rc = read_root(root, kind, err, arg);
	json_decref(root);
	return rc == -ENOMEM ? MB_FAIL(err, rc, "out of memory") : rc;
}
