/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/slabs.h"
#include "tests/benches/bench_case.h"
#include "tests/benches/slabs_wrong.h"

struct mb_slab *slabs_wrong_slab(struct mb_bench_run *run)
{
	return mb_slabs_slab(*(struct mb_slabs **)run->data);
}

void *slabs_wrong_kmalloc(struct mb_bench_run *run)
{
	return mb_slab_kmalloc(slabs_wrong_slab(run), 64, MB_KMALLOC_NORMAL, MB_NO_NODE, 0);
}

int slabs_wrong_leak(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);

	slabs_wrong_kmalloc(run);
	return rc;
}

int slabs_wrong_free_twice(struct mb_bench_run *run)
{
	int rc = bench_case_right(run);
	void *object = slabs_wrong_kmalloc(run);

	mb_slab_kfree(slabs_wrong_slab(run), object, 0);
	mb_slab_kfree(slabs_wrong_slab(run), object, 0);
	return rc;
}

int slabs_wrong_lose_a_page(struct mb_bench_run *run)
{
	struct mb_slab_config *config = mb_slabs_config(*(struct mb_slabs **)run->data);
	int rc = bench_case_right(run);

	config->alloc_pages(config->ctx, 0, 0, 0, 0);
	return rc;
}
