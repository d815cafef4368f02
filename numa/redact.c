/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/kernlog.h"
#include "core/cmdline.h"
#include "numa/redact.h"

static void add(struct mb_strbuf *out, const char *text, size_t length)
{
	mb_strbuf_addf(out, "%.*s", (int)length, text);
}

static bool begins(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

int mb_redact_nothing(const char *text, size_t length, struct mb_strbuf *out,
		      struct mb_redact_counts *counts)
{
	(void)length;
	(void)counts;
	mb_strbuf_add(out, text);
	return out->error;
}

/* --- command line --- */

/*
 * Options whose values say how the kernel is to lay out its memory and for which CPUs. A name that
 * ends in a dot stands for all that begin with it.
 */
static const char *const kept_options[] = {
	"add_efi_memmap",
	"cgroup_disable",
	"cma",
	"cma_pernuma",
	"crashkernel",
	"default_hugepagesz",
	"deferred_init",
	"dhash_entries",
	"disable_mtrr_cleanup",
	"efi",
	"enable_mtrr_cleanup",
	"hashdist",
	"hugepages",
	"hugepagesz",
	"hugetlb_cma",
	"hugetlb_free_vmemmap",
	"ihash_entries",
	"init_on_alloc",
	"init_on_free",
	"kernelcore",
	"log_buf_len",
	"maxcpus",
	"mem",
	"mem_encrypt",
	"memblock",
	"memhp_default_state",
	"memmap",
	"memory_hotplug.",
	"mhash_entries",
	"mminit_loglevel",
	"movable_node",
	"movablecore",
	"mphash_entries",
	"mtrr_chunk_size",
	"mtrr_gran_size",
	"mtrr_spare_reg_nr",
	"nr_cpus",
	"numa",
	"numa_balancing",
	"numa_zonelist_order",
	"page_alloc.",
	"page_owner",
	"page_poison",
	"page_reporting.",
	"percpu_alloc",
	"possible_cpus",
	"rodata",
	"slab_max_order",
	"slab_min_objects",
	"slab_min_order",
	"slab_nomerge",
	"slub_debug",
	"slub_max_order",
	"slub_min_objects",
	"slub_min_order",
	"swiotlb",
	"transparent_hugepage",
	"vmalloc",
};

/* Words without a value that say nothing of whose machine it is; the options above are more. */
static const char *const kept_flags[] = {
	"debug",
	"earlyprintk",
	"ignore_loglevel",
	"initcall_debug",
	"iommu",
	"kaslr",
	"memtest",
	"mitigations",
	"nmi_watchdog",
	"noapic",
	"noefi",
	"nohugeiomap",
	"nohugevmalloc",
	"nohz",
	"nokaslr",
	"nolapic",
	"nomodeset",
	"nopat",
	"nopti",
	"nosmp",
	"nosmt",
	"no5lvl",
	"noswap",
	"nox2apic",
	"pti",
	"quiet",
	"ro",
	"rw",
	"rootwait",
	"splash",
	"no_hash_pointers",
	"hash_pointers",
	"nosplash",
	"nomce",
	"nofb",
};

/* Words that values of kept options are made of, beside numbers. */
static const char *const value_words[] = {
	"acpi",
	"always",
	"any",
	"auto",
	"advise",
	"debug",
	"defer",
	"disable",
	"disabled",
	"embed",
	"enable",
	"enabled",
	"exactmap",
	"fake",
	"force",
	"full",
	"hash",
	"high",
	"io",
	"low",
	"madvise",
	"memory",
	"mirror",
	"never",
	"no",
	"noacpi",
	"node",
	"noforce",
	"nohmat",
	"none",
	"nopentium",
	"noruntime",
	"nosoftreserve",
	"off",
	"offline",
	"on",
	"online",
	"online_kernel",
	"online_movable",
	"page",
	"runtime",
	"zone",
	"lazy",
	"y",
	"n",
	"Y",
	"N",
};

static bool listed(const char *const *list, size_t count, const char *word, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == length && !memcmp(list[i], word, length))
			return true;
	return false;
}

/* "4096", "0x1000", "2G", "30%". */
static bool is_number(const char *word, size_t length)
{
	bool hex = length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
	size_t at = hex ? 2 : 0, start = at;

	while (at < length && strchr(digits, word[at]))
		at++;
	if (at == start || at - start > 20)
		return false;
	at += at < length && strchr("kKmMgGtTpPeE", word[at]);
	at += at < length && word[at] == '%';
	return at == length;
}

