/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CLI_CAPTURE_H
#define MB_TESTS_CLI_CAPTURE_H

#include <stdio.h>

/* Catches what the program writes to one of its standard streams, in a temporary file. */
struct capture {
	FILE *stream, *file;
	int saved; /* the descriptor as it was */
};

/* From now on; the process ends when it cannot. */
void capture_begin(struct capture *capture, FILE *stream);

/* Puts the stream back and returns the text, which the caller frees. */
char *capture_end(struct capture *capture);

#endif
