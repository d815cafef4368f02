/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/base/align.h"
#include "numa/counters_thread.h"

/* What one set counted, and since when. */
struct span {
	struct mb_counters_reading start, end;
	int code; /* 0, or why it could not be read */
};

/* A stretch of work. */
struct mb_counters_record {
	const char *stage;
	int nid, worker;
	bool ended;
	struct span *spans; /* one a set */
};

/* --- events of a thread --- */

void mb_counters_thread_init(struct mb_counters_thread *thread, const struct mb_counters *counters)
{
	*thread = (struct mb_counters_thread){.counters = counters};
	for (size_t i = 0; i < MB_COUNTERS_MAX_EVENTS; i++)
		thread->fds[i] = -EBADF;
}

static int leader_of(const struct mb_counters_thread *thread, const struct mb_counters_set *set)
{
	return thread->fds[set->members[0]];
}

static void close_event(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -EBADF;
}

int mb_counters_thread_open(struct mb_counters_thread *thread, const struct mb_counters_set *set)
{
	int r = 0;

	if (set->kind == MB_COUNTERS_RUSAGE)
		return 0;
	for (size_t i = 0; i < set->nr && !r; i++) {
		size_t event = set->members[i];
		int fd = mb_counters_perf_open(&thread->counters->events[event],
					       i ? leader_of(thread, set) : -1);

		if (fd < 0)
			r = fd;
		else
			thread->fds[event] = fd;
	}
	if (!r)
		r = mb_counters_perf_start(leader_of(thread, set));
	for (size_t i = 0; r && i < set->nr; i++)
		close_event(&thread->fds[set->members[i]]);
	if (r)
		thread->fds[set->members[0]] = r;
	return r;
}

/* Always on a counter, so neither time goes on. */
static int read_rusage(const struct mb_counters *counters, const struct mb_counters_set *set,
		       struct mb_counters_reading *ret_reading)
{
	struct rusage usage;

	if (getrusage(RUSAGE_THREAD, &usage))
		return -errno;
	ret_reading->enabled_ns = ret_reading->running_ns = 1;
	for (size_t i = 0; i < set->nr; i++) {
		unsigned faults = counters->events[set->members[i]].faults;

		ret_reading->values[i] =
			(faults & MB_COUNTERS_MINOR_FAULTS ? (uint64_t)usage.ru_minflt : 0) +
			(faults & MB_COUNTERS_MAJOR_FAULTS ? (uint64_t)usage.ru_majflt : 0);
	}
	return 0;
}

int mb_counters_thread_read(const struct mb_counters_thread *thread,
			    const struct mb_counters_set *set,
			    struct mb_counters_reading *ret_reading)
{
	int leader = leader_of(thread, set);

	if (set->kind == MB_COUNTERS_RUSAGE)
		return read_rusage(thread->counters, set, ret_reading);
	return leader < 0 ? leader : mb_counters_perf_read(leader, set->nr, ret_reading);
}

void mb_counters_thread_close(struct mb_counters_thread *thread)
{
	for (size_t i = 0; i < MB_COUNTERS_MAX_EVENTS; i++)
		close_event(&thread->fds[i]);
}

static void forget(struct mb_counters_thread *thread)
{
	for (size_t i = 0; i < thread->nr_records; i++)
		free(thread->records[i].spans);
	thread->nr_records = 0;
	thread->lost = false;
}

void mb_counters_thread_fini(struct mb_counters_thread *thread)
{
	mb_counters_thread_close(thread);
	forget(thread);
	free(thread->records);
	thread->records = NULL;
}

struct mb_counters_thread *mb_counters_thread_new(struct mb_counters *counters)
{
	struct mb_counters_thread *thread = malloc(sizeof(*thread));

	if (thread) {
		mb_counters_thread_init(thread, counters);
		for (size_t i = 0; i < counters->nr_sets; i++)
			mb_counters_thread_open(thread,
						&counters->sets[i]); /* or reading says why */
	}
	pthread_mutex_lock(&counters->lock);
	if (thread) {
		thread->next = counters->threads;
		counters->threads = thread;
	} else {
		counters->lost = true;
	}
	pthread_mutex_unlock(&counters->lock);
	return thread;
}

/* --- stretches of work --- */

static struct mb_counters_record *new_record(struct mb_counters_thread *thread)
{
	struct mb_counters_record *record;
	struct span *spans;

