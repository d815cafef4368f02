/* SPDX-License-Identifier: Apache-2.0 */
/* Includes TEMPLATE for a windowed vmemmap and each size of descriptor (core/memmodel_tmpl.h). */

#define MODEL window
#include "core/memmodel_sizes_tmpl.c"
#undef MODEL
