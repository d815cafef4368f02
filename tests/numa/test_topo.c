/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "numa/topo.h"
#include "tests/numa/numa_test.h"

#define MAX_CPUS 8192

struct cpus {
	cpu_set_t set[MAX_CPUS / CPU_SETSIZE];
};

static struct cpus get_affinity(void)
{
	struct cpus cpus = {0};

	assert_int_equal(sched_getaffinity(0, sizeof(cpus.set), cpus.set), 0);
	return cpus;
}

static void set_affinity(const struct cpus *cpus)
{
	assert_int_equal(sched_setaffinity(0, sizeof(cpus->set), cpus->set), 0);
}

static bool may_use(const struct cpus *cpus, int cpu)
{
	return cpu >= 0 && cpu < MAX_CPUS && CPU_ISSET_S((size_t)cpu, sizeof(cpus->set), cpus->set);
}

static void test_nodes_of_this_host(void **state)
{
	const struct mb_topo *topo = *state;
	struct cpus mine = get_affinity();
	int last = -1;

	assert_true(topo->nr_nodes > 0);
	assert_true(topo->this_system);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		const struct mb_topo_node *node = &topo->nodes[i];
		struct cpus seen = {0};

		assert_true(node->os_index > last);
		last = node->os_index;
		assert_true(node->free_bytes <= node->total_bytes);
		assert_true(node->nr_cpus > 0);
		assert_non_null(mb_topo_find(topo, node->cpu_node));
		for (size_t j = 0; j < node->nr_cpus; j++) {
			assert_true(may_use(&mine, node->cpus[j]));
			assert_false(may_use(&seen, node->cpus[j]));
			CPU_SET_S((size_t)node->cpus[j], sizeof(seen.set), seen.set);
		}
		assert_ptr_equal(mb_topo_find(topo, node->os_index), node);
	}
	assert_null(mb_topo_find(topo, last + 1));
	assert_true(first_memory_node(topo)->total_bytes > 0);
}

static void test_every_cpu_works_somewhere(void **state)
{
	const struct mb_topo *topo = *state;
	struct cpus mine = get_affinity(), seen = {0};

	for (size_t i = 0; i < topo->nr_nodes; i++) {
		for (size_t j = 0; j < topo->nodes[i].nr_cpus; j++)
			CPU_SET_S((size_t)topo->nodes[i].cpus[j], sizeof(seen.set), seen.set);
	}
	assert_int_equal(CPU_COUNT_S(sizeof(seen.set), seen.set),
			 CPU_COUNT_S(sizeof(mine.set), mine.set));
	assert_int_equal(topo->nr_cpus, CPU_COUNT_S(sizeof(mine.set), mine.set));
}

static void test_facts_of_this_host(void **state)
{
	const struct mb_topo *topo = *state;

	assert_int_equal(topo->page_sizes[0], sysconf(_SC_PAGESIZE));
	for (size_t i = 1; i < topo->nr_page_sizes; i++)
		assert_true(topo->page_sizes[i] > topo->page_sizes[i - 1]);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		assert_int_equal(mb_topo_distance(topo, i, i), 10);
		for (size_t j = 0; j < topo->nr_nodes; j++)
			assert_true(mb_topo_distance(topo, i, j) >= 10);
	}
	assert_non_null(topo->machine);
	assert_true(strlen(topo->cpu_model) > 0);
	for (unsigned part = 0; part < MB_TOPO_NR_PARTS; part++) {
		assert_true(strlen(mb_topo_part_name(part)) > 0);
		assert_int_equal(!topo->parts[part].code, !topo->parts[part].reason[0]);
	}
	assert_true(strlen(mb_topo_version()) > 0);
}

/* With one CPU left to the thread, that CPU is all there is, for every node. */
static void test_affinity_is_respected(void **state)
{
	const struct mb_topo *before = *state;
	int cpu = before->nodes[before->nr_nodes - 1].cpus[0];
	struct cpus mine = get_affinity(), one = {0};
	struct mb_topo *topo = NULL;
	int rc;

	CPU_SET_S((size_t)cpu, sizeof(one.set), one.set);
	set_affinity(&one);
	rc = mb_topo_new(NULL, &topo);
	set_affinity(&mine);
	assert_int_equal(rc, 0);
	assert_int_equal(topo->nr_cpus, 1);
	assert_int_equal(topo->nr_nodes, before->nr_nodes);
	for (size_t i = 0; i < topo->nr_listed; i++)
		assert_int_equal(topo->cpus[i].os_index == cpu, topo->cpus[i].use == MB_TOPO_USED);
	for (size_t i = 0; i < topo->nr_nodes; i++) {
		assert_int_equal(topo->nodes[i].nr_cpus, 1);
		assert_int_equal(topo->nodes[i].cpus[0], cpu);
	}
	mb_topo_free(topo);
}

