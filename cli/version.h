/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_VERSION_H
#define MB_CLI_VERSION_H

struct mb_strbuf;

/* The program's version, then the libraries. */
void mb_version_add(struct mb_strbuf *buf);

/*
 * One line for each library, after indent: its version, or that it is absent and which package has
 * it.
 */
void mb_version_add_libraries(struct mb_strbuf *buf, const char *indent);

#endif
