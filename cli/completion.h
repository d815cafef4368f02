/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_COMPLETION_H
#define MB_CLI_COMPLETION_H

struct mb_strbuf;

/*
 * A bash completion function for memboot, from the tables of commands and options. It needs no
 * helper library.
 */
void mb_completion_add(struct mb_strbuf *buf);

#endif
