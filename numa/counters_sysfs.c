/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/counters_sysfs.h"

#define TYPE_RAW     4 /* PERF_TYPE_RAW: the counters of x86 CPUs */
#define MAX_TERMS    256
#define MAX_NESTING  2 /* an event's name among terms stands for terms, which are none */
#define PATH_BYTES   1024
#define COPY_WORD(t) ((int)strcspn((t), ",="))

/* One device, and whose words they are that are being read. */
struct device {
	const char *sysfs;
	char name[256];
	const char *event; /* as it was asked for, for messages */
	struct mb_err *err;
};

/* A file's first line. -ENOENT or -EINVAL when there is none or it is too long. */
static int read_line(const char *path, char *line, size_t size)
{
	MB_FCLOSE FILE *file = fopen(path, "re");

	if (!file || !fgets(line, (int)size, file))
		return -ENOENT;
	if (!strchr(line, '\n') && !feof(file))
		return -EINVAL;
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

static int read_file(const struct device *device, const char *folder, const char *name, char *line,
		     size_t size)
{
	char path[PATH_BYTES];

	if (strchr(name, '/') || *name == '.' ||
	    snprintf(path, sizeof(path), "%s/%s/%s%s%s", device->sysfs, device->name, folder,
		     *folder ? "/" : "", name) >= (int)sizeof(path))
		return -ENOENT;
	return read_line(path, line, size);
}

static bool has_file(const struct device *device, const char *name)
{
	char path[PATH_BYTES];
	struct stat stat_;

	return snprintf(path, sizeof(path), "%s/%s/%s", device->sysfs, device->name, name) <
		       (int)sizeof(path) &&
	       !stat(path, &stat_);
}

static int read_type(const struct device *device, uint32_t *ret_type)
{
	char line[32];
	uint64_t type;

	if (read_file(device, "", "type", line, sizeof(line)) ||
	    mb_parse_u64(line, strlen(line), &type) || type > UINT32_MAX)
		return -ENOENT;
	*ret_type = (uint32_t)type;
	return 0;
}

/* --- formats --- */

/* One range of bits: "0-7" or "21". Takes the lowest bits of *value. */
static int place_range(const char *text, size_t length, uint64_t *value, uint64_t *config)
{
	const char *dash = memchr(text, '-', length);
	size_t first_length = dash ? (size_t)(dash - text) : length;
	uint64_t first, last;

	if (mb_parse_u64(text, first_length, &first))
		return -EINVAL;
	last = first;
	if (dash && mb_parse_u64(dash + 1, length - first_length - 1, &last))
		return -EINVAL;
	if (first > last || last > 63)
		return -EINVAL;
	for (uint64_t bit = first; bit <= last; bit++, *value >>= 1) {
		*config &= ~(UINT64_C(1) << bit);
		*config |= (*value & 1) << bit;
	}
	return 0;
}

int mb_counters_sysfs_place(const char *format, uint64_t value, struct mb_counters_event *event)
{
	const struct {
		const char *name;
		uint64_t *config;
	} fields[] = {
		{"config:", &event->config},
		{"config1:", &event->config1},
		{"config2:", &event->config2},
	};
	uint64_t *config = NULL, bits;
	const char *at = format;

	for (size_t i = 0; i < MB_ARRAY_SIZE(fields) && !config; i++) {
		if (strncmp(format, fields[i].name, strlen(fields[i].name)) != 0)
			continue;
		config = fields[i].config;
		at += strlen(fields[i].name);
	}
	if (!config)
		return -EINVAL;
	bits = *config;
	for (;; at++) {
		size_t length = strcspn(at, ",");

		if (place_range(at, length, &value, &bits))
			return -EINVAL;
		at += length;
		if (!*at)
			break;
	}
	if (value)
		return -ERANGE;
	*config = bits;
	return 0;
}

/* --- terms --- */

/* "config=0x…" and the like name a field themselves. */
static int term_format(const struct device *device, const char *term, char *format, size_t size)
{
	static const char *const fields[] = {"config", "config1", "config2"};

	for (size_t i = 0; i < MB_ARRAY_SIZE(fields); i++) {
		if (strcmp(term, fields[i]) != 0)
			continue;
		snprintf(format, size, "%s:0-63", term);
		return 0;
	}
	return read_file(device, "format", term, format, size);
}

/* "umask=0x1", or "inv" for inv=1. */
static int add_term(const struct device *device, const char *text, size_t length,
		    struct mb_counters_event *event)
{
	char term[64], format[128];
	const char *equals = memchr(text, '=', length);
	size_t term_length = equals ? (size_t)(equals - text) : length;
	uint64_t value = 1;
	int r;

	snprintf(term, sizeof(term), "%.*s", (int)term_length, text);
	if (term_format(device, term, format, sizeof(format)))
		return MB_FAIL(device->err, -EINVAL, "event '%.60s': device %s has no term '%.40s'",
			       device->event, device->name, term);
	if (equals && equals[1] == '?')
		return MB_FAIL(device->err, -EINVAL, "event '%.60s': give '%.40s' a value",
			       device->event, term);
	if (equals && mb_parse_u64(equals + 1, length - term_length - 1, &value))
		return MB_FAIL(device->err, -EINVAL, "event '%.60s': '%.*s' is not a number",
			       device->event, COPY_WORD(equals + 1), equals + 1);
	r = mb_counters_sysfs_place(format, value, event);
	if (r)
		return MB_FAIL(device->err, -EINVAL, "event '%.60s': '%.40s' %s", device->event,
			       term,
			       r == -ERANGE ? "does not fit into its bits"
					    : "has a format that is not known");
	return 0;
}

static int add_terms(const struct device *device, const char *text, unsigned nesting,
		     struct mb_counters_event *event)
{
	int r = 0;

	for (;;) {
		char name[64], terms[MAX_TERMS];
		size_t length = strcspn(text, ",");

		snprintf(name, sizeof(name), "%.*s", (int)length, text);
		if (!length)
			r = MB_FAIL(device->err, -EINVAL, "event '%.60s': a term is empty",
				    device->event);
		else if (nesting < MAX_NESTING && !memchr(text, '=', length) &&
			 !read_file(device, "events", name, terms, sizeof(terms)))
			r = add_terms(device, terms, nesting + 1, event);
		else
			r = add_term(device, text, length, event);
		if (r || !text[length])
			return r;
		text += length + 1;
	}
}

static int fill(const struct device *device, const char *terms, struct mb_counters_event *ret_event)
{
	struct mb_counters_event event = {.source = MB_COUNTERS_SYSFS};
	int r;

	if (has_file(device, "cpumask"))
		return MB_FAIL(device->err, -EINVAL,
			       "event '%.60s': device %s counts a whole package, not a thread",
			       device->event, device->name);
	r = read_type(device, &event.type);
	if (!r)
		r = add_terms(device, terms, 0, &event);
	if (r)
		return r;
	ret_event->source = event.source;
	ret_event->type = event.type;
	ret_event->config = event.config;
	ret_event->config1 = event.config1;
	ret_event->config2 = event.config2;
	return 0;
}

/* "DEVICE/TERMS/": 0, -ENOENT for another form or an unknown device, -EINVAL. */
static int find_explicit(struct device *device, const char *name,
			 struct mb_counters_event *ret_event)
{
	const char *slash = strchr(name, '/');
	char terms[MAX_TERMS];
	size_t length;
	uint32_t type;

	if (!slash || slash == name)
		return -ENOENT;
	snprintf(device->name, sizeof(device->name), "%.*s", (int)(slash - name), name);
	length = strlen(slash + 1);
	if (!length || slash[length] != '/' || *name == '.' || length >= sizeof(terms))
		return MB_FAIL(device->err, -EINVAL,
			       "event '%.60s' is not of the form DEVICE/TERMS/", name);
	if (read_type(device, &type))
		return MB_FAIL(device->err, -ENOENT, "event '%.60s': this host has no device '%s'",
			       name, device->name);
	snprintf(terms, sizeof(terms), "%.*s", (int)length - 1, slash + 1);
	return fill(device, terms, ret_event);
}

/* The entries of a folder, by name; the caller frees list and entries. */
static int list_folder(const char *path, struct dirent ***ret_list)
{
	int count = scandir(path, ret_list, NULL, alphasort);

	return count < 0 ? 0 : count;
}

static void free_list(struct dirent **list, int count)
{
	for (int i = 0; i < count; i++)
		free(list[i]);
	if (count)
		free(list);
}

/* The name as the device spells it; false when it has no such event. */
static bool spell(const struct device *device, const char *name, char *spelled, size_t size)
{
	char path[PATH_BYTES];
	struct dirent **list = NULL;
	bool found = false;
	int count;

	snprintf(path, sizeof(path), "%s/%s/events", device->sysfs, device->name);
	count = list_folder(path, &list);
	for (int i = 0; i < count && !found; i++) {
		if (strcasecmp(list[i]->d_name, name) != 0)
			continue;
		snprintf(spelled, size, "%s", list[i]->d_name);
		found = true;
	}
	free_list(list, count);
	return found;
}

int mb_counters_sysfs_find(const char *sysfs, const char *name, struct mb_err *err,
			   struct mb_counters_event *ret_event)
{
	struct device device = {.sysfs = sysfs, .event = name, .err = err};
	char spelled[256], terms[MAX_TERMS];
	struct dirent **list = NULL;
	int count, r = -ENOENT;

	if (strchr(name, '/'))
		return find_explicit(&device, name, ret_event);
	count = list_folder(sysfs, &list);
	for (int i = 0; i < count && r == -ENOENT; i++) {
		snprintf(device.name, sizeof(device.name), "%s", list[i]->d_name);
		if (*device.name != '.' && spell(&device, name, spelled, sizeof(spelled)) &&
		    !read_file(&device, "events", spelled, terms, sizeof(terms)))
			r = fill(&device, terms, ret_event);
	}
	free_list(list, count);
	return r;
}

/* Beside an event stand its unit and scale: NAME.unit, NAME.scale. */
static bool is_event(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

void mb_counters_sysfs_each(const char *sysfs, void (*add)(void *arg, const char *name), void *arg)
{
	struct dirent **devices = NULL;
	int count = list_folder(sysfs, &devices);

	for (int i = 0; i < count; i++) {
		struct device device = {.sysfs = sysfs};
		struct dirent **events = NULL;
		char path[PATH_BYTES];
		int nr;

		snprintf(device.name, sizeof(device.name), "%s", devices[i]->d_name);
		if (*device.name == '.' || has_file(&device, "cpumask"))
			continue;
		snprintf(path, sizeof(path), "%s/%s/events", sysfs, device.name);
		nr = list_folder(path, &events);
		for (int k = 0; k < nr; k++)
			if (is_event(events[k]))
				add(arg, events[k]->d_name);
		free_list(events, nr);
	}
	free_list(devices, count);
}

/* On x86 its type is the raw one; on arm64 the device has a file that says which CPUs it is of. */
bool mb_counters_sysfs_has_pmu(const char *sysfs)
{
	struct dirent **list = NULL;
	int count = list_folder(sysfs, &list);
	bool found = false;

	for (int i = 0; i < count && !found; i++) {
		struct device device = {.sysfs = sysfs};
		uint32_t type;

		snprintf(device.name, sizeof(device.name), "%s", list[i]->d_name);
		found = *device.name != '.' && !read_type(&device, &type) &&
			(type == TYPE_RAW || has_file(&device, "cpus"));
	}
	free_list(list, count);
	return found;
}
