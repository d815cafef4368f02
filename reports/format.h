/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_FORMAT_H
#define MB_REPORTS_FORMAT_H

#include <time.h>

#include "reports/metric.h"

/*
 * Numbers for people. The text comes back by value: printf("%s", mb_format_time(ns, charset).text). A decimal point is
 * always '.', whatever the locale. NaN and infinities give "-".
 */
enum mb_format_charset {
	MB_FORMAT_UTF8,
	MB_FORMAT_ASCII, /* us for the micro sign, a comma for the narrow space between groups */
};

struct mb_format_text {
	char text[48];
};

/* Three significant digits: 1.23 ns, 12.3 ms, 123 s; two below 1 ns: 0.12 ns, 0.0012 ns. */
struct mb_format_text mb_format_time(double ns, enum mb_format_charset charset);

/* 512 B, 4.0 GiB. */
struct mb_format_text mb_format_bytes(double bytes);

/* Decimal units: 12.3 GB/s. */
struct mb_format_text mb_format_rate(double bytes_per_second);

/* Rounded to a whole number, in groups of three: 16 777 216. */
struct mb_format_text mb_format_count(double count, enum mb_format_charset charset);

/* One decimal: 12.3 %. */
struct mb_format_text mb_format_percent(double percent);

/* Three decimals: 1.034. */
struct mb_format_text mb_format_ratio(double ratio);

/* The way that the metric's row says. */
struct mb_format_text mb_format_metric(const struct mb_metric *metric, double value,
				       enum mb_format_charset charset);

/* For files: the shortest decimal form that reads back equal. "" for NaN and infinities. */
struct mb_format_text mb_format_exact(double value);

/* ISO 8601 in UTC: 2026-01-31T12:00:00Z. */
struct mb_format_text mb_format_utc(time_t when);

#endif
