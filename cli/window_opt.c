/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "cli/window_opt.h"
#include "core/base/align.h"
#include "core/memmodel.h"
#include "core/window.h"
#include "reports/format.h"

#define CACHES 2 /* a window of fewer times the largest cache may be in it */

/* The words come after the largest size. */
static const char *window_word(const struct mb_opts *opts)
{
	const struct mb_opt *opt = mb_opt_find("window");

	return opts->window > opt->max ? opt->values(opts->window - opt->max - 1) : NULL;
}

static bool is_word(const struct mb_opts *opts, const char *name)
{
	const char *word = window_word(opts);

	return word && strcmp(word, name) == 0;
}

static bool is_off(const struct mb_opts *opts)
{
	return !opts->window || is_word(opts, "off");
}

bool mb_window_opt_is_auto(const struct mb_opts *opts)
{
	return is_word(opts, "auto");
}

int mb_window_opt_check(const struct mb_cli *cli, const struct mb_boot_config *config)
{
	const struct mb_opts *opts = &cli->opts;

	if (is_off(opts))
		return MB_EXIT_OK;
	if (config->model != &mb_memmodels[MB_MEMMODEL_VMEMMAP])
		return mb_say(
			cli, MB_EXIT_USAGE,
			"--window goes with model vmemmap alone, not with --model %s; use --window off",
			config->model->name);
	if (config->dry_run && !mb_window_opt_is_auto(opts))
		return mb_say(
			cli, MB_EXIT_USAGE,
			"--dry-run makes no descriptors, so there is nothing for --window SIZE to hold; "
			"leave one of them out");
	return MB_EXIT_OK;
}

static uint64_t largest_cache(const struct mb_topo *topo)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < topo->nr_caches; i++)
		bytes = mb_max(bytes, topo->caches[i].type == 'i' ? 0 : topo->caches[i].bytes);
	return bytes;
}

void mb_window_opt_set(const struct mb_opts *opts, const struct mb_topo *topo,
		       uint64_t allowed_bytes, struct mb_boot_config *config)
{
	config->window_auto = mb_window_opt_is_auto(opts);
	config->window_bytes = 0;
	if (config->dry_run || is_off(opts))
		return;
	config->window_bytes =
		config->window_auto ? mb_window_auto(config, largest_cache(topo), allowed_bytes)
				    : mb_min(opts->window, mb_window_largest(config, opts->window));
}

bool mb_window_opt_would_fit(const struct mb_boot_config *config, uint64_t allowed_bytes)
{
	struct mb_boot_config other = *config;

	if (config->window_auto || config->dry_run ||
	    config->model != &mb_memmodels[MB_MEMMODEL_VMEMMAP])
		return false;
	other.window_bytes = mb_window_auto(config, 0, allowed_bytes);
	return other.window_bytes && mb_boot_memory_needed(&other) <= allowed_bytes;
}

int mb_window_opt_check_workers(const struct mb_cli *cli, const struct mb_boot_config *config)
{
	uint64_t least = 0, bytes;
	int worst = 0;

	if (!config->window_bytes || config->window_auto)
		return MB_EXIT_OK;
	for (unsigned nid = 0; nid < config->machine->nr_node_ids; nid++) {
		bytes = mb_window_least(config, (int)nid);
		if (bytes > least)
			worst = (int)nid;
		least = mb_max(least, bytes);
	}
	if (least <= config->window_bytes)
		return MB_EXIT_OK;
	return mb_say(cli, MB_EXIT_USAGE,
		      "--window %s is too small: the workers of node %d need %s; use --window auto",
		      mb_strbuf_size(config->window_bytes).text, worst, mb_strbuf_size(least).text);
}

void mb_window_opt_print(const struct mb_boot_config *config, const struct mb_topo *topo,
			 struct mb_strbuf *text)
{
	uint64_t bytes, cache;

	if (!config->window_bytes)
		return;
	bytes = mb_window_largest(config, config->window_bytes);
	cache = largest_cache(topo);
	mb_strbuf_addf(text, "  memmap through windows: %s of real memory for each node's, %s\n",
		       mb_format_bytes((double)bytes).text,
		       bytes < mb_window_largest(config, UINT64_MAX) ? "used again and again"
								     : "room for all of it");
	if (bytes < CACHES * cache)
		mb_strbuf_addf(
			text,
			"  that is less than twice the largest cache (%s): times may be those of the cache\n",
			mb_format_bytes((double)cache).text);
}

void mb_window_opt_result(const struct mb_boot_config *config, struct mb_result *result)
{
	char bytes[24];

	if (!config->window_bytes)
		return;
	snprintf(bytes, sizeof(bytes), "%llu",
		 (unsigned long long)mb_window_largest(config, config->window_bytes));
	mb_result_set(result, MB_RESULT_WINDOW, bytes);
}
