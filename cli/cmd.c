/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <string.h>

#include "cli/cmd.h"
#include "core/base/align.h"

static const char boot_text[] =
	"Takes the memory map of this host, or of another machine (--machine), and does in user "
	"space what Linux does with it at boot: from the firmware's map to a page allocator that "
	"holds all memory. Prints the machine, the phases in boot order, the zones, and the time "
	"to the first allocation and to all memory.\n\n"
	"The page descriptors are real memory, one per page, bound to the node that they "
	"describe. Touching that memory for the first time is a cost of the host, not of the "
	"boot: it is shown as 'fault' beside the totals and is in none of them. 'second_touch' writes the "
	"same memory once more. --pages chooses the host pages; what the host's kernel gave is shown below the "
	"totals and is in the result.\n\n"
	"Workers are pinned, each to its own CPU, cores before their second CPUs; --threads, --cpus, "
	"--smt and --bind choose. Before and after its work each looks where it is: one that ran "
	"elsewhere is named below the tables and in the result.\n\n"
	"With several repetitions (-r) each figure is the median over them, a share is the "
	"median of the boots' shares, and 'spread' says how far the times scatter: their median absolute "
	"deviation (times 1.4826, which makes it a standard deviation when they are normally "
	"distributed) over their median, in per cent.\n\n"
	"With --against-dmesg a table shows what the kernel's own log says that deferred init took on "
	"each node, the engine's time for the same node, pages and workers, and the engine's over the "
	"kernel's. A note says where that ratio says less than it seems, as when this host has fewer CPUs or "
	"the kernel ran on an emulated one. Without such lines in the log the exit status is 3.\n\n"
	"--counters counts performance events in every phase, on the boot thread and on each worker, and shows "
	"them with what follows from them: instructions per cycle, misses per page, traffic. A name ends in "
	":u, :k or :uk for the mode that is counted. An event that does not count here is named with the "
	"reason; where events take turns on too few counters, figures are estimates and marked '~'.\n\n"
	"At most a quarter of the available memory is used unless --max-memory says otherwise; a "
	"machine that needs more is refused. An interrupt (Ctrl-C, SIGTERM, SIGHUP) ends the run within a second, "
	"and the result that -o asked for is written and marked partial; a second one ends the "
	"program at once.";

static const char topo_text[] =
	"Prints the host's packages, cores, caches, nodes, distances and memory tiers, which CPUs work for "
	"which node and why others do not, its pools of huge pages, and what the control groups of this "
	"process limit; then where its memory map comes from and the ranges of that map, which host node stands "
	"for each simulated node (of this host, or of --machine), and which of the optional libraries this "
	"program was built without.\n\n"
	"With --topology it shows another host, to plan with: nothing can be bound to that one, so no other "
	"command takes it. 'lstopo host.xml' writes such a file.";

static const char bench_text[] =
	"Runs the benches whose names REGEX matches somewhere, or all of them ('memboot list "
	"benches'), and prints the median time of a round with its spread, time per page and "
	"throughput. A repetition counts by its median round; the spread is of the repetitions, or of the rounds where "
	"there is one: their median absolute deviation over their median; -r 1 shows none. Each bench checks what it computed: a wrong one fails, and then the exit "
	"status is 1. Some have a goal, which is shown with the value reached. A bench that goes by "
	"an argument has a row for each value: memmodel/walk/all/model:extreme. One with a fixed "
	"number of rounds does not heed --min-time.\n\n"
	"Benches of the group questions answer what kernel developers ask about large machines "
	"('memboot list questions'): below the table stands a sentence with its figures. With these alone, each "
	"is repeated six times and they take turns, unless -r, --quick, --full or an option of Google Benchmark "
	"says how often.\n\n"
	"Google Benchmark's own options (--benchmark_filter=REGEX and so on) are passed on to it; they win "
	"over what --quick and --full stand for, and -r, --min-time and REGEX win over them.\n\n"
	"A band is computed once a row has 40 repetitions (--noise): the 95th percentile of |b/a - 1| over pairs of passes that take turns. A change below it "
	"means nothing on this host, and a row with a large one is marked unsteady: time above 25 %, a ratio or the part of the limit above 8 %, what "
	"is counted above 0.5 %.\n\n"
	"With --compare-variant two ways to do the same thing take turns on the same memory (A B B A), and after each turn "
	"everything is checked. It prints both medians, the ratio of the second one's time to the first one's, and the "
	"interval that has it with at least 95 % confidence: faster or slower when 1 is outside. One's own are rows of "
	"benches/variant_mine.c.";

