/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/align.h"
#include "core/base/cleanup.h"
#include "core/base/parse.h"
#include "numa/clock.h"
#include "numa/counters_sysfs.h"
#include "numa/counters_thread.h"
#include "numa/counters_work.h"

/*
 * Groups that do not fit take turns at every tick of the kernel, 1 to 10 ms by its configuration: a group that has not had its
 * own after so long a time, for each of them, has no turns.
 */
#define SETTLE_NS       20000000
#define COST_ROUNDS     5
#define OVERHEAD_ROUNDS 7
#define OVERHEAD_CACHE  262144
#define COST_READS      64

static struct mb_counters_request with_defaults(const struct mb_counters_request *request)
{
	struct mb_counters_request wanted = *request;

	if (!wanted.sysfs)
		wanted.sysfs = MB_COUNTERS_SYSFS_ROOT;
	if (!wanted.cpuinfo)
		wanted.cpuinfo = MB_COUNTERS_CPUINFO;
	return wanted;
}

/* --- which events count --- */

/* Why an event cannot be opened; one that the kernel would count with both modes is told from one that is not there. */
static void refuse(const struct mb_counters *counters, struct mb_counters_event *event, int code)
{
	struct mb_counters_event both = *event;
	MB_CLOSE int fd = -1;

	both.user = both.kernel = true;
	if (code == -EINVAL)
		fd = mb_counters_perf_open(&both, -1);
	if (!mb_counters_event_refuse_mode(event, code, fd, &counters->system))
		mb_counters_event_refuse(event, code, &counters->system);
}

/* Opens one event, does work, and looks whether it has moved. */
static void probe(const struct mb_counters *counters, struct mb_counters_event *event)
{
	struct mb_counters_reading reading = {0};
	MB_CLOSE int fd = event->faults ? -1 : mb_counters_perf_open(event, -1);
	int r;

	if (event->faults) /* getrusage(2) is everywhere */
		return;
	r = fd < 0 ? fd : mb_counters_perf_start(fd);
	if (!r)
		r = mb_counters_work();
	if (!r)
		r = mb_counters_perf_read(fd, 1, &reading);
	event->code = 0;
	event->reason[0] = '\0';
	if (r) {
		refuse(counters, event, r);
	} else if (!reading.running_ns) {
		event->code = -EBUSY;
		snprintf(event->reason, sizeof(event->reason),
			 "opens but never gets a counter: others hold them all");
	} else if (!reading.values[0] && !event->unmovable) {
		event->code = -ENODATA;
		snprintf(event->reason, sizeof(event->reason),
			 "opens but does not count: work that must move it did not");
	}
}

/* Modes other than those of all the rest cannot be put into proportion to them. */
static void take_role(const struct mb_counters *counters, struct mb_counters_event *event,
		      enum mb_counters_role role, bool kernel)
{
	bool all = event->software && (role != MB_COUNTERS_PAGE_FAULTS || event->faults);
	bool usual = all || (!event->software && event->user && event->kernel == kernel);
	bool tells = mb_counters_group_tells(role, event->name, counters->system.intel);

	event->role = usual && tells ? role : MB_COUNTERS_OTHER;
}

/* What is left is an event that might have told it and does not count, where the usual one tells something else. */
static void say_untold(struct mb_counters_event *event)
{
	snprintf(
		event->reason, sizeof(event->reason),
		"unsupported: no event of a thread tells it on this CPU; %s is about a nearer cache",
		mb_counters_group_intel_only((enum mb_counters_role)event->role));
}

/* The first candidate that counts, else the first that is known. */
static void find_role(const struct mb_counters *counters, const struct mb_counters_request *request,
		      enum mb_counters_role role, struct mb_counters_event *ret_event)
{
	const struct mb_counters_role_row *row = &mb_counters_roles[role];
	struct mb_counters_event event = {.user = true, .kernel = request->kernel};
	bool known = false;

	snprintf(event.name, sizeof(event.name), "%s", row->name);
	mb_counters_event_refuse(&event, -ENOENT, &counters->system);
	for (size_t i = 0; i < MB_COUNTERS_MAX_CANDIDATES && row->candidates[i] && event.code;
	     i++) {
		struct mb_counters_event found;

		if (!mb_counters_group_tells(role, row->candidates[i], counters->system.intel) ||
		    mb_counters_event_find(request->sysfs, row->candidates[i], request->kernel,
					   NULL, &found))
			continue;
		probe(counters, &found);
		if (!found.code || !known)
			event = found;
		known = true;
	}
	take_role(counters, &event, role, request->kernel);
	if (event.role && mb_counters_group_intel_only(role) && !counters->system.intel &&
	    counters->system.has_pmu && mb_counters_event_is_absent(event.code))
		say_untold(&event);
	*ret_event = event;
}

