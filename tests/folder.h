/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_FOLDER_H
#define MB_TESTS_FOLDER_H

/* A folder of a test's own, below $TMPDIR or /tmp. Failures end the test. */

/* Its path; ended with folder_free(), which removes all that is in it. */
char *folder_new(void);
void folder_free(char *folder);

/* A fixture: one that is the working directory meanwhile. *state is its path. */
int folder_enter(void **state);
int folder_leave(void **state);

#endif
