/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/align.h"
#include "reports/identity.h"
#include "reports/text.h"

static void add_text(struct mb_strbuf *buf, const char *text)
{
	if (text)
		mb_strbuf_add(buf, text);
}

static void add_index(struct mb_strbuf *buf, int index)
{
	if (index >= 0)
		mb_strbuf_addf(buf, "%d", index);
}

static void add_kind(const struct mb_run *run, struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, mb_result_kind_name(run->kind));
}

static void add_name(const struct mb_run *run, struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, run->name);
}

/* key=value, quoted as in a shell, so that a space in a value splits nothing. */
static void add_args(const struct mb_run *run, struct mb_strbuf *buf)
{
	struct mb_strbuf pair;

	for (size_t i = 0; i < run->args.count; i++) {
		pair = (struct mb_strbuf){0};
		mb_strbuf_add(&pair, run->args.rows[i].name);
		mb_strbuf_add(&pair, "=");
		add_text(&pair, run->args.rows[i].value);
		mb_text_add_argument(buf, mb_strbuf_text(&pair));
		if (pair.error)
			buf->error = pair.error;
		mb_strbuf_fini(&pair);
	}
}

static void add_node(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_index(buf, run->node);
}

static void add_worker(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_index(buf, run->worker);
}

static void add_cpu(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_index(buf, run->cpu);
}

static void add_threads(const struct mb_run *run, struct mb_strbuf *buf)
{
	if (run->threads)
		mb_strbuf_addf(buf, "%u", run->threads);
}

static void add_model(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_text(buf, run->model);
}

static void add_placement(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_text(buf, run->placement);
}

static void add_status(const struct mb_run *run, struct mb_strbuf *buf)
{
	mb_strbuf_add(buf, mb_result_run_status_name(run->status));
}

static void add_reason(const struct mb_run *run, struct mb_strbuf *buf)
{
	add_text(buf, run->reason);
}

const struct mb_identity_column mb_identity_columns[] = {
	{"kind", "kind", false, add_kind},
	{"name", "name", false, add_name},
	{"args", "arguments", false, add_args},
	{"node", "node", true, add_node},
	{"worker", "worker", true, add_worker},
	{"cpu", "cpu", true, add_cpu},
	{"threads", "threads", true, add_threads},
	{"model", "model", false, add_model},
	{"placement", "placement", false, add_placement},
	{"status", "status", false, add_status},
	{"reason", "reason", false, add_reason},
};
const size_t mb_identity_count = MB_ARRAY_SIZE(mb_identity_columns);
