/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/virt.h"
#include "tests/numa/numa_test.h"
#include "tests/numa/tree.h"
#include "tests/root.h"

#define X86_GUEST "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu hypervisor lm\n"
#define ARM       "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n"
#define FIRST     "[    0.000000] Linux version 6.1.0\n"
#define QEMU_DMI  "[    0.000000] DMI: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1\n"
#define QEMU_DT   "[    0.000000] Machine model: linux,dummy-virt\n"

static void trees(void **state)
{
	static const struct {
		const char *cpuinfo, *dmesg, *path, *text; /* NULL: there is no such file */
		enum mb_virt_kind kind;
		const char *what;
	} rows[] = {
		{"model name\t: Some CPU\n\nflags\t\t: fpu lm\n", NULL, NULL, NULL, MB_VIRT_NONE,
		 ""},
		{X86_GUEST, NULL, NULL, NULL, MB_VIRT_GUEST, "a hypervisor"},
		{X86_GUEST, FIRST "[    0.0] Hypervisor detected: KVM\n", NULL, NULL, MB_VIRT_GUEST,
		 "KVM"},
		{X86_GUEST, FIRST QEMU_DMI "[    0.0] Hypervisor detected: KVM\r\n", NULL, NULL,
		 MB_VIRT_GUEST, "KVM"},
		{X86_GUEST, FIRST QEMU_DMI, NULL, NULL, MB_VIRT_EMULATED, "QEMU"},
		{X86_GUEST, QEMU_DMI, NULL, NULL, MB_VIRT_PERHAPS, "QEMU"},
		{X86_GUEST, NULL, "sys/class/dmi/id/sys_vendor", "QEMU\n", MB_VIRT_PERHAPS, "QEMU"},
		{X86_GUEST, NULL, "sys/hypervisor/type", "xen\n", MB_VIRT_GUEST, "xen"},
		{"model name\t: QEMU TCG CPU version 2.5+\nflags\t\t: fpu hypervisor\n", NULL, NULL,
		 NULL, MB_VIRT_EMULATED, "QEMU TCG"},
		{"model name\t: QEMU Virtual CPU version 2.5+\nflags\t\t: fpu hypervisor\n", FIRST,
		 NULL, NULL, MB_VIRT_EMULATED, "QEMU"},
		{ARM, FIRST QEMU_DT, NULL, NULL, MB_VIRT_EMULATED, "QEMU"},
		{ARM, FIRST QEMU_DT "[    0.1] smccc: KVM: hypervisor services detected (0x0)\n",
		 NULL, NULL, MB_VIRT_GUEST, "KVM"},
		{ARM, NULL, "proc/device-tree/compatible", "linux,dummy-virt", MB_VIRT_PERHAPS,
		 "QEMU"},
		{ARM, FIRST, NULL, NULL, MB_VIRT_UNKNOWN, NULL},
		{NULL, NULL, NULL, NULL, MB_VIRT_UNKNOWN, NULL},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char *tree = tree_new();
		struct mb_virt virt;

		if (rows[i].cpuinfo)
			tree_write(tree, "proc/cpuinfo", "%s", rows[i].cpuinfo);
		if (rows[i].dmesg)
			tree_write(tree, "dmesg", "%s", rows[i].dmesg);
		if (rows[i].path)
			tree_write(tree, rows[i].path, "%s", rows[i].text);
		mb_virt_detect(tree_root(tree), &virt);
		if (virt.kind != rows[i].kind ||
		    (rows[i].what && strcmp(virt.what, rows[i].what) != 0))
			fail_msg("row %zu: kind %d, '%s'", i, virt.kind, virt.what);
		assert_true(virt.kind != MB_VIRT_UNKNOWN || virt.what[0]);
		tree_free(tree);
	}
}

static void signatures(void **state)
{
	struct mb_virt virt;

	mb_virt_signature("TCGTCGTCGTCG", &virt);
	assert_int_equal(virt.kind, MB_VIRT_EMULATED);
	assert_string_equal(virt.what, "QEMU TCG");
	mb_virt_signature("KVMKVMKVM\0\0\0", &virt);
	assert_int_equal(virt.kind, MB_VIRT_GUEST);
	assert_string_equal(virt.what, "KVM");
	mb_virt_signature("\033[1mOther\0\0\0", &virt);
	assert_int_equal(virt.kind, MB_VIRT_GUEST);
	assert_string_equal(virt.what, "[1mOther");
	mb_virt_signature("\0\0\0\0\0\0\0\0\0\0\0\0", &virt);
	assert_string_equal(virt.what, "a hypervisor");
}

static void words(void **state)
{
	struct mb_strbuf text = {0};

	mb_virt_add(&text, &(struct mb_virt){MB_VIRT_EMULATED, "QEMU TCG"});
	mb_strbuf_add(&text, "; ");
	mb_virt_add(&text, &(struct mb_virt){MB_VIRT_NONE, ""});
	assert_string_equal(mb_strbuf_text(&text), "emulated by QEMU TCG; no hypervisor");
	mb_strbuf_fini(&text);
}

static void logs(void **state)
{
	struct mb_virt virt = {MB_VIRT_NONE, "untouched"};

	assert_false(mb_virt_of_log(FIRST, &virt));
	assert_string_equal(virt.what, "untouched");
	assert_true(
		mb_virt_of_log("[    0.1] smpboot: CPU0: AMD QEMU TCG CPU version 2.5+\n", &virt));
	assert_int_equal(virt.kind, MB_VIRT_EMULATED);
	assert_true(mb_virt_of_log("Linux version 6.1\nDMI: QEMU x\n", &virt));
	assert_int_equal(virt.kind, MB_VIRT_EMULATED);
	assert_true(mb_virt_of_log("DMI: QEMU x\nHypervisor detected: KVM\n", &virt));
	assert_int_equal(virt.kind, MB_VIRT_GUEST);
}

/* Whatever this host is, something is said. */
static void live(void **state)
{
	struct mb_virt virt;

	mb_virt_detect(tree_root("/"), &virt);
	assert_true(virt.kind == MB_VIRT_NONE || virt.what[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees), cmocka_unit_test(signatures), cmocka_unit_test(words),
		cmocka_unit_test(logs),  cmocka_unit_test(live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
