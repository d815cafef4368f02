/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_REPORTS_COSTMODEL_INTERNAL_H
#define MB_REPORTS_COSTMODEL_INTERNAL_H

#include "reports/costmodel.h"

/* What the fit and the prediction share. */

/* First and one past the last term of a phase. */
void mb_costmodel_terms_of(enum mb_costmodel_phase phase, size_t *ret_first, size_t *ret_end);

/* Whether boots of these features have the phase at all. */
bool mb_costmodel_has(const struct mb_costmodel_features *features, enum mb_costmodel_phase phase);

/* The last phase of those to all memory. */
enum mb_costmodel_phase mb_costmodel_last(const struct mb_costmodel_features *features);

/* log2 of the pages of the memmap. */
double mb_costmodel_size(const struct mb_costmodel_features *features);

/* Workers of a group that work at once: no more than it has CPUs. */
double mb_costmodel_threads(const struct mb_costmodel_features *features, size_t group);

/* The same of the group with the most. */
double mb_costmodel_most_threads(const struct mb_costmodel_features *features);

/* What the boots of a sample took to all memory: the median of each phase, summed up. room: as many doubles as repetitions. */
double mb_costmodel_measured(const struct mb_costmodel_sample *sample, double *room);

/*
 * A phase's time, and how it changes with each coefficient of the phase. It is of degree 1 in them: slopes times coefficients add up to the
 * time. group: the one that rules.
 */
struct mb_costmodel_time {
	double ns;
	double slopes[MB_COSTMODEL_MAX_TERMS];
	size_t group;
};

/* coefficients: of all terms. */
void mb_costmodel_time(const double *coefficients, const struct mb_costmodel_features *features,
		       enum mb_costmodel_phase phase, struct mb_costmodel_time *ret_time);

/* The same of one group. */
void mb_costmodel_time_of(const double *coefficients, const struct mb_costmodel_features *features,
			  enum mb_costmodel_phase phase, size_t group,
			  struct mb_costmodel_time *ret_time);

/* Threads that work as well as that many cores: those beyond the cores add little, those beyond the CPUs nothing. */
double mb_costmodel_team(double threads, double cpus, double cores);

#endif
