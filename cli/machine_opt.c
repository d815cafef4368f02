/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/machine_opt.h"
#include "cli/say.h"
#include "core/base/bits.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "core/base/stream.h"
#include "core/cmdline.h"
#include "numa/sysroot.h"

#define MAX_BYTES   MB_MACHINE_OPT_MAX_BYTES
#define MAX_CMDLINE 2047 /* COMMAND_LINE_SIZE of x86 and arm64, 6.1, less the end */

/*
 * What a text that does not say otherwise means: this host's architecture and page size. NULL
 * without memory.
 */
static struct mb_machine *host_defaults(void)
{
	struct mb_machine *machine;
	struct utsname name;
	bool arm64;

	arm64 = uname(&name) == 0 && strcmp(name.machine, "aarch64") == 0;
	machine = mb_machine_new(arm64 ? MB_ARCH_ARM64 : MB_ARCH_X86_64);
	if (!machine)
		return NULL;
	machine->phys_bits = 52;
	machine->page_shift = mb_ilog2((uint64_t)sysconf(_SC_PAGESIZE));
	if (machine->page_shift == 16)
		machine->section_shift = 29; /* arm64, arch/arm64/include/asm/sparsemem.h */
	return machine;
}

int mb_machine_opt_parse(const char *text, const char *cmdline, struct mb_err *err,
			 struct mb_machine **ret_machine)
{
	struct mb_machine *defaults = host_defaults();
	int r = defaults ? mb_machine_parse_with(text, cmdline, defaults, err, ret_machine)
			 : MB_FAIL(err, -ENOMEM, "out of memory");

	mb_machine_free(defaults);
	return r;
}

static int parse(const struct mb_cli *cli, const char *what, const char *text,
		 struct mb_machine **ret_machine)
{
	struct mb_err err = {0};
	int r = mb_machine_opt_parse(text, cli->opts.cmdline, &err, ret_machine);

	return r ? mb_say_err(cli, MB_EXIT_USAGE, what, &err) : MB_EXIT_OK;
}

/* The whole of a stream in one string, which the caller frees; NULL with errno. */
static char *read_all(FILE *file)
{
	char *text = NULL;
	size_t length;
	int r = mb_stream_read(file, MAX_BYTES, &text, &length);

	if (!r && strlen(text) == length)
		return text;
	free(text);
	errno = r ? -r : EILSEQ;
	return NULL;
}

static int parse_file(const struct mb_cli *cli, const char *path, struct mb_machine **ret_machine)
{
	bool standard = strcmp(path, "-") == 0;
	MB_FCLOSE FILE *opened = standard ? NULL : fopen(path, "re");
	FILE *file = standard ? stdin : opened;
	MB_FREE char *text = NULL;
	char what[128];

	snprintf(what, sizeof(what), "machine file '%.100s'", path);
	if (file)
		text = read_all(file);
	if (!text)
		return mb_say(cli, MB_EXIT_USAGE, "cannot read %s: %s", what,
			      errno == EILSEQ ? "it is not text" : strerror(errno));
	return parse(cli, what, text, ret_machine);
}

/* The machine of a tree, and the release of its kernel. */
static int from_tree(const struct mb_cli *cli, struct mb_machine **ret_machine, char *release,
		     size_t size)
{
	const char *path = cli->opts.sysroot;
	char what[136];
	struct mb_sysroot root = {.path = "/"};
	struct mb_err err = {0};
	int r = path ? mb_sysroot_open(path, &err, &root) : 0;

	if (!r)
		r = mb_sysroot_machine_with(&root, cli->opts.cmdline, &err, ret_machine);
	if (!r && release && mb_sysroot_kernel_release(&root, release, size))
		*release = '\0';
	mb_sysroot_close(&root);
	if (!r)
		return MB_EXIT_OK;
	snprintf(what, sizeof(what), "--sysroot %.120s", path ? path : "");
	return path ? mb_say_err(cli, MB_EXIT_USAGE, what, &err)
		    : mb_say_err(cli, MB_EXIT_UNFIT, "this host's memory map", &err);
}

static int resolve(const struct mb_cli *cli, struct mb_machine **ret_machine, char *release,
		   size_t size)
{
	const struct mb_sysroot host = {.path = "/"};
	const struct mb_opts *opts = &cli->opts;

	if (!opts->machine && !opts->machine_file)
		return from_tree(cli, ret_machine, release, size);
	if (release && mb_sysroot_kernel_release(&host, release, size))
		*release = '\0';
	return opts->machine ? parse(cli, "machine text", opts->machine, ret_machine)
			     : parse_file(cli, opts->machine_file, ret_machine);
}

/* What the kernel would cut or a machine text could not hold. */
static int check_cmdline_text(const struct mb_cli *cli)
{
	const char *cmdline = cli->opts.cmdline;

	if (!cmdline)
		return MB_EXIT_OK;
	if (strlen(cmdline) > MAX_CMDLINE)
		return mb_say(cli, MB_EXIT_USAGE,
			      "option '--cmdline': a kernel reads %d bytes, not %zu", MAX_CMDLINE,
			      strlen(cmdline));
	for (const char *c = cmdline; *c; c++) {
		if ((*c < ' ' || *c > '~') && *c != '\t')
			return mb_say(cli, MB_EXIT_USAGE,
				      "option '--cmdline' holds byte %#x, which is no plain text",
				      (unsigned)(unsigned char)*c);
	}
	return MB_EXIT_OK;
}

bool mb_machine_opt_named(const struct mb_cli *cli)
{
	return cli->opts.machine || cli->opts.machine_file || cli->opts.sysroot;
}

bool mb_machine_opt_typed(const struct mb_cli *cli)
{
	return cli->opts.cmdline || cli->opts.machine || cli->opts.machine_file;
}

/* What a person typed must make sense to the kernel; what a kernel was started with need not. */
static int check_cmdline(const struct mb_cli *cli, const struct mb_machine *machine)
{
	struct mb_err err = {0};

	if (!mb_machine_opt_typed(cli))
		return MB_EXIT_OK;
	if (mb_cmdline_check(machine->cmdline, machine, &err))
		return mb_say_err(cli, MB_EXIT_USAGE, "kernel command line", &err);
	return MB_EXIT_OK;
}

int mb_machine_opt_resolve(const struct mb_cli *cli, struct mb_machine **ret_machine, char *release,
			   size_t release_size)
{
	struct mb_machine *machine;
	uint64_t page_bytes = 0;
	struct mb_err err = {0};
	int status = check_cmdline_text(cli);

	if (!status)
		status = resolve(cli, &machine, release, release_size);
	if (status)
		return status;
	if (cli->opts.page_size)
		mb_parse_size_str(cli->opts.page_size, &page_bytes); /* one of the known sizes */
	if (mb_machine_set_sizes(machine, page_bytes, cli->opts.section_size, &err)) {
		mb_machine_free(machine);
		return mb_say_err(cli, MB_EXIT_USAGE, NULL, &err);
	}
	status = check_cmdline(cli, machine);
	if (status) {
		mb_machine_free(machine);
		return status;
	}
	*ret_machine = machine;
	return MB_EXIT_OK;
}

void mb_machine_opt_result(const struct mb_machine *machine, struct mb_result *result)
{
	MB_FREE char *text = mb_machine_print(machine);
	char hash[20];

	snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)mb_machine_hash(machine));
	mb_result_set(result, MB_RESULT_MACHINE, text);
	mb_result_set(result, MB_RESULT_MACHINE_HASH, hash);
	mb_result_set(result, MB_RESULT_MAP_SOURCE, machine->source);
	result->error = text ? result->error : -ENOMEM;
}
