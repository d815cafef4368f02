/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/grow.h"
#include "numa/kernlog.h"
#include "numa/kernlog_scan.h"
#include "numa/kernlog_trace.h"

/* Lines that mean something only below their heading. */
enum heading {
	NO_HEADING,
	ZONE_RANGES,
	MOVABLE_START,
	EARLY_RANGES,
};

#define MAX_GROUP 0xffff

struct reader {
	struct mb_kernlog *log;
	struct mb_kernlog_trace trace;
	enum heading heading;
	const char *line; /* behind its time stamp */
	size_t number;    /* of the line, from 1 */
};

typedef const struct mb_kernlog_field *fields_t;

/* Lists */

static int node_id(const struct mb_kernlog_field *field)
{
	return field->number < MB_MAX_NODES ? (int)field->number : MB_NO_NODE;
}

/* what may be NULL. */
static int add_range(struct mb_kernlog_ranges *ranges, struct mb_range range, int nid,
		     const struct mb_kernlog_field *what)
{
	struct mb_kernlog_range *new;

	if (mb_grow(&ranges->list, ranges->count, sizeof(*ranges->list)))
		return -ENOMEM;
	new = &ranges->list[ranges->count++];
	*new = (struct mb_kernlog_range){.start = range.start, .end = range.end, .nid = nid};
	if (what)
		mb_kernlog_scan_copy(what, new->what, sizeof(new->what));
	return 0;
}

static int add_value(const struct reader *reader, struct mb_kernlog_values *values, int nid,
		     uint64_t value, const struct mb_kernlog_field *what)
{
	struct mb_kernlog_value *new;

	if (mb_grow(&values->list, values->count, sizeof(*values->list)))
		return -ENOMEM;
	new = &values->list[values->count++];
	*new = (struct mb_kernlog_value){.nid = nid, .value = value, .line = reader->number};
	if (what)
		mb_kernlog_scan_copy(what, new->what, sizeof(new->what));
	return 0;
}

/* The range that is printed as first-last. */
static struct mb_range range_of(fields_t first)
{
	return (struct mb_range){first[0].number,
				 mb_kernlog_trace_end(first[0].number, first[1].number)};
}

static uint64_t kib_to_bytes(uint64_t kib)
{
	return mb_min(kib, UINT64_MAX / MB_KIB) * MB_KIB;
}

/* Replaces a text that nobody has set. */
static int set_text(char **text, const char *value)
{
	char *copy;

	if (**text)
		return 0;
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

/* What each kind of line leaves, in the order of the rows below. */

static int on_version(struct reader *reader, fields_t f)
{
	(void)f;
	return set_text(&reader->log->version, reader->line);
}

static int on_cmdline(struct reader *reader, fields_t f)
{
	reader->log->has_cmdline = true;
	return set_text(&reader->log->cmdline, f[0].text);
}

static int on_e820(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->e820, range_of(f), MB_NO_NODE, &f[2]);
}

static int on_user(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->user, range_of(f), MB_NO_NODE, &f[2]);
}

static int on_srat(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->srat, range_of(f + 2), node_id(&f[0]), &f[4]);
}

static int on_srat_cpu(struct reader *reader, fields_t f)
{
	return add_value(reader, &reader->log->srat_cpus, node_id(&f[2]), f[1].number, NULL);
}

static int on_initrd(struct reader *reader, fields_t f)
{
	reader->log->initrd = range_of(f);
	return 0;
}

static int on_heading_zones(struct reader *reader, fields_t f)
{
	(void)f;
	reader->heading = ZONE_RANGES;
	reader->log->has_zones = true;
	return 0;
}

static int on_heading_movable(struct reader *reader, fields_t f)
{
	(void)f;
	reader->heading = MOVABLE_START;
	return 0;
}

static int on_heading_early(struct reader *reader, fields_t f)
{
	(void)f;
	reader->heading = EARLY_RANGES;
	return 0;
}

static int on_zone(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->zones, range_of(f + 1), MB_NO_NODE, &f[0]);
}

static int on_zone_empty(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->zones, (struct mb_range){0, 0}, MB_NO_NODE, &f[0]);
}

static int on_movable(struct reader *reader, fields_t f)
{
	return add_value(reader, &reader->log->movable, node_id(&f[0]), f[1].number, NULL);
}

static int on_early(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->early, range_of(f + 1), node_id(&f[0]), NULL);
}

static int on_initmem(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->initmem, range_of(f + 1), node_id(&f[0]), NULL);
}

