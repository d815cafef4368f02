/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/grow.h"
#include "reports/answer_line.h"

const char *mb_answer_topic_label(enum mb_answer_topic topic)
{
	static const char *const labels[] = {
		[MB_ANSWER_FIRST] = "to first allocation",
		[MB_ANSWER_ALL] = "to all memory",
		[MB_ANSWER_NODE] = "deferred init of a node",
		[MB_ANSWER_DOMINATES] = "what dominates",
		[MB_ANSWER_LIMIT] = "how far from the limit",
		[MB_ANSWER_HELP] = "what would help",
		[MB_ANSWER_FACTS] = "engine against kernel",
		[MB_ANSWER_TRUST] = "how far to trust it",
		[MB_ANSWER_SOURCE] = "source",
	};

	return labels[topic];
}

void mb_answer_fini(struct mb_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		free(answer->lines[i].figure);
		free(answer->lines[i].text);
	}
	free(answer->lines);
	*answer = (struct mb_answer){0};
}

void mb_answer_add(struct mb_answer *answer, enum mb_answer_topic topic, const char *figure,
		   struct mb_strbuf *text)
{
	struct mb_answer_line line = {.topic = topic};

	line.figure = figure && *figure ? strdup(figure) : NULL;
	line.text = mb_strbuf_take(text);
	if (!line.text || (figure && *figure && !line.figure) ||
	    mb_grow(&answer->lines, answer->count, sizeof(line))) {
		free(line.figure);
		free(line.text);
		mb_strbuf_fini(text);
		answer->error = -ENOMEM;
		return;
	}
	answer->lines[answer->count++] = line;
}

void mb_answer_add_words(struct mb_answer *answer, enum mb_answer_topic topic, const char *words)
{
	struct mb_strbuf text = {0};

	mb_strbuf_add(&text, words);
	mb_answer_add(answer, topic, NULL, &text);
}

const char *mb_answer_ratio_text(double ratio, struct mb_format_text *text)
{
	snprintf(text->text, sizeof(text->text), ratio < 9.95 ? "%.1f\u00d7" : "%.0f\u00d7", ratio);
	return text->text;
}

void mb_answer_warn_first(struct mb_answer *answer)
{
	size_t last = answer->count - 1;
	struct mb_answer_line line;

	if (answer->count < 2 || answer->lines[last].topic != MB_ANSWER_TRUST ||
	    !answer->lines[last].figure ||
	    strcmp(answer->lines[last].figure, MB_ANSWER_SPOILT) != 0)
		return;
	line = answer->lines[last];
	memmove(answer->lines + 1, answer->lines, last * sizeof(line));
	answer->lines[0] = line;
}
