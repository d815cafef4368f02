/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/strbuf.h"
#include "numa/kmsg.h"
#include "numa/sysroot_file.h"
#include "numa/virt.h"

static void set(struct mb_virt *virt, enum mb_virt_kind kind, const char *what)
{
	virt->kind = kind;
	snprintf(virt->what, sizeof(virt->what), "%.*s", (int)strcspn(what, "\n"), what);
}

void mb_virt_signature(const char signature[12], struct mb_virt *ret_virt)
{
	static const struct {
		const char *signature;
		enum mb_virt_kind kind;
		const char *what;
	} rows[] = {
		{"TCGTCGTCGTCG", MB_VIRT_EMULATED, "QEMU TCG"},
		{"KVMKVMKVM\0\0\0", MB_VIRT_GUEST, "KVM"},
		{"Microsoft Hv", MB_VIRT_GUEST, "Hyper-V"},
		{"VMwareVMware", MB_VIRT_GUEST, "VMware"},
		{"XenVMMXenVMM", MB_VIRT_GUEST, "Xen"},
		{"bhyve bhyve ", MB_VIRT_GUEST, "bhyve"},
	};
	char text[32] = "a hypervisor";
	size_t length = 0;

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		if (!memcmp(signature, rows[i].signature, 12)) {
			set(ret_virt, rows[i].kind, rows[i].what);
			return;
		}
	}
	for (size_t i = 0; i < 12; i++)
		if (isgraph((unsigned char)signature[i]))
			text[length++] = signature[i];
	if (length)
		text[length] = '\0';
	set(ret_virt, MB_VIRT_GUEST, text);
}

/* What the CPU itself says; false where it has no such instruction. */
static bool ask_cpu(struct mb_virt *virt)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;
	char signature[12];

	if (!__get_cpuid(1, &a, &b, &c, &d))
		return false;
	if (!(c >> 31)) {
		set(virt, MB_VIRT_NONE, "");
		return true;
	}
	__cpuid(0x40000000, a, b, c, d);
	memcpy(signature, &b, 4);
	memcpy(signature + 4, &c, 4);
	memcpy(signature + 8, &d, 4);
	mb_virt_signature(signature, virt);
	return true;
#else
	(void)virt;
	return false;
#endif
}

/* A file's text up to its first zero byte, or NULL. The caller frees it. */
static char *text_of(const struct mb_sysroot *root, const char *path)
{
	char *text = NULL;

	if (mb_sysroot_file_read(root, &text, "%s", path))
		return NULL;
	return text;
}

/* Whether a line of text that begins with name has word. */
static bool line_has(const char *text, const char *name, const char *word)
{
	const char *at, *end;

	for (at = text; at && *at; at = *end ? end + 1 : end) {
		end = at + strcspn(at, "\n");
		if (!strncmp(at, name, strlen(name)) &&
		    memmem(at, (size_t)(end - at), word, strlen(word)))
			return true;
	}
	return false;
}

/* What the log says. */
struct log_says {
	bool whole; /* it begins where the kernel did */
	bool qemu, tcg;
	char hypervisor[48];
};

static void read_words(const char *text, struct log_says *says)
{
	static const char x86[] = "Hypervisor detected: ";
	const char *at = strstr(text, x86);

	says->whole = strstr(text, "] Linux version ") || strstr(text, "\nLinux version ") ||
		      !strncmp(text, "Linux version ", 14);
	says->qemu = strstr(text, "DMI: QEMU") || strstr(text, "Machine model: linux,dummy-virt");
	says->tcg = strstr(text, "QEMU TCG CPU") != NULL;
	if (at)
		snprintf(says->hypervisor, sizeof(says->hypervisor), "%.*s",
			 (int)strcspn(at + sizeof(x86) - 1, "\r\n"), at + sizeof(x86) - 1);
	else if (strstr(text, "smccc: KVM: hypervisor services detected"))
		snprintf(says->hypervisor, sizeof(says->hypervisor), "KVM");
}

