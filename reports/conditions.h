/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_CONDITIONS_H
#define MB_REPORTS_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/result.h"

/*
 * What a host was when something that is stored was measured there: texts by name, in the order in which they came. A zeroed one is empty.
 */
struct mb_condition {
	char *name, *value; /* value NULL: not known */
};

struct mb_conditions {
	struct mb_condition *rows;
	size_t count;
};

/* 0 or -ENOMEM; texts are copied. One that is there gets the value, NULL: none. */
int mb_conditions_set(struct mb_conditions *conditions, const char *name, const char *value);

/* "host" (its class) and "kernel" of a result's host. 0 or -ENOMEM. */
int mb_conditions_set_host(struct mb_conditions *conditions, const struct mb_result *result);

/* Its settings. 0 or -ENOMEM. */
int mb_conditions_set_knobs(struct mb_conditions *conditions, const struct mb_result *result);

/* The value of a name; NULL: it is not there, or not known. */
const char *mb_conditions_find(const struct mb_conditions *conditions, const char *name);

/* What of them is another one in now: adds "kernel was 6.1, is 6.12; ..." to ret_why. Whether anything is. */
bool mb_conditions_outdated(const struct mb_conditions *conditions, const struct mb_conditions *now,
			    struct mb_strbuf *ret_why);

void mb_conditions_fini(struct mb_conditions *conditions);

/* --- in files, reports/json_conditions.c --- */

typedef struct json_t json_t;

/* An object, over several lines. 0, -EIO or -ENOMEM. */
int mb_json_conditions_put(FILE *file, const struct mb_conditions *conditions);

/* Adds those of the member "facts" of a JSON object. 0; -EINVAL with err, or -ENOMEM; what was read until then stays. */
int mb_json_conditions_read(const json_t *root, struct mb_err *err,
			    struct mb_conditions *conditions);

#endif
