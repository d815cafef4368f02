/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/noise_known.h"
#include "cli/noise_store.h"
#include "core/base/cleanup.h"

/* Facts of another kind are as in the store, so that only those of the host and the kernel can differ. */
static int set_facts(struct mb_spread *now, const struct mb_spread *stored,
		     const struct mb_result *host, uint64_t arena_bytes)
{
	int rc = 0;

	if (arena_bytes)
		return mb_spread_set_host(now, host, arena_bytes);
	for (size_t i = 0; !rc && i < stored->facts.count; i++)
		rc = mb_conditions_set(&now->facts, stored->facts.rows[i].name,
				       stored->facts.rows[i].value);
	return rc ? rc : mb_conditions_set_host(&now->facts, host);
}

/* Why it does not hold; an empty text: it does. */
static int add_outdated(const struct mb_spread *stored, const struct mb_result *host,
			uint64_t arena_bytes, struct mb_strbuf *ret_why)
{
	struct mb_spread now = {0};
	int rc = set_facts(&now, stored, host, arena_bytes);

	if (!rc)
		mb_conditions_outdated(&stored->facts, &now.facts, ret_why);
	mb_spread_fini(&now);
	return rc ? rc : ret_why->error;
}

void mb_noise_known_read(const struct mb_opts *opts, const struct mb_result *host,
			 uint64_t arena_bytes, struct mb_comparison *comparison,
			 struct mb_noise_known *ret_noise)
{
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf note = {0};
	MB_CLEANUP(mb_strbuf_fini) struct mb_strbuf why = {0};
	char *path MB_FREE = mb_noise_store_path(opts);
	const char *whose = arena_bytes ? "noise of this host" : "noise of the host";
	struct mb_err err = {0};
	int rc = path ? mb_noise_store_read(path, &err, &ret_noise->spread) : -ENOENT;

	if (rc == -ENOENT)
		mb_strbuf_addf(&note, "%s: not known; 'memboot noise' measures it", whose);
	else if (rc)
		mb_strbuf_addf(&note, "%s: not known, '%s' cannot be read: %s", whose, path,
			       err.text);
	else if (add_outdated(&ret_noise->spread, host, arena_bytes, &why))
		mb_strbuf_addf(&note, "%s: not known, out of memory", whose);
	else if (why.length && arena_bytes)
		mb_strbuf_addf(&note, "%s: out of date (%s); 'memboot noise' measures it anew",
			       whose, mb_strbuf_text(&why));
	else if (why.length)
		mb_strbuf_addf(&note,
			       "%s: not known; what is stored is of another host or kernel (%s)",
			       whose, mb_strbuf_text(&why));
	else
		ret_noise->known = true;
	if (note.length)
		mb_comparison_note(comparison, mb_strbuf_text(&note));
}

const struct mb_spread *mb_noise_known_spread(const struct mb_noise_known *noise)
{
	return noise->known ? &noise->spread : NULL;
}

/* What a round took: the store is of no other figure. */
static bool is_time(const struct mb_comparison_row *row)
{
	size_t id = (size_t)(row->metric - mb_metrics.rows);

	return id == MB_METRIC_NS_PER_PAGE || id == MB_METRIC_NS_PER_OPERATION ||
	       id == MB_METRIC_WALL_NS;
}

void mb_noise_known_note_rows(const struct mb_noise_known *noise, struct mb_comparison *comparison)
{
	size_t unknown = 0, judged = 0;
	char text[128];

	for (size_t i = 0; noise->known && i < comparison->nr_rows; i++) {
		const struct mb_comparison_row *row = &comparison->rows[i];

		if (is_time(row) && row->finding.verdict != MB_VERDICT_NOT_COMPARABLE) {
			judged++;
			unknown += isnan(row->finding.noise);
		}
	}
	if (!unknown)
		return;
	snprintf(text, sizeof(text),
		 "noise of %zu of %zu rows: not known; 'memboot noise' measures it", unknown,
		 judged);
	mb_comparison_note(comparison, text);
}

void mb_noise_known_fini(struct mb_noise_known *noise)
{
	mb_spread_fini(&noise->spread);
}
