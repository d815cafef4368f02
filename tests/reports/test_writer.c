/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/reports/written.h"
#include "reports/json.h"
#include "reports/writer.h"

/* Each test works in an empty folder of its own. */
struct place {
	char folder[64];
	const struct mb_result *result;
	struct mb_result *own; /* the same, to change */
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	strcpy(place->folder, "/tmp/memboot-test-XXXXXX");
	if (!mkdtemp(place->folder) || chdir(place->folder))
		return -1;
	place->own = sample_result(NULL);
	place->result = place->own;
	*state = place;
	return 0;
}

static size_t entries(const char *folder, bool clear)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		count++;
		if (clear && unlinkat(dirfd(dir), entry->d_name, 0))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
	return count;
}

static int teardown(void **state)
{
	struct place *place = *state;

	mb_result_free(place->own);
	entries(place->folder, true);
	if (chdir("/") || rmdir(place->folder))
		return -1;
	free(place);
	return 0;
}

static char *contents(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	return text;
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static bool lacks(const struct mb_writer *writer, const struct mb_result *result)
{
	return writer->lacks && writer->lacks(&result, 1);
}

static void assert_saved(struct place *place, const char *path, const char *format)
{
	struct mb_err err = {0};

	assert_int_equal(mb_writer_check(path, format, &err), 0);
	if (mb_writer_save(path, format, &place->result, 1, NULL, &err))
		fail_msg("%s: %s", path, err.text);
}

static void assert_unsaved(struct place *place, const char *path, const char *format, int error,
			   const char *why)
{
	struct mb_err err = {0}, early = {0};

	assert_int_equal(mb_writer_save(path, format, &place->result, 1, NULL, &err), error);
	if (!strstr(err.text, why))
		fail_msg("'%s' lacks '%s'", err.text, why);
	assert_int_equal(mb_writer_check(path, format, &early), error);
	assert_string_equal(early.text, err.text);
}

static const char *found(const char *path, const char *format)
{
	const struct mb_writer *writer = mb_writer_find(path, format, NULL);

	return writer ? writer->name : "none";
}

static void test_find(void **state)
{
	struct mb_err err = {0}, other = {0};

	assert_string_equal(found("a.json", NULL), "json");
	assert_string_equal(found("a.gbench.json", NULL), "gbench");
	assert_string_equal(found("dir.csv/a.txt", NULL), "text");
	assert_string_equal(found("a.json", "csv"), "csv");
	assert_string_equal(found("a", "gbench"), "gbench");
	assert_string_equal(found("-", NULL), "json");
	assert_string_equal(found("/dev/null", NULL), "json");
	assert_string_equal(found("json", NULL), "json");
	assert_string_equal(found("dir.csv/a", NULL), "json");
	assert_string_equal(found(".hidden", NULL), "json");
	assert_string_equal(found("a.", NULL), "none");
	assert_string_equal(found("a.json.bak", NULL), "none");
	assert_null(mb_writer_find("a.doc", NULL, &err));
	assert_memory_equal(err.text, "unknown extension; known are .json .gbench.json ", 47);
	assert_non_null(strstr(err.text, " .txt; another name needs --format"));
	assert_null(mb_writer_find("a.json", "doc", &other));
	assert_memory_equal(other.text, "unknown format; known are json gbench ", 37);
	for (size_t i = 0; i < mb_writers_count; i++) {
		assert_non_null(strstr(err.text, mb_writers[i].extension));
		assert_non_null(strstr(other.text, mb_writers[i].name));
	}
	for (size_t i = 0; i < mb_writers_count; i++)
		assert_true(*mb_writers[i].summary && mb_writers[i].extension[0] == '.');
}

/* Each writer through the file: the same bytes, nothing else in the folder, the mode of the umask. */
static void test_new_file(void **state)
{
	struct place *place = *state;
	mode_t mask = umask(027);
	size_t count = 0;
	struct stat st;

	for (size_t i = 0; i < mb_writers_count; i++) {
		char *text, path[64];

		if (mb_writers[i].whole_only || lacks(&mb_writers[i], place->result))
			continue;
		text = written(mb_writers[i].write, place->result);
		count++;
		snprintf(path, sizeof(path), "out%s", mb_writers[i].extension);
		assert_saved(place, path, NULL);
		assert_string_equal(contents(path), text);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0640);
		free(text);
	}
	umask(mask);
	assert_int_equal(entries(".", false), count);
}

