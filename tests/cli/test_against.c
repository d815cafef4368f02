/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/against.h"
#include "core/base/align.h"
#include "tests/cli/capture.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"

#define VERSION "[    0.000000] Linux version 6.1.0-9-amd64 (x)\n"
#define RELEASE "6.1.0-9-amd64"
#define MACHINE                                                                   \
	"node0=16G node1=16G node2=16G node3=16G node0.cpus=0-7 node1.cpus=8-15 " \
	"node3.cpus=16 arch=x86_64"

/* A file of that text, or a captured tree where it is the log; the caller ends tree and against. */
static int open_log(const char *text, bool captured, struct mb_against *against, char **ret_tree,
		    char **ret_said)
{
	struct mb_cli cli = {.cmd = mb_cmd_find("boot"), .opts = {.against_dmesg = true}};
	struct capture capture;
	static char path[256];
	int status;

	*ret_tree = tree_new();
	if (text)
		tree_write(*ret_tree, "dmesg", "%s", text);
	snprintf(path, sizeof(path), "%s/dmesg", *ret_tree);
	if (captured)
		cli.opts.sysroot = *ret_tree;
	else
		cli.opts.dmesg = path;
	capture_begin(&capture, stderr);
	status = mb_against_open(&cli, RELEASE, against);
	*ret_said = capture_end(&capture);
	return status;
}

static struct mb_against opened(const char *text, bool captured)
{
	struct mb_against against = {0};
	char *tree, *said;

	assert_int_equal(open_log(text, captured, &against, &tree, &said), MB_EXIT_OK);
	assert_string_equal(said, "");
	assert_true(against.wanted);
	free(said);
	tree_free(tree);
	return against;
}

/* --- what the log says --- */

static void test_reasons(void **state)
{
	static const struct {
		const char *text, *why; /* why NULL: there is something to compare */
	} rows[] = {
		{VERSION "[    1.0] node 0 deferred pages initialised in 72ms\n", NULL},
		{"[    1.0] node 0 initialised, 1000 pages in 72ms\r\n", NULL},
		{VERSION "[    0.1] Kernel command line: quiet deferred_init=lazy\n",
		 "on demand (deferred_init=lazy)"},
		{VERSION, "that kernel deferred no memory"},
		{"[    9.0] usb 1-1: new device\n", "has lost the kernel's first lines"},
		{"", "is empty"},
		{VERSION "[    1.0] node 0 deferred pages initialised in 72\n", "line 2 of "},
	};

	for (size_t i = 0; i < 2 * MB_ARRAY_SIZE(rows); i++) {
		bool captured = i % 2;
		struct mb_against against = opened(rows[i / 2].text, captured);
		const char *why = rows[i / 2].why;

		if (why ? !strstr(against.why.text, why) : against.why.code)
			fail_msg("row %zu: '%s'", i / 2, against.why.text);
		assert_int_equal(against.elsewhere, captured);
		mb_against_close(&against);
	}
}

static void test_no_log(void **state)
{
	struct mb_against against = {0};
	char *tree, *said;

	assert_int_equal(open_log(NULL, false, &against, &tree, &said), MB_EXIT_USAGE);
	assert_non_null(strstr(said, "cannot read the log"));
	free(said);
	tree_free(tree);
	against = opened(NULL, true);
	assert_int_equal(against.why.code, -ENOENT);
	assert_null(against.log);
	mb_against_close(&against);
}

/* A log of another release is not this kernel's; one from an emulated CPU says so. */
static void test_where_from(void **state)
{
	struct mb_against against =
		opened("Linux version 6.12.1 (x)\nnode 0 deferred pages initialised in 8ms\n"
		       "smpboot: CPU0: AMD QEMU TCG CPU version 2.5+ (family: 0xf)\n",
		       false);

	assert_true(against.elsewhere);
	assert_int_equal(against.virt.kind, MB_VIRT_EMULATED);
	mb_against_close(&against);
}

