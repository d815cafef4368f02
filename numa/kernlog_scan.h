/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_KERNLOG_SCAN_H
#define MB_NUMA_KERNLOG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Matching a line of a kernel log against a pattern. In a pattern, %n is a number (decimal, or
 * hexadecimal after 0x) that fits 64 bits; %d is one with an optional minus; %s is the shortest text
 * up to what follows it in the pattern, or the rest of the line; a blank is one or more blanks or
 * tabs; %+ at the end allows more text. Everything else stands for itself.
 */

#define MB_KERNLOG_MAX_FIELDS 8

struct mb_kernlog_field {
	uint64_t number; /* of %n, and of %d in two's complement */
	const char *text;
	size_t length;
};

/* Whether the line is of that form. Then fields holds what was found, in order; text is the line's. */
bool mb_kernlog_scan(const char *line, const char *pattern, struct mb_kernlog_field *fields);

/* Copies a field's text, cut to fit size, which must not be 0. */
void mb_kernlog_scan_copy(const struct mb_kernlog_field *field, char *buf, size_t size);

/*
 * What a line says behind its priority, time stamp, thread and blanks: "<6>[    0.123456][    T0] ",
 * or a log daemon's "Nov 22 01:30:31 host kernel: ".
 */
const char *mb_kernlog_scan_body(const char *line);

#endif
