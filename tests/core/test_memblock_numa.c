/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/base/align.h"
#include "tests/core/memblock_case.h"

/* Allocation on one of eight nodes, preferred or exact. */
/* clang-format off */
static const struct memblock_case cases[] = {
	/*
	 * The node has room: its end, or its start.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ................................................................
	 *   down    ..................................++............................
	 *   up      ............................++..................................
	 */
	{
		.name = "node simple", .memory = CASE_NODES,
		.form = CASE_BOTH, .size = 0x200, .nid = 3,
		.td = {0x102200, {{0x102200, 0x200}}},
		.bu = {0x101c00, {{0x101c00, 0x200}}},
	},
	/*
	 * The node is smaller than the request: any node.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ................................................................
	 *   down    ....................................................++++++++....
	 *   up      ++++++++........................................................
	 */
	{
		.name = "node small_node", .memory = CASE_NODES,
		.form = CASE_TRY, .size = 0x800, .nid = 1,
		.td = {0x103400, {{0x103400, 0x800}}},
		.bu = {0x100000, {{0x100000, 0x800}}},
	},
	/*
	 * The same, exact: no other node will do.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "node small_node", .memory = CASE_NODES,
		.form = CASE_EXACT, .size = 0x800, .nid = 1,
	},
	/*
	 * All of the node is reserved: any node.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ....................########....................................
	 *   down    ....................########..................................++
	 *   up      ++..................########....................................
	 */
	{
		.name = "node node_reserved", .memory = CASE_NODES,
		.before = {{0x101400, 0x800}},
		.form = CASE_TRY, .size = 0x200, .nid = 2,
		.td = {0x103e00, {{0x101400, 0x800}, {0x103e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}, {0x101400, 0x800}}},
	},
	/*
	 * The same, exact.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ....................########....................................
	 *   after   fails
	 */
	{
		.name = "node node_reserved", .memory = CASE_NODES,
		.before = {{0x101400, 0x800}},
		.form = CASE_EXACT, .size = 0x200, .nid = 2,
	},
	/*
	 * A part of the node is reserved, the rest has room.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ....................................#...........................
	 *   down    ....................................#.++........................
	 *   up      ....................................#++.........................
	 */
	{
		.name = "node part_reserved", .memory = CASE_NODES,
		.before = {{0x102400, 0x100}},
		.form = CASE_BOTH, .size = 0x200, .nid = 4,
		.td = {0x102600, {{0x102400, 0x100}, {0x102600, 0x200}}},
		.bu = {0x102500, {{0x102400, 0x300}}},
	},
	/*
	 * The node has bytes enough, but in two pieces: any node.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  .....................................##.........................
	 *   down    .....................................##.......................++
	 *   up      ++...................................##.........................
	 */
	{
		.name = "node part_reserved_fallback", .memory = CASE_NODES,
		.before = {{0x102500, 0x200}},
		.form = CASE_TRY, .size = 0x200, .nid = 4,
		.td = {0x103e00, {{0x102500, 0x200}, {0x103e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}, {0x102500, 0x200}}},
	},
	/*
	 * The same, exact.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  .....................................##.........................
	 *   after   fails
	 */
	{
		.name = "node part_reserved_fail", .memory = CASE_NODES,
		.before = {{0x102500, 0x200}},
		.form = CASE_EXACT, .size = 0x200, .nid = 4,
	},
	/*
	 * The window spans nodes 2 and 3 with too little of each, 2 is wanted. No region is crossed; the lower
	 * limit is dropped, and the answer is on the node.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                             v^
	 *   before  ................................................................
	 *   down    ..........................++....................................
	 *   up      ....................++..........................................
	 */
	{
		.name = "node split_range_low", .memory = CASE_NODES,
		.form = CASE_BOTH, .size = 0x200, .min = 0x101b00, .max = 0x101d00, .nid = 2,
		.td = {0x101a00, {{0x101a00, 0x200}}},
		.bu = {0x101400, {{0x101400, 0x200}}},
	},
	/*
	 * The same window, 3 is wanted: below the upper limit it has too little, so any node without the lower
	 * limit.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                             v^
	 *   before  ................................................................
	 *   down    ..........................++....................................
	 *   up      ++..............................................................
	 */
	{
		.name = "node split_range_high", .memory = CASE_NODES,
		.form = CASE_TRY, .size = 0x200, .min = 0x101b00, .max = 0x101d00, .nid = 3,
		.td = {0x101a00, {{0x101a00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * The same, exact.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                             v^
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "node split_range_high", .memory = CASE_NODES,
		.form = CASE_EXACT, .size = 0x200, .min = 0x101b00, .max = 0x101d00, .nid = 3,
	},
	/*
	 * The window spans nodes 5 and 6 with too little of each, 2 lies below it: the lower limit is dropped,
	 * then the node has room.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                                             v^
	 *   before  ................................................................
	 *   down    ..........................++....................................
	 *   up      ....................++..........................................
	 */
	{
		.name = "node no_overlap_split", .memory = CASE_NODES,
		.form = CASE_BOTH, .size = 0x200, .min = 0x102b00, .max = 0x102d00, .nid = 2,
		.td = {0x101a00, {{0x101a00, 0x200}}},
		.bu = {0x101400, {{0x101400, 0x200}}},
	},
	/*
	 * The node lies below the window: another node inside the window comes before dropping the limit.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                      v----------------------^
	 *   before  ................................................................
	 *   down    ..........................................++....................
	 *   up      ....................++..........................................
	 */
	{
		.name = "node no_overlap_low", .memory = CASE_NODES,
		.form = CASE_TRY, .size = 0x200, .min = 0x101400, .max = 0x102c00, .nid = 0,
		.td = {0x102a00, {{0x102a00, 0x200}}},
		.bu = {0x101400, {{0x101400, 0x200}}},
	},
	/*
	 * The same, exact: the limit is dropped, the node is kept.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                      v----------------------^
	 *   before  ................................................................
	 *   down    ..............++................................................
	 *   up      ++..............................................................
	 */
	{
		.name = "node no_overlap_low", .memory = CASE_NODES,
		.form = CASE_EXACT, .size = 0x200, .min = 0x101400, .max = 0x102c00, .nid = 0,
		.td = {0x100e00, {{0x100e00, 0x200}}},
		.bu = {0x100000, {{0x100000, 0x200}}},
	},
	/*
	 * The node lies above the window: another node inside the window.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                      v----------------------^
	 *   before  ................................................................
	 *   down    ..........................................++....................
	 *   up      ....................++..........................................
	 */
	{
		.name = "node no_overlap_high", .memory = CASE_NODES,
		.form = CASE_TRY, .size = 0x200, .min = 0x101400, .max = 0x102c00, .nid = 7,
		.td = {0x102a00, {{0x102a00, 0x200}}},
		.bu = {0x101400, {{0x101400, 0x200}}},
	},
	/*
	 * The same, exact: the upper limit is never dropped.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                      v----------------------^
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "node no_overlap_high", .memory = CASE_NODES,
		.form = CASE_EXACT, .size = 0x200, .min = 0x101400, .max = 0x102c00, .nid = 7,
	},
	/*
	 * Larger than every node, smaller than memory: an answer never crosses regions.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ................................................................
	 *   after   fails
	 */
	{
		.name = "node large_region", .memory = CASE_NODES,
		.form = CASE_BOTH, .size = 0x1100, .nid = 3,
	},
	/*
	 * The window is exactly the request, reservations touch it on both sides: all become one region.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   window                                                      v^
	 *   before  ................................................####..####......
	 *   after   ................................................####++####......
	 */
	{
		.name = "node reserved_full_merge", .memory = CASE_NODES,
		.before = {{0x103000, 0x400}, {0x103600, 0x400}},
		.form = CASE_BOTH, .size = 0x200, .min = 0x103400, .max = 0x103600, .nid = 6,
		.td = {0x103400, {{0x103000, 0xa00}}},
		.bu = {0x103400, {{0x103000, 0xa00}}},
	},
	/*
	 * The only hole is large enough, but half of it is on node 2 and half on node 3.
	 *   nodes   0              |1  |2      |3      |4  |5  |6              |7
	 *   before  ###########################..###################################
	 *   after   fails
	 */
	{
		.name = "node split_all_reserved", .memory = CASE_NODES,
		.before = {{0x100000, 0x1b00}, {0x101d00, 0x2300}},
		.form = CASE_BOTH, .size = 0x200, .nid = MB_NO_NODE,
	},
};
/* clang-format on */

int main(void)
{
	return memblock_case_run_all("memblock_numa", cases, MB_ARRAY_SIZE(cases));
}
