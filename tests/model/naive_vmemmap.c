/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/model/naive_vmemmap.h"

#define BLOCK_SHIFT 21
#define BLOCK       (UINT64_C(1) << BLOCK_SHIFT)

static bool has(const struct naive_vmemmap *naive, unsigned shift, uint64_t index)
{
	for (size_t i = 0; i < naive->nr_entries; i++)
		if (naive->entries[i].shift == shift && naive->entries[i].index == index)
			return true;
	return false;
}

static void add(struct naive_vmemmap *naive, unsigned shift, uint64_t index)
{
	if (naive->nr_entries == sizeof(naive->entries) / sizeof(naive->entries[0]))
		naive->wrong = "the naive set is full";
	else
		naive->entries[naive->nr_entries++] = (struct naive_entry){shift, index};
}

static void differ(struct naive_vmemmap *naive, const char *what)
{
	if (!naive->wrong)
		naive->wrong = what;
}

/* The next request; its answer. */
static uint64_t ask(struct naive_vmemmap *naive, struct naive_request want)
{
	const struct naive_request *request = &naive->requests[naive->at];

	naive->asked++;
	if (naive->asked >= naive->fail_first && naive->asked <= naive->fail_last)
		return 0;
	if (naive->wrong || naive->at == naive->nr_requests) {
		differ(naive, "a request is missing");
		return 0;
	}
	naive->at++;
	if (request->size != want.size)
		differ(naive, "size");
	if (request->align != want.align)
		differ(naive, "align");
	if (want.from && (request->from != want.from || request->nid != want.nid))
		differ(naive, "from or node");
	if (request->exact != want.exact || request->limited != want.limited)
		differ(naive, "call or limit");
	naive->taken += request->address ? want.size : 0;
	return request->address;
}

/* A piece of the memmap or a table, aligned to its size. */
static bool ask_piece(struct naive_vmemmap *naive, int nid, uint64_t size)
{
	return ask(naive, (struct naive_request){
				  .size = size, .align = size, .from = naive->from, .nid = nid});
}

/* From the buffer while it has room for the size at a multiple of it; else a request. */
static bool take(struct naive_vmemmap *naive, int nid, uint64_t size)
{
	uint64_t start = (naive->cursor + size - 1) / size * size;

	if (naive->end && start + size <= naive->end) {
		naive->taken -= start - naive->cursor;
		naive->cursor = start + size;
		return true;
	}
	return ask_piece(naive, nid, size);
}

/* One page of descriptors; false: what it needs cannot be had. */
static bool map_page(struct naive_vmemmap *naive, int nid, uint64_t offset)
{
	for (size_t i = 0; naive->shifts[i]; i++) {
		unsigned shift = naive->shifts[i];
		uint64_t index = offset >> shift;

		if (has(naive, shift, index))
			continue;
		if (naive->blocks && !naive->shifts[i + 1]) {
			if (has(naive, 0, index))
				return true;
			if (take(naive, nid, BLOCK)) {
				add(naive, 0, index);
				return true;
			}
		}
		if (!ask_piece(naive, nid, naive->page))
			return false;
		add(naive, shift, index);
	}
	return take(naive, nid, naive->page);
}

static bool map_section(struct naive_vmemmap *naive, int nid, uint64_t section)
{
	uint64_t bytes = naive->pages_per_section * naive->page_bytes;
	uint64_t start = section * bytes - naive->first_pfn * naive->page_bytes;

	for (uint64_t done = 0; done < bytes && !naive->wrong; done += naive->page)
		if (!map_page(naive, nid, start + done))
			return false;
	return true;
}

size_t naive_vmemmap_run(struct naive_vmemmap *naive, int nid, const uint64_t *sections,
			 size_t count)
{
	uint64_t part = naive->pages_per_section * naive->page_bytes, usage;
	size_t done = 0;

	/* Where its section is depends on the node's NODE_DATA, which is not of interest here. */
	usage = ask(naive, (struct naive_request){.size = count * naive->usage_bytes,
						  .align = 64,
						  .limited = true});
	if (!usage)
		usage = ask(naive, (struct naive_request){.size = count * naive->usage_bytes,
							  .align = 64});
	if (!usage)
		return 0;
	part = (part + naive->pmd - 1) / naive->pmd * naive->pmd;
	naive->cursor = ask(naive, (struct naive_request){.size = count * part,
							  .align = part,
							  .from = naive->from,
							  .nid = nid,
							  .exact = true});
	naive->end = naive->cursor ? naive->cursor + count * part : 0;
	while (done < count && map_section(naive, nid, sections[done]))
		done++;
	naive->taken -= naive->end - naive->cursor;
	return done;
}
