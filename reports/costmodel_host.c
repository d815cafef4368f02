/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/grow.h"
#include "reports/costmodel_host.h"

int mb_costmodel_host_set_made(struct mb_costmodel_host *host, const char *utc)
{
	char *copy = utc ? strdup(utc) : NULL;

	if (utc && !copy)
		return -ENOMEM;
	free(host->made_utc);
	host->made_utc = copy;
	return 0;
}

int mb_costmodel_host_set(struct mb_costmodel_host *host, const struct mb_result *result)
{
	int rc = mb_conditions_set_host(&host->facts, result);

	if (!rc)
		rc = mb_conditions_set(&host->facts, MB_COSTMODEL_HOST_ARCH,
				       mb_result_fact(&result->facts, MB_COSTMODEL_HOST_ARCH));
	return rc ? rc : mb_conditions_set_knobs(&host->facts, result);
}

static struct mb_costmodel_fit *find_fit(const struct mb_costmodel_host *host, const char *key)
{
	for (size_t i = 0; i < host->nr_fits; i++)
		if (!strcmp(host->fits[i].key, key))
			return &host->fits[i];
	return NULL;
}

int mb_costmodel_host_put(struct mb_costmodel_host *host, const char *key,
			  const struct mb_costmodel *model)
{
	struct mb_costmodel_fit *fit = find_fit(host, key);

	if (fit) {
		fit->model = *model;
		return 0;
	}
	if (mb_grow(&host->fits, host->nr_fits, sizeof(*host->fits)))
		return -ENOMEM;
	fit = &host->fits[host->nr_fits];
	*fit = (struct mb_costmodel_fit){.key = strdup(key), .model = *model};
	if (!fit->key)
		return -ENOMEM;
	host->nr_fits++;
	return 0;
}

const struct mb_costmodel *mb_costmodel_host_find(const struct mb_costmodel_host *host,
						  const char *key)
{
	const struct mb_costmodel_fit *fit = find_fit(host, key);

	return fit ? &fit->model : NULL;
}

bool mb_costmodel_host_outdated(const struct mb_costmodel_host *host,
				const struct mb_costmodel_host *now, struct mb_strbuf *ret_why)
{
	return mb_conditions_outdated(&host->facts, &now->facts, ret_why);
}

void mb_costmodel_host_fini(struct mb_costmodel_host *host)
{
	for (size_t i = 0; i < host->nr_fits; i++)
		free(host->fits[i].key);
	free(host->fits);
	free(host->made_utc);
	mb_conditions_fini(&host->facts);
	*host = (struct mb_costmodel_host){0};
}