/* The distances of four nodes in a row; nodes 0 and 3 have no CPUs, 1 and 2 have two each. */
static void test_nodes_without_cpus(void **state)
{
	static const unsigned distance[16] = {10, 21, 31, 41, 21, 10, 21, 31,
					      31, 21, 10, 21, 41, 31, 21, 10};
	struct mb_topo *topo = fake_topo(4, 2);

	(void)state;
	memcpy(topo->distance, distance, sizeof(distance));
	for (size_t i = 0; i < 4; i += 3) {
		free(topo->nodes[i].cpus);
		topo->nodes[i].cpus = NULL;
		topo->nodes[i].nr_cpus = 0;
	}
	assert_int_equal(mb_topo_finish(topo, NULL, NULL), 0);
	assert_int_equal(topo->nodes[0].cpu_node, 1);
	assert_int_equal(topo->nodes[3].cpu_node, 2);
	assert_int_equal(topo->nodes[3].nr_cpus, 2);
	assert_memory_equal(topo->nodes[3].cpus, topo->nodes[2].cpus, 2 * sizeof(int));
	assert_ptr_not_equal(topo->nodes[3].cpus, topo->nodes[2].cpus);
	assert_int_equal(topo->nodes[1].cpu_node, 1);
	assert_int_equal(topo->nodes[0].available_bytes, topo->nodes[0].total_bytes);
	mb_topo_free(topo);
}

static void test_nothing_usable(void **state)
{
	struct mb_topo *topo = fake_topo(2, 0);
	struct mb_err err = {0};

	(void)state;
	assert_int_equal(mb_topo_finish(topo, NULL, &err), -ENODEV);
	assert_non_null(strstr(err.text, "CPU"));
	mb_topo_free(topo);

	topo = fake_topo(2, 1);
	mb_err_clear(&err);
	topo->nodes[0].total_bytes = topo->nodes[1].total_bytes = 0;
	assert_int_equal(mb_topo_finish(topo, NULL, &err), -ENODEV);
	assert_non_null(strstr(err.text, "memory"));
	mb_topo_free(topo);
	mb_topo_free(NULL);
}

/* Four cores of two PUs in two nodes, numbered as x86-64 does: the second PUs come after all first ones. */
static struct mb_topo *smt_topo(void)
{
	struct mb_topo *topo = fake_topo(2, 4);

	for (int i = 0; i < 8; i++) {
		topo->cpus[i].core = i % 4;
		topo->cpus[i].package = i % 4 / 2;
		topo->nodes[i % 4 / 2].cpus[i / 4 * 2 + i % 2] = i;
	}
	return topo;
}

static void assert_cpus(const struct mb_topo_node *node, size_t count, const int *cpus)
{
	assert_int_equal(node->nr_cpus, count);
	assert_memory_equal(node->cpus, cpus, count * sizeof(*cpus));
}

static void test_smt(void **state)
{
	const struct mb_topo_want no_smt = {.no_smt = true};
	struct mb_topo *topo = smt_topo();

	(void)state;
	assert_int_equal(mb_topo_finish(topo, NULL, NULL), 0);
	assert_cpus(&topo->nodes[1], 4, (int[]){2, 3, 6, 7});
	assert_int_equal(topo->nodes[1].nr_cores, 2);
	assert_int_equal(topo->nr_cpus, 8);
	assert_int_equal(topo->nr_cores, 4);
	assert_int_equal(topo->nr_packages, 2);
	mb_topo_free(topo);

	/* The first PU of core 3 is offline, so the second one works. */
	topo = smt_topo();
	topo->cpus[3].use = MB_TOPO_OFFLINE;
	assert_int_equal(mb_topo_finish(topo, &no_smt, NULL), 0);
	assert_cpus(&topo->nodes[0], 2, (int[]){0, 1});
	assert_cpus(&topo->nodes[1], 2, (int[]){2, 7});
	assert_int_equal(topo->nodes[1].nr_cores, 2);
	assert_int_equal(topo->cpus[6].use, MB_TOPO_SIBLING);
	assert_int_equal(topo->nr_cpus, 4);
	mb_topo_free(topo);

	topo = smt_topo();
	mb_topo_lacks(topo, MB_TOPO_CORES, -ENOTSUP, "made by hand");
	assert_int_equal(mb_topo_finish(topo, &no_smt, NULL), -ENOTSUP);
	mb_topo_free(topo);
}

