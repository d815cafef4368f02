/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd.h"
#include "cli/doc.h"
#include "core/base/align.h"

static const struct mb_doc_item machine_items[] = {
	{"nodes=16 each=4T cpus=8", "16 nodes alike, each with 4 TiB and 8 CPUs"},
	{"node0=16G@0 node1=1G@4G+7G@8G node2=2G",
	 "a node's memory: SIZE, @START, several ranges joined by '+'; without a start a range "
	 "follows the one before it, "
	 "around the architecture's hole below 4 GiB"},
	{"node0.cpus=0-3", "a node's CPUs; absent means none"},
	{"absent=4-7 offline=2-3",
	 "CPUs of the nodes that are only possible; that are present but not online"},
	{"hole=SIZE@START", "not memory"},
	{"reserve=SIZE@START", "reserved before boot"},
	{"mirror=, hotplug=, nomap=SIZE@START", "memory with that flag"},
	{"dist=10,21;21,10", "distances between nodes, one row a node; absent means 10 and 20"},
	{"arch=x86_64|arm64 page=4K section=128M phys-bits=52",
	 "architecture, page size, section size, address bits"},
	{"cmdline='movablecore=2G'", "the kernel's command line"},
};

/* Each enum mb_exit; README.md has the same words. */
static const struct mb_doc_item exit_items[] = {
	{"0", "all is well"},
	{"1",
	 "the answer is no: a check found a broken invariant, a fact differs, a bench failed, a row is worse, "
	 "something would spoil a run, or a figure got worse for good"},
	{"2",
	 "wrong usage or input, which no host could do, or output that cannot be written; one line "
	 "on standard error says what to do"},
	{"3",
	 "undecided, or only in part: some facts, rows or times of a kernel could not be compared, more samples are needed, "
	 "a history is too short, or a stored fit is out of date"},
	{"4",
	 "this host is unfit for what was asked: too little memory, say, a CPU that is not there or not allowed, or too busy to judge"},
	{"130",
	 "interrupted; a result that was asked for is written and marked partial; Bencher's format cannot say that, and is not, nor is a prediction"},
};

static const struct mb_doc_item environment_items[] = {
	{"MEMBOOT_NOISE", "the file in which the noise of this host is kept; --store wins"},
	{"MEMBOOT_COSTMODEL",
	 "the file in which 'memboot predict' keeps its fit of this host; --store wins"},
	{"MEMBOOT_HISTORY",
	 "the file of 'memboot history' without --history; 'memboot gate' without --base reads it"},
	{"GITHUB_SHA, CI_COMMIT_SHA, GIT_COMMIT",
	 "the revision that is measured, for 'memboot history add' without --rev"},
	{"NO_COLOR", "when it is set and not empty, --color auto means never"},
};

static const struct mb_doc_item file_items[] = {
	{"/sys/firmware/memmap", "the firmware's memory map, the first choice for the host's own"},
	{"/proc/iomem", "the second choice; shows addresses to root only"},
	{"/sys/kernel/debug/memblock", "the third choice, for root with debugfs mounted"},
	{"/sys/devices/system/node",
	 "the host's nodes; their sizes are the last choice for the map"},
};

static const struct mb_doc_item example_items[] = {
	{"memboot boot", "this host, phase by phase"},
	{"memboot boot -r 9 -o host.json",
	 "nine boots, median and spread, all samples in host.json"},
	{"memboot boot --check --machine 'nodes=4 each=2G cpus=2'",
	 "four nodes, every invariant walked"},
	{"memboot boot --dry-run --machine 'nodes=16 each=4T cpus=8'",
	 "64 TiB without its descriptors"},
	{"memboot report host.json -o host.csv", "the same samples for a spreadsheet"},
	{"memboot compare old.json new.json", "what got better or worse, and whether that is sure"},
	{"memboot gate --base ./old --new ./new -- bench buddy",
	 "two builds take turns; exit 1 when the new one is slower"},
	{"memboot predict --machine 'nodes=8 each=1536G cpus=16'",
	 "what a boot of 12 TiB takes, from a fit of this host"},
	{"memboot topo", "what was found on this host"},
};

const struct mb_doc_section mb_doc_sections[] = {
	{"MACHINE TEXT",
	 "--machine and --machine-file take a list of items, separated by white space; '#' starts a "
	 "comment that ends with "
	 "the line. Sizes have the binary units K, M, G, T.",
	 machine_items, MB_ARRAY_SIZE(machine_items), MB_CMD_BOOT | MB_CMD_TOPO | MB_CMD_PREDICT},
	{"ENVIRONMENT", NULL, environment_items, MB_ARRAY_SIZE(environment_items), 0},
	{"FILES", NULL, file_items, MB_ARRAY_SIZE(file_items), 0},
	{"EXIT STATUS", NULL, exit_items, MB_ARRAY_SIZE(exit_items), MB_CMD_NONE},
	{"EXAMPLES", NULL, example_items, MB_ARRAY_SIZE(example_items), MB_CMD_NONE},
};

const size_t mb_doc_nr_sections = MB_ARRAY_SIZE(mb_doc_sections);
