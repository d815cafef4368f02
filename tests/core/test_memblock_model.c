/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/base/align.h"
#include "core/base/rng.h"
#include "core/memblock.h"
#include "tests/model/naive_memblock.h"
#include "tests/seed.h"

/*
 * Random calls, in step with the map of cells of tests/model/naive_memblock.c: after each, the answers, both arrays with
 * their capacities and places, totals, free ranges in both directions and a few questions must be equal.
 */
#define ROUNDS 32
#define CALLS  1000 /* per round */
#define NODES  4

struct pair {
	struct mb_memblock mb;
	struct naive_memblock nb;
	struct mb_rng rng;
	size_t longest; /* the round's longest range, cells */
	char what[160]; /* the last call, for the report */
};

static uint64_t seed;
static struct {
	uint64_t doublings, failures, answers;
} seen;

static mb_phys_t addr(size_t cell)
{
	return cell >= NAIVE_REST ? MB_PHYS_MAX : (mb_phys_t)cell << NAIVE_CELL_SHIFT;
}

static size_t below(struct pair *p, size_t bound)
{
	return (size_t)mb_rng_below(&p->rng, bound);
}

static bool one_in(struct pair *p, size_t n)
{
	return !below(p, n);
}

/* Stops the test with the seed and the call; what is the difference. */
static void differs(const struct pair *p, const char *what)
{
	fail_msg("MB_SEED=%llu: after %s: %s", (unsigned long long)seed, p->what, what);
}

#define SAY(p, ...) snprintf((p)->what, sizeof((p)->what), __VA_ARGS__)

/* The calls. Each does the same on both and compares what comes back. */

struct cells {
	size_t first, nr;
};

static struct cells pick(struct pair *p)
{
	struct cells c;

	c.nr = one_in(p, 50) ? 0 : 1 + below(p, p->longest);
	c.first = one_in(p, 60) ? 0 : below(p, NAIVE_CELLS - c.nr);
	return c;
}

static void same_result(struct pair *p, int ret, bool ok)
{
	seen.failures += ret != 0;
	if ((ret == 0) != ok)
		differs(p, ret ? "-ENOMEM" : "no -ENOMEM");
}

static void call_add(struct pair *p)
{
	static const unsigned flags[] = {0,
					 0,
					 0,
					 MB_MEMBLOCK_HOTPLUG,
					 MB_MEMBLOCK_NOMAP,
					 MB_MEMBLOCK_DRIVER_MANAGED,
					 MB_MEMBLOCK_MIRROR};
	unsigned flag = flags[below(p, MB_ARRAY_SIZE(flags))];
	struct cells c = pick(p);
	int nid = (int)(c.first * NODES / NAIVE_CELLS);

	if (one_in(p, 4))
		nid = (int)below(p, NODES);
	SAY(p, "add %zu+%zu nid %d flags %x", c.first, c.nr, nid, flag);
	same_result(p, mb_memblock_add_node(&p->mb, addr(c.first), addr(c.nr), nid, flag),
		    naive_memblock_put(&p->nb, &p->nb.memory, c.first, c.nr, nid, flag));
}

static void call_remove(struct pair *p)
{
	struct cells c = pick(p);

	SAY(p, "remove %zu+%zu", c.first, c.nr);
	same_result(p, mb_memblock_remove(&p->mb, addr(c.first), addr(c.nr)),
		    naive_memblock_take(&p->nb, &p->nb.memory, c.first, c.nr));
}

static void call_reserve(struct pair *p)
{
	struct cells c = pick(p);

	SAY(p, "reserve %zu+%zu", c.first, c.nr);
	same_result(p, mb_memblock_reserve(&p->mb, addr(c.first), addr(c.nr)),
		    naive_memblock_put(&p->nb, &p->nb.reserved, c.first, c.nr, MB_MAX_NODES, 0));
}

static void call_free(struct pair *p)
{
	struct cells c = pick(p);

	SAY(p, "free %zu+%zu", c.first, c.nr);
	same_result(p, mb_memblock_free(&p->mb, addr(c.first), addr(c.nr)),
		    naive_memblock_take(&p->nb, &p->nb.reserved, c.first, c.nr));
}

