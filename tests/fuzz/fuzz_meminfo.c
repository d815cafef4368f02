/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/meminfo: whole kibibytes, and the same again from a text of what was read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/meminfo.h"
#include "tests/fuzz/fuzz.h"

/* The first "MemTotal: N" of plain digits, KiB; true when it is what the reader must have taken. */
static bool first_total(const char *text, uint64_t *ret_kib)
{
	static const char name[] = "MemTotal: ";
	const char *at = strstr(text, "MemTotal");

	if (!at || (at > text && at[-1] != '\n') || strncmp(at, name, strlen(name)) ||
	    strspn(at + strlen(name), "0123456789") == 0)
		return false;
	*ret_kib = strtoull(at + strlen(name), NULL, 10);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_meminfo info = {77, 77, 77}, again;
	char *text = fuzz_text(data, size);
	struct mb_strbuf printed = {0};
	uint64_t kib;
	int r = mb_meminfo_parse(text, &info);

	MUST(!r || r == -EINVAL);
	if (first_total(text, &kib)) {
		MUST(!r);
		MUST(info.total_bytes == mb_min(kib, UINT64_MAX / MB_KIB) * MB_KIB);
	}
	free(text);
	if (r) {
		MUST(info.total_bytes == 77 && info.free_bytes == 77 && info.available_bytes == 77);
		return 0;
	}
	MUST(info.total_bytes % MB_KIB == 0 && info.free_bytes % MB_KIB == 0);
	MUST(info.available_bytes % MB_KIB == 0);
	mb_strbuf_addf(&printed,
		       "Node 0 MemTotal:       %8llu kB\nNode 0 MemFree: %llu kB\n"
		       "Node 0 MemAvailable: %llu kB\n",
		       (unsigned long long)info.total_bytes / MB_KIB,
		       (unsigned long long)info.free_bytes / MB_KIB,
		       (unsigned long long)info.available_bytes / MB_KIB);
	MUST(!printed.error && !mb_meminfo_parse(mb_strbuf_text(&printed), &again));
	MUST(again.total_bytes == info.total_bytes && again.free_bytes == info.free_bytes);
	MUST(again.available_bytes == info.available_bytes);
	mb_strbuf_fini(&printed);
	return 0;
}
