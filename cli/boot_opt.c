/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/boot_opt.h"
#include "cli/machine_opt.h"
#include "cli/say.h"
#include "core/page.h"

/* The option's choices are the names. */
static enum mb_policy find_policy(const char *name)
{
	for (unsigned i = 0; name && i < MB_NR_POLICIES; i++)
		if (!strcmp(mb_boot_policies[i], name))
			return (enum mb_policy)i;
	return MB_POLICY_DEFERRED;
}

void mb_boot_opt_config(const struct mb_opts *opts, struct mb_boot_config *config)
{
	config->policy = find_policy(opts->policy);
	config->model =
		opts->model ? mb_memmodel_find(opts->model) : &mb_memmodels[MB_MEMMODEL_VMEMMAP];
	config->struct_page = opts->struct_page ? mb_page_size_find(opts->struct_page)
						: &mb_page_sizes[MB_PAGE_SIZE_DEFAULT];
}

int mb_boot_opt_machine(const struct mb_cli *cli, const struct mb_machine *machine,
			const char *release, struct mb_boot_config *config)
{
	const char *kernel = cli->opts.kernel;
	struct mb_err err = {0};

	if (mb_memmodel_fits(config->model, machine, config->struct_page, &err))
		return mb_say_err(cli, MB_EXIT_USAGE, NULL, &err);
	config->profile = kernel ? mb_profile_find(kernel) : mb_profile_nearest(release);
	config->machine = machine;
	return MB_EXIT_OK;
}

int mb_boot_opt_result(const struct mb_cli *cli, const struct mb_boot_config *config,
		       struct mb_result *result)
{
	mb_machine_opt_result(config->machine, result);
	mb_result_set(result, MB_RESULT_KERNEL_PROFILE, config->profile->name);
	mb_result_set(result, MB_RESULT_POLICY, mb_boot_policies[config->policy]);
	mb_result_set(result, MB_RESULT_STRUCT_PAGE, config->struct_page->name);
	return result->error ? mb_say(cli, MB_EXIT_UNFIT, "out of memory") : MB_EXIT_OK;
}
