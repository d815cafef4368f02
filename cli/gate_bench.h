/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_GATE_BENCH_H
#define MB_CLI_GATE_BENCH_H

#include "cli/gate_child.h"
#include "reports/result.h"

/*
 * One process run of a program: `PROGRAM bench --filter=REGEX OPTIONS --format=json -o -`, from its start to its result. What it prints
 * goes to memory alone, so that nothing is left behind whatever happens. It never outlives the thread that calls this.
 *
 * Of the spec: title, program, filter, patience_s (of the whole run) and cancel. options: words that end with NULL. 0 and a result
 * that the caller frees, -ENOMEM, or one of these with err:
 *   -ENOEXEC    it cannot be started, or what it prints is no result
 *   -ECHILD     it ended otherwise than a run of benches does; err has how, and the last line that it said
 *   -EUCLEAN    a row went wrong or computed something wrong
 *   -ETIME      it took longer than patience_s, and was killed
 *   -ECANCELED
 */
int mb_gate_bench_run(const struct mb_gate_child_spec *spec, const char *const *options,
		      struct mb_err *err, struct mb_result **ret_result);

#endif
