/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "reports/format.h"

struct unit {
	const char *name, *ascii;
	double size;
};

static const struct unit time_units[] = {
	{"ns", "ns", 1},
	{"µs", "us", 1e3},
	{"ms", "ms", 1e6},
	{"s", "s", 1e9},
};
static const struct unit byte_units[] = {
	{"B", "B", 1},          {"KiB", "KiB", 0x1p10}, {"MiB", "MiB", 0x1p20},
	{"GiB", "GiB", 0x1p30}, {"TiB", "TiB", 0x1p40}, {"PiB", "PiB", 0x1p50},
	{"EiB", "EiB", 0x1p60},
};
static const struct unit rate_units[] = {
	{"B/s", "B/s", 1},     {"kB/s", "kB/s", 1e3},  {"MB/s", "MB/s", 1e6},
	{"GB/s", "GB/s", 1e9}, {"TB/s", "TB/s", 1e12},
};

/* printf writes the decimal point of the locale, which may be several bytes: whatever cannot be in a number is it. */
static void fix_point(char *number)
{
	size_t bad = strspn(number, "0123456789+-e");
	char *point = number + bad;

	if (!*point)
		return;
	bad = strcspn(point, "0123456789+-e");
	*point = '.';
	memmove(point + 1, point + bad, strlen(point + bad) + 1);
}

static struct mb_format_text number(double value, int decimals)
{
	struct mb_format_text out;

	snprintf(out.text, sizeof(out.text), "%.*f", decimals, value);
	fix_point(out.text);
	return out;
}

static struct mb_format_text missing(void)
{
	return (struct mb_format_text){"-"};
}

static struct mb_format_text with_unit(struct mb_format_text value, const char *unit)
{
	size_t length = strlen(value.text);

	snprintf(value.text + length, sizeof(value.text) - length, " %s", unit);
	return value;
}

/* Three significant digits of a value below 1000. */
static int decimals3(double value)
{
	return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

/* The same of the least unit, which small values must do with: two digits that are not 0, so that they can be told apart. */
static int decimals_small(double value)
{
	if (value >= 0.0995 || value < 1e-8)
		return decimals3(value);
	return 1 + (int)ceil(-log10(value));
}

/* The unit in which the rounded value is below limit, or the largest. */
static const struct unit *choose(const struct unit *units, size_t count, double value, double limit)
{
	size_t i = 0;

	while (i + 1 < count && fabs(value) / units[i].size >= limit)
		i++;
	return &units[i];
}

/* Beyond this, digits would not fit and mean nothing. */
static struct mb_format_text huge(double value, const char *unit)
{
	struct mb_format_text out;

	snprintf(out.text, sizeof(out.text), "%.2e", value);
	fix_point(out.text);
	return with_unit(out, unit);
}

static struct mb_format_text scaled(const struct unit *unit, double value, int decimals,
				    const char *name)
{
	value /= unit->size;
	return fabs(value) >= 1e15 ? huge(value, name) : with_unit(number(value, decimals), name);
}

struct mb_format_text mb_format_time(double ns, enum mb_format_charset charset)
{
	const struct unit *unit = choose(time_units, MB_ARRAY_SIZE(time_units), ns, 999.5);

	if (!isfinite(ns))
		return missing();
	return scaled(unit, ns, decimals_small(fabs(ns) / unit->size),
		      charset == MB_FORMAT_ASCII ? unit->ascii : unit->name);
}

struct mb_format_text mb_format_bytes(double bytes)
{
	const struct unit *unit = choose(byte_units, MB_ARRAY_SIZE(byte_units), bytes, 1023.95);

	if (!isfinite(bytes))
		return missing();
	return scaled(unit, bytes, unit == byte_units ? 0 : 1, unit->name);
}

struct mb_format_text mb_format_rate(double bytes_per_second)
{
	const struct unit *unit =
		choose(rate_units, MB_ARRAY_SIZE(rate_units), bytes_per_second, 999.5);

	if (!isfinite(bytes_per_second))
		return missing();
	return scaled(unit, bytes_per_second, decimals3(fabs(bytes_per_second) / unit->size),
		      unit->name);
}

struct mb_format_text mb_format_count(double count, enum mb_format_charset charset)
{
	const char *separator = charset == MB_FORMAT_ASCII ? "," : "\u202f";
	struct mb_format_text out = {""};
	char digits[24];
	size_t length, at = 0;

	if (!isfinite(count))
		return missing();
	if (fabs(count) >= 1e18)
		return huge(count, "");
	length = (size_t)snprintf(digits, sizeof(digits), "%lld", llround(count));
	for (size_t i = 0; i < length; i++) {
		size_t left = length - i;

		if (i && left % 3 == 0 && digits[i - 1] != '-')
			at += (size_t)snprintf(out.text + at, sizeof(out.text) - at, "%s",
					       separator);
		out.text[at++] = digits[i];
	}
	out.text[at] = 0;
	return out;
}

struct mb_format_text mb_format_percent(double percent)
{
	if (!isfinite(percent))
		return missing();
	return fabs(percent) >= 1e15 ? huge(percent, "%") : with_unit(number(percent, 1), "%");
}

struct mb_format_text mb_format_ratio(double ratio)
{
	if (!isfinite(ratio))
		return missing();
	return fabs(ratio) >= 1e15 ? huge(ratio, "") : number(ratio, 3);
}

struct mb_format_text mb_format_metric(const struct mb_metric *metric, double value,
				       enum mb_format_charset charset)
{
	switch (metric->format) {
	case MB_METRIC_FORMAT_TIME: return mb_format_time(value, charset);
	case MB_METRIC_FORMAT_COUNT: return mb_format_count(value, charset);
	case MB_METRIC_FORMAT_BYTES: return mb_format_bytes(value);
	case MB_METRIC_FORMAT_RATE: return mb_format_rate(value);
	case MB_METRIC_FORMAT_RATIO: return mb_format_ratio(value);
	case MB_METRIC_FORMAT_PERCENT: return mb_format_percent(value);
	}
	return missing();
}

struct mb_format_text mb_format_exact(double value)
{
	struct mb_format_text out = {""};

	if (!isfinite(value))
		return out;
	if (fabs(value) <= 0x1p53 && value == trunc(value)) {
		snprintf(out.text, sizeof(out.text), "%.0f", value);
		return out;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out.text, sizeof(out.text), "%.*g", digits, value);
		if (strtod(out.text, NULL) == value)
			break;
	}
	fix_point(out.text);
	return out;
}

struct mb_format_text mb_format_utc(time_t when)
{
	struct mb_format_text out = {""};
	struct tm utc;

	if (gmtime_r(&when, &utc))
		strftime(out.text, sizeof(out.text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return out;
}
