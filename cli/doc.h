/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_DOC_H
#define MB_CLI_DOC_H

#include <stddef.h>

/*
 * What the help and the man page say besides commands and options: sections of terms and their
 * meaning.
 */

struct mb_doc_item {
	const char *term, *text;
};

struct mb_doc_section {
	const char *title; /* in capitals, as man pages have it */
	const char *intro; /* NULL: none */
	const struct mb_doc_item *items;
	size_t nr_items;
	unsigned commands; /* bits of the commands whose --help shows it too */
};

extern const struct mb_doc_section mb_doc_sections[];
extern const size_t mb_doc_nr_sections;

#define MB_DOC_SUMMARY "what bringing up a machine's memory costs at boot"

#endif