	if (thread->nr_records == thread->max_records) {
		size_t max = thread->max_records ? 2 * thread->max_records : 32;
		struct mb_counters_record *more = reallocarray(thread->records, max, sizeof(*more));

		if (!more)
			return NULL;
		thread->records = more;
		thread->max_records = max;
	}
	spans = calloc(thread->counters->nr_sets + 1, sizeof(*spans));
	if (!spans)
		return NULL;
	record = &thread->records[thread->nr_records++];
	*record = (struct mb_counters_record){.spans = spans};
	return record;
}

void mb_counters_begin(struct mb_counters_thread *thread, const char *stage, int nid, int worker)
{
	struct mb_counters_record *record;

	if (!thread)
		return;
	record = new_record(thread);
	if (!record) {
		thread->lost = true;
		return;
	}
	record->stage = stage;
	record->nid = nid;
	record->worker = worker;
	/* Sets inside each other, the CPU's innermost: its counters do not see the other readings. */
	for (size_t i = thread->counters->nr_sets; i--;)
		record->spans[i].code = mb_counters_thread_read(thread, &thread->counters->sets[i],
								&record->spans[i].start);
}

void mb_counters_end(struct mb_counters_thread *thread, const char *stage)
{
	const struct mb_counters *counters;
	struct mb_counters_record *record = NULL;

	if (!thread)
		return;
	counters = thread->counters;
	for (size_t i = thread->nr_records; i-- && !record;)
		if (!strcmp(thread->records[i].stage, stage))
			record = &thread->records[i];
	if (!record)
		return;
	for (size_t i = 0; i < counters->nr_sets; i++) {
		struct span *span = &record->spans[i];

		if (!span->code)
			span->code =
				mb_counters_thread_read(thread, &counters->sets[i], &span->end);
	}
	record->ended = true;
}

void mb_counters_clear(struct mb_counters *counters)
{
	for (struct mb_counters_thread *thread = counters->threads; thread; thread = thread->next)
		forget(thread);
}

/* --- sums --- */

int mb_counters_scale(uint64_t count, uint64_t enabled_ns, uint64_t running_ns,
		      struct mb_counters_value *ret_value)
{
	if (!running_ns)
		return -ENODATA;
	ret_value->share = 1;
	ret_value->count = (double)count;
	if (running_ns < enabled_ns) {
		ret_value->share = (double)running_ns / (double)enabled_ns;
		ret_value->count /= ret_value->share;
	}
	return 0;
}

/* The set that an event is in, and its place there. False: in none. */
static bool find_set(const struct mb_counters *counters, size_t event, size_t *ret_set,
		     size_t *ret_place)
{
	for (size_t i = 0; i < counters->nr_sets; i++)
		for (size_t k = 0; k < counters->sets[i].nr; k++)
			if (counters->sets[i].members[k] == event) {
				*ret_set = i;
				*ret_place = k;
				return true;
			}
	return false;
}

static bool matches(const struct mb_counters_record *record, const char *stage, int nid, int worker)
{
	return record->ended && (nid < 0 || nid == record->nid) &&
	       (worker < 0 || worker == record->worker) && !strcmp(record->stage, stage);
}

static int add_span(const struct mb_counters_set *set, const struct span *span, size_t place,
		    struct mb_counters_value *sum)
{
	uint64_t count = span->end.values[place] - span->start.values[place];
	struct mb_counters_value value = {(double)count, 1};
	int r = span->code;

	if (!r && set->kind != MB_COUNTERS_RUSAGE)
		r = mb_counters_scale(count, span->end.enabled_ns - span->start.enabled_ns,
				      span->end.running_ns - span->start.running_ns, &value);
	if (r)
		return r;
	sum->count += value.count;
	if (value.share < sum->share)
		sum->share = value.share;
	return 0;
}

int mb_counters_sum(const struct mb_counters *counters, const char *stage, int nid, int worker,
		    size_t index, struct mb_counters_value *ret_value)
{
	struct mb_counters_value sum = {.share = 1};
	const struct mb_counters_thread *thread;
	size_t set, place;
	bool found = false;
	int r = counters->lost ? -ENOMEM : 0;

	if (!find_set(counters, index, &set, &place))
		return counters->events[index].code;
	for (thread = counters->threads; thread; thread = thread->next) {
		for (size_t i = 0; i < thread->nr_records && !r; i++) {
			if (!matches(&thread->records[i], stage, nid, worker))
				continue;
			found = true;
			r = add_span(&counters->sets[set], &thread->records[i].spans[set], place,
				     &sum);
		}
		if (thread->lost && !r)
			r = -ENOMEM;
	}
	if (r || !found)
		return r ? r : -ENOENT;
	*ret_value = sum;
	return 0;
}
