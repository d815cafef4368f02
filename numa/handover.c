/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "numa/handover.h"
#include "numa/sysroot_file.h"

/* --- what was reserved --- */

/* The last dump that precedes hand-over. */
static const struct mb_trace_event *last_dump(const struct mb_trace *trace)
{
	const struct mb_trace_event *found = NULL;

	for (size_t i = 0; i < trace->nr_events; i++)
		if (trace->events[i].type == MB_TRACE_DUMP &&
		    trace->dumps[trace->events[i].dump].complete)
			found = &trace->events[i];
	return found;
}

static int release(struct mb_ranges *reserved, mb_phys_t start, mb_phys_t end)
{
	struct mb_ranges without = {0};
	int r = mb_ranges_add(&without, start, end);

	mb_ranges_normalise(&without);
	if (!r)
		r = mb_ranges_subtract(reserved, &without);
	mb_ranges_fini(&without);
	return r;
}

/* Behind hand-over arm64 frees its initrd and, from 6.12 on, its init sections through memblock. */
static int read_reserved(const struct mb_kernlog *log, struct mb_err *err,
			 struct mb_ranges *reserved)
{
	const struct mb_trace *trace = &log->trace;
	const struct mb_trace_event *event = last_dump(trace), *end;
	const struct mb_trace_dump *dump;
	int r = 0;

	if (!event)
		return MB_FAIL(err, -ENOENT,
			       "the log has no memblock trace (boot with memblock=debug)");
	end = trace->events + (log->slub.found ? log->handover_event : trace->nr_events);
	dump = &trace->dumps[event->dump];
	for (size_t i = 0; !r && i < dump->nr_reserved; i++)
		r = mb_ranges_add(reserved, dump->reserved[i].base, dump->reserved[i].end);
	mb_ranges_normalise(reserved);
	for (event++; !r && event < end; event++) {
		if (event->type == MB_TRACE_ANSWER || event->type == MB_TRACE_RESERVE)
			r = mb_ranges_insert(reserved, event->base, event->end);
		else if (event->type == MB_TRACE_FREE)
			r = release(reserved, event->base, event->end);
	}
	return r;
}

/* --- where the image is --- */

enum part {
	CODE,
	RODATA,
	DATA,
	BSS,
	NR_PARTS,
};

/* The parts of the image as proc/iomem names them; false: not there, or hidden. */
static bool read_image(const struct mb_sysroot *root, struct mb_range image[NR_PARTS])
{
	static const char *const names[NR_PARTS] = {
		[CODE] = "Kernel code",
		[RODATA] = "Kernel rodata",
		[DATA] = "Kernel data",
		[BSS] = "Kernel bss",
	};
	char *text MB_FREE = NULL, *at, *line;

	if (mb_sysroot_file_read(root, &text, "proc/iomem"))
		return false;
	for (at = text; (line = mb_sysroot_file_line(&at));) {
		size_t length, second;
		uint64_t start, last;

		line += strspn(line, " ");
		length = strcspn(line, "-");
		if (!line[length] || !mb_sysroot_file_number(line, length, 16, &start))
			continue;
		second = strcspn(line + length + 1, " ");
		if (!mb_sysroot_file_number(line + length + 1, second, 16, &last) ||
		    last <= start || last == UINT64_MAX)
			continue;
		line += length + 1 + second;
		if (strncmp(line, " : ", 3) != 0)
			continue;
		for (unsigned part = 0; part < NR_PARTS; part++)
			if (!strcmp(line + 3, names[part]) && !image[part].end)
				image[part] = (struct mb_range){start, last + 1};
	}
	return image[CODE].end != 0;
}

/* Where each late free begins: behind a part of the image, or before its end. */
static const struct {
	const char *what; /* begins so */
	enum part after, or_after;
	bool at_end; /* it ends where the part ends */
} places[] = {
	{"SMP alternatives", DATA, CODE, false},
	{"unused decrypted", BSS, DATA, true},
	{"unused kernel image (initmem)", DATA, CODE, false},
	{"unused kernel image (text/rodata gap)", CODE, CODE, false},
	{"unused kernel image (rodata/data gap)", RODATA, CODE, false},
	{"unused kernel", CODE, CODE, false},
};

static mb_phys_t image_place(const struct mb_range image[NR_PARTS],
			     const struct mb_kernlog_value *freed, mb_phys_t page)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(places); i++) {
		const struct mb_range *part = &image[places[i].after];

		if (strncmp(freed->what, places[i].what, strlen(places[i].what)) != 0)
			continue;
		if (!part->end)
			part = &image[places[i].or_after];
		if (places[i].at_end && part->end >= freed->value)
			return mb_align_down_pow2(part->end - freed->value, page);
		return mb_align_down_pow2(part->end + page - 1, page);
	}
	return mb_align_down_pow2(image[CODE].start, page);
}

/* --- late frees --- */

static bool begins(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static int add_frees(const struct mb_sysroot *root, const struct mb_kernlog *log, mb_phys_t page,
		     struct mb_err *err, struct mb_handover *handover)
{
	struct mb_range image[NR_PARTS] = {{0, 0}};
	bool known = read_image(root, image);
	size_t count = 0;

	handover->frees =
		calloc(log->cma.count + log->late_frees.count + 1, sizeof(*handover->frees));
	if (!handover->frees)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < log->cma.count; i++)
		handover->frees[count++] = (struct mb_record_free){.start = log->cma.list[i].start,
								   .end = log->cma.list[i].end,
								   .before_marks = true,
								   .cma = true};
	for (size_t i = 0; i < log->late_frees.count; i++) {
		const struct mb_kernlog_value *freed = &log->late_frees.list[i];
		mb_phys_t start = mb_align_down_pow2(log->initrd.start, page);
		bool initrd = begins(freed->what, "initrd");

		if (initrd ? !log->initrd.end : !known)
			return MB_FAIL(err, -ENOENT, "%s does not show where the %s is",
				       initrd ? "the log" : "proc/iomem",
				       initrd ? "initrd" : "kernel's image");
		if (!initrd)
			start = image_place(image, freed, page);
		handover->frees[count++] = (struct mb_record_free){
			.start = start,
			.end = start + freed->value,
			.before_marks = begins(freed->what, "SMP alternatives"),
			.counted_early = log->memory.found && freed->line < log->memory.line,
		};
	}
	handover->record.frees = handover->frees;
	handover->record.nr_frees = count;
	return 0;
}

int mb_handover_read(const struct mb_sysroot *root, const struct mb_kernlog *log,
		     unsigned page_shift, struct mb_err *err, struct mb_handover *ret_handover)
{
	struct mb_handover handover = {0};
	int r = read_reserved(log, err, &handover.reserved);

	if (!r)
		r = add_frees(root, log, UINT64_C(1) << page_shift, err, &handover);
	if (r) {
		mb_handover_fini(&handover);
		return MB_FAIL(err, r, "out of memory");
	}
	handover.record.reserved = handover.reserved.list;
	handover.record.nr_reserved = handover.reserved.count;
	*ret_handover = handover;
	return 0;
}

void mb_handover_fini(struct mb_handover *handover)
{
	mb_ranges_fini(&handover->reserved);
	free(handover->frees);
	*handover = (struct mb_handover){0};
}
