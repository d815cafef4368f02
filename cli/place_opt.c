/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/machine_opt.h"
#include "cli/place_opt.h"
#include "cli/say.h"
#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/base/parse.h"
#include "core/page.h"
#include "core/window.h"

static bool is(const char *option, const char *value)
{
	return option && strcmp(option, value) == 0;
}

/* --threads: the words come after the largest number. */
static const char *threads_word(const struct mb_opts *opts)
{
	const struct mb_opt *opt = mb_opt_find("threads");

	return opts->threads > opt->max ? opt->values(opts->threads - opt->max - 1) : NULL;
}

static int read_cpus(const struct mb_cli *cli, uint64_t *ret_cpus)
{
	const char *list = cli->opts.cpus;
	uint64_t any = 0;
	int r = mb_parse_list(list, strlen(list), MB_TOPO_MAX_CPUS, ret_cpus);

	for (size_t i = 0; i < MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS); i++)
		any |= ret_cpus[i];
	if (r || !any)
		return mb_say(
			cli, MB_EXIT_USAGE,
			"option '--cpus' takes a list such as 0-7,16 of numbers below %d, not '%.40s'",
			MB_TOPO_MAX_CPUS, list);
	return MB_EXIT_OK;
}

/* The option that wants what is not known: without a library everything of another machine, else the cores. */
static void add_needy(const struct mb_opts *opts, struct mb_strbuf *text)
{
	bool no_library = !strcmp(mb_topo_version(), "none");

	if (opts->topology && no_library) {
		mb_strbuf_add(text, "option '--topology'");
		return;
	}
	mb_strbuf_addf(text, "option '--%s", is(opts->smt, "off") ? "smt off'" : "threads cores'");
	if (opts->topology)
		mb_strbuf_addf(text, " with --topology '%.80s'", opts->topology);
}

/* What this kernel does not show others do; a library that is not here, or a text, is the same everywhere. */
static int say_unknown(const struct mb_cli *cli, const struct mb_err *err)
{
	bool here = !cli->opts.topology && strcmp(mb_topo_version(), "none") != 0;
	struct mb_strbuf what = {0};

	add_needy(&cli->opts, &what);
	mb_say_err(cli, MB_EXIT_USAGE, mb_strbuf_text(&what), err);
	mb_strbuf_fini(&what);
	return here ? MB_EXIT_UNFIT : MB_EXIT_USAGE;
}

/* Why there is no topology: which option cannot be had, or what this host lacks. */
static int say_topo(const struct mb_cli *cli, int code, const struct mb_err *err)
{
	char what[160];

	switch (code) {
	case -ENXIO:
		return mb_say_err(cli, cli->opts.topology ? MB_EXIT_USAGE : MB_EXIT_UNFIT,
				  "option '--cpus'", err);
	case -ENOTSUP: return say_unknown(cli, err);
	case -EINVAL:
	case -ENODEV:
		if (!cli->opts.topology)
			break;
		snprintf(what, sizeof(what), "--topology '%.120s'", cli->opts.topology);
		return mb_say_err(cli, MB_EXIT_USAGE, what, err);
	default: break;
	}
	return mb_say_err(cli, MB_EXIT_UNFIT, "this host's topology", err);
}

int mb_place_opt_topo(const struct mb_cli *cli, struct mb_topo **ret_topo)
{
	const struct mb_opts *opts = &cli->opts;
	uint64_t cpus[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	struct mb_topo_want want = {.no_smt = is(opts->smt, "off"), .source = opts->topology};
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};
	int status = opts->cpus ? read_cpus(cli, cpus) : MB_EXIT_OK;
	int r;

	if (status)
		return status;
	want.cpus = opts->cpus ? cpus : NULL;
	r = mb_topo_new_want(&want, &err, &topo);
	if (!r && is(threads_word(opts), "cores") && topo->parts[MB_TOPO_CORES].code)
		r = MB_FAIL(&err, -ENOTSUP, "the CPUs of a core are not known: %s",
			    topo->parts[MB_TOPO_CORES].reason);
	if (r) {
		mb_topo_free(topo);
		return say_topo(cli, r, &err);
	}
	*ret_topo = topo;
	return MB_EXIT_OK;
}

struct mb_host_options mb_place_opt_host(const struct mb_opts *opts)
{
	enum mb_arena_pages pages = MB_ARENA_HOST;

