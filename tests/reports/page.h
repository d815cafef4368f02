/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MB_TESTS_REPORTS_PAGE_H
#define MB_TESTS_REPORTS_PAGE_H

#include "reports/html.h"
#include "tests/reports/written.h"

/* What the tests of the HTML page's parts share. */

/* Not inlined: gcc 12 takes the text for one that ends with the stream. */
static __attribute__((noinline, unused)) char *page_whole(const struct mb_result *const *results,
							  size_t count)
{
	return written_all(mb_write_html, results, count);
}

/* What the writer adds to the frame of the page: from the title to the last result. The caller frees it. */
static inline char *body(const struct mb_result *const *results, size_t count)
{
	const struct mb_html_piece *first = &mb_html_pieces[MB_HTML_BEFORE_TITLE];
	const struct mb_html_piece *second = &mb_html_pieces[MB_HTML_BEFORE_BODY];
	const struct mb_html_piece *last = &mb_html_pieces[MB_HTML_AFTER_BODY];
	char *text = page_whole(results, count), *made;
	size_t length = strlen(text), before, after;

	assert_true(length > first->length + second->length + last->length);
	before = (size_t)(strstr(text, "</title>") - text);
	after = length - last->length;
	assert_memory_equal(text, first->data, first->length);
	assert_memory_equal(text + before, second->data, second->length);
	assert_memory_equal(text + after, last->data, last->length);
	before += second->length;
	made = strndup(text + before, after - before);
	free(text);
	return made;
}

static inline bool page_is_void(const char *name)
{
	return !strcmp(name, "br");
}

/* Every element that begins ends, in order; attributes are quoted; no stray < or &. */
static inline void assert_well_formed(const char *html)
{
	char open[64][16];
	size_t depth = 0;

	while (*html) {
		char name[16] = "";
		bool ends;

		if (*html == '&')
			assert_true(strcspn(html, ";") <= 5);
		if (*html++ != '<')
			continue;
		ends = *html == '/';
		html += ends;
		sscanf(html, "%15[a-z0-9]", name);
		assert_true(*name);
		for (html += strlen(name); *html != '>'; html++) {
			assert_true(*html && *html != '<');
			if (*html == '"')
				html = strchr(html + 1, '"');
			assert_non_null(html);
		}
		if (ends) {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
		} else if (!page_is_void(name)) {
			assert_true(depth < MB_ARRAY_SIZE(open));
			snprintf(open[depth++], sizeof(open[0]), "%s", name);
		}
	}
	assert_int_equal(depth, 0);
}

static inline void assert_has(const char *html, const char *words)
{
	if (!strstr(html, words))
		fail_msg("'%s' is not in the page", words);
}

#endif
