/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_CLI_NOISE_CASE_H
#define MB_TESTS_CLI_NOISE_CASE_H

#include "reports/result.h"

/* A row of a result's noise with the value 7. */
static inline void noise_case_add(struct mb_result *result, const char *name, const char *title,
				  enum mb_noise_verdict verdict)
{
	mb_result_add_noise(result, verdict,
			    (const char *[MB_NOISE_NR_TEXTS]){
				    [MB_NOISE_NAME] = name,
				    [MB_NOISE_TITLE] = title,
				    [MB_NOISE_VALUE] = "7",
				    [MB_NOISE_SHOULD] = "0",
				    [MB_NOISE_WHY] = "it matters",
			    });
}

#endif