static int finish_with(struct mb_topo *topo, const int *cpus, size_t count, struct mb_err *err)
{
	uint64_t list[MB_BITMAP_WORDS(MB_TOPO_MAX_CPUS)] = {0};
	const struct mb_topo_want want = {.cpus = list};

	for (size_t i = 0; i < count; i++)
		mb_bit_set(list, (size_t)cpus[i]);
	mb_err_clear(err);
	return mb_topo_finish(topo, &want, err);
}

static void test_list_of_cpus(void **state)
{
	struct mb_topo *topo = smt_topo();
	struct mb_err err;

	(void)state;
	assert_int_equal(finish_with(topo, (int[]){3, 7}, 2, &err), 0);
	assert_cpus(&topo->nodes[1], 2, (int[]){3, 7});
	assert_int_equal(topo->nodes[1].nr_cores, 1);
	assert_cpus(&topo->nodes[0], 2, (int[]){3, 7});
	assert_int_equal(topo->nodes[0].cpu_node, 1);
	assert_int_equal(topo->cpus[0].use, MB_TOPO_NOT_WANTED);
	mb_topo_free(topo);

	topo = smt_topo();
	topo->cpus[5].use = MB_TOPO_OFFLINE;
	assert_int_equal(finish_with(topo, (int[]){4, 5}, 2, &err), -ENXIO);
	assert_string_equal(err.text, "CPU 5 cannot be used: offline");
	mb_topo_free(topo);

	topo = smt_topo();
	assert_int_equal(finish_with(topo, (int[]){0, 8191}, 2, &err), -ENXIO);
	assert_string_equal(err.text, "CPU 8191 cannot be used: there is none of this number");
	mb_topo_free(topo);
}

/* The memory of node 1 alone, and CPUs of node 0 alone: what a cpuset can do. */
static void test_cpus_elsewhere(void **state)
{
	struct mb_topo *topo = fake_topo(1, 4);

	(void)state;
	topo->nodes[0].nr_cpus = 0;
	topo->cpus[1].use = MB_TOPO_NOT_ALLOWED;
	assert_int_equal(mb_topo_finish(topo, NULL, NULL), 0);
	assert_cpus(&topo->nodes[0], 3, (int[]){0, 2, 3});
	assert_int_equal(topo->nodes[0].nr_cores, 3);
	assert_int_equal(topo->nodes[0].cpu_node, MB_TOPO_ELSEWHERE);
	mb_topo_free(topo);
}

/* A node of several may be all that this process sees: then memory can still be on a wrong one. */
static void test_one_node_of_several(void **state)
{
	struct mb_topo *topo = fake_topo(1, 1);

	(void)state;
	assert_true(mb_topo_single(topo));
	topo->nr_host_nodes = 4;
	assert_false(mb_topo_single(topo));
	mb_topo_free(topo);
}

/*
 * hwloc's text for two packages, each a node with two cores of two PUs: the cores come before the siblings, and
 * nothing of it can be bound.
 */
static void test_synthetic(void **state)
{
	static const int expected[2][4] = {{0, 2, 1, 3}, {4, 6, 5, 7}};
	struct mb_topo *topo;

	(void)state;
	if (!strcmp(mb_topo_version(), "none")) {
		print_message("skipped: built without hwloc\n");
		skip();
	}
	setenv("HWLOC_SYNTHETIC", "pack:2 [numa(memory=1GB)] core:2 pu:2", 1);
	topo = new_topo();
	unsetenv("HWLOC_SYNTHETIC");
	assert_false(topo->this_system);
	assert_int_equal(topo->parts[MB_TOPO_BINDING].code, -ENOTSUP);
	assert_non_null(strstr(topo->parts[MB_TOPO_BINDING].reason, "unset HWLOC_SYNTHETIC"));
	assert_false(mb_topo_single(topo));
	assert_int_equal(topo->nr_nodes, 2);
	assert_int_equal(topo->nr_packages, 2);
	assert_int_equal(topo->nr_cores, 4);
	assert_int_equal(topo->nr_cpus, 8);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(topo->nodes[i].nr_cpus, 4);
		assert_memory_equal(topo->nodes[i].cpus, expected[i], sizeof(expected[i]));
		assert_int_equal(topo->nodes[i].total_bytes, topo->nodes[i].free_bytes);
		assert_true(topo->nodes[i].total_bytes > 0);
	}
	mb_topo_free(topo);
}

