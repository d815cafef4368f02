/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_MAN_H
#define MB_CLI_MAN_H

struct mb_strbuf;

/* memboot(1) in mdoc(7), from the tables of commands, options and sections. */
void mb_man_add(struct mb_strbuf *buf);

#endif
