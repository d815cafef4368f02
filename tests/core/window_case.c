/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/align.h"
#include "tests/core/window_case.h"

struct mb_boot_config window_case_init(struct window_case *c, const char *text)
{
	struct mb_err err = {0};

	*c = (struct window_case){0};
	if (mb_machine_parse(text, NULL, &err, &c->machine))
		fail_msg("%s", err.text);
	mb_host_plain_init(&c->plain);
	return (struct mb_boot_config){
		.machine = c->machine,
		.profile = mb_profile_find("6.1"),
		.host = &c->plain.host,
		.policy = MB_POLICY_DEFERRED,
		.window_bytes = 16 * 64 * MB_KIB,
		.check = true,
	};
}

int window_case_run(struct window_case *c, const struct mb_boot_config *config,
		    const struct mb_stage *last)
{
	assert_int_equal(mb_boot_new(config, NULL, &c->boot), 0);
	return mb_boot_run_until(c->boot, last);
}

void window_case_fini(struct window_case *c)
{
	mb_boot_free(c->boot);
	mb_machine_free(c->machine);
	assert_int_equal(c->plain.mapped_bytes, 0);
}