static int on_memoryless(struct reader *reader, fields_t f)
{
	return add_range(&reader->log->initmem, (struct mb_range){0, 0}, node_id(&f[0]), NULL);
}

static int on_unavailable(struct reader *reader, fields_t f)
{
	return add_value(reader, &reader->log->unavailable, node_id(&f[0]), f[2].number, &f[1]);
}

static int on_present_cpus(struct reader *reader, fields_t f)
{
	reader->log->nr_present_cpus = (unsigned)mb_min(f[0].number, UINT32_MAX);
	return 0;
}

/* 6.1 counts them together. */
static int on_allowed_cpus(struct reader *reader, fields_t f)
{
	if (f[1].number < f[0].number)
		reader->log->nr_present_cpus =
			(unsigned)mb_min(f[0].number - f[1].number, UINT32_MAX);
	return 0;
}

static int on_setup_percpu(struct reader *reader, fields_t f)
{
	reader->log->nr_cpu_ids = (unsigned)mb_min(f[2].number, UINT32_MAX);
	reader->log->nr_node_ids = (unsigned)mb_min(f[3].number, UINT32_MAX);
	return 0;
}

/* The same number again, where the kernel is made for more CPUs. */
static int on_rcu_cpus(struct reader *reader, fields_t f)
{
	reader->log->nr_cpu_ids = (unsigned)mb_min(f[1].number, UINT32_MAX);
	return 0;
}

static int on_percpu_embedded(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;

	log->percpu.found = log->percpu.embedded = true;
	log->percpu.pages = f[0].number;
	log->percpu.static_bytes = f[1].number;
	log->percpu.reserved_bytes = f[2].number;
	log->percpu.dynamic_bytes = f[3].number;
	log->percpu.unit_bytes = f[4].number;
	return 0;
}

/* Page by page: a unit is its pages. */
static int on_percpu_pages(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;

	log->percpu.found = true;
	log->percpu.embedded = false;
	log->percpu.pages = f[0].number;
	log->percpu.static_bytes = f[2].number;
	log->percpu.reserved_bytes = f[3].number;
	log->percpu.dynamic_bytes = f[4].number;
	return 0;
}

static int on_pcpu_alloc(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;

	log->pcpu_alloc.found = true;
	log->pcpu_alloc.static_bytes = f[0].number;
	log->pcpu_alloc.reserved_bytes = f[1].number;
	log->pcpu_alloc.dynamic_bytes = f[2].number;
	log->pcpu_alloc.unit_bytes = f[3].number;
	log->pcpu_alloc.atoms = f[4].number;
	log->pcpu_alloc.atom_bytes = f[5].number;
	return 0;
}

/* The next number of a list such as "0 1 -- 3", or -1 for a word that is none; false at its end. */
static bool next_number(const char **at, int *ret_number)
{
	char *end;
	long number;

	*at += strspn(*at, " \t");
	if (!**at || **at == '[')
		return false;
	number = strtol(*at, &end, 10);
	*ret_number = end != *at && number >= 0 && number <= 0xffffff ? (int)number : -1;
	*at += strcspn(*at, " \t[");
	return true;
}

static int add_numbers(const char **at, int **list, size_t *count)
{
	int number;

	while (next_number(at, &number)) {
		if (mb_grow(list, *count, sizeof(**list)))
			return -ENOMEM;
		(*list)[(*count)++] = number;
	}
	return 0;
}

/* "[0] 0 1 [1] 2 -": a bracket an allocation. */
static int on_pcpu_groups(struct reader *reader, fields_t f)
{
	const char *at = f[0].text - 1;
	struct mb_kernlog *log = reader->log;
	int r = 0;

	while (!r && *at == '[') {
		struct mb_kernlog_percpu_alloc *alloc;
		unsigned long group = strtoul(at + 1, NULL, 10);

		at += strcspn(at, "]");
		if (!*at || group > MAX_GROUP)
			return 0;
		if (mb_grow(&log->percpu_allocs, log->nr_percpu_allocs, sizeof(*alloc)))
			return -ENOMEM;
		alloc = &log->percpu_allocs[log->nr_percpu_allocs++];
		*alloc = (struct mb_kernlog_percpu_alloc){.group = (unsigned)group};
		at++;
		r = add_numbers(&at, &alloc->cpus, &alloc->count);
	}
	return r;
}

static int on_fallback(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;
	struct mb_kernlog_node_order *order;
	const char *at = f[1].text;

	if (mb_grow(&log->fallback, log->nr_fallback, sizeof(*log->fallback)))
		return -ENOMEM;
	order = &log->fallback[log->nr_fallback++];
	*order = (struct mb_kernlog_node_order){.nid = node_id(&f[0])};
	return add_numbers(&at, &order->nids, &order->count);
}

