/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CLI_PREDICT_TARGET_H
#define MB_CLI_PREDICT_TARGET_H

#include "core/boot.h"
#include "core/amount.h"
#include "numa/host_map.h"
#include "reports/costmodel.h"

/*
 * What the cost model is to know of a boot, from a dry run of it: the same for a boot that is to be measured, to fit on, and for one that
 * nobody can run here.
 */
struct mb_predict_target {
	struct mb_amount amount;
	struct mb_costmodel_features features; /* points into the rest */
	double memory_bytes;                   /* of present pages */
	struct mb_costmodel_node *nodes;       /* as many as the amount has */
	struct mb_costmodel_group *groups;
};

/*
 * Counts the config's boot. map NULL: the machine stands for itself, each of its nodes has its own CPUs and memory, and config->host is
 * not looked at; else its nodes share those of the host nodes that stand for them, and config->host is that host. 0, or as
 * mb_amount_config().
 */
int mb_predict_target_new(const struct mb_boot_config *config, const struct mb_host_map *map,
			  struct mb_err *err, struct mb_predict_target *ret_target);

/* As if padata's chunks were of that many pages, all of them alike, whatever the kernel's rule. */
void mb_predict_target_set_chunk(struct mb_predict_target *target, double chunk_pages);

/* Most threads that work for a node. */
double mb_predict_target_threads(const struct mb_predict_target *target);

/* Accepts a zeroed one. */
void mb_predict_target_fini(struct mb_predict_target *target);

#endif