	for (int i = 0; i < MB_ARENA_NR_PAGES; i++) {
		if (is(opts->pages, mb_arena_pages[i]))
			pages = (enum mb_arena_pages)i;
	}
	return (struct mb_host_options){
		.pages = pages,
		.bind = is(opts->bind, mb_host_map_binds[MB_HOST_MAP_SPREAD]) ? MB_HOST_MAP_SPREAD
									      : MB_HOST_MAP_NODE,
		.cores = is(threads_word(opts), "cores"),
	};
}

void mb_place_opt_config(const struct mb_opts *opts, struct mb_boot_config *config)
{
	config->serial_fault = is(opts->fault, "serial");
	config->host_threads = threads_word(opts) != NULL;
	config->threads = config->host_threads ? 0 : (unsigned)opts->threads;
}

/* Whole pages of a pool that a node's descriptors fill, at most; those of holes in a section count. */
static uint64_t pool_pages(const struct mb_boot_config *config, int nid, uint64_t page_bytes)
{
	const struct mb_machine *machine = config->machine;
	uint64_t section_bytes = UINT64_C(1) << machine->section_shift;
	uint64_t bytes = 0;

	for (size_t i = 0; i < machine->nr_mem; i++) {
		const struct mb_machine_mem *mem = &machine->mem[i];

		if (mem->nid == nid)
			bytes += mb_align_up_pow2(mem->end, section_bytes) -
				 mb_align_down_pow2(mem->start, section_bytes);
	}
	bytes = (bytes >> machine->page_shift) * config->struct_page->bytes;
	if (config->window_bytes)
		bytes = mb_min(bytes, mb_window_node_needed(config, nid));
	return bytes / page_bytes;
}

uint64_t mb_place_opt_pool_bytes(const struct mb_opts *opts, const struct mb_boot_config *config)
{
	uint64_t page_bytes = mb_arena_pool_bytes(mb_place_opt_host(opts).pages);
	uint64_t pages = 0;

	for (unsigned nid = 0; page_bytes && nid < config->machine->nr_node_ids; nid++)
		pages += pool_pages(config, (int)nid, page_bytes);
	return config->dry_run ? 0 : pages * page_bytes;
}

int mb_place_opt_check_pools(const struct mb_cli *cli, const struct mb_boot_config *config,
			     const struct mb_host_map *map, const struct mb_topo *topo)
{
	static const struct mb_sysroot live = {.path = "/"};
	uint64_t page_bytes = mb_arena_pool_bytes(mb_place_opt_host(&cli->opts).pages);
	bool own = !mb_machine_opt_named(cli);
	uint64_t all = 0;

	for (size_t i = 0; page_bytes && i < topo->nr_nodes; i++) {
		int node = topo->nodes[i].os_index;
		struct mb_hugepages pool = {.page_bytes = page_bytes};
		struct mb_err err = {0};
		uint64_t pages = 0;

		for (unsigned nid = 0; nid < map->nr_node_ids; nid++) {
			if (map->nodes[nid].host == &topo->nodes[i])
				pages += pool_pages(config, (int)nid, page_bytes);
		}
		all += pages;
		if (mb_hugepages_read(&live, node, page_bytes, &pool))
			mb_hugepages_read(&live, node = MB_HUGEPAGES_HOST, page_bytes, &pool);
		if (pages <= pool.free_pages)
			continue;
		mb_hugepages_fail(&pool, node, pages, &err);
		return mb_say_err(cli, MB_EXIT_UNFIT, "option '--pages'", &err);
	}
	if (page_bytes && !all)
		return mb_say(
			cli, own ? MB_EXIT_UNFIT : MB_EXIT_USAGE,
			"option '--pages': no node's memmap fills a page of %s; use smaller pages, or a larger machine",
			mb_strbuf_size(page_bytes).text);
	return MB_EXIT_OK;
}

static void add_words(struct mb_strbuf *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The next item of a list. */
static void add_words(struct mb_strbuf *text, const char *format, ...)
{
	char words[160];
	va_list args;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	mb_strbuf_addf(text, "%s%s", text->length ? ", " : "", words);
}

void mb_place_opt_print(const struct mb_opts *opts, struct mb_strbuf *text)
{
	const char *word = threads_word(opts);

	if (word)
		add_words(text, "one for each %s of their node",
			  is(word, "cores") ? "core" : "CPU");
	else if (opts->threads)
		add_words(text, "at most %llu a node", (unsigned long long)opts->threads);
	if (opts->cpus)
		add_words(text, "on CPUs %s", opts->cpus);
	if (is(opts->smt, "off"))
		add_words(text, "on one CPU of each core");
	if (mb_place_opt_host(opts).bind == MB_HOST_MAP_SPREAD)
		add_words(text, "spread over all host nodes");
}
