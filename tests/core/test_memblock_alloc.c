/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "tests/core/memblock_case.h"

/* Allocation without nodes: the form without limits, with a lower one, inside a window. */
/* clang-format off */
static const struct memblock_case cases[] = {
	/*
	 * Nothing reserved: the end of memory, or its start.
	 *   before  ................................................................
	 *   down    ..............................................................++
	 *   up      ++..............................................................
	 */
	{
		.name = "simple",
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103e00, {{0x103e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * Alignment (0x400) leaves a gap to the reservation: two regions.
	 *   before  .............................................................###
	 *   down    ........................................................++...###
	 */
	{
		.name = "disjoint", .directions = CASE_TOP_DOWN,
		.before = {{0x103d00, 0x300}},
		.form = CASE_ALLOC, .size = 0x200, .align = 0x400,
		.td = {0x103800, {{0x103800, 0x200}, {0x103d00, 0x300}}},
	},
	/*
	 * The same from the other end.
	 *   before  ###.............................................................
	 *   up      ###.++..........................................................
	 */
	{
		.name = "disjoint", .directions = CASE_BOTTOM_UP,
		.before = {{0x100000, 0x300}},
		.form = CASE_ALLOC, .size = 0x200, .align = 0x400,
		.bu = {0x100400, {{0x100000, 0x300}, {0x100400, 0x200}}},
	},
	/*
	 * The reservation is at the end: next to it, one region.
	 *   before  ............................................................####
	 *   down    ..........................................................++####
	 */
	{
		.name = "before", .directions = CASE_TOP_DOWN,
		.before = {{0x103c00, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103a00, {{0x103a00, 0x600}}},
	},
	/*
	 * There is just enough room before the reservation: one region.
	 *   before  ..####..........................................................
	 *   up      ++####..........................................................
	 */
	{
		.name = "before", .directions = CASE_BOTTOM_UP,
		.before = {{0x100200, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.bu = {0x100000, {{0x100000, 0x600}}},
	},
	/*
	 * There is just enough room behind the reservation: one region.
	 *   before  ..........................................................####..
	 *   down    ..........................................................####++
	 */
	{
		.name = "after", .directions = CASE_TOP_DOWN,
		.before = {{0x103a00, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103e00, {{0x103a00, 0x600}}},
	},
	/*
	 * The reservation is at the start: next to it, one region.
	 *   before  ####............................................................
	 *   up      ####++..........................................................
	 */
	{
		.name = "after", .directions = CASE_BOTTOM_UP,
		.before = {{0x100000, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.bu = {0x100400, {{0x100000, 0x600}}},
	},
	/*
	 * The gap between the reservations is too small: beyond the second, and joined with it.
	 *   before  .....................................................######.####
	 *   down    ...................................................++######.####
	 */
	{
		.name = "second_fit", .directions = CASE_TOP_DOWN,
		.before = {{0x103500, 0x600}, {0x103c00, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103300, {{0x103300, 0x800}, {0x103c00, 0x400}}},
	},
	/*
	 * The same from the other end.
	 *   before  ####.######.....................................................
	 *   up      ####.######++...................................................
	 */
	{
		.name = "second_fit", .directions = CASE_BOTTOM_UP,
		.before = {{0x100000, 0x400}, {0x100500, 0x600}},
		.form = CASE_ALLOC, .size = 0x200,
		.bu = {0x100b00, {{0x100000, 0x400}, {0x100500, 0x800}}},
	},
	/*
	 * Room enough in total, but every gap is too small.
	 *   before  #######.#######.#######.#######.#######.#######.#######.#######.
	 *   after   fails
	 */
	{
		.name = "small_gaps",
		.before = {{0x100000, 0x700}, {0x100800, 0x700}, {0x101000, 0x700}, {0x101800, 0x700}, {0x102000, 0x700}, {0x102800, 0x700}, {0x103000, 0x700}, {0x103800, 0x700}},
		.form = CASE_ALLOC, .size = 0x200,
	},
	/*
	 * The gap fits exactly: all three become one region.
	 *   before  ......................................................####..####
	 *   down    ......................................................####++####
	 */
	{
		.name = "in_between", .directions = CASE_TOP_DOWN,
		.before = {{0x103600, 0x400}, {0x103c00, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103a00, {{0x103600, 0xa00}}},
	},
	/*
	 * The same from the other end.
	 *   before  ####..####......................................................
	 *   up      ####++####......................................................
	 */
	{
		.name = "in_between", .directions = CASE_BOTTOM_UP,
		.before = {{0x100000, 0x400}, {0x100600, 0x400}},
		.form = CASE_ALLOC, .size = 0x200,
		.bu = {0x100400, {{0x100000, 0xa00}}},
	},
	/*
	 * All of memory is reserved.
	 *   before  ################################################################
	 *   after   fails
	 */
	{
		.name = "all_reserved",
		.before = {{0x100000, 0x4000}},
		.form = CASE_ALLOC, .size = 0x200,
	},
	/*
	 * What is left is smaller than the request.
	 *   before  ###############################################################.
	 *   after   fails
	 */
	{
		.name = "no_space",
		.before = {{0x100000, 0x3f00}},
		.form = CASE_ALLOC, .size = 0x200,
	},
	/*
	 * What is left is exactly the request: everything is one reserved region.
	 *   before  ##############################################################..
	 *   after   ##############################################################++
	 */
	{
		.name = "limited_space",
		.before = {{0x100000, 0x3e00}},
		.form = CASE_ALLOC, .size = 0x200,
		.td = {0x103e00, {{0x100000, 0x4000}}},
		.bu = {0x103e00, {{0x100000, 0x4000}}},
	},
	/*
	 * No memory was registered: nothing to give, whatever the direction.
	 *   after   fails
	 */
	{
		.name = "no_memory", .memory = CASE_NONE,
		.form = CASE_ALLOC, .size = 0x200,
	},
	/*
	 * More than all of memory.
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "too_large",
		.form = CASE_ALLOC, .size = 0x4100,
	},
	/*
	 * The lower limit is honoured: the end of memory, or the limit itself.
	 *   window                                  v------------------------------^
	 *   before  ................................................................
	 *   down    ..............................................................++
	 *   up      ................................++..............................
	 */
	{
		.name = "simple",
		.form = CASE_FROM, .size = 0x200, .min = 0x102000,
		.td = {0x103e00, {{0x103e00, 0x200}}},
		.bu = {0x102000, {{0x102000, 0x200}}},
	},
	/*
	 * A lower limit that is not aligned (to 0x400) is rounded up.
	 *   window                                   v-----------------------------^
	 *   before  ................................................................
	 *   down    ............................................................++..
	 *   up      ....................................++..........................
	 */
	{
		.name = "misaligned",
		.form = CASE_FROM, .size = 0x200, .align = 0x400, .min = 0x102100,
		.td = {0x103c00, {{0x103c00, 0x200}}},
		.bu = {0x102400, {{0x102400, 0x200}}},
	},
	/*
	 * Less than the request above the lower limit: the limit is dropped.
	 *   window                                                                 v
	 *   before  ................................................................
	 *   down    ..............................................................++
	 *   up      ++..............................................................
	 */
	{
		.name = "high_addr",
		.form = CASE_FROM, .size = 0x200, .min = 0x103f00,
		.td = {0x103e00, {{0x103e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * All above the lower limit is reserved: below it, joined with the reservation if it is next to it.
	 *   window                                  v------------------------------^
	 *   before  ................................################################
	 *   down    ..............................++################################
	 *   up      ++..............................################################
	 */
	{
		.name = "no_space_above",
		.before = {{0x102000, 0x2000}},
		.form = CASE_FROM, .size = 0x200, .min = 0x102000,
		.td = {0x101e00, {{0x101e00, 0x2200}}},
		.bu = {0x100000, {{0x100000, 0x200}, {0x102000, 0x2000}}},
	},
	/*
	 * The lower limit is below memory: as if there were none.
	 *   window  <--------------------------------------------------------------^
	 *   before  ................................................................
	 *   down    ..............................................................++
	 *   up      ++..............................................................
	 */
	{
		.name = "min_addr_cap",
		.form = CASE_FROM, .size = 0x200, .min = CASE_BASE - 0x1000,
		.td = {0x103e00, {{0x103e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * Inside the window: its end, or its start.
	 *   window                  v------^
	 *   before  ................................................................
	 *   down    ......................++........................................
	 *   up      ................++..............................................
	 */
	{
		.name = "range simple",
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101800, .nid = MB_NO_NODE,
		.td = {0x101600, {{0x101600, 0x200}}},
		.bu = {0x101000, {{0x101000, 0x200}}},
	},
	/*
	 * Neither limit is aligned (to 0x400): the answer is.
	 *   window                   v------------^
	 *   before  ................................................................
	 *   down    ............................++..................................
	 *   up      ....................++..........................................
	 */
	{
		.name = "range misaligned",
		.form = CASE_BOTH, .size = 0x200, .align = 0x400, .min = 0x101100, .max = 0x101f00, .nid = MB_NO_NODE,
		.td = {0x101c00, {{0x101c00, 0x200}}},
		.bu = {0x101400, {{0x101400, 0x200}}},
	},
	/*
	 * The window is smaller than the request: the lower limit is dropped, the upper stays.
	 *   window                  v
	 *   before  ................................................................
	 *   down    ...............++...............................................
	 *   up      ++..............................................................
	 */
	{
		.name = "range narrow_range",
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101100, .nid = MB_NO_NODE,
		.td = {0x100f00, {{0x100f00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * Reservations at both borders, room between them: joined with the one in the direction of the search.
	 *   window                  v------^
	 *   before  ............####........####....................................
	 *   down    ............####......++####....................................
	 *   up      ............####++......####....................................
	 */
	{
		.name = "range reserved_with_space",
		.before = {{0x100c00, 0x400}, {0x101800, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101800, .nid = MB_NO_NODE,
		.td = {0x101600, {{0x100c00, 0x400}, {0x101600, 0x600}}},
		.bu = {0x101000, {{0x100c00, 0x600}, {0x101800, 0x400}}},
	},
	/*
	 * Reservations at both borders and too little between them: below both.
	 *   window                  v
	 *   before  ............####.####...........................................
	 *   down    ..........++####.####...........................................
	 *   up      ++..........####.####...........................................
	 */
	{
		.name = "range reserved_no_space",
		.before = {{0x100c00, 0x400}, {0x101100, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101100, .nid = MB_NO_NODE,
		.td = {0x100a00, {{0x100a00, 0x600}, {0x101100, 0x400}}},
		.bu = {0x100000, {{0x100000, 0x200}, {0x100c00, 0x400}, {0x101100, 0x400}}},
	},
	/*
	 * The upper limit is beyond memory: memory ends the search.
	 *   window                                  v------------------------------>
	 *   before  ................................................................
	 *   down    ..............................................................++
	 *   up      ................................++..............................
	 */
	{
		.name = "range cap_max",
		.form = CASE_BOTH, .size = 0x200, .min = 0x102000, .max = CASE_END + 0x1000, .nid = MB_NO_NODE,
		.td = {0x103e00, {{0x103e00, 0x200}}},
		.bu = {0x102000, {{0x102000, 0x200}}},
	},
	/*
	 * The lower limit is below memory: memory begins the search.
	 *   window  <------------------------------^
	 *   before  ................................................................
	 *   down    ..............................++................................
	 *   up      ++..............................................................
	 */
	{
		.name = "range cap_min",
		.form = CASE_BOTH, .size = 0x200, .min = CASE_BASE - 0x1000, .max = 0x102000, .nid = MB_NO_NODE,
		.td = {0x101e00, {{0x101e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * The start of the window is reserved, the rest is exactly the request: one region.
	 *   window                  v----^
	 *   before  ................####............................................
	 *   after   ................####++..........................................
	 */
	{
		.name = "range min_reserved",
		.before = {{0x101000, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101600, .nid = MB_NO_NODE,
		.td = {0x101400, {{0x101000, 0x600}}},
		.bu = {0x101400, {{0x101000, 0x600}}},
	},
	/*
	 * The end of the window is reserved, the rest is exactly the request: one region.
	 *   window                    v----^
	 *   before  ....................####........................................
	 *   after   ..................++####........................................
	 */
	{
		.name = "range max_reserved",
		.before = {{0x101400, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101200, .max = 0x101800, .nid = MB_NO_NODE,
		.td = {0x101200, {{0x101200, 0x600}}},
		.bu = {0x101200, {{0x101200, 0x600}}},
	},
	/*
	 * The window is exactly the request.
	 *   window                  v^
	 *   before  ................................................................
	 *   after   ................++..............................................
	 */
	{
		.name = "range exact_address",
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101200, .nid = MB_NO_NODE,
		.td = {0x101000, {{0x101000, 0x200}}},
		.bu = {0x101000, {{0x101000, 0x200}}},
	},
	/*
	 * The window is exactly the request, reservations touch it on both sides: all become one region.
	 *   window                  v^
	 *   before  ............####..####..........................................
	 *   after   ............####++####..........................................
	 */
	{
		.name = "range reserved_full_merge",
		.before = {{0x100c00, 0x400}, {0x101200, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101200, .nid = MB_NO_NODE,
		.td = {0x101000, {{0x100c00, 0xa00}}},
		.bu = {0x101000, {{0x100c00, 0xa00}}},
	},
	/*
	 * Everything outside the window is reserved, and the window is too small: dropping the limit does not
	 * help.
	 *   window                  v
	 *   before  ################.###############################################
	 *   after   fails
	 */
	{
		.name = "range reserved_all",
		.before = {{0x100000, 0x1000}, {0x101100, 0x2f00}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x101000, .max = 0x101100, .nid = MB_NO_NODE,
	},
	/*
	 * The upper limit is too close to the start of memory; it is never dropped.
	 *   window  v
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "range low_max",
		.form = CASE_BOTH, .size = 0x200, .min = 0x100000, .max = 0x100100, .nid = MB_NO_NODE,
	},
};
/* clang-format on */

int main(void)
{
	return memblock_case_run_all("memblock_alloc", cases, MB_ARRAY_SIZE(cases));
}
