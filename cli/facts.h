/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_FACTS_H
#define MB_CLI_FACTS_H

#include "core/query.h"
#include "core/tunables.h"
#include "numa/handover.h"
#include "numa/kernlog.h"
#include "numa/zoneinfo.h"

/*
 * Facts about a kernel's memory that the engine must arrive at by itself: one row each in
 * mb_facts[]. A row reads what the kernel shows out of a tree, and asks a boot for the same; both
 * give lists of keys and values, which are compared one by one.
 */

/* What the kernel's value has to be to the engine's. */
enum mb_fact_relation {
	MB_FACT_SAME,
	MB_FACT_AT_MOST, /* a number, this or less */
	MB_FACT_ONE_OF,  /* one of the texts between which there is " or " */
	MB_FACT_NR_RELATIONS,
};

struct mb_fact_value {
	char *key, *value;
	enum mb_fact_relation relation; /* of the engine's */
};

/* Zero is empty; a failed allocation is remembered in error. */
struct mb_fact_values {
	struct mb_fact_value *list;
	size_t count;
	size_t unlisted; /* more values, equal on both sides */
	int error;
};

/* Adds one; key and value are printf's: "key\tvalue". */
void mb_facts_addf(struct mb_fact_values *values, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What the last one that was added has to be. */
void mb_facts_relate(struct mb_fact_values *values, enum mb_fact_relation relation);

void mb_facts_values_fini(struct mb_fact_values *values);

/* A tree, read once for all facts: the kernel's side, and the inputs of the engine's. */
struct mb_fact_tree {
	const struct mb_sysroot *root; /* borrowed */
	struct mb_machine *machine;
	struct mb_profile profile; /* with the sizes that no rule gives */
	char release[128];
	struct mb_tunables tunables;
	enum mb_zone_type zones[MB_NR_ZONES]; /* that the kernel is built with */
	size_t nr_zones;
	bool hypervisor; /* CPU flag */
	bool lazy;       /* memory is left to on-demand growth for good */
	bool growing;    /* the kernel does not manage all of its memory yet */

	struct mb_kernlog *log; /* NULL: no_log says why */
	struct mb_err no_log;
	struct mb_zoneinfo zoneinfo; /* empty: no_zoneinfo says why */
	struct mb_err no_zoneinfo;   /* code 0: it is there, and whole */
	struct mb_handover handover;
	struct mb_err no_handover; /* code 0: there is one */
};

/*
 * Reads a tree; profile NULL: the one nearest to its kernel. 0 and a tree that the caller ends with
 * mb_facts_close(), or what mb_sysroot_machine() returns.
 */
int mb_facts_open(const struct mb_sysroot *root, const struct mb_profile *profile,
		  struct mb_err *err, struct mb_fact_tree *ret_tree);
void mb_facts_close(struct mb_fact_tree *tree);

/*
 * A dry run of the tree's machine up to the late frees, for the facts to ask. 0 and a boot that the
 * caller frees, or what the boot returns, with err.
 */
struct mb_host;
int mb_facts_boot(const struct mb_fact_tree *tree, struct mb_host *host, struct mb_err *err,
		  struct mb_boot **ret_boot);

/* Lines of the log, in their order: how far it must go. A log that lost its head is another thing. */
enum mb_fact_mark {
	MB_FACT_MARK_NONE,
	MB_FACT_MARK_ZONES,
	MB_FACT_MARK_ZONELISTS,
	MB_FACT_MARK_SLUB,
	MB_FACT_MARK_INIT,
};

struct mb_fact_row {
	const char *id;    /* "F1" */
	const char *title; /* "zones: spanned, present, start" */
	bool needs_log, needs_zoneinfo;
	bool uses_zoneinfo;      /* where there is one, which must not be damaged then */
	bool needs_record;       /* depends on what was reserved at hand-over */
	enum mb_fact_mark until; /* where there is a log */
	const char *flag;        /* of x86 CPUs that it depends on: "la57 is on" */
	bool needs_all;          /* not while the kernel grows its memory */
	/*
	 * Appends what the kernel shows. 0, or -ENOENT and the like with err when the tree does not
	 * show it, then the fact is not compared.
	 */
	int (*expected)(const struct mb_fact_tree *tree, struct mb_fact_values *values,
			struct mb_err *err);
	/* Appends what the engine arrives at; of the tree it reads inputs alone. The same result. */
	int (*got)(const struct mb_fact_tree *tree, const struct mb_boot *boot,
		   struct mb_fact_values *values, struct mb_err *err);
};

extern const struct mb_fact_row mb_facts[];
extern const size_t mb_nr_facts;

/* The row of an id, upper or lower case, or NULL. */
const struct mb_fact_row *mb_facts_find(const char *id, size_t length);

enum mb_fact_status {
	MB_FACT_EQUAL,
	MB_FACT_DIFFERENT,
	MB_FACT_NOT_COMPARED,
};

/* A value of both sides; NULL: one side does not have the key. The texts are the lists'. */
struct mb_fact_pair {
	char *key, *expected, *got;
	bool equal; /* as the relation says */
	enum mb_fact_relation relation;
};

/* Zero-initialise; the caller ends it with mb_facts_result_fini(). */
struct mb_fact_result {
	enum mb_fact_status status;
	char reason[sizeof(((struct mb_err *)0)->text)]; /* why it was not compared */
	struct mb_fact_values expected, got;
	struct mb_fact_pair *pairs; /* in the order of their keys */
	size_t nr_pairs;
	size_t nr_diffs;    /* pairs that are not equal */
	size_t nr_compared; /* keys of either side, with the unlisted */
};

/* Compares one fact. boot_err: why there is no boot, used when boot is NULL. 0 or -ENOMEM. */
int mb_facts_compare(const struct mb_fact_row *fact, const struct mb_fact_tree *tree,
		     const struct mb_boot *boot, const struct mb_err *boot_err,
		     struct mb_fact_result *ret_result);
void mb_facts_result_fini(struct mb_fact_result *result);

/* The functions of the rows, by source: cli/facts_log.c, facts_zone.c, facts_sys.c, facts_trace.c. */
typedef int mb_fact_expected_fn(const struct mb_fact_tree *, struct mb_fact_values *,
				struct mb_err *);
typedef int mb_fact_got_fn(const struct mb_fact_tree *, const struct mb_boot *,
			   struct mb_fact_values *, struct mb_err *);
mb_fact_expected_fn mb_facts_log_ranges, mb_facts_log_holes, mb_facts_log_zonelists,
	mb_facts_log_fallback, mb_facts_log_hashes, mb_facts_log_percpu, mb_facts_log_deferred;
mb_fact_got_fn mb_facts_log_ranges_got, mb_facts_log_holes_got, mb_facts_log_zonelists_got,
	mb_facts_log_fallback_got, mb_facts_log_hashes_got, mb_facts_log_percpu_got,
	mb_facts_log_deferred_got;
mb_fact_expected_fn mb_facts_zone_spans, mb_facts_zone_managed, mb_facts_zone_marks,
	mb_facts_zone_pagesets;
mb_fact_got_fn mb_facts_zone_spans_got, mb_facts_zone_managed_got, mb_facts_zone_marks_got,
	mb_facts_zone_pagesets_got;
mb_fact_expected_fn mb_facts_sys_slab, mb_facts_sys_blocks;
mb_fact_got_fn mb_facts_sys_slab_got, mb_facts_sys_blocks_got;
mb_fact_expected_fn mb_facts_trace_replay, mb_facts_trace_sparse;
mb_fact_got_fn mb_facts_trace_replay_got, mb_facts_trace_sparse_got;

#endif