/* False: the log does not tell. */
static bool by_log(const struct log_says *says, struct mb_virt *virt)
{
	if (says->tcg)
		set(virt, MB_VIRT_EMULATED, "QEMU TCG");
	else if (says->hypervisor[0])
		set(virt, MB_VIRT_GUEST, says->hypervisor);
	else if (says->qemu)
		set(virt, says->whole ? MB_VIRT_EMULATED : MB_VIRT_PERHAPS, "QEMU");
	else
		return false;
	return true;
}

bool mb_virt_of_log(const char *text, struct mb_virt *ret_virt)
{
	struct log_says says = {0};

	read_words(text, &says);
	return by_log(&says, ret_virt);
}

/* Machines that QEMU makes: by DMI where there is firmware, else by the device tree. */
static bool is_qemu(const struct mb_sysroot *root)
{
	static const struct {
		const char *path, *word;
	} rows[] = {
		{"sys/class/dmi/id/sys_vendor", "QEMU"},
		{"sys/class/dmi/id/product_name", "QEMU"},
		{"sys/firmware/devicetree/base/compatible", "linux,dummy-virt"},
		{"proc/device-tree/compatible", "linux,dummy-virt"},
	};

	for (size_t i = 0; i < MB_ARRAY_SIZE(rows); i++) {
		char *text MB_FREE = text_of(root, rows[i].path);

		if (text && strstr(text, rows[i].word))
			return true;
	}
	return false;
}

/* By cpuinfo alone: true when that is enough. */
static bool by_cpuinfo(const char *cpuinfo, struct mb_virt *virt)
{
	if (line_has(cpuinfo, "model name", "QEMU TCG")) {
		set(virt, MB_VIRT_EMULATED, "QEMU TCG");
		return true;
	}
	if (strstr(cpuinfo, "\nflags") && !line_has(cpuinfo, "flags", " hypervisor")) {
		set(virt, MB_VIRT_NONE, "");
		return true;
	}
	return false;
}

static void by_names(const struct mb_sysroot *root, const char *cpuinfo, struct mb_virt *virt)
{
	char *type MB_FREE = text_of(root, "sys/hypervisor/type");
	bool flag = line_has(cpuinfo, "flags", " hypervisor");
	struct log_says says = {0};
	char *text MB_FREE = NULL;
	size_t length;

	if (type && *type) {
		set(virt, MB_VIRT_GUEST, type);
		return;
	}
	if (!mb_kmsg_read(root, NULL, &text, &length))
		read_words(text, &says);
	says.qemu |= line_has(cpuinfo, "model name", "QEMU") || is_qemu(root);
	if (by_log(&says, virt))
		return;
	if (flag)
		set(virt, MB_VIRT_GUEST, "a hypervisor");
	else
		set(virt, MB_VIRT_UNKNOWN, "neither CPU flags nor the kernel's log tell");
}

void mb_virt_detect(const struct mb_sysroot *root, struct mb_virt *ret_virt)
{
	char *cpuinfo MB_FREE = NULL;

	if (mb_sysroot_file_is_live(root) && ask_cpu(ret_virt))
		return;
	cpuinfo = text_of(root, "proc/cpuinfo");
	if (cpuinfo && by_cpuinfo(cpuinfo, ret_virt))
		return;
	by_names(root, cpuinfo ? cpuinfo : "", ret_virt);
}

void mb_virt_add(struct mb_strbuf *text, const struct mb_virt *virt)
{
	static const char *const words[] = {
		[MB_VIRT_NONE] = "no hypervisor",
		[MB_VIRT_GUEST] = "guest of ",
		[MB_VIRT_EMULATED] = "emulated by ",
		[MB_VIRT_PERHAPS] = "guest of, or emulated by, ",
		[MB_VIRT_UNKNOWN] = "not known here: ",
	};

	mb_strbuf_addf(text, "%s%s", words[virt->kind], virt->what);
}