static const char validate_text[] =
	"Compares what a kernel shows of its memory with what the engine arrives at from the same "
	"machine: this host's kernel, or that of a captured tree (--sysroot). A row a fact: how "
	"many values were compared, and whether they are equal, different, or not compared and "
	"why; below it the values that differ.\n\n"
	"The exit status is 0 when all facts are equal, 1 when one is different, 3 when some "
	"could only not be compared (--allow-missing names facts that may be). Late figures such "
	"as managed pages need the kernel's log of a boot with memblock=debug.";

static const char capture_text[] =
	"Collects what this host's kernel shows of its memory - files of /proc and /sys, and the "
	"kernel's log - in a tar archive, which --sysroot of the other commands takes, here or on "
	"another host. --sysroot takes a captured tree in place of this host. What cannot be read is "
	"listed with the reason, and so is what 'memboot validate' cannot compare without it; root can "
	"read all. The extension chooses how the archive is packed: .tar.gz, .tgz, .tar.xz, .tar.zst or "
	".tar. The same tree gives the same bytes.\n\n"
	"With --redact the archive has no host name, no serial numbers and no other identity: of the "
	"command line only known flags stay, and options about memory and CPUs keep their values "
	"where these are numbers and words of the kernel, of the log only the lines "
	"that the other commands use are kept, of the kernel's version the release alone. It gives the "
	"same machine and the same facts. What leaves this host is printed, each file with -v.";

static const char doctor_text[] =
	"Looks at what makes figures noisy or wrong on this host: other load, hypervisor and steal "
	"time, frequency and threads of the CPUs, the clock, free memory, huge pages, what the kernel "
	"does with memory in the background, and whether counters may be used. A row for each: what it "
	"is, what it should be, and whether it is fine, may disturb a run, or spoils it; below, "
	"why, and the command that would change it. Nothing is changed.\n\n"
	"Steal time is sampled over half a second, and memory of up to 64 MiB is touched twice: the "
	"first touch takes longer where a hypervisor backs memory late. Of a captured tree (--sysroot) steal "
	"time counts since its boot, and what only a running host shows is not known. Each result of the other "
	"commands has the same rows ('noise' in JSON), without what takes time to measure.\n\n"
	"The exit status is 1 when something would spoil a run, else 0.";

static const char report_text[] =
	"Reads results that other commands wrote with -o FILE.json, and writes them in another format: by "
	"--format, else by the longest known extension of FILE. Without both it prints tables. '-' is standard "
	"input or standard output. A pattern such as 'runs/*.json' that reaches the command in quotes is expanded.\n\n"
	"Several results stand side by side, where the format can hold them; --list-formats has the formats. Results of "
	"earlier versions of memboot are read too. When one of them cannot be read nothing is written: each "
	"such file gets a line that says why, and the exit status is 2.\n\n"
	"With --history an HTML page also draws the series of the results' rows in that history "
	"(see 'memboot history'), with the revisions between which their level changed.";

static const char compare_text[] =
	"Holds results that other commands wrote with -o FILE.json against BASE, row by row, and says for each whether it is better, "
	"worse, the same, inconclusive (and about how many more samples would tell) or not comparable (and why: another host class, kernel, "
	"setting, compiler or amount of work; too few samples; a row that one side lacks). What takes the time is compared, per page or operation where the row has "
	"it, and instructions where they were counted; --metric takes others.\n\n"
	"A side is one FILE, whose repetitions are the samples, or several with commas between them or as a pattern in quotes, 'base/*.json': "
	"then each is a process run, its median is one sample, and how far runs lie apart is seen too. At least eight samples a side are needed.\n\n"
	"The ratio is that of NEW to BASE by the Hodges-Lehmann shift of the logarithms, its 95 % interval is a bootstrap's. It is worse or better when the whole interval is "
	"beyond the bar (the largest of --threshold, the noise that 'memboot noise' has stored where it is of the same class of host and kernel, and the metric's floor) and a rank test agrees, corrected for "
	"the number of rows (Holm). It is the same when the whole interval is within the bar. What is counted and repeats is compared exactly.\n\n"
	"The exit status is 1 when a row is worse; 4 when one is worse or inconclusive but something on the host spoilt the figures of a side ('memboot doctor'); 3 when a row "
	"is inconclusive or not comparable, or nothing could be compared; else 0. -v shows all rows. -o FILE writes the verdicts ('memboot list verdicts' has the formats).";

