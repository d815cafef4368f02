/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "tests/core/boot_case.h"
#include "tests/core/wild.h"

/*
 * Random machines through every model and policy, with every check after every stage. A failure prints the
 * machine and MB_SEED; MB_MACHINES=1 with that seed is that machine alone, MB_MACHINES=100000 a long run. MB_MACHINE
 * is the text of the only machine.
*/

#define MACHINES 12

/* The first is what the others are compared with. touch: what makes the rest of memory come up. */
static const struct policy {
	const char *name;
	enum mb_policy policy;
	int (*touch)(struct mb_boot *boot);
} policies[] = {
	{"eager", MB_POLICY_EAGER, NULL},
	{"deferred", MB_POLICY_DEFERRED, NULL},
	{"lazy", MB_POLICY_LAZY, NULL},
};

struct outcome {
	int r; /* of the boot */
	const char *stage;
	uint64_t digest, present, managed, free_pages, nr_dropped;
	uint64_t nr_free[MB_MAX_ORDERS];
};

/*
 * Until 6.4 a reserved page in a hole is taken for the first node's, and where that deferred it, which
 * it does behind a section at the earliest, its descriptor is made anew: only there policies leave
 * descriptors that differ.
 */
static bool has_reserved_holes(const struct mb_boot *boot)
{
	const struct mb_node *first = boot->nodes[mb_node_first_online(boot)];
	const struct mb_memblock_type *reserved = &boot->memblock.reserved;
	unsigned shift = boot->machine->page_shift;

	for (unsigned long i = 0; boot->profile->reserved_nid_by_page && i < reserved->cnt; i++) {
		mb_phys_t behind = reserved->regions[i].base + reserved->regions[i].size;
		mb_pfn_t start, end = mb_max(reserved->regions[i].base >> shift,
					     first->start_pfn + boot->model.geo.pages_per_section);

		while (end < mb_div_ceil(behind, UINT64_C(1) << shift))
			if (mb_memblock_search_pfn_nid(&boot->memblock, end, &start, &end) < 0)
				return true;
	}
	return false;
}

/* The machine that is on, for the words of a failure. */
struct trial {
	uint64_t seed;
	const char *text;
	const struct mb_machine *machine;
	struct mb_rng rng;
	const struct mb_page_size *struct_page; /* of all boots of the machine */
	uint64_t *counts;                       /* boots, and those of machines too small for one */
};

#define assert_trial(trial, what, ...)                                                         \
	do {                                                                                   \
		if (!(what)) {                                                                 \
			print_error("MB_SEED=%llu MB_MACHINES=1 is %s, %s bytes a page\n",     \
				    (unsigned long long)(trial)->seed, (trial)->text,          \
				    (trial)->struct_page ? (trial)->struct_page->name : "no"); \
			fail_msg(__VA_ARGS__);                                                 \
		}                                                                              \
	} while (0)

static struct mb_boot_config config_of(struct trial *trial, struct mb_host_plain *plain,
				       const struct mb_memmodel_row *model, enum mb_policy policy)
{
	mb_host_plain_init(plain);
	plain->workers = 1 + (unsigned)mb_rng_below(&trial->rng, 4);
	return (struct mb_boot_config){
		.machine = trial->machine,
		.model = model,
		.struct_page = trial->struct_page,
		.profile = &mb_profiles[trial->seed % mb_nr_profiles],
		.host = &plain->host,
		.policy = policy,
		.threads = (unsigned)mb_rng_below(&trial->rng, 7),
		.check = true,
	};
}

/* What may end the boot of a sound machine: it is too small, or has no whole page. */
static bool is_excuse(const struct mb_boot *boot, int r)
{
	const struct mb_err *err = mb_boot_err(boot);

	if (!err->text[0] || !err->stage || strchr(err->text, '\n'))
		return false;
	return r == -ENOSPC || (r == -EINVAL && !strcmp(err->stage, "memblock"));
}

