/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/predict_vary.h"
#include "core/base/align.h"
#include "core/base/parse.h"
#include "core/base/strbuf.h"
#include "core/machine.h"
#include "core/machine_item.h"

const struct mb_predict_vary_row mb_predict_vary_rows[MB_PREDICT_VARY_NR] = {
	[MB_PREDICT_VARY_THREADS] = {"threads", "thread a node", "threads a node", .workers = true},
	[MB_PREDICT_VARY_CHUNK] = {"chunk", "a chunk", "a chunk", .bytes = true, .workers = true},
	[MB_PREDICT_VARY_EACH] = {"each", "a node", "a node", .bytes = true, .text = true,
				  .grows = true},
	[MB_PREDICT_VARY_NODES] = {"nodes", "node", "nodes", .text = true, .grows = true},
	[MB_PREDICT_VARY_CPUS] = {"cpus", "CPU a node", "CPUs a node", .text = true},
};

#define MAX_BYTES ((double)(UINT64_C(1) << 52))
#define STEPS     8 /* of a range that does not double */

static int fail_name(const char *text, size_t length, struct mb_err *err)
{
	struct mb_strbuf known = {0};
	int r;

	for (size_t i = 0; i < MB_PREDICT_VARY_NR; i++)
		mb_strbuf_addf(&known, "%s%s",
			       !i                            ? ""
			       : i + 1 == MB_PREDICT_VARY_NR ? " or "
							     : ", ",
			       mb_predict_vary_rows[i].name);
	r = MB_FAIL(err, -EINVAL, "option '--vary' takes %s, such as threads=1..128, not '%.*s'",
		    mb_strbuf_text(&known), (int)mb_min(length, 40), text);
	mb_strbuf_fini(&known);
	return r;
}

/* One value, whole and above 0. */
static int read_value(enum mb_predict_vary_what what, const char *text, size_t length,
		      struct mb_err *err, double *ret_value)
{
	const struct mb_predict_vary_row *row = &mb_predict_vary_rows[what];
	double most = row->bytes ? MAX_BYTES : MB_MACHINE_MAX_CPUS;
	uint64_t value = 0;
	int r = row->bytes ? mb_parse_size(text, length, &value)
			   : mb_parse_u64(text, length, &value);

	if (r == -ERANGE || (double)value > most)
		return MB_FAIL(err, -ERANGE, "option '--vary %s': no machine has %.*s", row->name,
			       (int)mb_min(length, 40), text);
	if (r || !value)
		return MB_FAIL(err, -EINVAL, "option '--vary %s': '%.*s' is no %s above 0",
			       row->name, (int)mb_min(length, 40), text,
			       row->bytes ? "size" : "whole number");
	*ret_value = (double)value;
	return 0;
}

static int add_value(struct mb_predict_vary *vary, double value, struct mb_err *err)
{
	const char *name = mb_predict_vary_rows[vary->what].name;

	if (vary->count && value <= vary->values[vary->count - 1])
		return MB_FAIL(err, -EINVAL, "option '--vary %s': values have to rise", name);
	if (vary->count == MB_PREDICT_VARY_MAX)
		return MB_FAIL(err, -ERANGE, "option '--vary %s' takes at most %d values", name,
			       MB_PREDICT_VARY_MAX);
	vary->values[vary->count++] = value;
	return 0;
}

static int add_range(struct mb_predict_vary *vary, double first, double last, struct mb_err *err)
{
	double step = fmax(ceil((last - first) / STEPS), 1);
	int r = 0;

	if (first >= last)
		return MB_FAIL(err, -EINVAL,
			       "option '--vary %s': the range is empty: its end has to be larger",
			       mb_predict_vary_rows[vary->what].name);
	for (double value = first; !r && value < last;
	     value = last >= 4 * first ? 2 * value : value + step)
		r = add_value(vary, value, err);
	return r ? r : add_value(vary, last, err);
}

static int read_values(struct mb_predict_vary *vary, const char *text, struct mb_err *err)
{
	const char *dots = strstr(text, "..");
	int r;

	if (dots) {
		double first = 0, last = 0;

		r = read_value(vary->what, text, (size_t)(dots - text), err, &first);
		if (!r)
			r = read_value(vary->what, dots + 2, strlen(dots + 2), err, &last);
		return r ? r : add_range(vary, first, last, err);
	}
	for (;;) {
		size_t length = strcspn(text, ",");
		double value = 0;

		r = read_value(vary->what, text, length, err, &value);
		if (!r)
			r = add_value(vary, value, err);
		if (r || !text[length])
			return r;
		text += length + 1;
	}
}

int mb_predict_vary_parse(const char *text, struct mb_err *err, struct mb_predict_vary *ret_vary)
{
	struct mb_predict_vary vary = {0};
	size_t length = strcspn(text, "=");
	int r;

	for (size_t i = 0; i < MB_PREDICT_VARY_NR; i++) {
		const char *name = mb_predict_vary_rows[i].name;

		if (text[length] != '=' || strlen(name) != length || strncmp(name, text, length))
			continue;
		vary.what = (enum mb_predict_vary_what)i;
		r = read_values(&vary, text + length + 1, err);
		if (!r)
			*ret_vary = vary;
		return r;
	}
	return fail_name(text, length, err);
}

struct mb_predict_vary_text mb_predict_vary_value(enum mb_predict_vary_what what, double value)
{
	struct mb_predict_vary_text text;

	if (mb_predict_vary_rows[what].bytes)
		snprintf(text.text, sizeof(text.text), "%s", mb_strbuf_size((uint64_t)value).text);
	else
		snprintf(text.text, sizeof(text.text), "%.0f", value);
	return text;
}

/* How many items of that name there are; *ret_item is the last one. */
static size_t find_items(const char *text, const char *name, struct mb_machine_item *ret_item)
{
	size_t length = strlen(name), count = 0;
	struct mb_machine_item item;

	for (const char *at = text; mb_machine_item_next(at, &item); at = item.end) {
		if ((size_t)(item.equals - item.name) != length || memcmp(item.name, name, length))
			continue;
		*ret_item = item;
		count++;
	}
	return count;
}

char *mb_predict_vary_text(const char *text, enum mb_predict_vary_what what, double value,
			   struct mb_err *err)
{
	const char *name = mb_predict_vary_rows[what].name;
	struct mb_machine_item item;
	size_t count = find_items(text, name, &item);
	char *copy = NULL;

	if (count != 1) {
		MB_FAIL(err, -EINVAL,
			"option '--vary %s' needs a machine text with %s '%s=', such as --machine "
			"'nodes=4 each=64G cpus=8'",
			name, count ? "one" : "an item", name);
		return NULL;
	}
	if (asprintf(&copy, "%.*s=%.0f%s", (int)(item.equals - text), text, value, item.end) < 0) {
		MB_FAIL(err, -ENOMEM, "out of memory");
		return NULL;
	}
	return copy;
}
