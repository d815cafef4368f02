/* SPDX-License-Identifier: Apache-2.0 */
/* Machine text: what parses is a machine that can be, prints, and parses to the same again. */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct mb_machine *other =
		fuzz_machine_parse("arch=arm64 page=64K section=1G node0=1G", NULL);
	struct mb_machine *machine = fuzz_machine_parse(text, NULL);

	MUST(other);
	if (machine)
		fuzz_machine_round(machine, other);
	mb_machine_free(machine);
	machine = fuzz_machine_parse(text, other);
	if (machine)
		fuzz_machine_round(machine, NULL);
	mb_machine_free(machine);
	mb_machine_free(other);
	free(text);
	return 0;
}
