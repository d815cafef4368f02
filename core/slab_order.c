/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "core/base/align.h"
#include "core/base/bits.h"
#include "core/slab_order.h"

#define POINTER_BYTES 8u
#define SLAB_MINALIGN 8u /* ARCH_SLAB_MINALIGN: alignment of unsigned long long */

/*
 * Until 6.4 arm64 gave each kmalloc object its own DMA cache line; later bounce buffers made that
 * unnecessary.
 */
static unsigned kmalloc_minalign(const struct mb_profile *profile, enum mb_arch arch)
{
	bool dma_lines = profile->major < 6 || (profile->major == 6 && profile->minor < 5);

	return arch == MB_ARCH_ARM64 && dma_lines ? 128 : 8;
}

void mb_slab_rules_init(struct mb_slab_rules *rules, const struct mb_profile *profile,
			enum mb_arch arch, unsigned page_shift, unsigned max_order,
			unsigned nr_cpu_ids, unsigned present_cpus)
{
	*rules = (struct mb_slab_rules){
		.page_shift = page_shift,
		.max_order = max_order,
		.slub_max_order = MB_SLAB_COSTLY_ORDER,
		.nr_cpus = present_cpus > 1 ? present_cpus : nr_cpu_ids,
		.cache_line = 64,
		.kmalloc_minalign = kmalloc_minalign(profile, arch),
		.refactored = profile->slub_order_refactored,
		.natural_align = profile->kmalloc_natural_align,
	};
}

unsigned mb_slab_present_cpus(const struct mb_machine *machine)
{
	return machine->arch == MB_ARCH_ARM64
		       ? 1
		       : mb_machine_count_cpus(machine, MB_NO_NODE, MB_CPU_PRESENT);
}

unsigned mb_slab_get_order(const struct mb_slab_rules *rules, uint64_t bytes)
{
	return mb_fls64((bytes - 1) >> rules->page_shift);
}

static uint64_t slab_bytes(const struct mb_slab_rules *rules, unsigned order)
{
	return UINT64_C(1) << (rules->page_shift + order);
}

static uint64_t order_objects(const struct mb_slab_rules *rules, unsigned order, unsigned size)
{
	return slab_bytes(rules, order) / size;
}

/*
 * Smallest order in [first, last] that wastes no more than 1/fraction of the slab; above last:
 * none.
 */
static unsigned first_fitting_order(const struct mb_slab_rules *rules, unsigned size,
				    unsigned first, unsigned last, unsigned fraction)
{
	unsigned order = first;

	while (order <= last &&
	       slab_bytes(rules, order) % size > slab_bytes(rules, order) / fraction)
		order++;
	return order;
}

/* slab_order of 6.1. */
static unsigned order_for_objects(const struct mb_slab_rules *rules, unsigned size,
				  uint64_t objects, unsigned last, unsigned fraction)
{
	unsigned first = mb_slab_get_order(rules, objects * size);

	if (order_objects(rules, rules->min_order, size) > MB_SLAB_MAX_OBJECTS)
		return mb_slab_get_order(rules, (uint64_t)size * MB_SLAB_MAX_OBJECTS) - 1;
	if (first < rules->min_order)
		first = rules->min_order;
	return first_fitting_order(rules, size, first, last, fraction);
}

/* Objects that a slab should hold at least, as far as a slab of the largest wanted order can. */
static uint64_t wanted_objects(const struct mb_slab_rules *rules, unsigned size)
{
	uint64_t objects = rules->min_objects;

	if (!objects)
		objects = 4 * (mb_fls64(rules->nr_cpus) + 1);
	return mb_min(objects, order_objects(rules, rules->slub_max_order, size));
}

static int calculate_order_6_1(const struct mb_slab_rules *rules, unsigned size)
{
	unsigned order;

	for (uint64_t objects = wanted_objects(rules, size); objects > 1; objects--) {
		for (unsigned fraction = 16; fraction >= 4; fraction /= 2) {
			order = order_for_objects(rules, size, objects, rules->slub_max_order,
						  fraction);
			if (order <= rules->slub_max_order)
				return (int)order;
		}
	}
	order = order_for_objects(rules, size, 1, rules->slub_max_order, 1);
	if (order <= rules->slub_max_order)
		return (int)order;
	order = order_for_objects(rules, size, 1, rules->max_order, 1);
	return order <= rules->max_order ? (int)order : -ENOSYS;
}