/* Page frames of memory, both ways; those of sections that were given no memmap have no descriptor. */
static bool conversions_agree(struct trial *trial, const struct mb_boot *boot)
{
	const struct mb_memmodel *model = &boot->model;
	mb_pfn_t start, end;
	int index = -1;

	while (mb_memblock_next_mem_pfn_range(&boot->memblock, &index, MB_MAX_NODES, &start, &end,
					      NULL))
		for (unsigned i = 0; i < 8; i++) {
			mb_pfn_t pfn = i ? start + mb_rng_below(&trial->rng, end - start) : end - 1;

			if (!mb_memmodel_pfn_valid(model, pfn)) {
				if (!model->nr_dropped)
					return false;
				continue;
			}
			if (mb_memmodel_page_to_pfn(model, mb_memmodel_pfn_to_page(model, pfn)) !=
			    pfn)
				return false;
		}
	return true;
}

static void boot_one(struct trial *trial, const struct mb_memmodel_row *model,
		     const struct policy *policy, struct outcome *ret)
{
	struct mb_host_plain plain;
	struct mb_boot_config config = config_of(trial, &plain, model, policy->policy);
	struct outcome outcome = {0};
	struct mb_boot_totals totals;
	struct mb_err err = {0};
	struct mb_boot *boot;

	assert_int_equal(mb_boot_new(&config, &err, &boot), 0);
	outcome.r = mb_boot_run(boot);
	trial->counts[outcome.r != 0]++;
	if (!outcome.r && policy->touch)
		outcome.r = policy->touch(boot);
	if (outcome.r) {
		assert_trial(trial, is_excuse(boot, outcome.r), "%s, %s: %d in %s: %s", model->name,
			     policy->name, outcome.r, mb_boot_err(boot)->stage,
			     mb_boot_err(boot)->text);
		outcome.stage = mb_boot_err(boot)->stage;
	} else {
		assert_trial(trial, conversions_agree(trial, boot), "%s: conversions disagree",
			     model->name);
		assert_trial(trial, !mb_check_digest(boot, &outcome.digest), "no digest");
		if (has_reserved_holes(boot))
			outcome.digest = 0;
		assert_trial(trial, !mb_check_accounting(boot), "%s, %s: %s", model->name,
			     policy->name, mb_boot_err(boot)->text);
		mb_boot_totals(boot, &totals);
		outcome.present = totals.present_pages;
		outcome.managed = totals.managed_pages;
		outcome.free_pages = totals.free_pages;
		outcome.nr_dropped = boot->model.nr_dropped;
		for (unsigned order = 0; order < MB_MAX_ORDERS; order++)
			outcome.nr_free[order] = mb_boot_nr_free(boot, order);
	}
	mb_boot_free(boot);
	assert_trial(trial, !plain.mapped_bytes, "%s: %zu bytes stay mapped", model->name,
		     plain.mapped_bytes);
	*ret = outcome;
}

/* All policies of one model leave the same; returns that. */
static struct outcome boot_policies(struct trial *trial, const struct mb_memmodel_row *model)
{
	struct outcome first, other;

	boot_one(trial, model, &policies[0], &first);
	for (size_t i = 1; i < MB_ARRAY_SIZE(policies); i++) {
		boot_one(trial, model, &policies[i], &other);
		assert_trial(trial, first.r == other.r, "%s: %s ends with %d, %s with %d",
			     model->name, policies[0].name, first.r, policies[i].name, other.r);
		assert_trial(trial, first.digest == other.digest, "%s: descriptors differ",
			     model->name);
		assert_trial(trial, !memcmp(&first, &other, sizeof(first)),
			     "%s: %s leaves %llu pages free of %llu, %s %llu of %llu", model->name,
			     policies[0].name, (unsigned long long)first.free_pages,
			     (unsigned long long)first.managed, policies[i].name,
			     (unsigned long long)other.free_pages,
			     (unsigned long long)other.managed);
	}
	return first;
}

/* The host fails, or the user has enough, at some moment: an error with words, and all is given back. */
static void boot_broken(struct trial *trial, const struct mb_memmodel_row *model)
{
	struct mb_host_plain plain;
	struct mb_boot_config config = config_of(trial, &plain, model, MB_POLICY_DEFERRED);
	struct mb_boot *boot;
	int r;

	switch (mb_rng_below(&trial->rng, 4)) {
	case 0: plain.fail_back = 1 + (unsigned)mb_rng_below(&trial->rng, 4); break;
	case 1: plain.fail_run = 1 + (unsigned)mb_rng_below(&trial->rng, 4); break;
	case 2: plain.cancel_now = 1 + (unsigned)mb_rng_below(&trial->rng, 40); break;
	default: config.dry_run = true;
	}
	assert_int_equal(mb_boot_new(&config, NULL, &boot), 0);
	r = mb_boot_run(boot);
	assert_trial(trial,
		     !r || r == -ENOMEM || r == -EAGAIN || r == -ECANCELED || is_excuse(boot, r),
		     "%s, broken: %d: %s", model->name, r, mb_boot_err(boot)->text);
	mb_boot_free(boot);
	assert_trial(trial, !plain.mapped_bytes, "%s, broken: bytes stay mapped", model->name);
}