static int on_zonelists(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;

	if (log->zonelists.found)
		return 0;
	log->zonelists.found = true;
	log->zonelists.count = (unsigned)mb_min(f[0].number, UINT32_MAX);
	log->zonelists.mobility = f[1].length == 2 && !memcmp(f[1].text, "on", 2);
	log->zonelists.total_pages = f[2].number;
	return 0;
}

static int on_policy_zone(struct reader *reader, fields_t f)
{
	char *zone = reader->log->policy_zone;

	if (!*zone)
		mb_kernlog_scan_copy(&f[0], zone, sizeof(reader->log->policy_zone));
	return 0;
}

static int set_hash(struct mb_kernlog_hash *hash, fields_t f)
{
	if (hash->found)
		return 0;
	hash->found = true;
	hash->entries = f[0].number;
	hash->order = (unsigned)mb_min(f[1].number, UINT32_MAX);
	hash->bytes = f[2].number;
	hash->linear = f[3].length >= 6 && !memcmp(f[3].text, "linear", 6);
	return 0;
}

static int on_dentry(struct reader *reader, fields_t f)
{
	return set_hash(&reader->log->dentry, f);
}

static int on_inode(struct reader *reader, fields_t f)
{
	return set_hash(&reader->log->inode, f);
}

/* The part in brackets ends with what is reserved; the last item is there with CONFIG_CMA alone. */
static int on_memory(struct reader *reader, fields_t f)
{
	struct mb_kernlog_field rest[MB_KERNLOG_MAX_FIELDS];
	struct mb_kernlog *log = reader->log;
	bool cma = mb_kernlog_scan(f[2].text, "%s bss, %nK reserved, %nK cma-reserved%s", rest);

	if (log->memory.found ||
	    (!cma && !mb_kernlog_scan(f[2].text, "%s bss, %nK reserved)", rest)))
		return 0;
	log->memory.found = true;
	log->memory.available_kib = f[0].number;
	log->memory.total_kib = f[1].number;
	log->memory.reserved_kib = rest[1].number;
	log->memory.cma_kib = cma ? rest[2].number : 0;
	log->memory.line = reader->number;
	return 0;
}

static int on_slub(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;

	log->slub.found = true;
	log->handover_event = log->trace.nr_events;
	log->slub.hwalign = f[0].number;
	log->slub.order_min = f[1].number;
	log->slub.order_max = f[2].number;
	log->slub.min_objects = f[3].number;
	log->slub.cpus = f[4].number;
	log->slub.nodes = f[5].number;
	return 0;
}

static int on_deferred(struct reader *reader, fields_t f)
{
	return add_value(reader, &reader->log->deferred, node_id(&f[0]), f[1].number, NULL);
}

/* The words of kernels before 5.8. */
static int on_deferred_pages(struct reader *reader, fields_t f)
{
	struct mb_kernlog *log = reader->log;
	int r = add_value(reader, &log->deferred_pages, node_id(&f[0]), f[1].number, NULL);

	return r < 0 ? r : add_value(reader, &log->deferred, node_id(&f[0]), f[2].number, NULL);
}

/* On arm64 the initrd is freed through memblock, and only that line says where it was. */
static void take_initrd(struct reader *reader)
{
	const struct mb_trace *trace = &reader->log->trace;
	const struct mb_trace_event *event;

	if (reader->log->initrd.end || !trace->nr_events)
		return;
	event = &trace->events[trace->nr_events - 1];
	if (event->type == MB_TRACE_FREE)
		reader->log->initrd = (struct mb_range){event->base, event->end};
}

static int on_late_free(struct reader *reader, fields_t f)
{
	if (f[0].length == strlen("initrd") && !strncmp(f[0].text, "initrd", f[0].length))
		take_initrd(reader);
	return add_value(reader, &reader->log->late_frees, MB_NO_NODE, kib_to_bytes(f[1].number),
			 &f[0]);
}

static int on_init(struct reader *reader, fields_t f)
{
	(void)f;
	reader->log->has_init = true;
	return 0;
}

static int on_block_size(struct reader *reader, fields_t f)
{
	reader->log->memory_block_bytes = kib_to_bytes(kib_to_bytes(f[0].number));
	return 0;
}

