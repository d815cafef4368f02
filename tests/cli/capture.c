/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "tests/cli/capture.h"

void capture_begin(struct capture *capture, FILE *stream)
{
	fflush(stream);
	*capture =
		(struct capture){.stream = stream, .file = tmpfile(), .saved = dup(fileno(stream))};
	if (!capture->file || capture->saved < 0 || dup2(fileno(capture->file), fileno(stream)) < 0)
		abort();
}

char *capture_end(struct capture *capture)
{
	char *text;
	long length;

	fflush(capture->stream);
	if (dup2(capture->saved, fileno(capture->stream)) < 0)
		abort();
	close(capture->saved);
	fseek(capture->file, 0, SEEK_END);
	length = ftell(capture->file);
	text = calloc(1, (size_t)length + 1);
	rewind(capture->file);
	if (!text || fread(text, 1, (size_t)length, capture->file) != (size_t)length)
		abort();
	fclose(capture->file);
	return text;
}
