/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/predict_opt.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"

#define MACHINE .machine = "nodes=2 each=8G cpus=4"

/* Each pair with what is said of it; NULL: nothing. */
static void pairs(void **state)
{
	const uint64_t cores = mb_opt_find("threads")->max + 1, all = cores + 1;
	const struct {
		struct mb_opts opts;
		enum mb_policy policy;
		const char *vary, *says;
	} cases[] = {
		{{0}, MB_POLICY_DEFERRED, NULL, NULL},
		{{MACHINE, .threads = 3}, MB_POLICY_EAGER, NULL, NULL},
		{{MACHINE, .threads = all}, MB_POLICY_DEFERRED, NULL, NULL},
		{{MACHINE, .threads = cores}, MB_POLICY_DEFERRED, NULL, "which of its CPUs share"},
		{{MACHINE, .threads = cores, .here = true}, MB_POLICY_DEFERRED, NULL, NULL},
		{{.threads = cores}, MB_POLICY_DEFERRED, NULL, NULL},
		{{.threads = cores, .host_model = "f"}, MB_POLICY_DEFERRED, NULL, "which of that"},
		{{.host_model = "f", .max_memory = 1}, MB_POLICY_DEFERRED, NULL, "--max-memory"},
		{{MACHINE}, MB_POLICY_DEFERRED, "threads=1,2", NULL},
		{{MACHINE}, MB_POLICY_EAGER, "threads=1,2", "--policy eager, which has no workers"},
		{{MACHINE}, MB_POLICY_LAZY, "chunk=1G", "--policy lazy, which has no workers"},
		{{MACHINE}, MB_POLICY_LAZY, "each=1G,2G", NULL},
		{{MACHINE, .threads = 3}, MB_POLICY_DEFERRED, "threads=1,2", "each says how many"},
		{{.from_table = "t"}, MB_POLICY_DEFERRED, "threads=1,2", NULL},
		{{.from_table = "t"}, MB_POLICY_DEFERRED, "nodes=1,2", "about threads alone"},
		{{.from_table = "t", .fit_points = 3}, MB_POLICY_DEFERRED, NULL, NULL},
		{{MACHINE, .fit_points = 3}, MB_POLICY_DEFERRED, NULL, "needs --from-table"},
		{{.fit_points = 3}, MB_POLICY_DEFERRED, NULL, "--fit-points' needs --from-table"},
		{{.from_table = "t", .kernel = "6.1"}, MB_POLICY_DEFERRED, NULL, "--kernel"},
		{{.from_table = "t", .policy = "lazy"}, MB_POLICY_LAZY, NULL, "--policy"},
		{{.from_table = "t", .cmdline = ""}, MB_POLICY_DEFERRED, NULL, "--cmdline"},
		{{.from_table = "t", .budget = 1}, MB_POLICY_DEFERRED, NULL, "--budget"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(cases); i++) {
		const struct mb_cli cli = {.cmd = mb_cmd_find("predict"), .opts = cases[i].opts};
		struct mb_predict_vary vary = {0};
		struct capture capture;
		struct mb_err err = {0};
		char *text;
		int status;

		if (cases[i].vary)
			assert_int_equal(mb_predict_vary_parse(cases[i].vary, &err, &vary), 0);
		capture_begin(&capture, stderr);
		status = mb_predict_opt_check(&cli, cases[i].policy, &vary);
		text = capture_end(&capture);
		if (status != (cases[i].says ? MB_EXIT_USAGE : MB_EXIT_OK) ||
		    !strstr(text, cases[i].says ? cases[i].says : ""))
			fail_msg("case %zu: %d %s", i, status, text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
