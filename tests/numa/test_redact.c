/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/kernlog.h"
#include "numa/redact.h"
#include "tests/captures.h"
#include "tests/numa/numa_test.h"

struct row {
	const char *before, *after;
	size_t values, lines;
};

static void assert_rows(mb_redact_fn *redact, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct mb_redact_counts counts = {0};
		struct mb_strbuf out = {0};

		assert_int_equal(redact(rows[i].before, strlen(rows[i].before), &out, &counts), 0);
		assert_string_equal(mb_strbuf_text(&out), rows[i].after);
		assert_int_equal(counts.values, rows[i].values);
		assert_int_equal(counts.lines, rows[i].lines);
		mb_strbuf_fini(&out);
	}
}

static void command_lines(void **state)
{
	static const struct row rows[] = {
		{"", "", 0, 0},
		{"\n", "\n", 0, 0},
		{"ro quiet nokaslr\n", "ro quiet nokaslr\n", 0, 0},
		{"root=UUID=1-2 ro", "root=redacted ro", 1, 0},
		{"mem=4G memmap=64M$0x1 numa=off kernelcore=mirror movablecore=2G movable_node",
		 "mem=4G memmap=64M$0x1 numa=off kernelcore=mirror movablecore=2G movable_node", 0,
		 0},
		{"  a=1   b=2 \n", "  a=redacted   b=redacted \n", 2, 0},
		{"log-buf-len=4M transparent-hugepage=never",
		 "log-buf-len=4M transparent-hugepage=never", 0, 0},
		{"hugepagesz=1G hugepages=4 hugepages_x=y",
		 "hugepagesz=1G hugepages=4 hugepages_x=redacted", 1, 0},
		{"page_alloc.shuffle=1 page_alloc=2", "page_alloc.shuffle=1 page_alloc=redacted", 1,
		 0},
		{"memory=1 me=2 xmem=3", "memory=redacted me=redacted xmem=redacted", 3, 0},
		{"dyndbg=\"file a.c +p\" x", "dyndbg=redacted redacted", 2, 0},
		{"\"pass=a b\" \"mem=1G\"", "redacted redacted", 2, 0},
		{"x=\"open mem=1G", "x=redacted", 1, 0},
		{"quiet MyHost hunter2 no5lvl nosmp", "quiet redacted redacted no5lvl nosmp", 2, 0},
		{"mem=hunter2 numa=fake=4 kernelcore=30% crashkernel=512M-2G:64M,2G-:128M",
		 "mem=redacted numa=fake=4 kernelcore=30% crashkernel=512M-2G:64M,2G-:128M", 1, 0},
		{"memmap=exactmap memmap=1M@0x10,2M#3M memmap=1Mx memmap=0x memmap=4G!host",
		 "memmap=exactmap memmap=1M@0x10,2M#3M memmap=redacted memmap=redacted "
		 "memmap=redacted",
		 3, 0},
		{"x= y==z", "x=redacted y=redacted", 2, 0},
		{"a -- --password hunter2 x=y mem=2G",
		 "redacted -- redacted redacted redacted mem=2G", 4, 0},
	};

	assert_rows(mb_redact_cmdline, rows, MB_ARRAY_SIZE(rows));
}

static void versions(void **state)
{
	static const struct row rows[] = {
		{"Linux version 6.1.0-9-amd64 (me@host) (gcc (x) 12) #1 SMP host 2026\n",
		 "Linux version 6.1.0-9-amd64 (redacted) amd64\n", 1, 0},
		{"Linux version 6.1", "Linux version 6.1 (redacted)", 1, 0},
		{"Linux version 6.1 (me@host) (x86_64-linux-gnu-gcc)",
		 "Linux version 6.1 (redacted) x86_64", 1, 0},
		{"made by me\n", "(redacted)\n", 1, 0},
	};

	assert_rows(mb_redact_version, rows, MB_ARRAY_SIZE(rows));
}

static void cpus(void **state)
{
	static const struct row rows[] = {
		{"processor\t: 0\nmodel name\t: x: y\nSerial\t\t: 0123\nflags\t\t: la57\n\n",
		 "processor\t: 0\nmodel name\t: x: y\nflags\t\t: la57\n\n", 0, 1},
		{"Model\t: mine\nHardware : x\nCPU part\t: 0xd0c", "CPU part\t: 0xd0c", 0, 2},
	};

	assert_rows(mb_redact_cpuinfo, rows, MB_ARRAY_SIZE(rows));
}

