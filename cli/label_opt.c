/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "cli/label_opt.h"
#include "cli/say.h"

static int take(const struct mb_cli *cli, const char *text, struct mb_fact *label)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return mb_say(cli, MB_EXIT_USAGE, "option '--label' takes KEY=VALUE, not '%.40s'",
			      text);
	label->name = strndup(text, (size_t)(equals - text));
	label->value = strdup(equals + 1);
	return label->name && label->value ? MB_EXIT_OK
					   : mb_say(cli, MB_EXIT_UNFIT, "out of memory");
}

int mb_label_opt_read(const struct mb_cli *cli, struct mb_facts *ret_labels)
{
	const struct mb_opt_texts *given = &cli->opts.labels;
	struct mb_facts labels = {calloc(given->count + 1, sizeof(*labels.rows)), 0};
	int status = labels.rows ? MB_EXIT_OK : mb_say(cli, MB_EXIT_UNFIT, "out of memory");

	while (!status && labels.count < given->count) {
		status = take(cli, given->rows[labels.count], &labels.rows[labels.count]);
		labels.count++;
	}
	if (status)
		mb_label_opt_fini(&labels);
	else
		*ret_labels = labels;
	return status;
}

void mb_label_opt_fini(struct mb_facts *labels)
{
	for (size_t i = 0; i < labels->count; i++) {
		free(labels->rows[i].name);
		free(labels->rows[i].value);
	}
	free(labels->rows);
	*labels = (struct mb_facts){0};
}
