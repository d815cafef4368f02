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
	struct mb_counters_reading start, end; /* of the last stretch */
	struct mb_counters_reading sum;        /* of those before */
	int code;                              /* 0, or why it could not be read */
};

/* All stretches of work of one name and worker: there may be millions. */
struct mb_counters_record {
	const char *stage;
	int nid, worker;
	uint64_t serial;    /* when the last one was begun */
	bool ended;         /* the last one was */
	bool summed;        /* there are others before it */
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

static void add_last(const struct span *span, size_t nr, struct mb_counters_reading *sum)
{
	for (size_t i = 0; i < nr; i++)
		sum->values[i] += span->end.values[i] - span->start.values[i];
	sum->enabled_ns += span->end.enabled_ns - span->start.enabled_ns;
	sum->running_ns += span->end.running_ns - span->start.running_ns;
}

/* Room for another stretch: the last one that has an end goes to the sum. */
static void fold(const struct mb_counters *counters, struct mb_counters_record *record)
{
	if (!record->ended)
		return;
	for (size_t i = 0; i < counters->nr_sets; i++)
		if (!record->spans[i].code)
			add_last(&record->spans[i], counters->sets[i].nr, &record->spans[i].sum);
	record->summed = true;
	record->ended = false;
}

static struct mb_counters_record *find_record(struct mb_counters_thread *thread, const char *stage,
					      int nid, int worker)
{
	for (size_t i = thread->nr_records; i--;) {
		struct mb_counters_record *record = &thread->records[i];

		if (record->nid == nid && record->worker == worker && !strcmp(record->stage, stage))
			return record;
	}
	return NULL;
}

static struct mb_counters_record *new_record(struct mb_counters_thread *thread, const char *stage,
					     int nid, int worker)
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
	*record = (struct mb_counters_record){
		.stage = stage, .nid = nid, .worker = worker, .spans = spans};
	return record;
}

void mb_counters_begin(struct mb_counters_thread *thread, const char *stage, int nid, int worker)
{
	struct mb_counters_record *record;

	if (!thread)
		return;
	record = find_record(thread, stage, nid, worker);
	if (record)
		fold(thread->counters, record);
	else
		record = new_record(thread, stage, nid, worker);
	if (!record) {
		thread->lost = true;
		return;
	}
	record->serial = ++thread->serial;
	/* Sets inside each other, the CPU's innermost: its counters do not see the other readings. */
	for (size_t i = thread->counters->nr_sets; i--;) {
		struct span *span = &record->spans[i];

		if (!span->code)
			span->code = mb_counters_thread_read(thread, &thread->counters->sets[i],
							     &span->start);
	}
}

void mb_counters_end(struct mb_counters_thread *thread, const char *stage)
{
	const struct mb_counters *counters;
	struct mb_counters_record *record = NULL;

	if (!thread)
		return;
	counters = thread->counters;
	for (size_t i = thread->nr_records; i--;)
		if ((!record || thread->records[i].serial > record->serial) &&
		    !strcmp(thread->records[i].stage, stage))
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

/* stage NULL: any that a worker has begun. */
static bool matches(const struct mb_counters_record *record, const char *stage, int nid, int worker)
{
	return (record->ended || record->summed) && (nid < 0 || nid == record->nid) &&
	       (worker < 0 || worker == record->worker) &&
	       (stage ? !strcmp(record->stage, stage) : record->worker >= 0);
}

static int add_record(const struct mb_counters_set *set, const struct mb_counters_record *record,
		      const struct span *span, size_t place, struct mb_counters_value *sum)
{
	struct mb_counters_reading all = span->sum;
	struct mb_counters_value value = {.share = 1};

	if (span->code)
		return span->code;
	if (record->ended)
		add_last(span, set->nr, &all);
	value.count = (double)all.values[place];
	if (set->kind != MB_COUNTERS_RUSAGE) {
		int r = mb_counters_scale(all.values[place], all.enabled_ns, all.running_ns,
					  &value);

		if (r)
			return r;
	}
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
			r = add_record(&counters->sets[set], &thread->records[i],
				       &thread->records[i].spans[set], place, &sum);
		}
		if (thread->lost && !r)
			r = -ENOMEM;
	}
	if (r || !found)
		return r ? r : -ENOENT;
	*ret_value = sum;
	return 0;
}

static int compare_workers(const void *a, const void *b)
{
	const struct mb_counters_worker *first = a, *second = b;

	return first->nid != second->nid
		       ? (first->nid > second->nid) - (first->nid < second->nid)
		       : (first->worker > second->worker) - (first->worker < second->worker);
}

int mb_counters_workers(const struct mb_counters *counters, const char *stage,
			struct mb_counters_worker **ret_workers, size_t *ret_count)
{
	const struct mb_counters_thread *thread;
	struct mb_counters_worker *workers;
	size_t max = 1, count = 0, unique = 0;

	for (thread = counters->threads; thread; thread = thread->next)
		max += thread->nr_records;
	workers = calloc(max, sizeof(*workers));
	if (!workers)
		return -ENOMEM;
	for (thread = counters->threads; thread; thread = thread->next)
		for (size_t i = 0; i < thread->nr_records; i++) {
			const struct mb_counters_record *record = &thread->records[i];

			if (record->worker >= 0 && matches(record, stage, -1, -1))
				workers[count++] =
					(struct mb_counters_worker){record->nid, record->worker};
		}
	qsort(workers, count, sizeof(*workers), compare_workers);
	for (size_t i = 0; i < count; i++)
		if (!unique || compare_workers(&workers[i], &workers[unique - 1]))
			workers[unique++] = workers[i];
	*ret_workers = workers;
	*ret_count = unique;
	return 0;
}