/* This host's CPUs say nothing about a log of another kernel; about its own they do. */
static void test_whose_cpu(void **state)
{
	static const struct {
		const char *version;
		bool own;
	} rows[] = {
		{VERSION, true}, {"[    0.000000] Linux version 6.12.1 (x)\n", false}, {"", false}};
	const struct mb_sysroot root = {.path = "/"};
	struct mb_virt here = {0};

	mb_virt_detect(&root, &here);
	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_against against;
		struct mb_strbuf text = {0};

		mb_strbuf_addf(&text, "%snode 0 deferred pages initialised in 8ms\n",
			       rows[i].version);
		against = opened(mb_strbuf_text(&text), false);
		assert_int_equal(against.virt.kind, rows[i].own ? here.kind : MB_VIRT_UNKNOWN);
		assert_int_equal(against.elsewhere, !rows[i].own && *rows[i].version);
		mb_strbuf_fini(&text);
		mb_against_close(&against);
	}
}

static void test_options(void **state)
{
	static const struct mb_opts wrong[] = {
		{.against_dmesg = true, .machine = "node0=1G"},
		{.against_dmesg = true, .machine_file = "x"},
		{.against_dmesg = true, .cmdline = ""},
		{.against_dmesg = true, .dry_run = true},
		{.against_dmesg = true, .policy = "eager"},
		{.against_dmesg = true, .page_size = "64K"},
		{.against_dmesg = true, .section_size = 1},
		{.dmesg = "x"},
	};
	static const struct mb_opts right[] = {
		{.against_dmesg = true, .policy = "deferred", .threads = 2},
		{.against_dmesg = true, .sysroot = "x", .dmesg = "y"},
		{.machine = "node0=1G", .dry_run = true},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(wrong); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("boot"), .opts = wrong[i]};
		struct capture capture;
		char *said;

		capture_begin(&capture, stderr);
		assert_int_equal(mb_against_check(&cli), MB_EXIT_USAGE);
		said = capture_end(&capture);
		assert_non_null(strstr(said, "'--against-dmesg'"));
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
		free(said);
	}
	for (size_t i = 0; i < MB_ARRAY_SIZE(right); i++) {
		struct mb_cli cli = {.cmd = mb_cmd_find("boot"), .opts = right[i]};

		assert_int_equal(mb_against_check(&cli), MB_EXIT_OK);
	}
}

/* --- comparing --- */

/* What two boots left: nodes 0, 1 and 3 deferred. */
static struct mb_result *booted(void)
{
	static const struct {
		int nid;
		unsigned threads;
		double ns[2], pages;
	} nodes[] = {
		{0, 8, {50e6, 60e6}, 1000}, {1, 2, {90e6, 90e6}, 2000}, {3, 1, {5e6, 5e6}, 30}};
	struct mb_result *result = mb_result_new(NULL);

	for (size_t i = 0; i < MB_ARRAY_SIZE(nodes); i++) {
		struct mb_run *run = mb_result_run(result, MB_RUN_NODE, "deferred_init",
						   nodes[i].nid, MB_RUN_NONE);

		run->threads = nodes[i].threads;
		for (size_t rep = 0; rep < 2; rep++) {
			mb_result_run_set(run, MB_METRIC_WALL_NS, rep, nodes[i].ns[rep]);
			mb_result_run_set(run, MB_METRIC_PAGES, rep, nodes[i].pages);
		}
	}
	return result;
}

static int compare_on(struct mb_against *against, const char *profile,
		      const struct mb_host_map *map, struct mb_result *result)
{
	struct mb_boot_config config = {.profile = mb_profile_find(profile)};
	struct mb_machine *machine = NULL;
	struct mb_err err = {0};
	int r;

	if (mb_machine_parse(MACHINE, NULL, &err, &machine))
		fail_msg("%s", err.text);
	config.machine = machine;
	r = mb_against_add(against, &config, map, result);
	mb_machine_free(machine);
	assert_int_equal(mb_result_error(result), 0);
	return r;
}

static int compare(struct mb_against *against, const char *profile, struct mb_result *result)
{
	return compare_on(against, profile, NULL, result);
}

static const struct mb_run *find(const struct mb_result *result, int nid)
{
	for (size_t i = 0; i < result->nr_runs; i++)
		if (result->runs[i]->kind == MB_RUN_KERNEL && result->runs[i]->node == nid)
			return result->runs[i];
	fail_msg("no run of node %d", nid);
	return NULL;
}

static void assert_note(const struct mb_result *result, int nid, const char *note)
{
	const char *got = mb_result_fact(&find(result, nid)->args, "note");

	if (note ? !got || strcmp(got, note) != 0 : got != NULL)
		fail_msg("node %d: '%s', expected '%s'", nid, got ? got : "", note ? note : "");
}

