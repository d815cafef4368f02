/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "benches/runner.h"
#include "cli/version.h"
#include "config.h"
#include "core/base/align.h"
#include "core/base/strbuf.h"
#include "numa/archive.h"
#include "numa/counters.h"
#include "numa/place.h"
#include "numa/topo.h"
#include "reports/history.h"

/* Only the build knows: the library's header belongs to another folder. */
static const char *jansson_version(void)
{
	return MB_JANSSON_VERSION;
}

/* The others say it themselves; "name 1.2", "1.2", "none" or NULL. */
static const struct {
	const char *name, *package;
	const char *(*version)(void);
} libraries[] = {
	{"hwloc", "libhwloc-dev", mb_topo_version},
	{"libnuma", "libnuma-dev", mb_place_version},
	{"libpfm4", "libpfm4-dev", mb_counters_version},
	{"libarchive", "libarchive-dev", mb_archive_version},
	{"SQLite", "libsqlite3-dev", mb_history_version},
	{"jansson", "libjansson-dev", jansson_version},
	{"Google Benchmark", "libbenchmark-dev", mb_runner_library_version},
};

void mb_version_add_libraries(struct mb_strbuf *buf, const char *indent)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(libraries); i++) {
		const char *version = libraries[i].version(), *space;

		mb_strbuf_addf(buf, "%s%-17s ", indent, libraries[i].name);
		if (!version || !*version || strcmp(version, "none") == 0) {
			mb_strbuf_addf(buf, "absent (%s)\n", libraries[i].package);
			continue;
		}
		space = strrchr(version, ' ');
		mb_strbuf_addf(buf, "%s\n", space ? space + 1 : version);
	}
}

void mb_version_add(struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, "memboot " MB_VERSION "\n");
	mb_version_add_libraries(buf, "");
}
