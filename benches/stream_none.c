/* SPDX-License-Identifier: Apache-2.0 */
#include "benches/stream.h"

/* No non-temporal stores are known of this architecture. */
const struct mb_initialiser mb_stream_rows[1];
const struct mb_initialiser mb_stream_words;