static char *table_of(const struct mb_against *against, const struct mb_result *result)
{
	struct mb_term term = {.charset = MB_FORMAT_ASCII, .table = {.indent = 2}};
	struct mb_strbuf text = {0};

	mb_against_table_add(&text, &term, against, result);
	assert_int_equal(text.error, 0);
	return mb_strbuf_take(&text);
}

static void assert_ratio(const struct mb_result *result, int nid, size_t repetition,
			 double kernel_ns, double ratio)
{
	const struct mb_run *run = find(result, nid);

	assert_int_equal(run->status, MB_RUN_OK);
	assert_true(run->metrics[MB_METRIC_KERNEL_NS].values[repetition] == kernel_ns);
	assert_true(fabs(run->metrics[MB_METRIC_RATIO].values[repetition] - ratio) < 1e-9);
}

static void test_ratios(void **state)
{
	struct mb_against against =
		opened(VERSION "[    1.0] node 1 deferred pages initialised in 60ms\n"
			       "[    1.0] node 0 deferred pages initialised in 100ms\n"
			       "[    1.0] node 2 deferred pages initialised in 4ms\n",
		       false);
	struct mb_result *result = booted();
	char *text;

	against.virt = (struct mb_virt){.kind = MB_VIRT_NONE};
	assert_int_equal(compare(&against, "6.1", result), 0);
	assert_ratio(result, 0, 0, 100e6, 0.5);
	assert_ratio(result, 0, 1, 100e6, 0.6);
	assert_ratio(result, 1, 1, 60e6, 1.5);
	assert_note(result, 0, NULL);
	assert_note(result, 1, "the kernel used 8 workers");
	assert_int_equal(find(result, 2)->status, MB_RUN_SKIPPED);
	assert_string_equal(find(result, 2)->reason, "the engine deferred nothing there");
	assert_string_equal(find(result, 3)->reason, "the log has no line of it");
	assert_string_equal(mb_result_fact(&find(result, 1)->args, "kernel_workers"), "8");
	text = table_of(&against, result);
	assert_non_null(strstr(text, "0.55"));
	assert_non_null(strstr(text, "the kernel used 8 workers"));
	assert_null(strstr(text, "emulated"));
	assert_string_equal(mb_result_fact(&find(result, 1)->args, "kernel_cpu"), "no hypervisor");
	free(text);
	mb_result_free(result);
	mb_against_close(&against);
}

/* Node 3 works on the CPUs of host node 1: both nodes share them, and nobody those of node 0. */
static void test_shared_cpus(void **state)
{
	struct mb_against against = opened(VERSION "node 0 deferred pages initialised in 100ms\n"
						   "node 1 deferred pages initialised in 60ms\n"
						   "node 3 deferred pages initialised in 60ms\n",
					   false);
	struct mb_machine machine = machine_of(0xb);
	struct mb_topo *topo = fake_topo(3, 8);
	struct mb_result *result = booted();
	struct mb_host_map *map = NULL;

	topo->nodes[1].nr_cpus = topo->nodes[2].nr_cpus = 2;
	memcpy(topo->nodes[2].cpus, topo->nodes[1].cpus, 2 * sizeof(int));
	topo->nodes[2].cpu_node = 1;
	assert_int_equal(mb_host_map_new(&machine, topo, MB_HOST_MAP_NODE, NULL, &map), 0);
	against.virt = (struct mb_virt){.kind = MB_VIRT_NONE};
	assert_int_equal(compare_on(&against, "6.1", map, result), 0);
	assert_note(result, 0, NULL);
	assert_note(result, 1, "the kernel used 8 workers; CPUs shared by 2 nodes");
	assert_note(result, 3, "CPUs shared by 2 nodes");
	mb_host_map_free(map);
	mb_topo_free(topo);
	mb_result_free(result);
	mb_against_close(&against);
}