/* Models that can hold the machine agree on what is present; one that cannot says why. */
static void boot_models(struct trial *trial)
{
	uint64_t present = 0;

	for (unsigned id = 0; id < MB_NR_MEMMODELS; id++) {
		const struct mb_memmodel_row *model = &mb_memmodels[id];
		struct outcome outcome;
		struct mb_err err = {0};

		if (mb_memmodel_fits(model, trial->machine, trial->struct_page, &err)) {
			assert_trial(trial, err.text[0] && !strchr(err.text, '\n'),
				     "%s gives no reason", model->name);
			assert_trial(trial, id != MB_MEMMODEL_VMEMMAP, "vmemmap: %s", err.text);
			continue;
		}
		if (mb_memmodel_map_pages(model, trial->machine) > UINT64_C(1) << 22)
			continue; /* the holes' descriptors are too many for a test */
		boot_broken(trial, model);
		outcome = boot_policies(trial, model);
		if (outcome.r || outcome.nr_dropped)
			continue;
		assert_trial(trial, !present || outcome.present == present,
			     "%s: %llu pages present, others have %llu", model->name,
			     (unsigned long long)outcome.present, (unsigned long long)present);
		present = outcome.present;
	}
}

/* What is printed is read back as the same machine. */
static void assert_printed(struct trial *trial)
{
	char *printed = mb_machine_print(trial->machine), *reprinted;
	struct mb_machine *again = NULL;
	struct mb_err err = {0};

	assert_trial(trial, !mb_machine_parse(printed, NULL, &err, &again), "'%s': %s", printed,
		     err.text);
	reprinted = mb_machine_print(again);
	assert_trial(trial, !strcmp(printed, reprinted), "'%s' is read as '%s'", printed,
		     reprinted);
	mb_machine_free(again);
	free(printed);
	free(reprinted);
}

static void random_machines(void **state)
{
	const char *given = getenv("MB_MACHINES"), *only = getenv("MB_MACHINE");
	uint64_t count = given ? strtoull(given, NULL, 0) : MACHINES, seed = boot_case_seed();

	uint64_t counts[2] = {0};

	count = only ? 1 : count;
	for (uint64_t i = 0; i < count; i++) {
		struct trial trial = {.seed = seed + i, .rng = {seed + i}, .counts = counts};
		struct mb_machine *machine = NULL;
		struct mb_strbuf text = {0};
		struct mb_err err = {0};
		int r;
		if (only)
			mb_strbuf_add(&text, only);
		else if ((seed + i) % 4)
			wild_machine(&trial.rng, &text);
		else
			wild_mirrored(&trial.rng, &text);
		trial.text = mb_strbuf_text(&text);
		if (count == 1)
			print_message("# %s\n", trial.text);
		else if (i && i % 1000 == 0)
			print_message("# %llu machines\n", (unsigned long long)i);
		r = mb_machine_parse(trial.text, NULL, &err, &machine);
		if (r) {
			assert_trial(&trial, strstr(err.text, "leaves no memory"), "%s", err.text);
		} else {
			trial.machine = machine;
			trial.struct_page =
				&mb_page_sizes[mb_rng_below(&trial.rng, MB_NR_PAGE_SIZES)];
			assert_printed(&trial);
			boot_models(&trial);
		}
		mb_machine_free(machine);
		mb_strbuf_fini(&text);
	}
	print_message("# %llu boots, %llu of machines that are too small\n",
		      (unsigned long long)(counts[0] + counts[1]), (unsigned long long)counts[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_machines),
	};

	return cmocka_run_group_tests_name("boot_random", tests, NULL, NULL);
}