/* One row per kind of line, but for those of the trace. The first that matches is taken. */
static const struct row {
	const char *pattern;
	int (*take)(struct reader *reader, fields_t fields);
	enum heading heading; /* NO_HEADING: anywhere */
} rows[] = {
	{"Linux version %s", on_version, NO_HEADING},
	{"Command line: %s", on_cmdline, NO_HEADING},
	{"Kernel command line: %s", on_cmdline, NO_HEADING},
	{"BIOS-e820: [mem %n-%n] %s", on_e820, NO_HEADING},
	{"user: [mem %n-%n] %s", on_user, NO_HEADING},
	{"ACPI: SRAT: Node %n PXM %n [mem %n-%n]%s", on_srat, NO_HEADING},
	{"SRAT: Node %n PXM %n [mem %n-%n]%s", on_srat, NO_HEADING},
	{"SRAT: PXM %n -> APIC %n -> Node %n", on_srat_cpu, NO_HEADING},
	{"ACPI: SRAT: PXM %n -> APIC %n -> Node %n", on_srat_cpu, NO_HEADING},
	{"RAMDISK: [mem %n-%n]", on_initrd, NO_HEADING},
	{"Allocated new RAMDISK: [mem %n-%n]", on_initrd, NO_HEADING},
	{"Zone ranges:", on_heading_zones, NO_HEADING},
	{"Movable zone start for each node", on_heading_movable, NO_HEADING},
	{"Early memory node ranges", on_heading_early, NO_HEADING},
	{"%s [mem %n-%n]", on_zone, ZONE_RANGES},
	{"%s empty", on_zone_empty, ZONE_RANGES},
	{"Node %n: %n", on_movable, MOVABLE_START},
	{"node %n: [mem %n-%n]", on_early, EARLY_RANGES},
	{"Initmem setup node %n [mem %n-%n]", on_initmem, NO_HEADING},
	{"Initmem setup node %n as memoryless", on_memoryless, NO_HEADING},
	{"On node %n, zone %s: %n pages in unavailable ranges", on_unavailable, NO_HEADING},
	{"smpboot: Allowing %n CPUs, %n hotplug CPUs", on_allowed_cpus, NO_HEADING},
	{"CPU topo: Allowing %n present CPUs plus %n hotplug CPUs", on_present_cpus, NO_HEADING},
	{"setup_percpu: NR_CPUS:%n nr_cpumask_bits:%s nr_cpu_ids:%n nr_node_ids:%n",
	 on_setup_percpu, NO_HEADING},
	{"rcu: RCU restricting CPUs from NR_CPUS=%n to nr_cpu_ids=%n.", on_rcu_cpus, NO_HEADING},
	{"percpu: Embedded %n pages/cpu s%n r%n d%n u%n", on_percpu_embedded, NO_HEADING},
	{"percpu: %n %s pages/cpu s%n r%n d%n", on_percpu_pages, NO_HEADING},
	{"pcpu-alloc: s%n r%n d%n u%n alloc=%n*%n", on_pcpu_alloc, NO_HEADING},
	{"pcpu-alloc: [%s", on_pcpu_groups, NO_HEADING},
	{"Fallback order for Node %n: %s", on_fallback, NO_HEADING},
	{"Built %n zonelists, mobility grouping %s. Total pages: %n", on_zonelists, NO_HEADING},
	{"Policy zone: %s", on_policy_zone, NO_HEADING},
	{"Dentry cache hash table entries: %n (order: %n, %n bytes, %s)", on_dentry, NO_HEADING},
	{"Inode-cache hash table entries: %n (order: %n, %n bytes, %s)", on_inode, NO_HEADING},
	{"Memory: %nK/%nK available (%s", on_memory, NO_HEADING},
	{"SLUB: HWalign=%n, Order=%n-%n, MinObjects=%n, CPUs=%n, Nodes=%n", on_slub, NO_HEADING},
	{"node %n deferred pages initialised in %nms", on_deferred, NO_HEADING},
	{"node %n initialised, %n pages in %nms", on_deferred_pages, NO_HEADING},
	{"Freeing %s memory: %nK", on_late_free, NO_HEADING},
	{"Run %s as init process", on_init, NO_HEADING},
	{"x86/mm: Memory block size: %nMB", on_block_size, NO_HEADING},
};

/* What the trace says that is no memblock call. */
static int take_trace(struct reader *reader)
{
	const struct mb_trace *trace = &reader->log->trace;
	const struct mb_trace_event *event = &trace->events[trace->nr_events - 1];
	struct mb_range range = {event->base, event->end};

	if (event->type == MB_TRACE_NODE_DATA)
		return add_range(&reader->log->pgdats, range, event->nid, NULL);
	if (event->type == MB_TRACE_CMA)
		return add_range(&reader->log->cma, range, event->nid, NULL);
	return 0;
}