static void call_set_node(struct pair *p)
{
	struct cells c = pick(p);
	bool memory = one_in(p, 2);
	int nid = (int)below(p, NODES);

	SAY(p, "set_node %zu+%zu of %s nid %d", c.first, c.nr, memory ? "memory" : "reserved", nid);
	same_result(p,
		    mb_memblock_set_node(&p->mb, addr(c.first), addr(c.nr),
					 memory ? &p->mb.memory : &p->mb.reserved, nid),
		    naive_memblock_set_node(&p->nb, memory ? &p->nb.memory : &p->nb.reserved,
					    c.first, c.nr, nid));
}

static void call_mark(struct pair *p)
{
	static const struct {
		const char *name;
		int (*change)(struct mb_memblock *mb, mb_phys_t base, mb_phys_t size);
		unsigned set, clear;
	} marks[] = {
		{"mark_hotplug", mb_memblock_mark_hotplug, MB_MEMBLOCK_HOTPLUG, 0},
		{"clear_hotplug", mb_memblock_clear_hotplug, 0, MB_MEMBLOCK_HOTPLUG},
		{"mark_nomap", mb_memblock_mark_nomap, MB_MEMBLOCK_NOMAP, 0},
		{"clear_nomap", mb_memblock_clear_nomap, 0, MB_MEMBLOCK_NOMAP},
		{"mark_mirror", mb_memblock_mark_mirror, MB_MEMBLOCK_MIRROR, 0},
	};
	size_t i = below(p, MB_ARRAY_SIZE(marks));
	struct cells c = pick(p);
	bool ok;

	SAY(p, "%s %zu+%zu", marks[i].name, c.first, c.nr);
	if (marks[i].set & MB_MEMBLOCK_MIRROR)
		ok = naive_memblock_mark_mirror(&p->nb, c.first, c.nr);
	else
		ok = naive_memblock_change_flags(&p->nb, c.first, c.nr, marks[i].set,
						 marks[i].clear);
	same_result(p, marks[i].change(&p->mb, addr(c.first), addr(c.nr)), ok);
}

static void call_alloc(struct pair *p)
{
	size_t nr = 1 + below(p, p->longest), align = (size_t)1 << below(p, 6);
	size_t start = one_in(p, 2) ? 0 : below(p, NAIVE_CELLS);
	size_t end = one_in(p, 2)   ? 0
		     : one_in(p, 4) ? NAIVE_REST
				    : start + below(p, NAIVE_CELLS - start);
	int nid = one_in(p, 3) ? MB_NO_NODE : (int)below(p, NODES + 1);
	bool exact = one_in(p, 3), range = one_in(p, 3);
	mb_phys_t found;
	size_t at;

	SAY(p, "alloc %zu align %zu window %zu-%zu nid %d%s%s", nr, align, start, end, nid,
	    exact ? " exact" : "", range ? " range" : "");
	if (range) {
		found = mb_memblock_alloc_range_nid(&p->mb, addr(nr), addr(align), addr(start),
						    addr(end), nid, exact);
		at = naive_memblock_alloc_range(&p->nb, nr, align, start, end, nid, exact);
	} else {
		found = (exact ? mb_memblock_alloc_exact_nid_raw : mb_memblock_alloc_try_nid)(
			&p->mb, addr(nr), addr(align), addr(start), addr(end), nid);
		at = naive_memblock_alloc(&p->nb, nr, align, start, end, nid, exact);
	}
	seen.answers += found != 0;
	if (found != addr(at))
		differs(p, "another address");
}

static void call_direction(struct pair *p)
{
	p->nb.bottom_up = !p->nb.bottom_up;
	SAY(p, "bottom_up %d", p->nb.bottom_up);
	mb_memblock_set_bottom_up(&p->mb, p->nb.bottom_up);
}

static void call_limit(struct pair *p)
{
	p->nb.limit = one_in(p, 2) ? NAIVE_REST : below(p, NAIVE_CELLS);
	SAY(p, "current_limit %zu", p->nb.limit);
	mb_memblock_set_current_limit(&p->mb, addr(p->nb.limit));
}