static int find_wish(const struct mb_counters *counters, const struct mb_counters_request *request,
		     const struct mb_counters_wish *wish, struct mb_err *err,
		     struct mb_counters_event *ret_event)
{
	int r;

	if (!*wish->name) {
		find_role(counters, request, wish->role, ret_event);
		return 0;
	}
	r = mb_counters_event_find(request->sysfs, wish->name, request->kernel, err, ret_event);
	if (r)
		return r;
	take_role(counters, ret_event, wish->role, request->kernel);
	probe(counters, ret_event);
	return 0;
}

int mb_counters_probe(const struct mb_counters_request *request, struct mb_err *err,
		      struct mb_counters_event *ret_event)
{
	struct mb_counters_request wanted = with_defaults(request);
	struct mb_counters counters = {0};
	struct mb_counters_wish wish = {.role = mb_counters_group_role(request->list)};

	if (snprintf(wish.name, sizeof(wish.name), "%s", request->list) >= (int)sizeof(wish.name))
		return MB_FAIL(err, -EINVAL, "event '%.40s' has a name that is too long",
			       request->list);
	mb_counters_system_read(wanted.sysfs, wanted.cpuinfo, &counters.system);
	return find_wish(&counters, &wanted, &wish, err, ret_event);
}

static bool is_there(const struct mb_counters *counters, const struct mb_counters_event *event)
{
	for (size_t i = 0; i < counters->nr_events; i++) {
		const struct mb_counters_event *other = &counters->events[i];

		if (mb_counters_event_same(other, event) && (!event->code || other->code))
			return event->code ? !strcmp(other->name, event->name) : true;
	}
	return false;
}

/* The nearest known name. */
struct near {
	const char *word;
	char name[64];
	unsigned distance;
};

