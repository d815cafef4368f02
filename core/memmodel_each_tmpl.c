/* SPDX-License-Identifier: Apache-2.0 */
/* Includes TEMPLATE for each model and each size of descriptor (core/memmodel_tmpl.h). */

#define MODEL flat
#include "core/memmodel_sizes_tmpl.c"
#undef MODEL
#define MODEL sparse
#include "core/memmodel_sizes_tmpl.c"
#undef MODEL
#define MODEL extreme
#include "core/memmodel_sizes_tmpl.c"
#undef MODEL
#define MODEL vmemmap
#include "core/memmodel_sizes_tmpl.c"
#undef MODEL
