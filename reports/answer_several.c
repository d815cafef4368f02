/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/answer_several.h"
#include "reports/pick.h"
#include "reports/predicted.h"

struct mb_answer_name mb_answer_name(size_t index)
{
	struct mb_answer_name name = {{(char)('A' + index % 26)}};

	if (index >= 26)
		snprintf(name.text, sizeof(name.text), "%zu", index + 1);
	return name;
}

#define LABEL_BYTES 48 /* of a text in a label; the rest is in the table of identities */

/* What a label may say of a result; NULL: it is unknown, or nobody else's business, as a host's own machine is. */
static const char *label_text(const struct mb_result *result, size_t key)
{
	const char *source = result->fields[MB_RESULT_MAP_SOURCE];
	bool own = !source || strcmp(source, "text") != 0;

	switch (key) {
	case 0: return mb_result_fact(&result->facts, "host_name");
	case 1: return own ? source : result->fields[MB_RESULT_MACHINE];
	case 2: return result->fields[MB_RESULT_POLICY];
	case 3: return result->fields[MB_RESULT_KERNEL_PROFILE];
	default: return result->fields[MB_RESULT_STARTED_UTC];
	}
}

#define NR_LABEL_KEYS 5
#define STARTED       4 /* only where nothing else tells two results apart */

static bool same_label(const struct mb_result *a, const struct mb_result *b, size_t key)
{
	const char *one = label_text(a, key), *other = label_text(b, key);

	return !one || !other ? one == other : !strcmp(one, other);
}

static bool key_differs(const struct mb_result *const *results, size_t count, size_t key)
{
	for (size_t i = 1; i < count; i++)
		if (!same_label(results[0], results[i], key))
			return true;
	return false;
}

/* Whether another result has the same texts under all the other keys. */
static bool needs_start(const struct mb_result *const *results, size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++) {
		bool same = i != index;

		for (size_t key = 0; key < STARTED && same; key++)
			same = same_label(results[i], results[index], key);
		if (same && !same_label(results[i], results[index], STARTED))
			return true;
	}
	return false;
}

static void add_shortened(struct mb_strbuf *text, const char *words)
{
	size_t length = strlen(words), kept = LABEL_BYTES;

	while (length > kept && kept && ((unsigned char)words[kept] & 0xc0) == 0x80)
		kept--; /* no character is cut in two */
	if (length > kept)
		mb_strbuf_addf(text, "%.*s\u2026", (int)kept, words);
	else
		mb_strbuf_add(text, words);
}

void mb_answer_add_name(struct mb_strbuf *text, const struct mb_result *const *results,
			size_t count, size_t index)
{
	const char *join = " (";

	mb_strbuf_add(text, mb_answer_name(index).text);
	for (size_t key = 0; key < NR_LABEL_KEYS; key++) {
		const char *words = label_text(results[index], key);

		if (!words || !*words ||
		    (key == STARTED ? !needs_start(results, count, index)
				    : !key_differs(results, count, key)))
			continue;
		mb_strbuf_add(text, join);
		add_shortened(text, words);
		join = ", ";
	}
	if (*join == ',')
		mb_strbuf_add(text, ")");
}

/* The results that have one of the totals. */
struct ranking {
	const struct mb_result *const *results;
	size_t count, known;
	struct mb_stats *stats; /* one a result; count 0: it has none */
	size_t least, most;     /* of the medians */
};

static int rank(struct ranking *ranking, const char *total)
{
	double low = INFINITY, high = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		const struct mb_run *run = mb_pick_run(ranking->results[i], MB_RUN_TOTAL, total);
		const struct mb_samples *samples = run ? &run->metrics[MB_METRIC_WALL_NS] : NULL;
		struct mb_stats *stats = &ranking->stats[i];

		stats->count = 0;
		if (samples && mb_stats_summarise(samples->values, samples->count, stats))
			return -ENOMEM;
		if (!stats->count || !(stats->median > 0)) {
			stats->count = 0;
			continue;
		}
		ranking->known++;
		if (stats->median < low)
			ranking->least = i;
		if (stats->median > high)
			ranking->most = i;
		low = stats->median < low ? stats->median : low;
		high = stats->median > high ? stats->median : high;
	}
	return 0;
}

/* Others that are as soon as the soonest, as far as their samples tell. */
static void add_level(struct mb_strbuf *text, const struct ranking *ranking)
{
	const char *join = " ";
	size_t level = 0;

	for (size_t i = 0; i < ranking->count; i++) {
		if (i == ranking->least || i == ranking->most || !ranking->stats[i].count ||
		    mb_stats_apart(&ranking->stats[i], &ranking->stats[ranking->least]))
			continue;
		mb_strbuf_addf(text, "%s%s", join, mb_answer_name(i).text);
		join = ", ";
		level++;
	}
	if (level)
		mb_strbuf_addf(text, " %s within noise of %s.", level == 1 ? "is" : "are",
			       mb_answer_name(ranking->least).text);
}

static void add_ends(struct mb_strbuf *text, const struct ranking *ranking)
{
	double low = ranking->stats[ranking->least].median;
	double high = ranking->stats[ranking->most].median;

	mb_answer_add_name(text, ranking->results, ranking->count, ranking->least);
	mb_strbuf_addf(text, " is soonest with %s, ", mb_format_time(low, MB_FORMAT_UTF8).text);
	mb_answer_add_name(text, ranking->results, ranking->count, ranking->most);
	mb_strbuf_addf(text, " last with %s, by the medians of %zu results",
		       mb_format_time(high, MB_FORMAT_UTF8).text, ranking->known);
}

