/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_HOST_H
#define MB_REPORTS_COSTMODEL_HOST_H

#include <stdio.h>

#include "core/base/err.h"
#include "core/base/strbuf.h"
#include "reports/conditions.h"
#include "reports/costmodel.h"
#include "reports/result.h"

/*
 * The fits of one host as they are stored: what the host was, and a fit for each kind of boot. A zeroed one is empty.
 */
struct mb_costmodel_fit {
	char *key; /* what boots it is for, as the caller words it: "6.1 vmemmap 64 x86_64 4K" */
	struct mb_costmodel model;
};

struct mb_costmodel_host {
	char *made_utc; /* when a fit was made last; NULL: not known */
	struct mb_conditions
		facts; /* "host" (its class), "kernel", "architecture", and its settings */
	struct mb_costmodel_fit *fits;
	size_t nr_fits;
};

#define MB_COSTMODEL_HOST_ARCH "architecture" /* as uname(2) has it */

/* 0 or -ENOMEM; the text is copied. */
int mb_costmodel_host_set_made(struct mb_costmodel_host *host, const char *utc);

/* Sets the facts of a host, from those and the knobs of a result. 0 or -ENOMEM. */
int mb_costmodel_host_set(struct mb_costmodel_host *host, const struct mb_result *result);

/* Adds a fit, or puts it in the place of that of the same key. 0 or -ENOMEM. */
int mb_costmodel_host_put(struct mb_costmodel_host *host, const char *key,
			  const struct mb_costmodel *model);

/* The fit of that key, or NULL. */
const struct mb_costmodel *mb_costmodel_host_find(const struct mb_costmodel_host *host,
						  const char *key);

/* What of its facts is another one in now: adds "kernel was 6.1, is 6.12; ..." to ret_why. Whether anything is. */
bool mb_costmodel_host_outdated(const struct mb_costmodel_host *host,
				const struct mb_costmodel_host *now, struct mb_strbuf *ret_why);

void mb_costmodel_host_fini(struct mb_costmodel_host *host);

/* --- the file, reports/json_costmodel.c --- */

/* A writer for mb_save_write(): JSON. arg is the host. 0, -EIO or -ENOMEM. */
int mb_json_costmodel_write(void *arg, FILE *file);

/*
 * 0; -ENOENT without such a file; -ESTALE for one of an older MB_COSTMODEL_VERSION; -EINVAL for one that is none of these; or another errno;
 * with err saying why. Then *ret_host is untouched.
 */
int mb_json_costmodel_read(const char *path, struct mb_err *err,
			   struct mb_costmodel_host *ret_host);

#endif
