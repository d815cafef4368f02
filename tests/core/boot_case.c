/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <time.h>

#include "tests/core/boot_case.h"
#include "tests/seed.h"

void boot_case_init(struct boot_case *c, const char *text, struct boot_options options)
{
	struct mb_boot_config config = {0};
	struct mb_err err = {0};

	if (mb_machine_parse(text, NULL, &err, &c->machine))
		fail_msg("'%s': %s", text, err.text);
	mb_host_plain_init(&c->plain);
	if (options.workers)
		c->plain.workers = options.workers;
	config.machine = c->machine;
	config.profile = mb_profile_find(options.kernel ? options.kernel : "6.1");
	config.model = options.model ? mb_memmodel_find(options.model) : NULL;
	config.struct_page = options.struct_page ? mb_page_size_find(options.struct_page) : NULL;
	config.host = &c->plain.host;
	config.policy = options.policy;
	config.threads = options.threads;
	config.dry_run = options.dry_run;
	config.record = options.record;
	config.check = true;
	if (mb_boot_new(&config, &err, &c->boot))
		fail_msg("%s", err.text);
}

void boot_case_run(struct boot_case *c, const struct mb_stage *last)
{
	int r = mb_boot_run_until(c->boot, last);
	const struct mb_err *err = mb_boot_err(c->boot);

	if (r)
		fail_msg("%s: %s (%d, %s:%d)", err->stage, err->text, r, err->file, err->line);
}

void boot_case_fini(struct boot_case *c)
{
	mb_boot_free(c->boot);
	mb_machine_free(c->machine);
	assert_int_equal(c->plain.mapped_bytes, 0);
}

struct mb_zone *boot_case_zone(struct boot_case *c, int nid, enum mb_zone_type type)
{
	return &c->boot->nodes[nid]->zones[type];
}

uint64_t boot_case_seed(void)
{
	return seed_or((uint64_t)time(NULL));
}
