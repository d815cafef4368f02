/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/cleanup.h"
#include "numa/sysroot_beneath.h"

#define TRIES 16 /* a rename anywhere may make one fail with EAGAIN */

static int open_folder(const char *folder)
{
	int fd = open(*folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* One part of the path, which is no link. Takes dir over. */
static int enter(int dir, const char *name, int flags)
{
	int from MB_CLOSE = dir, fd;
	struct stat info;

	if (!strcmp(name, ".."))
		return -EXDEV;
	fd = openat(from, name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ELOOP ? -EXDEV : -errno;
	if (flags & O_PATH && !fstat(fd, &info) && S_ISLNK(info.st_mode)) {
		close(fd);
		return -EXDEV;
	}
	return fd;
}

int mb_sysroot_beneath_walk(const char *folder, const char *path, int flags)
{
	int fd = open_folder(folder);

	while (fd >= 0) {
		size_t length = strcspn(path, "/");
		char name[NAME_MAX + 1];
		const char *rest = path + length + strspn(path + length, "/");

		if (length > NAME_MAX) {
			close(fd);
			return -ENAMETOOLONG;
		}
		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		fd = enter(fd, length ? name : ".", *rest ? O_PATH : flags);
		if (!*rest)
			break;
		path = rest;
	}
	return fd;
}

int mb_sysroot_beneath(const char *folder, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int dir MB_CLOSE = open_folder(folder);
	long fd = -1;

	if (dir < 0)
		return dir;
	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dir, *path ? path : ".", &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	/* EPERM: a filter of calls that does not know it. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		return mb_sysroot_beneath_walk(folder, path, flags);
	return fd < 0 ? -errno : (int)fd;
}