static const char gate_text[] =
	"Runs the benches that REGEX matches with two programs at once, and says for each whether NEW is better, worse or the same. Both stay alive and "
	"take turns, repetition by repetition (A B B A ...), so that what the host does falls on both alike; the one whose turn it is not "
	"sleeps. They are started anew now and then, with the same arena: which memory a process happens to get must not decide.\n\n"
	"A pair of processes is one sample, the median over its turns. A bench is done when it has eight, its interval is narrower than --threshold, and it does not lie across the bar; its time goes to the others. When the budget is over all are "
	"judged as 'memboot compare' does, with these samples. The bar is the largest of --threshold, the metric's floor, and the noise of gates of as many pairs on this "
	"host, which 'memboot noise' measures once; without it a note says so.\n\n"
	"Without --base NEW is held against the newest results in the history (--history), of the same class of host, kernel, settings and compiler. It is run as those were, "
	"'NEW bench REGEX' with the options of the newest one (--quick, --min-time, -r ...), as often as the budget allows, at most 64 times: process runs against process runs, which "
	"differ by more than turns do, and eight of each are needed. Results that were taken otherwise or have other labels than the newest one are left out (--label KEY=VALUE chooses among those that have it), and rows that the history does not have are not comparable.\n\n"
	"A program is a memboot, or a script that ends in 'exec memboot \"$@\"', which can set its environment. Both have to know gates: an older one is "
	"refused.\n\n"
	"The exit status is 0 when nothing is worse; 1 when a bench is, or NEW computes something wrong; 2 when a program cannot be run, ends or does not answer, or BASE computes something wrong; 3 when the budget was too "
	"short for a verdict on some bench; 4 instead of 1 and 3 where something on the host spoils all figures ('memboot doctor'; other load is no such thing), or its hypervisor took a tenth "
	"of the CPU time; 130 when it was interrupted, and then nothing is written.";

static const char noise_text[] =
	"Runs gates of this program against itself and keeps how far the ratio came out from 1, for each bench and number of pairs of processes: what 'memboot gate' has to take for "
	"noise on this host. From 200 gates on it is the 99th percentile; from fewer an upper bound of it (2.576 sigma, for the sigma that is not exceeded with 90 % confidence, and never "
	"below the largest one seen). The first pairs of a gate are a smaller gate, and counted are those whose interval is narrower than 5 %: how far a gate without a sure ratio may be off is what its interval says.\n\n"
	"Kept with it are the host's class, its kernel, its settings and the arena. Where one of these has changed it is out of date: 'memboot gate' does not use it, and --show says what has changed.";

static const char predict_text[] =
	"Says what a boot of a machine takes that nobody can run here: each phase, each node, to the first allocation and to all memory, "
	"with the interval that has 90 % of such boots. A dry run of the machine counts what there is to do, and a cost model that was fitted on this "
	"host says what that costs.\n\n"
	"The first time it boots some thirty small machines, up to 32 GiB, again and again in random order for as long as --budget lasts, fits the model "
	"on their times and keeps it in a file (--store). From then on that is used, as long as the class of the host, its kernel and its settings are the "
	"same; --refit makes it anew. Load on the host meanwhile, or times that do not follow the model, make the host unfit: then it says why, and "
	"keeps nothing.\n\n"
	"Each node of the machine is taken to have CPUs and memory of its own, as fast as those of the host; --here predicts "
	"what 'memboot boot' of it takes on this very host. --host-model predicts for another host, from the file that predict kept "
	"there. Where the machine is larger than what was booted it says so, and intervals are wider.\n\n"
	"--vary gives a curve: over threads or chunk, with each, nodes and cpus over that item of the machine text. Its knee is the value from which on "
	"twice as many gain less than 5 %; of each and nodes, the one from which on time grows in proportion.\n\n"
	"--from-table reads what somebody has published for one node: lines of threads and milliseconds, before them lines such as 'pages = 98304000' "
	"and 'peak_gb_s = 128', what the channels of its memory carry. The model is fitted on the first two points and held against the others.\n\n"
	"The exit status is 3 when the stored fit is out of date, or the budget too short for a new one, and 4 when this host is "
	"unfit.";

static const char history_text[] =
	"Keeps results in one file (--history), by host class (CPU model, sockets, nodes, memory) and revision (--rev), and "
	"finds where figures changed for good. A result is one run of the program: its rows give one sample a figure, "
	"and the whole of it is kept too.\n\n"
	"history add RESULT... adds results that other commands wrote with -o FILE.json, all of them or none; one that "
	"is there already is not added again. Several processes may add at once, and what was added stays whatever "
	"is killed.\n\n"
	"history list shows what is there. history show [REGEX] draws the series of the rows whose name REGEX matches, and names "
	"the revisions between which their level changed. Results with other labels are other series, and --label KEY=VALUE "
	"chooses those that have it.\n\n"
	"history check [REGEX] looks for changes in each series, over all of its results, against noise that may "
	"have outliers and may drift: exit 1 when a change for the worse stands, 0 when none does, 3 when no series has the "
	"10 results that are needed, or there is none. A change that a later one undid does not count, and neither does one "
	"below --threshold. After a regression is accepted, --since REV leaves out what came before.\n\n"
	"history export writes the results in the format that report would (-o, --format). A format that takes one result gets those of "
	"one revision (--rev, else the newest): where it has several, each is a repetition. "
	"history import FILE... reads results, those of export too, and Google Benchmark's JSON; the revision is --rev, else what the "
	"file says.";