static struct mb_topo *from_source(const char *source)
{
	const struct mb_topo_want want = {.source = source};
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};
	int r = mb_topo_new_want(&want, &err, &topo);

	if (!strcmp(mb_topo_version(), "none")) {
		assert_int_equal(r, -ENOTSUP);
		assert_non_null(strstr(err.text, "libhwloc-dev"));
		print_message("skipped: built without hwloc\n");
		skip();
	}
	if (r)
		fail_msg("%s", err.text);
	assert_false(topo->this_system);
	assert_int_equal(topo->parts[MB_TOPO_BINDING].code, -ENOTSUP);
	return topo;
}

static void test_text_of_another_machine(void **state)
{
	struct mb_topo *topo = from_source("node:4 core:2 pu:2");

	(void)state;
	assert_int_equal(topo->nr_nodes, 4);
	assert_int_equal(topo->nr_cpus, 16);
	assert_cpus(&topo->nodes[3], 4, (int[]){12, 14, 13, 15});
	assert_int_equal(topo->nodes[3].nr_cores, 2);
	mb_topo_free(topo);
}

/* Two packages of two cores, each with a node of its own and one of slow memory, which the nearest CPUs work for. */
static void test_file_of_another_machine(void **state)
{
	char path[4096];
	struct mb_topo *topo;

	(void)state;
	snprintf(path, sizeof(path), "%s/topo/2-packages-cxl.xml", getenv("MB_TEST_DATA"));
	topo = from_source(path);
	assert_int_equal(topo->nr_nodes, 4);
	assert_int_equal(topo->nr_packages, 2);
	assert_int_equal(topo->nodes[3].total_bytes, UINT64_C(8) << 30);
	assert_string_equal(topo->nodes[3].kind, "CXL-DRAM");
	assert_string_equal(topo->nodes[2].kind, "");
	assert_int_equal(topo->nodes[0].bandwidth_mib_s, 120000);
	assert_int_equal(topo->nodes[3].latency_ns, 250);
	assert_cpus(&topo->nodes[3], 4, (int[]){4, 6, 5, 7});
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(topo->nodes[i].bare, i % 2);
		assert_int_equal(topo->nodes[i].cpu_node, i - i % 2);
	}
	assert_int_equal(mb_topo_distance(topo, 3, 1), 28);
	assert_int_equal(topo->nr_caches, 1);
	assert_int_equal(topo->caches[0].level, 2);
	assert_int_equal(topo->caches[0].type, 'u');
	assert_int_equal(topo->caches[0].bytes, 1 << 20);
	assert_int_equal(topo->caches[0].count, 4);
	assert_int_equal(topo->caches[0].cpus, 2);
	mb_topo_free(topo);
}

/* CPU 1 is offline: its sibling's core is at another depth of hwloc's tree than the others. */
static void test_core_with_a_cpu_offline(void **state)
{
	char path[4096];
	struct mb_topo *topo;

	(void)state;
	snprintf(path, sizeof(path), "%s/topo/4-packages-cpu-offline.xml", getenv("MB_TEST_DATA"));
	topo = from_source(path);
	assert_int_equal(topo->parts[MB_TOPO_CORES].code, 0);
	assert_int_equal(topo->nr_packages, 4);
	assert_int_equal(topo->nr_cores, 4);
	assert_int_equal(topo->nr_cpus, 7);
	assert_cpus(&topo->nodes[0], 3, (int[]){0, 2, 3});
	assert_int_equal(topo->nodes[0].nr_cores, 2);
	assert_int_equal(topo->nr_listed, 8);
	assert_int_equal(topo->cpus[1].os_index, 1);
	assert_int_equal(topo->cpus[1].use, MB_TOPO_HIDDEN);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(topo->nodes[i].bare, i == 3);
	mb_topo_free(topo);
}