static void compare(void *arg, const char *name)
{
	struct near *near = arg;
	char lower[64];
	unsigned distance;

	/* Capitals are no difference: libpfm's tables are in capitals. */
	snprintf(lower, sizeof(lower), "%s", name);
	for (char *at = lower; *at; at++)
		if (*at >= 'A' && *at <= 'Z' && !strpbrk(near->word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
			*at = (char)(*at - 'A' + 'a');
	distance = mb_parse_distance(near->word, lower);
	if (distance < near->distance) {
		near->distance = distance;
		snprintf(near->name, sizeof(near->name), "%s", lower);
	}
}

static int fail_unknown(const char *sysfs, const char *word, struct mb_err *err)
{
	struct near near = {.word = word, .distance = (unsigned)strlen(word) / 3 + 1};
	const char *name;

	for (size_t i = 0; i < mb_counters_nr_groups; i++)
		compare(&near, mb_counters_groups[i].name);
	for (size_t i = 0; (name = mb_counters_perf_name(i)); i++)
		compare(&near, name);
	mb_counters_sysfs_each(sysfs, compare, &near);
	mb_counters_pfm_each(compare, &near);
	if (*near.name)
		return MB_FAIL(err, -ENOENT, "event '%.60s' is unknown; did you mean '%s'?%s", word,
			       near.name, mb_counters_pfm_missing());
	return MB_FAIL(err, -ENOENT, "event '%.60s' is unknown%s", word, mb_counters_pfm_missing());
}

static int find_all(struct mb_counters *counters, const struct mb_counters_request *request,
		    struct mb_err *err)
{
	MB_FREE struct mb_counters_wish *wishes = NULL;
	size_t count = 0;
	int r = mb_counters_group_parse(request->list, MB_COUNTERS_MAX_EVENTS, err, &wishes,
					&count);

	for (size_t i = 0; i < count && !r; i++) {
		struct mb_counters_event event;
		struct mb_err why = {0};

		r = find_wish(counters, request, &wishes[i], &why, &event);
		if (r == -ENOENT && !strchr(wishes[i].name, '/'))
			return fail_unknown(request->sysfs, wishes[i].name, err);
		if (r)
			return MB_FAIL(err, r, "%s", why.text);
		if (!is_there(counters, &event))
			counters->events[counters->nr_events++] = event;
	}
	return r;
}

/* --- which of them count together --- */

static bool fits(const struct mb_counters *counters, const struct mb_counters_set *set)
{
	struct mb_counters_thread thread;
	bool fits;

	mb_counters_thread_init(&thread, counters);
	fits = !mb_counters_thread_open(&thread, set);
	mb_counters_thread_close(&thread);
	return fits;
}

static enum mb_counters_kind kind_of(const struct mb_counters_event *event)
{
	return event->faults     ? MB_COUNTERS_RUSAGE
	       : event->software ? MB_COUNTERS_KERNEL
				 : MB_COUNTERS_HARDWARE;
}

/* One after another into the same set, until the kernel says that it cannot be on the counters as a whole. */
static void make_sets(struct mb_counters *counters, enum mb_counters_kind kind)
{
	struct mb_counters_set set = {.kind = kind};

	for (size_t i = 0; i < counters->nr_events; i++) {
		const struct mb_counters_event *event = &counters->events[i];

		if (event->code || kind_of(event) != kind)
			continue;
		set.members[set.nr++] = i;
		if (set.nr == 1 || fits(counters, &set))
			continue;
		set.nr--;
		counters->sets[counters->nr_sets++] = set;
		set.members[0] = i;
		set.nr = 1;
	}
	if (set.nr)
		counters->sets[counters->nr_sets++] = set;
}

/* Whether the set has been on the counters: 0; -EAGAIN, not yet; -EBUSY, not in all the time for it; or what reading it failed with. */
static int was_on(const struct mb_counters_thread *thread, const struct mb_counters_set *set)
{
	struct mb_counters_reading reading = {0};
	int r = mb_counters_thread_read(thread, set, &reading);

	if (r || reading.running_ns)
		return r;
	return reading.enabled_ns < thread->counters->nr_sets * SETTLE_NS ? -EAGAIN : -EBUSY;
}

/* The first set that cannot be opened beside the ones before it. */
static struct mb_counters_set *open_all(struct mb_counters *counters,
					struct mb_counters_thread *thread, int *ret_code)
{
	for (size_t i = 0; i < counters->nr_sets; i++) {
		*ret_code = mb_counters_thread_open(thread, &counters->sets[i]);
		if (*ret_code)
			return &counters->sets[i];
	}
	return NULL;
}

/* The first set that was not on the counters yet, or cannot be read. */
static struct mb_counters_set *find_idle(struct mb_counters *counters,
					 const struct mb_counters_thread *thread, int *ret_code)
{
	for (size_t i = 0; i < counters->nr_sets; i++) {
		*ret_code = was_on(thread, &counters->sets[i]);
		if (*ret_code)
			return &counters->sets[i];
	}
	return NULL;
}

/* Works until every set was on the counters. Returns the first that never was, or NULL. */
static struct mb_counters_set *settle(struct mb_counters *counters, int *ret_code)
{
	struct mb_counters_set *idle;
	struct mb_counters_thread thread;

	mb_counters_thread_init(&thread, counters);
	idle = open_all(counters, &thread, ret_code);
	if (!idle) {
		do {
			mb_counters_work();
			idle = find_idle(counters, &thread, ret_code);
		} while (idle && *ret_code == -EAGAIN);
	}
	mb_counters_thread_close(&thread);
	return idle;
}

/*
 * A set that the kernel took and yet never puts on the counters, because somebody holds one of them (the NMI watchdog, for
 * instance), is made into sets of one; an event that has none even so does not count.
 */
static void split(struct mb_counters *counters, struct mb_counters_set *set, int code)
{
	struct mb_counters_set old = *set;

	*set = counters->sets[--counters->nr_sets];
	for (size_t i = 0; i < old.nr && old.nr > 1; i++)
		counters->sets[counters->nr_sets++] = (struct mb_counters_set){
			.members = {old.members[i]}, .nr = 1, .kind = old.kind};
	if (old.nr > 1)
		return;
	mb_counters_event_refuse(&counters->events[old.members[0]], code, &counters->system);
	if (code == -EBUSY)
		snprintf(counters->events[old.members[0]].reason,
			 sizeof(counters->events[0].reason),
			 "too many at once: it never gets a counter beside the others");
}

static void measure_cost(struct mb_counters *counters)
{
	struct mb_counters_thread thread;
	struct mb_counters_reading reading;
	int code;

	mb_counters_thread_init(&thread, counters);
	open_all(counters, &thread, &code);
	for (unsigned round = 0; round < COST_ROUNDS && counters->nr_sets; round++) {
		uint64_t start = mb_clock_now_ns();
		double ns;

		for (unsigned i = 0; i < COST_READS; i++)
			for (size_t k = 0; k < counters->nr_sets; k++)
				mb_counters_thread_read(&thread, &counters->sets[k], &reading);
		ns = (double)(mb_clock_now_ns() - start) / COST_READS;
		if (!round || ns < counters->read_ns)
			counters->read_ns = ns;
	}
	mb_counters_thread_close(&thread);
}

static int compare_numbers(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

/* The medians of what was counted in stages that had no work. */
static void set_overheads(struct mb_counters *counters, const char *const *stages, size_t nr_stages)
{
	for (size_t i = 0; i < counters->nr_events; i++) {
		double counts[OVERHEAD_ROUNDS];
		size_t nr = 0;

		for (size_t k = 0; k < nr_stages; k++) {
			struct mb_counters_value value;

			if (!mb_counters_sum(counters, stages[k], -1, -1, i, &value))
				counts[nr++] = value.count;
		}
		qsort(counts, nr, sizeof(*counts), compare_numbers);
		counters->overheads[i] = nr ? counts[nr / 2] : 0;
	}
}

/* As a boot does it: behind work that has taken the nearest cache, and with none in between. */
static void measure_overheads(struct mb_counters *counters)
{
	static const char *const stages[OVERHEAD_ROUNDS] = {"0", "1", "2", "3", "4", "5", "6"};
	MB_FREE unsigned char *cache = malloc(OVERHEAD_CACHE);
	struct mb_counters_thread *thread = mb_counters_thread_new(counters);

	if (!thread)
		return;
	for (size_t i = 0; cache && i < OVERHEAD_ROUNDS && counters->nr_sets; i++) {
		memset(cache, (int)i, OVERHEAD_CACHE);
		/* Nobody reads it: it is written all the same. */
		__asm__ volatile("" : : "r"(cache) : "memory");
		mb_counters_begin(thread, stages[i], -1, -1);
		mb_clock_now_ns();
		mb_clock_now_ns();
		mb_counters_end(thread, stages[i]);
	}
	set_overheads(counters, stages, OVERHEAD_ROUNDS);
	counters->threads = thread->next;
	mb_counters_thread_fini(thread);
	free(thread);
}

/* --- life --- */

int mb_counters_new(const struct mb_counters_request *request, struct mb_err *err,
		    struct mb_counters **ret_counters)
{
	struct mb_counters *counters = calloc(1, sizeof(*counters));
	struct mb_counters_request wanted = with_defaults(request);
	struct mb_counters_set *idle;
	int r, code = 0;

	if (!counters)
		return MB_FAIL(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&counters->lock, NULL);
	mb_counters_system_read(wanted.sysfs, wanted.cpuinfo, &counters->system);
	r = find_all(counters, &wanted, err);
	if (r) {
		mb_counters_free(counters);
		return r;
	}
	for (unsigned kind = 0; kind < MB_COUNTERS_NR_KINDS; kind++)
		make_sets(counters, (enum mb_counters_kind)kind);
	while ((idle = settle(counters, &code)))
		split(counters, idle, code);
	measure_cost(counters);
	measure_overheads(counters);
	*ret_counters = counters;
	return 0;
}

void mb_counters_drop(struct mb_counters *counters)
{
	struct mb_counters_thread *thread, *next;

	for (thread = counters->threads; thread; thread = next) {
		next = thread->next;
		mb_counters_thread_fini(thread);
		free(thread);
	}
	counters->threads = NULL;
	counters->lost = false;
}

void mb_counters_free(struct mb_counters *counters)
{
	if (!counters)
		return;
	mb_counters_drop(counters);
	pthread_mutex_destroy(&counters->lock);
	free(counters);
}

size_t mb_counters_count(const struct mb_counters *counters)
{
	return counters->nr_events;
}

const struct mb_counters_event *mb_counters_event(const struct mb_counters *counters, size_t index)
{
	return &counters->events[index];
}

size_t mb_counters_nr_turns(const struct mb_counters *counters)
{
	size_t count = 0;

	for (size_t i = 0; i < counters->nr_sets; i++)
		count += counters->sets[i].kind == MB_COUNTERS_HARDWARE;
	return count;
}

void mb_counters_reason(const struct mb_counters *counters, size_t index, int code, char *text,
			size_t size)
{
	struct mb_counters_event event = counters->events[index];

	if (!event.code && code == -ENODATA)
		snprintf(event.reason, sizeof(event.reason),
			 "its turn on the counters never came in that time");
	else if (!event.code)
		mb_counters_event_refuse(&event, code, &counters->system);
	snprintf(text, size, "%s", event.reason);
}

double mb_counters_read_ns(const struct mb_counters *counters)
{
	return counters->read_ns;
}

double mb_counters_overhead(const struct mb_counters *counters, size_t index)
{
	return counters->overheads[index];
}
