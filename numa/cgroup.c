/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/cgroup.h"
#include "numa/sysroot_file.h"

/* Version 1 says "no limit" with the largest number of whole pages that fits into 63 bits. */
#define NO_LIMIT_BYTES (UINT64_C(1) << 62)

/* The group, then those above it. */
static void climb(const struct mb_sysroot *root, struct mb_cgroup *group, const char *own,
		  mb_cgroup_fn *fn, void *arg)
{
	char path[PATH_MAX] = "";
	char *slash;

	if (!strstr(own, "/.."))
		memcpy(path, own, strlen(own) + 1);
	group->path = path;
	if (strcmp(path, "/") == 0)
		*path = '\0';
	for (;;) {
		fn(arg, root, group);
		slash = strrchr(path, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
}

/* A hierarchy of version 1 that several controllers share may be mounted under the names of all of them. */
static void climb_all(const struct mb_sysroot *root, unsigned version, const char *controller,
		      const char *own, mb_cgroup_fn *fn, void *arg)
{
	static const char *const unified[] = {"sys/fs/cgroup", "sys/fs/cgroup/unified", NULL};
	char mount[64];
	const char *const of_one[] = {
		mount, strcmp(controller, "cpu") ? NULL : "sys/fs/cgroup/cpu,cpuacct", NULL};
	struct mb_cgroup group = {.version = version};

	snprintf(mount, sizeof(mount), "sys/fs/cgroup/%s", controller);
	for (const char *const *at = version == 1 ? of_one : unified; *at; at++) {
		group.mount = *at;
		climb(root, &group, own, fn, arg);
	}
}

/* Whether a list such as "cpu,memory" has the controller. */
static bool has(const char *list, size_t length, const char *controller)
{
	while (length) {
		size_t word = 0;

		while (word < length && list[word] != ',')
			word++;
		if (word == strlen(controller) && !memcmp(list, controller, word))
			return true;
		word += word < length;
		list += word;
		length -= word;
	}
	return false;
}

/* Lines are "4:memory:/path" in version 1, "0::/path" in version 2. */
int mb_cgroup_each(const struct mb_sysroot *root, const char *controller, mb_cgroup_fn *fn,
		   void *arg)
{
	char *text MB_FREE = NULL, *at, *line;
	int r = mb_sysroot_file_read(root, &text, MB_CGROUP_OWN);

	if (r)
		return r;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

		if (!path || path[1] != '/' || strlen(path + 1) >= PATH_MAX)
			continue;
		list++;
		if (path == list)
			climb_all(root, 2, controller, path + 1, fn, arg);
		else if (has(list, (size_t)(path - list), controller))
			climb_all(root, 1, controller, path + 1, fn, arg);
	}
	return 0;
}

void mb_cgroup_memory(const struct mb_sysroot *root, const struct mb_cgroup *group,
		      struct mb_cgroup_memory *ret_memory)
{
	bool first = group->version == 1;
	struct mb_cgroup_memory memory = {.limit_bytes = UINT64_MAX};
	char *text MB_FREE = NULL, *at, *line;
	uint64_t cache = 0;

	if (mb_sysroot_file_u64(root, 10, &memory.limit_bytes, "%s%s/%s", group->mount, group->path,
				first ? "memory.limit_in_bytes" : "memory.max") ||
	    memory.limit_bytes >= NO_LIMIT_BYTES)
		memory.limit_bytes = UINT64_MAX;
	mb_sysroot_file_u64(root, 10, &memory.used_bytes, "%s%s/%s", group->mount, group->path,
			    first ? "memory.usage_in_bytes" : "memory.current");
	if (!mb_sysroot_file_read(root, &text, "%s%s/memory.stat", group->mount, group->path)) {
		for (at = text; (line = mb_sysroot_file_line(&at));) {
			if (mb_sysroot_file_field(
				    line, first ? "total_inactive_file" : "inactive_file", &cache))
				break;
		}
	}
	memory.used_bytes -= mb_min(memory.used_bytes, cache);
	*ret_memory = memory;
}

char *mb_cgroup_set(const struct mb_sysroot *root, const struct mb_cgroup *group, const char *what)
{
	char *text = NULL;

	if (mb_sysroot_file_first(root, &text, "%s%s/cpuset.%s", group->mount, group->path, what))
		return NULL;
	if (*text)
		return text;
	free(text);
	return NULL;
}