static void stat_of_all_cpus(void **state)
{
	static const struct row rows[] = {
		{"cpu  1 2 3\ncpu0 1 2 3\nintr 5 0\nbtime 1763773200\n", "cpu  1 2 3\n", 0, 3},
		{"cpux 1\n\ncpu  1", "cpu  1", 0, 2},
	};

	assert_rows(mb_redact_stat, rows, MB_ARRAY_SIZE(rows));
}

static void logs(void **state)
{
	static const struct row rows[] = {
		{"[    0.000000] Linux version 6.1 (me@host) x\n"
		 "[    0.000000] Command line: root=UUID=1 mem=4G\n"
		 "[    0.000000] DMI: Vendor Serial 17, BIOS 1\n"
		 "[    0.100000] Zone ranges:\n",
		 "[    0.000000] Linux version 6.1 (redacted)\n"
		 "[    0.000000] Command line: root=redacted mem=4G\n"
		 "\n"
		 "[    0.100000] Zone ranges:\n",
		 2, 1},
		{"Nov 22 01:30:31 host kernel: [    0.1] Policy zone: Normal\n",
		 "Policy zone: Normal\n", 0, 0},
		{"<6>[    0.1][    T0] Kernel command line: x=1\n",
		 "<6>[    0.1][    T0] Kernel command line: x=redacted\n", 1, 0},
		{"[    5.0] systemd[1]: Hostname set to <host>.\n\n[    6.0] eth0: 52:54:00:12:34:56\n",
		 "", 0, 2},
		{"BIOS-e820: [mem 0x0-0xfff] ACPI NVS\nBIOS-e820: [mem 0x1000-0x1fff] mine\n",
		 "BIOS-e820: [mem 0x0-0xfff] ACPI NVS\nBIOS-e820: [mem 0x1000-0x1fff] redacted\n",
		 1, 0},
		{"[    6.0] Run /mine as init process\n",
		 "[    6.0] Run redacted as init process\n", 1, 0},
		{"Unknown kernel command line parameters \"secret\"\n"
		 "ignore_loglevel: Command line: no\n",
		 "", 0, 2},
		{"", "", 0, 0},
	};

	assert_rows(mb_redact_log, rows, MB_ARRAY_SIZE(rows));
}

static void assert_event(const struct mb_trace_event *a, const struct mb_trace_event *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->call, b->call);
	assert_int_equal(a->base, b->base);
	assert_int_equal(a->end, b->end);
	assert_int_equal(a->size, b->size);
	assert_int_equal(a->align, b->align);
	assert_int_equal(a->nid, b->nid);
	assert_int_equal(a->line, b->line);
	assert_string_equal(a->caller, b->caller);
}

/* Redacting again changes nothing, and the reader finds the same on the same lines. */
static void captured_log(const char *root, void *ctx)
{
	struct mb_redact_counts counts = {0};
	struct mb_strbuf once = {0}, twice = {0};
	struct mb_kernlog *before, *after;
	size_t length;
	char *text = captures_read(root, "dmesg", &length);

	assert_non_null(text);
	assert_int_equal(mb_redact_log(text, length, &once, &counts), 0);
	assert_int_equal(mb_redact_log(once.data, once.length, &twice, &counts), 0);
	assert_string_equal(once.data, twice.data);
	assert_true(once.length < length);
	assert_int_equal(mb_kernlog_parse(text, length, &before), 0);
	assert_int_equal(mb_kernlog_parse(once.data, once.length, &after), 0);
	assert_int_equal(before->trace.nr_events, after->trace.nr_events);
	assert_int_equal(before->trace.nr_dumps, after->trace.nr_dumps);
	for (size_t i = 0; i < before->trace.nr_events; i++)
		assert_event(&before->trace.events[i], &after->trace.events[i]);
	assert_int_equal(before->late_frees.count, after->late_frees.count);
	for (size_t i = 0; i < before->late_frees.count; i++) {
		const struct mb_kernlog_value *a = &before->late_frees.list[i];
		const struct mb_kernlog_value *b = &after->late_frees.list[i];

		assert_string_equal(a->what, b->what);
		assert_int_equal(a->value, b->value);
		assert_int_equal(a->line, b->line);
	}
	assert_int_equal(before->memory.line, after->memory.line);
	mb_kernlog_free(before);
	mb_kernlog_free(after);
	mb_strbuf_fini(&once);
	mb_strbuf_fini(&twice);
	free(text);
}

static void captured_logs(void **state)
{
	captures_each(captured_log, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_lines), cmocka_unit_test(versions),
		cmocka_unit_test(cpus),          cmocka_unit_test(stat_of_all_cpus),
		cmocka_unit_test(logs),          cmocka_unit_test(captured_logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
