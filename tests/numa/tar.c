/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/numa/tar.h"

#define BLOCK 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

static void append(struct tar *tar, const void *bytes, size_t length)
{
	size_t padded = (length + BLOCK - 1) / BLOCK * BLOCK;

	tar->bytes = realloc(tar->bytes, tar->length + padded + 1);
	assert_non_null(tar->bytes);
	memset(tar->bytes + tar->length, 0, padded);
	if (length)
		memcpy(tar->bytes + tar->length, bytes, length);
	tar->length += padded;
}

void tar_add_entry(struct tar *tar, const char *name, char type, const void *data, size_t length,
		   unsigned long long size)
{
	struct header header = {.type = type};
	const unsigned char *bytes = (const unsigned char *)&header;
	unsigned sum = 0;

	assert_int_equal(sizeof(header), BLOCK);
	assert_in_range(strlen(name), 0, sizeof(header.name) - 1);
	memcpy(header.name, name, strlen(name));
	strcpy(header.mode, "0000644");
	strcpy(header.uid, "0000000");
	strcpy(header.gid, "0000000");
	snprintf(header.size, sizeof(header.size), "%011llo", size);
	strcpy(header.mtime, "00000000000");
	memset(header.checksum, ' ', sizeof(header.checksum));
	strcpy(header.link, type == '1' || type == '2' ? "proc/version" : "");
	memcpy(header.magic, "ustar", 6);
	memcpy(header.version, "00", 2);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += bytes[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum);
	append(tar, &header, sizeof(header));
	append(tar, data, length);
}

void tar_add(struct tar *tar, const char *name, const char *text)
{
	tar_add_entry(tar, name, '0', text, strlen(text), strlen(text));
}

void tar_end(struct tar *tar)
{
	static const char zeros[2 * BLOCK];

	append(tar, zeros, sizeof(zeros));
}

char *tar_file(const struct tar *tar)
{
	char *name = strdup("/tmp/memboot-tar-XXXXXX");
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, tar->bytes, tar->length), tar->length);
	close(fd);
	return name;
}
