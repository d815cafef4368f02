/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/stream.h"

#define FIRST_BYTES ((size_t)1 << 14)

int mb_stream_read(FILE *file, size_t max_bytes, char **ret_text, size_t *ret_length)
{
	size_t room = mb_min(FIRST_BYTES, max_bytes + 1), length = 0, got;
	MB_FREE char *text = malloc(room + 1);

	errno = 0;
	while (text && (got = fread(text + length, 1, room - length, file)) > 0) {
		char *more;

		length += got;
		if (length > max_bytes)
			return -EFBIG;
		if (length < room)
			continue;
		room = mb_min(2 * room, max_bytes + 1);
		more = realloc(text, room + 1);
		if (!more)
			return -ENOMEM;
		text = more;
	}
	if (!text)
		return -ENOMEM;
	if (ferror(file))
		return errno ? -errno : -EIO;
	text[length] = '\0';
	*ret_text = MB_TAKE(text);
	*ret_length = length;
	return 0;
}