static const char list_text[] =
	"Without TOPIC it lists the topics. The lists are the tables that the program itself "
	"works from.";

static const char help_text[] =
	"The same as memboot COMMAND --help, or memboot --help without COMMAND.";

const struct mb_cmd mb_cmds[] = {
	{
		.name = "boot",
		.bit = MB_CMD_BOOT,
		.summary =
			"bring up a machine's memory, phase by phase, and show what each phase costs",
		.text = boot_text,
		.run = mb_cmd_boot_run,
	},
	{
		.name = "topo",
		.bit = MB_CMD_TOPO,
		.summary =
			"show what was found on this host and which host node stands for which simulated node",
		.text = topo_text,
		.run = mb_cmd_topo_run,
	},
	{
		.name = "validate",
		.bit = MB_CMD_VALIDATE,
		.summary = "compare the engine with what a kernel shows, fact by fact",
		.text = validate_text,
		.run = mb_cmd_validate_run,
	},
	{
		.name = "capture",
		.bit = MB_CMD_CAPTURE,
		.summary =
			"collect what a kernel shows of its memory in an archive, for another host",
		.text = capture_text,
		.run = mb_cmd_capture_run,
	},
	{
		.name = "doctor",
		.bit = MB_CMD_DOCTOR,
		.summary = "show what on this host makes figures noisy or wrong",
		.text = doctor_text,
		.run = mb_cmd_doctor_run,
	},
	{
		.name = "bench",
		.bit = MB_CMD_BENCH,
		.args = "[REGEX]",
		.max_args = 1,
		.pass = "--benchmark_",
		.summary = "measure single parts, through Google Benchmark",
		.text = bench_text,
		.run = mb_cmd_bench_run,
	},
	{
		.name = "report",
		.bit = MB_CMD_REPORT,
		.args = "RESULT...",
		.max_args = INT_MAX,
		.arg_files = true,
		.summary =
			"write results in another format, several side by side: tables, charts, exports",
		.text = report_text,
		.run = mb_cmd_report_run,
	},
	{
		.name = "compare",
		.bit = MB_CMD_COMPARE,
		.args = "BASE NEW...",
		.max_args = INT_MAX,
		.arg_files = true,
		.summary = "say what got better or worse from one result to another",
		.text = compare_text,
		.run = mb_cmd_compare_run,
	},
	{
		.name = "gate",
		.bit = MB_CMD_GATE,
		.args = "bench REGEX...",
		.max_args = INT_MAX,
		.summary =
			"let two programs take turns, and fail when the new one is slower: for CI",
		.text = gate_text,
		.run = mb_cmd_gate_run,
	},
	{
		.name = "noise",
		.bit = MB_CMD_NOISE,
		.args = "[bench REGEX...]",
		.max_args = INT_MAX,
		.summary = "measure how far gates without a change are off on this host",
		.text = noise_text,
		.run = mb_cmd_noise_run,
	},
	{
		.name = "predict",
		.bit = MB_CMD_PREDICT,
		.summary =
			"say what a boot of a machine of any size takes, from a fit of this or another host",
		.text = predict_text,
		.run = mb_cmd_predict_run,
	},
	{
		.name = "history",
		.bit = MB_CMD_HISTORY,
		.args = "add|list|show|check|export|import [ARG...]",
		.max_args = INT_MAX,
		.arg_files = true,
		.arg_values = mb_cmd_history_verb,
		.summary = "keep results over time, and find where figures changed",
		.text = history_text,
		.run = mb_cmd_history_run,
	},
	{
		.name = "list",
		.bit = MB_CMD_LIST,
		.args = "[TOPIC]",
		.max_args = 1,
		.arg_values = mb_cmd_list_topic,
		.summary = "list what the program knows: stages, profiles, formats and more",
		.text = list_text,
		.run = mb_cmd_list_run,
	},
	{
		.name = "help",
		.bit = MB_CMD_HELP,
		.args = "[COMMAND]",
		.max_args = 1,
		.arg_values = mb_cmd_name,
		.summary = "show the help of a command",
		.text = help_text,
		.run = mb_cmd_help_run,
	},
};

const size_t mb_nr_cmds = MB_ARRAY_SIZE(mb_cmds);

const struct mb_cmd *mb_cmd_find(const char *name)
{
	for (size_t i = 0; i < mb_nr_cmds; i++) {
		if (strcmp(mb_cmds[i].name, name) == 0)
			return &mb_cmds[i];
	}
	return NULL;
}

const char *mb_cmd_name(size_t index)
{
	return index < mb_nr_cmds ? mb_cmds[index].name : NULL;
}