/* What the kernel takes: numbers and known words, with signs between them. */
static bool known_value(const char *value, size_t length)
{
	const char *end = value + length;

	while (value < end) {
		size_t part = strcspn(value, "@$#!:,;+-*&=");

		part = mb_min(part, (size_t)(end - value));
		if (part && !is_number(value, part) &&
		    !listed(value_words, MB_ARRAY_SIZE(value_words), value, part))
			return false;
		value += part + (value + part < end);
	}
	return true;
}

/* In names of options '-' and '_' are the same (kernel/params.c, parameqn). */
static bool same(const char *option, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = name[i] == '-' ? '_' : name[i];

		if (!option[i] || option[i] != c)
			return option[i] == '\0' && i && option[i - 1] == '.';
	}
	return !option[length];
}

static bool kept(const char *name, size_t length)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(kept_options); i++)
		if (same(kept_options[i], name, length))
			return true;
	return false;
}

/* One word; a quote before a name is no part of it, but keeps it from being an option here. */
static void add_option(const char *word, size_t length, bool for_init, struct mb_strbuf *out,
		       struct mb_redact_counts *counts)
{
	const char *equals = memchr(word, '=', length);
	size_t name = equals ? (size_t)(equals - word) : length;
	bool quoted = memchr(word, '"', name) != NULL;

	if (!quoted && kept(word, name) &&
	    (!equals || known_value(equals + 1, length - name - 1))) {
		add(out, word, length);
		return;
	}
	if (!equals && !for_init && listed(kept_flags, MB_ARRAY_SIZE(kept_flags), word, length)) {
		add(out, word, length);
		return;
	}
	counts->values++;
	if (equals && !for_init && !quoted)
		add(out, word, name + 1);
	mb_strbuf_add(out, MB_REDACT_WORD);
}

/* The next word of a command line, those for init too; false at its end. */
static bool next_word(const char **at, const char **ret_word, size_t *ret_length)
{
	const char *equals;

	*ret_word = *at + strspn(*at, " \t\n\v\f\r");
	*at = mb_cmdline_word_end(*ret_word, &equals);
	*ret_length = (size_t)(*at - *ret_word);
	return *ret_length;
}

int mb_redact_cmdline(const char *text, size_t length, struct mb_strbuf *out,
		      struct mb_redact_counts *counts)
{
	const char *at = text, *word, *before = text;
	bool for_init = false;
	size_t size;

	(void)length;
	while (next_word(&at, &word, &size)) {
		add(out, before, (size_t)(word - before));
		before = at;
		if (!for_init && size == 2 && !memcmp(word, "--", 2)) {
			for_init = true;
			add(out, word, size);
		} else {
			add_option(word, size, for_init, out, counts);
		}
	}
	mb_strbuf_add(out, before);
	return out->error;
}

/* --- version --- */

static const char version_start[] = "Linux version ";

/* Words by which a tree without CPUs is known: the compiler's name has them. */
static const char *const architectures[] = {"x86_64", "amd64", "aarch64", "arm64"};

int mb_redact_version(const char *text, size_t length, struct mb_strbuf *out,
		      struct mb_redact_counts *counts)
{
	const char *release = text + strlen(version_start);

	(void)length;
	counts->values++;
	if (begins(text, version_start))
		mb_strbuf_addf(out, "%s%.*s ", version_start, (int)strcspn(release, " \n"),
			       release);
	mb_strbuf_add(out, "(" MB_REDACT_WORD ")");
	for (size_t i = 0; i < MB_ARRAY_SIZE(architectures); i++) {
		if (!strstr(text, architectures[i]))
			continue;
		mb_strbuf_addf(out, " %s", architectures[i]);
		break;
	}
	if (strchr(text, '\n'))
		mb_strbuf_add(out, "\n");
	return out->error;
}

/* --- CPUs --- */

static const char *const kept_cpu_lines[] = {
	"processor",   "vendor_id",    "cpu family",      "model",
	"model name",  "stepping",     "microcode",       "cpu MHz",
	"cache size",  "physical id",  "siblings",        "core id",
	"cpu cores",   "flags",        "vmx flags",       "bugs",
	"bogomips",    "clflush size", "cache_alignment", "address sizes",
	"BogoMIPS",    "Features",     "CPU implementer", "CPU architecture",
	"CPU variant", "CPU part",     "CPU revision",
};

