/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_CMDLINE_NOTE_H
#define MB_CORE_CMDLINE_NOTE_H

#include "core/base/strbuf.h"
#include "core/machine.h"
#include "core/profile.h"

/*
 * The words of the machine's command line that change nothing in its simulation, a line for each reason:
 * "  no effect: quiet, movablcore=2G (not known here)". Nothing when every word counts. For words that a
 * person typed: a mistyped name is not wrong, a kernel passes it over. Texts may hold any byte that the
 * command line has. A failed allocation is remembered in text.
 */
void mb_cmdline_note_add(struct mb_strbuf *text, const struct mb_machine *machine,
			 const struct mb_profile *profile);

#endif