/* Emulated times are marked, wherever they are shown, and are no bandwidth. */
static void test_emulated(void **state)
{
	struct mb_against against = opened(VERSION "node 0 deferred pages initialised in 0ms\n"
						   "node 1 deferred pages initialised in 60ms\n",
					   true);
	struct mb_result *result = booted();
	char *text;

	against.virt = (struct mb_virt){MB_VIRT_EMULATED, "QEMU TCG"};
	assert_int_equal(compare(&against, "6.1", result), 0);
	assert_note(result, 0, "less than the kernel's tick; kernel's CPU emulated");
	assert_int_equal(find(result, 0)->metrics[MB_METRIC_RATIO].count, 0);
	assert_note(result, 1, "the kernel used 8 workers; kernel's CPU emulated");
	assert_string_equal(mb_result_fact(&find(result, 1)->args, "kernel_cpu"),
			    "emulated by QEMU TCG");
	text = table_of(&against, result);
	assert_non_null(strstr(text, "emulated by QEMU TCG; its times say nothing about speed"));
	assert_non_null(strstr(text, "another machine"));
	assert_null(strstr(text, "B/s"));
	free(text);
	mb_result_free(result);
	mb_against_close(&against);
}

/* An emulator may run its CPUs in turns on one clock; with one CPU, or real ones, there is nothing to say. */
static void test_several_emulated_cpus(void **state)
{
	static const struct {
		enum mb_virt_kind kind;
		bool own; /* the log is of the machine's kernel, which has 17 CPUs */
		const char *log, *words;
	} rows[] = {
		{MB_VIRT_EMULATED, true, "", "  its 17 CPUs may share one clock"},
		{MB_VIRT_PERHAPS, true, "", "boot it with maxcpus=1 to compare\n"},
		{MB_VIRT_GUEST, true, "", NULL},
		{MB_VIRT_NONE, true, "", NULL},
		{MB_VIRT_EMULATED, false, "smpboot: Allowing 6 CPUs, 2 hotplug CPUs\n",
		 "its 4 CPUs"},
		{MB_VIRT_EMULATED, false,
		 "smpboot: Allowing 6 CPUs, 2 hotplug CPUs\nKernel command line: x maxcpus=1 y\n",
		 NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		struct mb_result *result = booted();
		struct mb_against against;
		char log[512], *text;

		snprintf(log, sizeof(log), VERSION "%snode 0 deferred pages initialised in 50ms\n",
			 rows[i].log);
		against = opened(log, false);
		against.virt = (struct mb_virt){rows[i].kind, "x"};
		against.elsewhere = !rows[i].own;
		assert_int_equal(compare(&against, "6.1", result), 0);
		text = table_of(&against, result);
		if (rows[i].words ? !strstr(text, rows[i].words) : strstr(text, "maxcpus") != NULL)
			fail_msg("row %zu: %s", i, text);
		free(text);
		mb_result_free(result);
		mb_against_close(&against);
	}
}

/* Kernels before 5.8 had one thread a node, and say how many pages it brought up. */
static void test_old_kernel(void **state)
{
	struct mb_against against = opened("[    1.0] node 0 initialised, 1000 pages in 50ms\n"
					   "[    1.0] node 1 initialised, 1999 pages in 60ms\n",
					   false);
	struct mb_result *result = booted();

	against.virt = (struct mb_virt){.kind = MB_VIRT_GUEST};
	assert_int_equal(mb_against_threads(&against), 1);
	assert_int_equal(compare(&against, "6.1", result), 0);
	assert_note(result, 0, "the kernel used 1 worker");
	assert_note(result, 1, "the kernel used 1 worker; the kernel counts 1999 pages");
	mb_result_free(result);
	mb_against_close(&against);
}

static void test_nothing_in_common(void **state)
{
	struct mb_against against =
		opened(VERSION "node 2 deferred pages initialised in 8ms\n", false);
	struct mb_result *result = booted();
	char *text;

	assert_int_equal(mb_against_threads(&against), 0);
	assert_int_equal(compare(&against, "6.1", result), -ENODATA);
	assert_non_null(strstr(against.why.text, "no node in common"));
	mb_result_free(result);
	mb_against_close(&against);
	against = opened(VERSION, false);
	result = booted();
	assert_int_equal(compare(&against, "6.1", result), -ENODATA);
	text = table_of(&against, result);
	assert_true(!text || !*text);
	free(text);
	mb_result_free(result);
	mb_against_close(&against);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_no_log),
		cmocka_unit_test(test_where_from),
		cmocka_unit_test(test_whose_cpu),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_shared_cpus),
		cmocka_unit_test(test_emulated),
		cmocka_unit_test(test_several_emulated_cpus),
		cmocka_unit_test(test_old_kernel),
		cmocka_unit_test(test_nothing_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