static void test_replace(void **state)
{
	struct place *place = *state;
	struct stat st;

	put("out.csv", "old");
	assert_int_equal(chmod("out.csv", 0604), 0);
	assert_saved(place, "./out.csv", NULL);
	assert_null(strstr(contents("out.csv"), "old"));
	assert_int_equal(stat("out.csv", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0604);
	assert_int_equal(entries(".", false), 1);
}

/* A link stays a link, and what it leads to is replaced in its own folder. */
static void test_link(void **state)
{
	struct place *place = *state;
	struct stat st;

	assert_int_equal(mkdir("sub", 0777), 0);
	put("sub/real.json", "old");
	assert_int_equal(symlink("sub/real.json", "link.json"), 0);
	assert_int_equal(symlink("sub/none.json", "lost.json"), 0);
	assert_saved(place, "link.json", NULL);
	assert_int_equal(lstat("link.json", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(contents("sub/real.json")[0], '{');
	assert_unsaved(place, "lost.json", NULL, -ENOENT,
		       "is a link to something that does not exist");
	assert_int_equal(entries("sub", true), 1);
}

static void test_refused(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir("folder.json", 0777), 0);
	assert_int_equal(mkdir("folder.doc", 0777), 0);
	assert_unsaved(place, "folder.json", NULL, -EISDIR, "is a directory");
	assert_unsaved(place, "folder.doc", NULL, -EISDIR, "is a directory");
	assert_unsaved(place, ".", NULL, -EISDIR, "is a directory");
	assert_unsaved(place, "new/", NULL, -EISDIR, "is a directory");
	assert_unsaved(place, "new/", "json", -EISDIR, "is a directory");
	assert_unsaved(place, "none/out.json", NULL, -ENOENT, "its folder cannot be written");
	assert_unsaved(place, "", "json", -EINVAL, "empty");
	assert_unsaved(place, "out.doc", NULL, -EINVAL, "known are");
	put("file", "");
	assert_unsaved(place, "file/out.json", NULL, -ENOTDIR, "cannot be looked at");
	assert_int_equal(entries(".", false), 3);
}

/* A write that fails half-way: the old file is as it was, and nothing else is left. */
static void test_failed_write(void **state)
{
	struct place *place = *state;
	struct rlimit before, small;
	struct mb_err err = {0};
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);

	put("out.json", "old");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 100;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(mb_writer_save("out.json", NULL, &place->result, 1, NULL, &err), -EFBIG);
	assert_int_equal(mb_writer_save("new.csv", NULL, &place->result, 1, NULL, NULL), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, handler);
	assert_string_equal(err.text, "File too large");
	assert_string_equal(contents("out.json"), "old");
	assert_int_equal(entries(".", false), 1);
}

/* A folder in which nothing can be made is found before anything is written, root or not. */
static void test_unmakeable(void **state)
{
	struct mb_err err = {0};

	if (access("/proc/self", X_OK)) {
		print_message("skipped: there is no /proc\n");
		skip();
	}
	assert_true(mb_writer_check("/proc/memboot-test.json", NULL, &err) < 0);
	assert_non_null(strstr(err.text, "its folder"));
	err = (struct mb_err){0};
	assert_int_equal(mb_writer_check("new.json", NULL, &err), 0);
	assert_int_equal(entries(".", false), 0);
}

/* Runs act in a child, which ends with what it returns; returns the child's wait status. */
static int in_child(int (*act)(struct place *place), struct place *place)
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (!child)
		_exit(act(place));
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* The signal for a file that grows too large, not caught, comes in the middle of a write. */
static int die_in_write(struct place *place)
{
	const struct rlimit small = {100, 100};

	signal(SIGXFSZ, SIG_DFL);
	if (setrlimit(RLIMIT_FSIZE, &small))
		return 1;
	return mb_writer_save("out.json", NULL, &place->result, 1, NULL, NULL) ? 2 : 3;
}

/* A process that is killed while it writes leaves nothing, where the file system allows that. */
static void test_killed(void **state)
{
	int fd = open(".", O_TMPFILE | O_WRONLY, 0600), status;

	if (fd < 0) {
		print_message("skipped: /tmp knows no files without names\n");
		skip();
	}
	close(fd);
	put("out.json", "old");
	status = in_child(die_in_write, *state);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
	assert_string_equal(contents("out.json"), "old");
	assert_int_equal(entries(".", false), 1);
}

#define NO_CHROOT 77

static int save_without_proc(struct place *place)
{
	if (chroot("."))
		return NO_CHROOT;
	return mb_writer_check("/out.csv", NULL, NULL) ||
	       mb_writer_save("/out.csv", NULL, &place->result, 1, NULL, NULL);
}

/* Without /proc a file cannot get its name later: it has a temporary one from the start. */
static void test_without_proc(void **state)
{
	struct place *place = *state;
	char *text = written(mb_write_csv, place->result);
	int status = in_child(save_without_proc, place);

	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_CHROOT) {
		free(text);
		print_message("skipped: only root can change the root\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(contents("out.csv"), text);
	assert_int_equal(entries(".", false), 1);
	free(text);
}

/* A result whose building failed is not written at all. */
static void test_failed_result(void **state)
{
	struct place *place = *state;

	mb_result_run_set(place->own->runs[0], -1, 0, 0);
	assert_int_equal(mb_writer_save("out.json", NULL, &place->result, 1, NULL, NULL), -EINVAL);
	assert_int_equal(entries(".", false), 0);
}

/* What holds one result refuses several, before anything is written. */
static void test_several(void **state)
{
	struct place *place = *state;
	const struct mb_result *results[] = {place->result, place->result};
	struct mb_err err = {0};

	assert_int_equal(mb_writer_save("out.json", NULL, results, 2, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "format json holds one result, and these are 2");
	assert_int_equal(entries(".", false), 0);
	assert_int_equal(mb_writer_save("out.csv", NULL, results, 2, NULL, NULL), 0);
	assert_int_equal(mb_writer_save("out.txt", NULL, results, 2, NULL, NULL), 0);
	assert_int_equal(entries(".", false), 2);
}

/* A format that holds something special refuses what has nothing of it. */
static void test_lacking(void **state)
{
	struct place *place = *state;
	struct mb_err err = {0};

	assert_int_equal(mb_writer_save("out.xml", NULL, &place->result, 1, NULL, &err), -ENODATA);
	assert_non_null(strstr(err.text, "what format hwloc holds: a bandwidth between nodes"));
	assert_non_null(strstr(err.text, "; take one of json, "));
	assert_null(strstr(err.text, "hwloc,"));
	mb_err_clear(&err);
	assert_int_equal(mb_writer_check_result("out.xml", NULL, place->result, &err), -ENODATA);
	assert_non_null(strstr(err.text, "what format hwloc holds: a bandwidth between nodes"));
	assert_non_null(strstr(err.text, "; take one of json, "));
	assert_null(strstr(err.text, "hwloc,"));
	assert_int_equal(mb_writer_check_result("out.xml", "json", place->result, &err), 0);
	assert_int_equal(entries(".", false), 0);
	assert_false(lacks(mb_writer_find("a.bmf.json", NULL, NULL), place->result));
}

/* A result of a look at the host alone has no row for them. */
static void test_nothing(void **state)
{
	struct mb_result *result = mb_result_new(NULL);
	const struct mb_result *one = result;
	struct mb_err err = {0};
	size_t refused = 0;

	sample_noise(result);
	for (size_t i = 0; i < mb_writers_count; i++) {
		char path[64];

		if (!mb_writers[i].lacks)
			continue;
		refused++;
		snprintf(path, sizeof(path), "out%s", mb_writers[i].extension);
		mb_err_clear(&err);
		assert_int_equal(mb_writer_save(path, NULL, &one, 1, NULL, &err), -ENODATA);
		assert_non_null(strstr(err.text, mb_writers[i].name));
	}
	assert_true(refused >= 7);
	assert_int_equal(entries(".", false), 0);
	mb_result_free(result);
}

/* The sample is partial: each format says so or takes none; and takes a result that came to its end. */
static void test_partial(void **state)
{
	struct place *place = *state;

	for (size_t i = 0; i < mb_writers_count; i++) {
		struct mb_err err = {0};
		const char *format = mb_writers[i].name;
		char *text;
		int error;

		if (lacks(&mb_writers[i], place->result))
			continue;
		error = mb_writer_save("out", format, &place->result, 1, NULL, &err);
		assert_int_equal(error, mb_writers[i].whole_only ? -EINVAL : 0);
		if (mb_writers[i].whole_only) {
			assert_non_null(strstr(err.text, "the result is partial, which format "));
			assert_int_equal(access("out", F_OK), -1);
			mb_result_set_status(place->own, MB_RESULT_COMPLETE, NULL);
			assert_saved(place, "out", format);
			mb_result_set_status(place->own, MB_RESULT_PARTIAL, "interrupted");
		} else {
			text = contents("out");
			if (!strstr(text, "partial") && !strstr(text, "\nmemboot_complete{"))
				fail_msg("%s does not say that it is partial", format);
		}
		assert_int_equal(unlink("out"), 0);
	}
}

/* Devices are written where they are and stay what they are. */
static void test_devices(void **state)
{
	struct place *place = *state;
	struct mb_err err = {0};
	struct stat st;

	assert_saved(place, "/dev/null", NULL);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	for (size_t i = 0; i < mb_writers_count; i++) {
		if (mb_writers[i].whole_only || lacks(&mb_writers[i], place->result))
			continue;
		mb_err_clear(&err);
		assert_int_equal(mb_writer_save("/dev/full", mb_writers[i].name, &place->result, 1,
						NULL, &err),
				 -ENOSPC);
		assert_string_equal(err.text, "No space left on device");
	}
}

static void test_pipe(void **state)
{
	struct place *place = *state;
	char *text = written(mb_write_csv, place->result), *got = calloc(1, 65536);
	int fd;

	assert_int_equal(mkfifo("pipe", 0600), 0);
	fd = open("pipe", O_RDWR | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_saved(place, "pipe", "csv");
	assert_int_equal(read(fd, got, 65535), (ssize_t)strlen(text));
	assert_string_equal(got, text);
	close(fd);
	free(got);
	free(text);
}

static void test_standard(void **state)
{
	static const char *const names[] = {"-", "/dev/stdout"};
	struct place *place = *state;
	char *expected = written(mb_json_write, place->result);

	for (size_t i = 0; i < MB_ARRAY_SIZE(names); i++) {
		char *text = NULL;
		size_t length = 0;
		FILE *standard = open_memstream(&text, &length);

		assert_int_equal(mb_writer_save(names[i], NULL, &place->result, 1, standard, NULL),
				 0);
		assert_int_equal(fclose(standard), 0);
		assert_string_equal(text, expected);
		free(text);
	}
	assert_int_equal(entries(".", false), 0);
	free(expected);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),  IN_PLACE(test_new_file),
		IN_PLACE(test_replace),       IN_PLACE(test_link),
		IN_PLACE(test_refused),       IN_PLACE(test_failed_write),
		IN_PLACE(test_failed_result), IN_PLACE(test_devices),
		IN_PLACE(test_pipe),          IN_PLACE(test_standard),
		IN_PLACE(test_unmakeable),    IN_PLACE(test_killed),
		IN_PLACE(test_without_proc),  IN_PLACE(test_several),
		IN_PLACE(test_lacking),       IN_PLACE(test_partial),
		IN_PLACE(test_nothing),
	};

	return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
