/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_VIRT_H
#define MB_NUMA_VIRT_H

#include <stdbool.h>

#include "numa/sysroot_open.h"

/* Whether the CPUs of a tree are real ones, a hypervisor's, or emulated. */
enum mb_virt_kind {
	MB_VIRT_NONE,
	MB_VIRT_GUEST,    /* real CPUs below a hypervisor */
	MB_VIRT_EMULATED, /* each instruction is translated: times say nothing about any CPU */
	MB_VIRT_PERHAPS,  /* QEMU's, and nothing says whether emulated */
	MB_VIRT_UNKNOWN,  /* the tree does not say */
};

struct mb_virt {
	enum mb_virt_kind kind;
	char what[64]; /* "KVM", "QEMU TCG"; of an unknown one, why */
};

/*
 * Reads, in this order: CPUID (the live system on x86-64), proc/cpuinfo (model name and the flag
 * "hypervisor"), sys/hypervisor/type, the names of the machine (DMI, device tree), and of the
 * kernel's log "Hypervisor detected:", "DMI:", "Machine model:" and on arm64 "smccc: KVM:
 * hypervisor services detected". A guest of QEMU whose log is there from its first line and has no
 * hypervisor is emulated: x86 names each hypervisor that it knows (arch/x86/kernel/cpu/hypervisor.c),
 * and KVM of arm64 is found by its services (drivers/firmware/smccc/kvm_guest.c, since 5.13).
 */
void mb_virt_detect(const struct mb_sysroot *root, struct mb_virt *ret_virt);

/* By a kernel's log alone; false, and *ret_virt untouched, when it does not tell. */
bool mb_virt_of_log(const char *text, struct mb_virt *ret_virt);

/* The 12 bytes of CPUID leaf 0x40000000: "KVM" for "KVMKVMKVM". Bytes that are no text are left out. */
void mb_virt_signature(const char signature[12], struct mb_virt *ret_virt);

/* For people: "no hypervisor", "guest of KVM", "emulated by QEMU TCG". */
struct mb_strbuf;
void mb_virt_add(struct mb_strbuf *text, const struct mb_virt *virt);

#endif