/* Those that take much away; rounds of short ranges go without, so that their arrays fill up and double. */
static void call_cut(struct pair *p)
{
	size_t kind = below(p, 6), first = below(p, NAIVE_CELLS / 4);
	size_t nr = one_in(p, 8) ? 0 : NAIVE_CELLS / 2 + below(p, NAIVE_CELLS / 2),
	       align = 2u << below(p, 2);

	if (p->longest <= 2) {
		SAY(p, "nothing");
	} else if (kind < 3) {
		SAY(p, "trim %zu", align);
		mb_memblock_trim_memory(&p->mb, addr(align));
		naive_memblock_trim(&p->nb, align);
	} else if (kind == 3) {
		SAY(p, "enforce %zu", nr);
		mb_memblock_enforce_memory_limit(&p->mb, addr(nr));
		naive_memblock_enforce_limit(&p->nb, nr);
	} else if (kind == 4) {
		SAY(p, "cap %zu+%zu", first, nr);
		mb_memblock_cap_memory_range(&p->mb, addr(first), addr(nr));
		naive_memblock_cap(&p->nb, first, nr);
	} else {
		SAY(p, "remove all");
		same_result(p, mb_memblock_remove(&p->mb, 0, MB_PHYS_MAX),
			    naive_memblock_take(&p->nb, &p->nb.memory, 0, NAIVE_REST));
	}
}

static const struct {
	void (*call)(struct pair *p);
	unsigned weight;
} calls[] = {
	{call_add, 30}, {call_remove, 10}, {call_reserve, 20},  {call_free, 12}, {call_set_node, 6},
	{call_mark, 6}, {call_alloc, 30},  {call_direction, 2}, {call_limit, 2}, {call_cut, 1},
};

/* The comparisons. */

static void compare_type(struct pair *p, const struct mb_memblock_type *type,
			 const struct naive_type *naive, mb_phys_t place, size_t trimmed)
{
	size_t nr = 0, total = 0;

	for (size_t first = 0, end; first < NAIVE_CELLS; first = end) {
		const struct naive_cell *c = &naive->cells[first];
		const struct mb_memblock_region *r = &type->regions[nr];

		for (end = first + 1; end < NAIVE_CELLS; end++)
			if (!naive_memblock_same(c, &naive->cells[end]))
				break;
		if (!c->there)
			continue;
		if (nr++ >= type->cnt || r->base != addr(first) || r->size != addr(end - first) ||
		    r->nid != c->nid || r->flags != c->flags)
			differs(p, type->name);
		total += end - first;
	}
	if (type->cnt != (nr || !p->mb.dummy ? nr : 1))
		differs(p, "number of regions");
	if (type->total_size != addr(total + trimmed))
		differs(p, "total");
	if (type->max != naive->max || place != addr(naive->array))
		differs(p, "capacity or place of the array");
}

/* The naive walk: whole stretches of visible cells of one region that are not reserved, in order. */
static size_t list_free(const struct pair *p, int nid, unsigned flags, struct cells *ret_list)
{
	const struct naive_memblock *nb = &p->nb;
	size_t nr = 0;

	for (size_t i = 0; i < NAIVE_CELLS; i++) {
		if (nb->reserved.cells[i].there || !naive_memblock_visible(nb, i, nid, flags))
			continue;
		if (nr && ret_list[nr - 1].first + ret_list[nr - 1].nr == i &&
		    naive_memblock_same(&nb->memory.cells[i - 1], &nb->memory.cells[i]))
			ret_list[nr - 1].nr++;
		else
			ret_list[nr++] = (struct cells){i, 1};
	}
	return nr;
}

static void compare_walks(struct pair *p)
{
	static const unsigned filters[] = {0, MB_MEMBLOCK_HOTPLUG, MB_MEMBLOCK_MIRROR,
					   MB_MEMBLOCK_NOMAP};
	static struct cells list[NAIVE_CELLS];
	int nid = one_in(p, 2) ? MB_NO_NODE : (int)below(p, NODES);
	unsigned flags = filters[below(p, MB_ARRAY_SIZE(filters))];
	size_t nr = list_free(p, nid, flags, list), i = 0;
	struct mb_range range;
	uint64_t cursor;
	int got;

	mb_memblock_for_each_free(cursor, &p->mb, nid, flags, &range, &got) {
		if (i >= nr || range.start != addr(list[i].first) ||
		    range.end - range.start != addr(list[i].nr) ||
		    got != p->nb.memory.cells[list[i].first].nid)
			differs(p, "free range");
		i++;
	}
	if (i != nr)
		differs(p, "number of free ranges");
	cursor = MB_MEMBLOCK_CURSOR_LAST;
	while (mb_memblock_next_free_mem_range_rev(&p->mb, &cursor, nid, flags, &range, &got))
		if (!i-- || range.start != addr(list[i].first) ||
		    range.end - range.start != addr(list[i].nr))
			differs(p, "free range, backward");
	if (i)
		differs(p, "number of free ranges, backward");
}

