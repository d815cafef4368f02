/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_FILTER_H
#define MB_CLI_FILTER_H

#include "core/base/err.h"
#include "core/boot.h"
#include "reports/result.h"

/*
 * --filter of `memboot boot`, by the rules of Google Benchmark's: a POSIX extended regular expression that is found somewhere in
 * a name, "all" is everything; a leading '-' turns it around. A NULL filter lets everything through.
 */
struct mb_filter;

/* 0; -EINVAL with err for what is no regular expression; -ENOMEM. */
int mb_filter_new(const char *pattern, struct mb_err *err, struct mb_filter **ret_filter);
void mb_filter_free(struct mb_filter *filter);

bool mb_filter_name(const struct mb_filter *filter, const char *name);

/* By the run's name; of a part of a stage, by that of the stage as well. */
bool mb_filter_run(const struct mb_filter *filter, const struct mb_run *run);

/* Whether anything that a boot of that policy may have in its result has such a name. */
bool mb_filter_boot(const struct mb_filter *filter, enum mb_policy policy);

/* Takes the runs that it does not let through out of the result. Returns how many are left. */
size_t mb_filter_result(const struct mb_filter *filter, struct mb_result *result);

#endif
