/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_CSV_H
#define MB_REPORTS_CSV_H

#include <stdbool.h>
#include <stdio.h>

/* Records of RFC 4180, cell by cell; lines end in CR LF. */
struct mb_csv {
	FILE *file;
	bool begun; /* the record has a cell */
	int error;  /* the first failed allocation */
};

/* A cell as it is: numbers, and words of the program's own. */
void mb_csv_add(struct mb_csv *csv, const char *text);

/*
 * A cell with text from outside: in quotes where it must be, control characters escaped, so that a record is one line, and an
 * apostrophe before what a spreadsheet would take for a formula (OWASP, CSV Injection).
 */
void mb_csv_add_text(struct mb_csv *csv, const char *text);

/* The shortest form that reads back equal; an empty cell for NaN and infinities. */
void mb_csv_add_number(struct mb_csv *csv, double number);

void mb_csv_end(struct mb_csv *csv);

#endif
