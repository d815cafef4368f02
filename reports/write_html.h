/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_WRITE_HTML_H
#define MB_REPORTS_WRITE_HTML_H

#include "reports/html.h"

/* A section of the page: has says whether the results have something for it. */
struct mb_write_html_section {
	const char *id, *title, *note; /* note: what is to be seen, or NULL; all are markup */
	bool (*has)(const struct mb_html *html);
	void (*put)(struct mb_html *html);
};

/* In write_html_boot.c */
extern const struct mb_write_html_section mb_write_html_phases;
extern const struct mb_write_html_section mb_write_html_nodes;
extern const struct mb_write_html_section mb_write_html_workers;
extern const struct mb_write_html_section mb_write_html_kernel;

/* In write_html_predict.c */
extern const struct mb_write_html_section mb_write_html_predictions;

/* In write_html_facts.c */
extern const struct mb_write_html_section mb_write_html_facts;

/* In write_html_bench.c */
extern const struct mb_write_html_section mb_write_html_scaling;
extern const struct mb_write_html_section mb_write_html_matrix;
extern const struct mb_write_html_section mb_write_html_initialisers;

/* In write_html_runs.c; a page has one of benches and runs */
extern const struct mb_write_html_section mb_write_html_counters;
extern const struct mb_write_html_section mb_write_html_samples;
extern const struct mb_write_html_section mb_write_html_benches;
extern const struct mb_write_html_section mb_write_html_runs;

/* In write_html_trends.c */
extern const struct mb_write_html_section mb_write_html_trends;

/* In write_html_host.c */
extern const struct mb_write_html_section mb_write_html_compared;
extern const struct mb_write_html_section mb_write_html_host;
extern const struct mb_write_html_section mb_write_html_noise;

#endif