static void compare_questions(struct pair *p)
{
	struct cells c = pick(p);
	const struct naive_cell *m = &p->nb.memory.cells[c.first],
				*r = &p->nb.reserved.cells[c.first];
	mb_phys_t inside = addr(c.first) + below(p, 1u << NAIVE_CELL_SHIFT);
	bool any = false, all = m->there;
	mb_pfn_t start, end;

	for (size_t i = c.first; i < c.first + c.nr; i++) {
		any |= p->nb.reserved.cells[i].there;
		all &= naive_memblock_same(m, &p->nb.memory.cells[i]);
	}
	if (mb_memblock_is_memory(&p->mb, inside) != m->there ||
	    mb_memblock_is_reserved(&p->mb, inside) != r->there ||
	    mb_memblock_is_map_memory(&p->mb, inside) !=
		    (m->there && !(m->flags & MB_MEMBLOCK_NOMAP)))
		differs(p, "is_memory, is_reserved or is_map_memory");
	if (c.nr && mb_memblock_is_region_reserved(&p->mb, addr(c.first), addr(c.nr)) != any)
		differs(p, "is_region_reserved");
	if (mb_memblock_is_region_memory(&p->mb, addr(c.first), addr(c.nr)) != all)
		differs(p, "is_region_memory");
	m = &p->nb.memory.cells[c.first / NAIVE_PAGE * NAIVE_PAGE];
	if (mb_memblock_search_pfn_nid(&p->mb, c.first / NAIVE_PAGE, &start, &end) !=
	    (m->there ? m->nid : MB_NO_NODE))
		differs(p, "search_pfn_nid");
}

static void compare(struct pair *p)
{
	if (mb_memblock_check(&p->mb))
		differs(p, "not valid");
	compare_type(p, &p->mb.memory, &p->nb.memory, p->mb.memory_array, p->nb.trimmed);
	compare_type(p, &p->mb.reserved, &p->nb.reserved, p->mb.reserved_array, 0);
	compare_walks(p);
	compare_questions(p);
}

/* A round has its own options and range of lengths; every other one starts with memory on all nodes. */
static void start_round(struct pair *p, int round)
{
	static const size_t longest[] = {1, 2, 24, 300};

	mb_memblock_init(&p->mb, 12, round % 2);
	naive_memblock_init(&p->nb);
	p->longest = longest[round % MB_ARRAY_SIZE(longest)];
	p->mb.can_resize = p->nb.can_resize = !one_in(p, 6);
	p->mb.movable_node = p->nb.movable_node = one_in(p, 2);
	p->mb.mirror = p->nb.mirror = one_in(p, 2);
	if (one_in(p, 4))
		return;
	for (size_t nid = 0; nid < NODES; nid++) {
		size_t first = nid * (NAIVE_CELLS / NODES), nr = NAIVE_CELLS / NODES - 8;

		assert_int_equal(mb_memblock_add_node(&p->mb, addr(first), addr(nr), (int)nid, 0),
				 0);
		assert_true(naive_memblock_put(&p->nb, &p->nb.memory, first, nr, (int)nid, 0));
	}
}

static void test_random_calls(void **state)
{
	static struct pair p;
	unsigned weights = 0;

	(void)state;
	p.rng.state = seed;
	for (size_t i = 0; i < MB_ARRAY_SIZE(calls); i++)
		weights += calls[i].weight;
	for (int round = 0; round < ROUNDS; round++) {
		start_round(&p, round);
		for (int call = 0; call < CALLS; call++) {
			size_t pick_weight = below(&p, weights), i = 0;

			while (pick_weight >= calls[i].weight)
				pick_weight -= calls[i++].weight;
			calls[i].call(&p);
			compare(&p);
		}
		seen.doublings += p.mb.nr_doublings;
		mb_memblock_fini(&p.mb);
	}
	print_message("# %d calls: %llu answers, %llu failures, %llu doublings\n", ROUNDS * CALLS,
		      (unsigned long long)seen.answers, (unsigned long long)seen.failures,
		      (unsigned long long)seen.doublings);
	assert_true(seen.answers && seen.failures && seen.doublings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_calls),
	};

	seed = seed_or((uint64_t)time(NULL) << 16 ^ (uint64_t)getpid());
	return cmocka_run_group_tests_name("memblock_model", tests, NULL, NULL);
}
