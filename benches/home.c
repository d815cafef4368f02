/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/home.h"

/* The first CPU of the first node that has some, or -1. */
static int first_cpu(const struct mb_topo *topo)
{
	for (size_t i = 0; i < topo->nr_nodes; i++)
		if (topo->nodes[i].nr_cpus)
			return topo->nodes[i].cpus[0];
	return -1;
}

void mb_home_enter(struct mb_home *home, const struct mb_topo *topo)
{
	int cpu = topo && topo->this_system ? first_cpu(topo) : -1;

	*home = (struct mb_home){.topo = topo};
	if (cpu < 0 || mb_pin_save(topo, &home->pin))
		return;
	if (mb_pin_cpu(topo, cpu, NULL))
		mb_home_leave(home);
}

void mb_home_leave(struct mb_home *home)
{
	if (home->pin)
		mb_pin_restore(home->topo, home->pin);
	mb_pin_free(home->pin);
	home->pin = NULL;
}
