/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "reports/host_class.h"
#include "reports/predicted.h"

/* 0 where the fact is missing or is no number. */
static uint64_t number_of(const struct mb_result *result, const char *name)
{
	const char *text = mb_result_fact(&result->facts, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

static uint64_t round_memory(uint64_t bytes)
{
	uint64_t power = 1, step;

	while (power < bytes && power << 1)
		power <<= 1;
	step = power / 8 ? power / 8 : 1;
	return bytes > UINT64_MAX - step ? bytes : (bytes + step - 1) / step * step;
}

static void add_count(struct mb_strbuf *buf, uint64_t count, const char *what)
{
	if (count)
		mb_strbuf_addf(buf, ", %llu %s%s", (unsigned long long)count, what,
			       count == 1 ? "" : "s");
	else
		mb_strbuf_addf(buf, ", %ss not known", what);
}

int mb_host_class(const struct mb_result *result, struct mb_strbuf *ret_class)
{
	const char *cpu = mb_result_fact(&result->facts, "cpu_model");
	const char *other = mb_result_fact(&result->facts, MB_PREDICTED_HOST);
	const char *architecture = mb_result_fact(&result->facts, "architecture");
	uint64_t bytes = number_of(result, "memory");

	if (other && !cpu && !architecture) {
		mb_strbuf_add(ret_class, other);
		return ret_class->error;
	}
	if (cpu)
		mb_strbuf_add(ret_class, cpu);
	else
		mb_strbuf_addf(ret_class, "%s%sCPU not known", architecture ? architecture : "",
			       architecture ? " " : "");
	add_count(ret_class, number_of(result, "packages"), "socket");
	add_count(ret_class, number_of(result, "nodes"), "node");
	if (bytes)
		mb_strbuf_addf(ret_class, ", %s", mb_strbuf_size(round_memory(bytes)).text);
	else
		mb_strbuf_add(ret_class, ", memory not known");
	return ret_class->error;
}
