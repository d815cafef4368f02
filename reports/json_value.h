/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_JSON_VALUE_H
#define MB_REPORTS_JSON_VALUE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * What the JSON writers share above the library. Failed allocations are remembered by the caller's flag, so that one check at the
 * end is enough.
 */
typedef struct json_t json_t;

/* null for NULL. */
json_t *mb_json_value_text(const char *words);

/* null for NaN and infinities; whole numbers without a fraction, as far as a double counts them all. */
json_t *mb_json_value_number(double value);

/* Takes the value over whatever happens; *bad becomes true when memory ran out, be it for the object or the value. */
void mb_json_value_add(json_t *object, const char *key, json_t *value, bool *bad);

/* The container, or NULL and it is freed. */
json_t *mb_json_value_finish(json_t *container, bool bad);

/* Writes and frees a value; NULL stands for a failed allocation. 0, -ENOMEM or -EIO. */
int mb_json_value_put(FILE *file, json_t *value);

#endif
