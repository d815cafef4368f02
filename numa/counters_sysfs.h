/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_NUMA_COUNTERS_SYSFS_H
#define MB_NUMA_COUNTERS_SYSFS_H

#include "numa/counters_event.h"

/*
 * The events that the kernel lists itself, /sys/bus/event_source/devices/DEVICE/events/NAME, each a list of terms such as
 * "event=0x11" or "event=0xcd,umask=0x1,ldlat=3". DEVICE/format/TERM says into which bits of config, config1 or
 * config2 a term's value goes, lowest bits first: "config:0-7,32-35"; DEVICE/type is the type.
 * Linux: Documentation/ABI/testing/sysfs-bus-event_source-devices-format and -events.
 */

/*
 * Fills type and configs of "NAME", looked up in every device, or of "DEVICE/TERMS/", whose terms may be the name of one of
 * the device's events. 0; -ENOENT; -EINVAL with err for a term that is malformed, unknown, too large or lacks its value, and
 * for a device that counts a package, not a thread.
 */
int mb_counters_sysfs_find(const char *sysfs, const char *name, struct mb_err *err,
			   struct mb_counters_event *ret_event);

/* Calls add for each name that find would look up in every device. */
void mb_counters_sysfs_each(const char *sysfs, void (*add)(void *arg, const char *name), void *arg);

/* Whether one of the devices is the counters of the CPUs. */
bool mb_counters_sysfs_has_pmu(const char *sysfs);

/* For tests: puts value into the bits that a format names, "config1:0-15". 0, -EINVAL, or -ERANGE when it does not fit. */
int mb_counters_sysfs_place(const char *format, uint64_t value, struct mb_counters_event *event);

#endif
