/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_MARKDOWN_H
#define MB_REPORTS_MARKDOWN_H

#include "core/base/strbuf.h"

/*
 * Text from outside in GitHub Flavored Markdown 0.29, where it must not become markup, mention somebody or link an issue. Both write one
 * line, and fit into the cell of a table.
 */

/* A code span, which shows the text as it is; a bar would end a cell even there, so it is written \x7c. Nothing for no text. */
void mb_markdown_add_code(struct mb_strbuf *buf, const char *text);

/* Running text with outside names in it. */
void mb_markdown_add_sentence(struct mb_strbuf *buf, const char *text);

#endif
