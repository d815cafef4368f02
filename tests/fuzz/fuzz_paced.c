/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that another program says to a gate: what is read is written as a line that reads the same; failures change nothing. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "benches/paced_line.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mb_paced_line line, before, again;
	struct mb_strbuf text = {0};
	/* Of just its size: a reader that passes its end is caught. */
	char *bytes = malloc(size ? size : 1);
	int r;

	MUST(bytes);
	memcpy(bytes, data, size);
	memset(&line, 0x5a, sizeof(line));
	before = line;
	r = mb_paced_line_parse(bytes, size, &line);
	free(bytes);
	MUST(!r || r == -EINVAL);
	if (r) {
		MUST(!memcmp(&line, &before, sizeof(line)));
		return 0;
	}
	MUST(line.word < MB_PACED_NR_WORDS && line.ns >= 0 && line.loop_ns >= 0);
	mb_paced_line_add(&text, &line);
	MUST(!text.error && text.length <= MB_PACED_LINE_BYTES);
	MUST(text.data[text.length - 1] == '\n');
	MUST(!mb_paced_line_parse(text.data, text.length - 1, &again));
	MUST(!memcmp(&line, &again, sizeof(line)));
	mb_strbuf_fini(&text);
	return 0;
}