/* 1: the line is of use; 0: it is not; -ENOMEM. */
static int read_line(struct reader *reader, const char *line)
{
	struct mb_kernlog_field fields[MB_KERNLOG_MAX_FIELDS];
	size_t events = reader->log->trace.nr_events;
	int used = mb_kernlog_trace_line(&reader->trace, line, reader->number), r = 0;

	reader->line = line;
	if (used < 0)
		return used;
	if (reader->log->trace.nr_events > events)
		r = take_trace(reader);
	for (size_t i = 0; !r && i < MB_ARRAY_SIZE(rows); i++) {
		if ((rows[i].heading != NO_HEADING && rows[i].heading != reader->heading) ||
		    !mb_kernlog_scan(line, rows[i].pattern, fields))
			continue;
		r = rows[i].take(reader, fields);
		return r ? r : 1;
	}
	return r ? r : used;
}

/* Cuts the next line off a text that ends with a NUL, and makes its bytes one string. */
static char *next_line(char **at, const char *end)
{
	char *line = *at, *stop;

	if (line >= end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	*at = stop ? stop + 1 : (char *)end;
	stop = stop ? stop : (char *)end;
	for (char *c = line; c < stop; c++)
		*c = *c ? *c : '?';
	if (stop > line && stop[-1] == '\r')
		stop--;
	*stop = '\0';
	return line;
}

/* fn may be NULL. */
static int read_log(struct reader *reader, const char *text, size_t length, mb_kernlog_line_fn *fn,
		    void *arg)
{
	char *copy MB_FREE = malloc(length + 1);
	char *at = copy, *line;
	int r = copy ? 0 : -ENOMEM;

	if (copy && length)
		memcpy(copy, text, length);
	while (r >= 0 && (line = next_line(&at, copy + length))) {
		const char *body = mb_kernlog_scan_body(line);

		reader->number++;
		r = read_line(reader, body);
		if (r >= 0 && fn)
			fn(arg, line, body, r > 0);
	}
	return mb_min(r, 0);
}

static int parse(const char *text, size_t length, mb_kernlog_line_fn *fn, void *arg,
		 struct mb_kernlog **ret_log)
{
	struct mb_kernlog *log = calloc(1, sizeof(*log));
	struct reader reader = {.log = log};
	int r = -ENOMEM;

	if (log) {
		log->version = strdup("");
		log->cmdline = strdup("");
		reader.trace.trace = &log->trace;
	}
	if (log && log->version && log->cmdline)
		r = read_log(&reader, text, length, fn, arg);
	if (r) {
		mb_kernlog_free(log);
		return r;
	}
	mb_kernlog_trace_finish(&reader.trace);
	*ret_log = log;
	return 0;
}

int mb_kernlog_parse(const char *text, size_t length, struct mb_kernlog **ret_log)
{
	return parse(text, length, NULL, NULL, ret_log);
}

int mb_kernlog_each(const char *text, size_t length, mb_kernlog_line_fn *fn, void *arg)
{
	struct mb_kernlog *log = NULL;
	int r = parse(text, length, fn, arg, &log);

	mb_kernlog_free(log);
	return r;
}

void mb_kernlog_free(struct mb_kernlog *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->nr_percpu_allocs; i++)
		free(log->percpu_allocs[i].cpus);
	for (size_t i = 0; i < log->nr_fallback; i++)
		free(log->fallback[i].nids);
	mb_trace_fini(&log->trace);
	free(log->percpu_allocs);
	free(log->fallback);
	free(log->e820.list);
	free(log->user.list);
	free(log->srat.list);
	free(log->srat_cpus.list);
	free(log->pgdats.list);
	free(log->early.list);
	free(log->initmem.list);
	free(log->zones.list);
	free(log->movable.list);
	free(log->unavailable.list);
	free(log->deferred.list);
	free(log->deferred_pages.list);
	free(log->late_frees.list);
	free(log->cma.list);
	free(log->version);
	free(log->cmdline);
	free(log);
}

int mb_kernlog_release(const struct mb_kernlog *log, char *buf, size_t size)
{
	struct mb_kernlog_field field[2];

	if (!mb_kernlog_scan(log->version, "Linux version %s %s", field))
		return -ENOENT;
	if (field[0].length >= size)
		return -ERANGE;
	mb_kernlog_scan_copy(&field[0], buf, size);
	return 0;
}
