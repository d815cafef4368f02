/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/reports/hostile.h"
#include "reports/host_class.h"

static struct mb_result *host(const char *cpu, const char *memory, const char *clock)
{
	struct mb_result *result = mb_result_new(NULL);

	mb_result_add_fact(result, "kernel", clock, NULL);
	mb_result_add_fact(result, "architecture", "x86_64", NULL);
	mb_result_add_fact(result, "cpu_model", cpu, cpu ? NULL : "the host does not say");
	mb_result_add_fact(result, "packages", "2", NULL);
	mb_result_add_fact(result, "nodes", "1", NULL);
	mb_result_add_fact(result, "memory", memory, memory ? NULL : "the host does not say");
	mb_result_add_fact(result, "clock_read_cost", clock, NULL);
	return result;
}

static void assert_class(const char *cpu, const char *memory, const char *clock,
			 const char *expected)
{
	struct mb_result *result = host(cpu, memory, clock);
	struct mb_strbuf text = {0};

	assert_int_equal(mb_host_class(result, &text), 0);
	assert_string_equal(mb_strbuf_text(&text), expected);
	mb_strbuf_fini(&text);
	mb_result_free(result);
}

/* What hosts with 16 GiB, 4 GiB, 384 GiB, 1.5 TiB and 20 GiB show as their memory. */
static void test_memory(void **state)
{
	assert_class("A", "16765939712 bytes", "1", "A, 2 sockets, 1 node, 16 GiB");
	assert_class("A", "16012345344 bytes", "2", "A, 2 sockets, 1 node, 16 GiB");
	assert_class("A", "17179869184 bytes", "2", "A, 2 sockets, 1 node, 16 GiB");
	assert_class("A", "4109893632 bytes", "3", "A, 2 sockets, 1 node, 4 GiB");
	assert_class("A", "405550000000 bytes", "3", "A, 2 sockets, 1 node, 384 GiB");
	assert_class("A", "1620000000000 bytes", "3", "A, 2 sockets, 1 node, 1.5 TiB");
	assert_class("A", "21000000000 bytes", "3", "A, 2 sockets, 1 node, 20 GiB");
	assert_class("A", "18446744073709551615 bytes", "3", "A, 2 sockets, 1 node, 16 EiB");
}

/* Nothing is guessed, and two hosts that say as little are alike. */
static void test_unknown(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	struct mb_strbuf text = {0};

	assert_class(NULL, NULL, "1", "x86_64 CPU not known, 2 sockets, 1 node, memory not known");
	assert_int_equal(mb_host_class(result, &text), 0);
	assert_string_equal(mb_strbuf_text(&text),
			    "CPU not known, sockets not known, nodes not known, memory not known");
	mb_strbuf_fini(&text);
	/* A published table is of the host that it names. */
	mb_result_set_fact(result, "predicted_for", "Broadwell, 1 node");
	assert_int_equal(mb_host_class(result, &text), 0);
	assert_string_equal(mb_strbuf_text(&text), "Broadwell, 1 node");
	mb_strbuf_fini(&text);
	mb_result_free(result);
}

/* A third less than a power of two, which no kernel keeps for itself, is another host. */
static void test_rounding(void **state)
{
	struct mb_rng rng = {seed()};

	for (int i = 0; i < 1000; i++) {
		uint64_t built_in = (uint64_t)1 << (30 + mb_rng_below(&rng, 12));
		uint64_t kept = mb_rng_below(&rng, built_in / 8);
		struct mb_strbuf one = {0}, other = {0}, third = {0};
		struct mb_result *result;
		char bytes[40];

		for (int j = 0; j < 3; j++) {
			snprintf(bytes, sizeof(bytes), "%llu bytes",
				 (unsigned long long)(j == 0   ? built_in
						      : j == 1 ? built_in - kept
							       : built_in / 8 * 5));
			result = host("A", bytes, "1");
			assert_int_equal(mb_host_class(result, j == 0   ? &one
							       : j == 1 ? &other
									: &third),
					 0);
			mb_result_free(result);
		}
		assert_string_equal(mb_strbuf_text(&one), mb_strbuf_text(&other));
		assert_string_not_equal(mb_strbuf_text(&one), mb_strbuf_text(&third));
		mb_strbuf_fini(&one);
		mb_strbuf_fini(&other);
		mb_strbuf_fini(&third);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_rounding),
	};

	return cmocka_run_group_tests_name("host_class", tests, NULL, NULL);
}
