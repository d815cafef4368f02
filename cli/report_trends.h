/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_REPORT_TRENDS_H
#define MB_CLI_REPORT_TRENDS_H

#include "cli/cmd.h"
#include "reports/html.h"

/* `memboot report --history`: the series of the results' rows, on their class of host. */
struct mb_report_trends;

/* Without --history NULL, else those of the rows that the results have. An enum mb_exit. */
int mb_report_trends_read(const struct mb_cli *cli, const struct mb_result *const *results,
			  size_t count, struct mb_report_trends **ret_trends);
void mb_report_trends_free(struct mb_report_trends *trends);

/* For the writer; NULL of NULL. */
const struct mb_html_trends *mb_report_trends_shown(const struct mb_report_trends *trends);

#endif
