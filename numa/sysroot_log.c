/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "core/base/cleanup.h"
#include "numa/sysroot_file.h"
#include "numa/sysroot_log.h"

int mb_sysroot_log_read(const char *root, struct mb_kernlog **ret_log)
{
	char *text MB_FREE = NULL;
	int r;

	*ret_log = NULL;
	if (mb_sysroot_file_is_live(root))
		return 0;
	r = mb_sysroot_file_read(root, &text, "dmesg");
	if (r)
		return r == -ENOMEM ? r : 0;
	return mb_kernlog_parse(text, strlen(text), ret_log);
}

int mb_sysroot_log_reserved(const struct mb_kernlog *log, struct mb_ranges *ret_reserved)
{
	struct mb_ranges memory = {0}, reserved = {0};
	size_t dump, event, nodes;
	int r = mb_trace_start(&log->trace, &dump, &event, &nodes);

	if (!r)
		r = mb_trace_state(&log->trace, dump, mb_trace_nodes_event(&log->trace), &memory,
				   &reserved);
	if (r)
		return r;
	mb_ranges_fini(&memory);
	*ret_reserved = reserved;
	return 0;
}

void mb_sysroot_log_sizes(const struct mb_kernlog *log, struct mb_machine_sizes *sizes)
{
	if (log->pgdats.count && log->pgdats.list[0].end > log->pgdats.list[0].start)
		sizes->pgdat_bytes = log->pgdats.list[0].end - log->pgdats.list[0].start;
	if (log->pcpu_alloc.found) {
		sizes->percpu_static_bytes = log->pcpu_alloc.static_bytes;
		sizes->percpu_reserved_bytes = log->pcpu_alloc.reserved_bytes;
		sizes->has_percpu = true;
	} else if (log->percpu.found) {
		sizes->percpu_static_bytes = log->percpu.static_bytes;
		sizes->percpu_reserved_bytes = log->percpu.reserved_bytes;
		sizes->has_percpu = true;
	}
}