/* The file that test_file_of_another_machine() reads, with one text in place of another each time that it stands there. */
static char *edited(const char *from, const char *to)
{
	char path[4096], *copy = NULL, *line = NULL, *at;
	size_t size = 0, length = 0;
	FILE *file, *out;
	int fd;

	snprintf(path, sizeof(path), "%s/topo/2-packages-cxl.xml", getenv("MB_TEST_DATA"));
	file = fopen(path, "re");
	assert_non_null(file);
	snprintf(path, sizeof(path), "%s/memboot-XXXXXX.xml",
		 getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemps(path, 4);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	assert_non_null(out);
	while (getline(&line, &size, file) > 0) {
		char *rest = line;

		for (; (at = strstr(rest, from)); rest = at + strlen(from), length++)
			fprintf(out, "%.*s%s", (int)(at - rest), rest, to);
		fputs(rest, out);
	}
	assert_true(length > 0);
	free(line);
	fclose(file);
	assert_int_equal(fclose(out), 0);
	copy = strdup(path);
	assert_non_null(copy);
	return copy;
}

static void assert_refused(const char *source, const char *why)
{
	const struct mb_topo_want want = {.source = source};
	struct mb_topo *topo = NULL;
	struct mb_err err = {0};

	assert_int_equal(mb_topo_new_want(&want, &err, &topo), -EINVAL);
	assert_null(topo);
	if (!strstr(err.text, why))
		fail_msg("'%s', expected '%s'", err.text, why);
}

/* More than Linux has of anything: a text is refused before hwloc spends minutes on it. */
static void test_too_large(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} rows[] = {
		{"\"NUMANode\" os_index=\"3\"", "\"NUMANode\" os_index=\"4000000000\"",
		 "has a node of number 4000000000; the largest is 1023"},
		{"\"PU\" os_index=\"7\"", "\"PU\" os_index=\"8192\"",
		 "has a CPU of number 8192; the largest is 8191"},
	};
	struct mb_topo *topo;

	(void)state;
	topo = from_source("pack:16 [numa(memory=100000000000)] l2:4(size=1048576) core:2 pu:2");
	assert_int_equal(topo->nr_cpus, 256);
	mb_topo_free(topo);
	assert_refused("node:1 core:9000 pu:1",
		       "has 9000 objects of a level below one; the most is 1024");
	assert_refused("99999999999999999999", "the most is 1024");
	assert_refused("node:16 core:512 pu:2", "has more than 8192 CPUs");
	assert_refused("0x10 0x200 2", "has more than 8192 CPUs");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *path = edited(rows[i].from, rows[i].to);

		assert_refused(path, rows[i].why);
		unlink(path);
		free(path);
	}
}

static void test_bad_sources(void **state)
{
	static const char *const sources[] = {"x y",       "",         "/proc",
					      "/dev/null", "none.xml", "/etc/passwd"};

	(void)state;
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const struct mb_topo_want want = {.source = sources[i]};
		struct mb_topo *topo = NULL;
		struct mb_err err = {0};
		int r = mb_topo_new_want(&want, &err, &topo);

		assert_int_equal(r, strcmp(mb_topo_version(), "none") ? -EINVAL : -ENOTSUP);
		assert_true(strlen(err.text) > 0);
		assert_null(topo);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nodes_of_this_host, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_every_cpu_works_somewhere, setup_topo,
						teardown_topo),
		cmocka_unit_test_setup_teardown(test_facts_of_this_host, setup_topo, teardown_topo),
		cmocka_unit_test_setup_teardown(test_affinity_is_respected, setup_topo,
						teardown_topo),
		cmocka_unit_test(test_nodes_without_cpus),
		cmocka_unit_test(test_nothing_usable),
		cmocka_unit_test(test_smt),
		cmocka_unit_test(test_list_of_cpus),
		cmocka_unit_test(test_cpus_elsewhere),
		cmocka_unit_test(test_one_node_of_several),
		cmocka_unit_test(test_synthetic),
		cmocka_unit_test(test_text_of_another_machine),
		cmocka_unit_test(test_file_of_another_machine),
		cmocka_unit_test(test_core_with_a_cpu_offline),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_bad_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