static void add_ranking(struct mb_answer *answer, enum mb_answer_topic topic,
			const struct ranking *ranking)
{
	const struct mb_stats *least = &ranking->stats[ranking->least];
	const struct mb_stats *most = &ranking->stats[ranking->most];
	struct mb_strbuf text = {0};
	struct mb_format_text ratio;
	char figure[80];

	mb_answer_ratio_text(most->median / least->median, &ratio);
	snprintf(figure, sizeof(figure), "%s", ratio.text);
	if (least->median == most->median) {
		snprintf(figure, sizeof(figure), "equal");
		mb_strbuf_addf(&text, "The medians of %zu results are all %s.", ranking->known,
			       mb_format_time(least->median, MB_FORMAT_UTF8).text);
	} else if (least->count < 2 || most->count < 2) {
		snprintf(figure, sizeof(figure), "%s, noise unknown", ratio.text);
		add_ends(&text, ranking);
		mb_strbuf_add(&text, "; one boot does not tell what is noise: memboot boot -r 10 "
				     "does.");
	} else if (!mb_stats_apart(least, most)) {
		snprintf(figure, sizeof(figure), "within noise");
		add_ends(&text, ranking);
		mb_strbuf_addf(&text,
			       ": %s, but the samples of the two overlap, so nothing tells them "
			       "apart.",
			       ratio.text);
	} else {
		add_ends(&text, ranking);
		mb_strbuf_add(&text, ", beyond what their samples differ by.");
		add_level(&text, ranking);
	}
	mb_answer_add(answer, topic, figure, &text);
}

static void compare(struct mb_answer *answer, const struct mb_result *const *results, size_t count,
		    enum mb_answer_topic topic, const char *total)
{
	struct ranking ranking = {.results = results, .count = count};

	ranking.stats = calloc(count ? count : 1, sizeof(*ranking.stats));
	if (!ranking.stats || rank(&ranking, total))
		answer->error = -ENOMEM;
	else if (ranking.known > 1)
		add_ranking(answer, topic, &ranking);
	free(ranking.stats);
}

/* "A, C": those whose host did that; how many. */
static size_t add_results(struct mb_strbuf *text, const struct mb_result *const *results,
			  size_t count, enum mb_noise_verdict verdict)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (mb_noise_count(&results[i]->noise, verdict))
			mb_strbuf_addf(text, "%s%s", found++ ? ", " : "", mb_answer_name(i).text);
	return found;
}

/* What is compared is worth no more than the figures. */
static void compare_trust(struct mb_answer *answer, const struct mb_result *const *results,
			  size_t count)
{
	struct mb_strbuf text = {0};
	size_t looked = 0;

	for (size_t i = 0; i < count; i++)
		looked += results[i]->noise.count > 0;
	mb_strbuf_add(&text, "The host spoilt the figures of ");
	if (add_results(&text, results, count, MB_NOISE_SPOILS)) {
		mb_strbuf_add(&text, ": compare again what a quiet host measured.");
		mb_answer_add(answer, MB_ANSWER_TRUST, MB_ANSWER_SPOILT, &text);
		return;
	}
	mb_strbuf_fini(&text);
	mb_strbuf_add(&text, "The host may have disturbed the figures of ");
	if (add_results(&text, results, count, MB_NOISE_DISTURBS)) {
		mb_strbuf_add(&text, "; nothing that was looked at spoilt any.");
		mb_answer_add(answer, MB_ANSWER_TRUST, "perhaps disturbed", &text);
		return;
	}
	mb_strbuf_fini(&text);
	if (looked == count)
		return;
	mb_strbuf_addf(&text,
		       "Nobody looked at what the host does to figures of %zu of %zu results: "
		       "memboot doctor does.",
		       count - looked, count);
	mb_answer_add(answer, MB_ANSWER_TRUST, NULL, &text);
}

/* A prediction for nodes of their own, beside boots, whose simulated nodes share a host. */
static void compare_predicted(struct mb_answer *answer, const struct mb_result *const *results,
			      size_t count)
{
	struct mb_strbuf text = {0};
	size_t boots = 0, own = 0;

	for (size_t i = 0; i < count; i++) {
		const char *nodes = mb_result_fact(&results[i]->facts, MB_PREDICTED_NODES);

		boots += mb_pick_any(results[i], MB_RUN_STAGE);
		if (!nodes || strcmp(nodes, "own") != 0)
			continue;
		mb_strbuf_addf(&text, "%s%s", own++ ? ", " : "What is predicted in ",
			       mb_answer_name(i).text);
	}
	mb_strbuf_add(&text, " is of nodes with CPUs and memory of their own, and simulated nodes "
			     "of a boot share those of their host: memboot predict --here "
			     "predicts such a boot.");
	if (boots && own)
		mb_answer_add(answer, MB_ANSWER_TRUST, NULL, &text);
	else
		mb_strbuf_fini(&text);
}

int mb_answer_compare(const struct mb_result *const *results, size_t count,
		      struct mb_answer *ret_answer)
{
	bool ranked;

	*ret_answer = (struct mb_answer){0};
	compare(ret_answer, results, count, MB_ANSWER_FIRST, "to_first_allocation");
	compare(ret_answer, results, count, MB_ANSWER_ALL, "to_all_memory");
	ranked = ret_answer->count > 0;
	compare_predicted(ret_answer, results, count);
	if (ranked)
		compare_trust(ret_answer, results, count);
	mb_answer_warn_first(ret_answer);
	return ret_answer->error;
}