static int calculate_order_6_7(const struct mb_slab_rules *rules, unsigned size)
{
	uint64_t objects = mb_max(wanted_objects(rules, size), 1);
	unsigned first = mb_slab_get_order(rules, objects * size), order;

	if (first < rules->min_order)
		first = rules->min_order;
	if (order_objects(rules, first, size) > MB_SLAB_MAX_OBJECTS)
		return (int)mb_slab_get_order(rules, (uint64_t)size * MB_SLAB_MAX_OBJECTS) - 1;
	for (unsigned fraction = 16; fraction > 1; fraction /= 2) {
		order = first_fitting_order(rules, size, first, rules->slub_max_order, fraction);
		if (order <= rules->slub_max_order)
			return (int)order;
	}
	order = mb_slab_get_order(rules, size);
	return order <= rules->max_order ? (int)order : -ENOSYS;
}

int mb_slab_calculate_order(const struct mb_slab_rules *rules, unsigned size)
{
	return rules->refactored ? calculate_order_6_7(rules, size)
				 : calculate_order_6_1(rules, size);
}

unsigned mb_slab_calculate_alignment(const struct mb_slab_rules *rules, unsigned flags,
				     unsigned align, unsigned object_size)
{
	if (flags & MB_SLAB_HWCACHE_ALIGN) {
		unsigned line = rules->cache_line;

		/* Several small objects may share a line. */
		while (line > 1 && object_size <= line / 2)
			line /= 2;
		align = (unsigned)mb_max(align, line);
	}
	return (unsigned)mb_align_up_pow2(mb_max(align, SLAB_MINALIGN), POINTER_BYTES);
}

unsigned mb_slab_boot_align(const struct mb_slab_rules *rules, unsigned flags, unsigned object_size)
{
	unsigned natural = 0;

	if (!rules->natural_align && mb_is_pow2(object_size))
		natural = object_size;
	if (rules->natural_align && flags & MB_SLAB_KMALLOC)
		natural = object_size & -object_size;
	return (unsigned)mb_max(rules->kmalloc_minalign, natural);
}

unsigned mb_slab_cpu_partial(const struct mb_slab_rules *rules, unsigned size)
{
	if (size >= 1u << rules->page_shift)
		return 6;
	if (size >= 1024)
		return 24;
	return size >= 256 ? 52 : 120;
}

unsigned mb_slab_min_partial(unsigned size)
{
	return (unsigned)mb_clamp(mb_ilog2(size) / 2, 5, 10);
}

/*
 * Where the free pointer stands: inside the object unless its bytes must survive being free. Grows
 * size when behind it.
 */
static unsigned free_pointer_offset(unsigned object_size, unsigned flags, bool ctor, uint64_t *size)
{
	unsigned behind = (unsigned)*size;

	if (!ctor && !(flags & (MB_SLAB_TYPESAFE_BY_RCU | MB_SLAB_POISON)))
		return (unsigned)mb_align_down_pow2(object_size / 2, POINTER_BYTES);
	*size += POINTER_BYTES;
	return behind;
}

int mb_slab_calculate_sizes(const struct mb_slab_rules *rules, unsigned object_size, unsigned align,
			    unsigned flags, bool ctor, struct mb_slab_sizes *ret_sizes)
{
	uint64_t size = mb_align_up_pow2(object_size, POINTER_BYTES);
	struct mb_slab_sizes sizes = {
		.object_size = object_size, .align = align, .inuse = (unsigned)size};
	int order;

	if (!object_size || object_size > slab_bytes(rules, rules->max_order) || !mb_is_pow2(align))
		return -EINVAL;
	sizes.offset = free_pointer_offset(object_size, flags, ctor, &size);
	size = mb_align_up_pow2(size, align);
	if (size > slab_bytes(rules, rules->max_order))
		return -ENOSYS;
	sizes.size = (unsigned)size;
	order = mb_slab_calculate_order(rules, sizes.size);
	if (order < 0)
		return order;
	sizes.order = (unsigned)order;
	sizes.objects = (unsigned)order_objects(rules, sizes.order, sizes.size);
	sizes.min_order = mb_slab_get_order(rules, size);
	sizes.min_objects = (unsigned)order_objects(rules, sizes.min_order, sizes.size);
	sizes.min_partial = mb_slab_min_partial(sizes.size);
	sizes.cpu_partial = mb_slab_cpu_partial(rules, sizes.size);
	sizes.cpu_partial_slabs = (unsigned)mb_div_ceil(2ull * sizes.cpu_partial, sizes.objects);
	*ret_sizes = sizes;
	return 0;
}