static bool kept_cpu_line(const char *line, size_t length)
{
	size_t name = strcspn(line, ":\n");

	while (name && strchr(" \t", line[name - 1]))
		name--;
	for (size_t i = 0; i < MB_ARRAY_SIZE(kept_cpu_lines); i++)
		if (strlen(kept_cpu_lines[i]) == name && !memcmp(kept_cpu_lines[i], line, name))
			return true;
	return !length;
}

static bool kept_stat_line(const char *line, size_t length)
{
	(void)length;
	return begins(line, "cpu ");
}

static int keep_lines(const char *text, bool (*kept_line)(const char *line, size_t length),
		      struct mb_strbuf *out, struct mb_redact_counts *counts)
{
	while (*text) {
		size_t line = strcspn(text, "\n"), all = line + (text[line] != '\0');

		if (kept_line(text, line))
			add(out, text, all);
		else
			counts->lines++;
		text += all;
	}
	return out->error;
}

int mb_redact_cpuinfo(const char *text, size_t length, struct mb_strbuf *out,
		      struct mb_redact_counts *counts)
{
	(void)length;
	return keep_lines(text, kept_cpu_line, out, counts);
}

int mb_redact_stat(const char *text, size_t length, struct mb_strbuf *out,
		   struct mb_redact_counts *counts)
{
	(void)length;
	return keep_lines(text, kept_stat_line, out, counts);
}

/* --- log --- */

struct log {
	struct mb_strbuf *out;
	struct mb_redact_counts *counts;
	size_t empty; /* lines that wait for one that is none */
};

/* What a line begins with when the kernel wrote it: priority, time, thread. */
static size_t stamp_length(const char *line, const char *body)
{
	return *line == '[' || *line == '<' ? (size_t)(body - line) : 0;
}

/* A range of the firmware's map: its type is the firmware's own text where the kernel has no name. */
static void add_e820(const char *body, struct log *log)
{
	static const char *const types[] = {
		"usable",
		"reserved",
		"ACPI data",
		"ACPI NVS",
		"unusable",
		"persistent (type 7)",
		"persistent (type 12)",
		"soft reserved",
		"type 20",
		"device reserved",
	};
	const char *type = strstr(body, "] ");
	size_t length = type ? strlen(type + 2) : 0;

	if (!type || listed(types, MB_ARRAY_SIZE(types), type + 2, length)) {
		mb_strbuf_add(log->out, body);
		return;
	}
	add(log->out, body, (size_t)(type + 2 - body));
	mb_strbuf_add(log->out, MB_REDACT_WORD);
	log->counts->values++;
}

static void take_line(void *arg, const char *line, const char *body, bool used)
{
	static const char *const cmdlines[] = {"Command line: ", "Kernel command line: "};
	struct log *log = arg;

	if (!used) {
		log->counts->lines += *line != '\0';
		log->empty++;
		return;
	}
	for (; log->empty; log->empty--)
		mb_strbuf_add(log->out, "\n");
	add(log->out, line, stamp_length(line, body));
	if (begins(body, version_start)) {
		mb_redact_version(body, strlen(body), log->out, log->counts);
		body = "";
	}
	if (begins(body, "BIOS-e820: ") || begins(body, "user: ")) {
		add_e820(body, log);
		body = "";
	}
	if (begins(body, "Run ")) {
		mb_strbuf_add(log->out, "Run " MB_REDACT_WORD " as init process");
		log->counts->values++;
		body = "";
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(cmdlines); i++) {
		if (!begins(body, cmdlines[i]))
			continue;
		body += strlen(cmdlines[i]);
		mb_strbuf_add(log->out, cmdlines[i]);
		mb_redact_cmdline(body, strlen(body), log->out, log->counts);
		body = "";
	}
	mb_strbuf_addf(log->out, "%s\n", body);
}

int mb_redact_log(const char *text, size_t length, struct mb_strbuf *out,
		  struct mb_redact_counts *counts)
{
	struct log log = {.out = out, .counts = counts};
	int r = mb_kernlog_each(text, length, take_line, &log);

	return r ? r : out->error;
}
