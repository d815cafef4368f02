/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/sysroot.h"
#include "numa/sysroot_file.h"

/* A version of control groups: where its folders are and what its files are called. */
struct cgroup_version {
	const char *mounts[2];   /* below root; the second one may be NULL */
	const char *limit;       /* a number, or "max" in version 2 */
	const char *usage;       /* the same with what is below it */
	const char *cache_field; /* of memory.stat: file cache that can be dropped */
};

static const struct cgroup_version version1 = {
	{"sys/fs/cgroup/memory", NULL},
	"memory.limit_in_bytes",
	"memory.usage_in_bytes",
	"total_inactive_file",
};

static const struct cgroup_version version2 = {
	{"sys/fs/cgroup", "sys/fs/cgroup/unified"},
	"memory.max",
	"memory.current",
	"inactive_file",
};

/* What one group leaves; UINT64_MAX when it has no limit. */
static uint64_t group_left(const struct mb_sysroot *root, const struct cgroup_version *version,
			   const char *mount, const char *group)
{
	char *text MB_FREE = NULL, *at, *line;
	uint64_t limit, usage = 0, cache = 0;

	if (mb_sysroot_file_u64(root, 10, &limit, "%s%s/%s", mount, group, version->limit))
		return UINT64_MAX;
	mb_sysroot_file_u64(root, 10, &usage, "%s%s/%s", mount, group, version->usage);
	if (!mb_sysroot_file_read(root, &text, "%s%s/memory.stat", mount, group)) {
		for (at = text; (line = mb_sysroot_file_line(&at));) {
			if (mb_sysroot_file_field(line, version->cache_field, &cache))
				break;
		}
	}
	usage -= mb_min(usage, cache);
	return limit - mb_min(limit, usage);
}

/*
 * The least that a group or one above it leaves. A path seen from another namespace ("/..") is
 * taken for the top.
 */
static uint64_t path_left(const struct mb_sysroot *root, const struct cgroup_version *version,
			  char *path)
{
	uint64_t least = UINT64_MAX;

	if (strstr(path, "/.."))
		*path = '\0';
	for (;;) {
		char *slash;

		for (size_t i = 0; i < MB_ARRAY_SIZE(version->mounts) && version->mounts[i]; i++)
			least = mb_min(least, group_left(root, version, version->mounts[i], path));
		slash = strrchr(path, '/');
		if (!slash)
			return least;
		*slash = '\0';
	}
}

/* Whether a list such as "cpu,memory" has the memory controller. */
static bool has_memory(const char *controllers, size_t length)
{
	while (length) {
		size_t word = 0;

		while (word < length && controllers[word] != ',')
			word++;
		if (word == 6 && !memcmp(controllers, "memory", 6))
			return true;
		word += word < length;
		controllers += word;
		length -= word;
	}
	return false;
}

/* Lines are "4:memory:/path" in version 1, "0::/path" in version 2. */
static uint64_t cgroup_left(const struct mb_sysroot *root)
{
	char *text MB_FREE = NULL, *at, *line;
	uint64_t least = UINT64_MAX;

	if (mb_sysroot_file_read(root, &text, "proc/self/cgroup"))
		return least;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		char *controllers = strchr(line, ':'),
		     *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path || path[1] != '/' || strlen(path) > PATH_MAX)
			continue;
		controllers++;
		if (path == controllers)
			least = mb_min(least, path_left(root, &version2, path + 1));
		else if (has_memory(controllers, (size_t)(path - controllers)))
			least = mb_min(least, path_left(root, &version1, path + 1));
	}
	return least;
}

int mb_sysroot_available(const struct mb_sysroot *root, struct mb_err *err, uint64_t *ret_bytes,
			 const char **ret_source)
{
	uint64_t kib = 0, free_kib = 0, host, left;
	char *text MB_FREE = NULL, *at, *line;
	bool found = false, has_free = false;
	int r = mb_sysroot_file_read(root, &text, "proc/meminfo");

	if (r)
		return MB_FAIL(err, r, "/proc/meminfo cannot be read: %s", strerror(-r));
	for (at = text; !found && (line = mb_sysroot_file_line(&at));) {
		has_free |= mb_sysroot_file_field(line, "MemFree", &free_kib);
		found = mb_sysroot_file_field(line, "MemAvailable", &kib);
	}
	if (!found && !has_free)
		return MB_FAIL(err, -ENOENT, "/proc/meminfo has no MemAvailable");
	host = mb_min(found ? kib : free_kib, UINT64_MAX / MB_KIB) * MB_KIB;
	left = cgroup_left(root);
	*ret_bytes = mb_min(host, left);
	if (ret_source)
		*ret_source = left < host ? "cgroup" : "MemAvailable";
	return 0;
}
