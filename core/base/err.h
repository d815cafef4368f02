/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_CORE_BASE_ERR_H
#define MB_CORE_BASE_ERR_H

/*
 * Where a failure was born. Functions return a negative errno; the first failure below a call also
 * leaves its place and a reason here, so that the program can say what happened without the library
 * printing anything. Later failures of the same call (undo on the way out) do not overwrite it. One
 * record belongs to one thread.
 */
struct mb_err {
	int code;         /* negative errno; 0: nothing failed */
	const char *file; /* source file and line of the failure */
	int line;
	const char *stage; /* boot stage that was running, or NULL */
	char text[192];    /* what went wrong, as a fragment: no capital, no full stop, no prefix */
};

/* Records the first failure and returns code; err may be NULL. text is a printf format. */
int mb_err_set(struct mb_err *err, int code, const char *file, int line, const char *text, ...)
	__attribute__((format(printf, 5, 6)));

/* Forgets what was recorded. */
void mb_err_clear(struct mb_err *err);

#define MB_FAIL(err, code, ...) mb_err_set((err), (code), __FILE__, __LINE__, __VA_ARGS__)

#endif