static const struct {
	const char *prefix;
	unsigned flags;
} kmalloc_types[MB_NR_KMALLOC_TYPES] = {
	[MB_KMALLOC_NORMAL] = {"kmalloc-", 0},
	[MB_KMALLOC_CGROUP] = {"kmalloc-cg-", MB_SLAB_ACCOUNT},
	[MB_KMALLOC_RECLAIM] = {"kmalloc-rcl-", MB_SLAB_RECLAIM_ACCOUNT},
	[MB_KMALLOC_DMA] = {"dma-kmalloc-", MB_SLAB_CACHE_DMA},
};

/*
 * size_index: cache of (bytes - 1) / 8 for requests of up to 192 bytes, when the smallest size is
 * 8.
 */
static const uint8_t small_index[24] = {3, 4, 5, 5, 6, 6, 6, 6, 1, 1, 1, 1,
					7, 7, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2};

unsigned mb_slab_kmalloc_shift_high(const struct mb_slab_rules *rules)
{
	return rules->page_shift + 1;
}

unsigned mb_slab_kmalloc_size(unsigned index)
{
	if (index < 3)
		return index == 1 ? 96 : index == 2 ? 192 : 0;
	return 1u << index;
}

/*
 * setup_kmalloc_cache_index_table: a size without a cache of its own goes to the next larger one.
 */
static unsigned patched_index(const struct mb_slab_rules *rules, unsigned index)
{
	if (index == 1 && rules->kmalloc_minalign >= 64)
		index = 7;
	if (index == 2 && rules->kmalloc_minalign >= 128)
		index = 8;
	if (mb_slab_kmalloc_size(index) < rules->kmalloc_minalign)
		index = mb_ilog2(rules->kmalloc_minalign);
	return index;
}

unsigned mb_slab_kmalloc_index(const struct mb_slab_rules *rules, uint64_t bytes)
{
	if (!bytes || bytes > UINT64_C(1) << mb_slab_kmalloc_shift_high(rules))
		return 0;
	if (bytes <= 192)
		return patched_index(rules, small_index[(bytes - 1) / 8]);
	return mb_fls64(bytes - 1);
}

unsigned mb_slab_kmalloc_indices(const struct mb_slab_rules *rules,
				 unsigned indices[MB_KMALLOC_MAX_INDEX])
{
	unsigned count = 0, minalign = rules->kmalloc_minalign;

	for (unsigned i = mb_ilog2(minalign); i <= mb_slab_kmalloc_shift_high(rules); i++) {
		indices[count++] = i;
		if (i == 6 && minalign <= 32)
			indices[count++] = 1;
		if (i == 7 && minalign <= 64)
			indices[count++] = 2;
	}
	return count;
}

void mb_slab_kmalloc_name(enum mb_kmalloc_type type, unsigned index,
			  char name[MB_KMALLOC_NAME_BYTES])
{
	unsigned size = mb_slab_kmalloc_size(index);
	const char *unit = size >= 1u << 20 ? "M" : size >= 1024 ? "k" : "";

	size >>= size >= 1u << 20 ? 20 : size >= 1024 ? 10 : 0;
	snprintf(name, MB_KMALLOC_NAME_BYTES, "%s%u%s", kmalloc_types[type].prefix, size, unit);
}

unsigned mb_slab_kmalloc_flags(enum mb_kmalloc_type type)
{
	return MB_SLAB_KMALLOC | kmalloc_types[type].flags;
}
