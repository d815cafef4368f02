/* SPDX-License-Identifier: Apache-2.0 */
#include "cbench.h"
#include "cbench_fit.h"

#include <benchmark/benchmark.h>

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

/*
 * The library's version as major * 10000 + minor * 100 + patch comes from the build: 1.7 has no
 * macro for it. What differs:
 *   1.8  --benchmark_min_time takes 0.5s and 100x instead of a bare number;
 *        Run::skipped instead of Run::error_occurred
 */
#ifndef CBENCH_LIBRARY_VERSION
#error "define CBENCH_LIBRARY_VERSION, such as 10701, and CBENCH_LIBRARY_VERSION_TEXT"
#endif
#define CBENCH_SINCE(major, minor) (CBENCH_LIBRARY_VERSION >= (major)*10000 + (minor)*100)

namespace
{

/* One call of a benchmark's function: the iterations that were asked for, and what came of it. */
struct Call {
	int64_t wanted = 0;
	std::vector<double> samples_ns;
	uint64_t lost = 0;
};

/* Times by n, to be fitted: a value of each for a repetition. */
struct Points {
	std::vector<double> n, real_ns, cpu_ns;
};

struct Definition {
	std::string base, name; /* without and with the arguments */
	cbench_fn *fn = nullptr;
	void *arg = nullptr;
	std::vector<std::string> arg_names;
	std::vector<int64_t> args;
	unsigned flags = 0;
	uint64_t iterations = 0;
	cbench_complexity complexity = CBENCH_O_NONE;

	/* Of the run under way. Calls with other iterations than the last one were trials. */
	std::vector<Call> calls;
	int64_t counted = 0; /* iterations of each that ended, the last batch in full; 0: none */
	size_t nr_good = 0;
	Points points;
	cbench_status status = CBENCH_OK;
	std::string reason;
};

enum FlagKind {
	FLAG_BOOL,
	FLAG_INT,
	FLAG_SECONDS,
	FLAG_MIN_TIME,
	FLAG_CHOICE,
	FLAG_PAIRS,
	FLAG_FILE,
	FLAG_REGEX,
	FLAG_REFUSED
};

struct Flag {
	const char *name; /* after --benchmark_ */
	FlagKind kind;
	const char *reset;   /* value of a run without the flag; nullptr: not passed */
	const char *choices; /* FLAG_CHOICE: between bars */
};

/*
 * The library's flags. Those of kind FLAG_REGEX, and list_tests, are obeyed here, since the
 * library would match the names with its own suffixes.
 */
const Flag flag_rows[] = {
	{"list_tests", FLAG_BOOL, "false", nullptr},
	{"filter", FLAG_REGEX, nullptr, nullptr},
	{"min_time", FLAG_MIN_TIME, CBENCH_SINCE(1, 8) ? "0.5s" : "0.5", nullptr},
	{"min_warmup_time", FLAG_SECONDS, "0", nullptr},
	{"repetitions", FLAG_INT, "1", nullptr},
	{"enable_random_interleaving", FLAG_BOOL, "false", nullptr},
	{"report_aggregates_only", FLAG_BOOL, "false", nullptr},
	{"display_aggregates_only", FLAG_BOOL, "false", nullptr},
	{"format", FLAG_CHOICE, "console", "|console|json|csv|"},
	{"out_format", FLAG_CHOICE, "json", "|console|json|csv|"},
	{"out", FLAG_FILE, "", nullptr},
	{"color", FLAG_CHOICE, "auto", "|auto|yes|no|true|false|on|off|1|0|"},
	{"counters_tabular", FLAG_BOOL, "false", nullptr},
	{"context", FLAG_PAIRS, nullptr, nullptr},
	{"perf_counters", FLAG_REFUSED, "", nullptr},
	{"time_unit", FLAG_CHOICE, nullptr, "|ns|us|ms|s|"},
#if CBENCH_SINCE(1, 9)
	{"dry_run", FLAG_BOOL, "false", nullptr},
#endif
};

const char flag_prefix[] = "--benchmark_";

/* In the order of enum cbench_complexity. */
const struct {
	benchmark::BigO library;
	const char *name;
} complexities[] = {
	{benchmark::oNone, ""},      {benchmark::o1, "1"},           {benchmark::oLogN, "log n"},
	{benchmark::oN, "n"},        {benchmark::oNLogN, "n log n"}, {benchmark::oNSquared, "n^2"},
	{benchmark::oNCubed, "n^3"}, {benchmark::oAuto, ""},
};

/* The library's registry and flags are the process's: one run at a time. */
std::atomic_flag library_busy = ATOMIC_FLAG_INIT;

} // namespace

struct cbench {
	std::string program;
	std::string error;
	/* They stay where they are: the library is given pointers. */
	std::vector<std::unique_ptr<Definition>> definitions;
	std::unordered_map<std::string, Definition *> by_name;

	/* What the flags said; those for the library as it wants them. */
	std::vector<std::string> library_flags;
	std::string filter;
	uint64_t iterations = 0; /* of --benchmark_min_time=100x, where the library cannot */
	bool wants_list = false, wants_display = false, file_aggregates_only = false;
	bool warms_up = false;
	bool ended = false; /* the callback wants no more */
};

struct cbench_state {
	benchmark::State &state;
	Definition &definition;
	Call &call;
	uint64_t batch = 1;
	bool started = false, finished = false, paused = false, stopped = false;
};

namespace
{

int fail(struct cbench *bench, int code, const std::string &text)
{
	bench->error = text;
	return code;
}

/* Runs body, and turns what it throws into an errno. */
template <class Body> int guarded(struct cbench *bench, Body body) noexcept
{
	try {
		return body();
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	} catch (const std::exception &e) {
		try {
			bench->error = e.what();
		} catch (...) {
			return -ENOMEM;
		}
		return -EINVAL;
	} catch (...) {
		return -EINVAL;
	}
}

/* Flags */

bool read_double(const std::string &text, double *ret_value, std::string *ret_rest)
{
	char *end = nullptr;

	errno = 0;
	double value = std::strtod(text.c_str(), &end);
	if (text.empty() || end == text.c_str() || errno || !(value >= 0) || value > 1e9)
		return false;
	*ret_value = value;
	*ret_rest = end;
	return true;
}

int take_min_time(struct cbench *bench, const std::string &value)
{
	std::string rest;
	double number;

	if (!read_double(value, &number, &rest) || (rest != "" && rest != "s" && rest != "x"))
		return fail(bench, -EINVAL,
			    "'" + value + "' is no time, such as 0.5s, or 100x iterations");
	if (rest == "x" &&
	    (number < 1 || number != static_cast<double>(static_cast<uint64_t>(number))))
		return fail(bench, -EINVAL, "'" + value + "' is no number of iterations");
	bench->iterations = rest == "x" ? static_cast<uint64_t>(number) : 0;
	if (rest != "x")
		bench->library_flags.push_back(std::string(flag_prefix) + "min_time=" +
					       value.substr(0, value.size() - rest.size()) +
					       (CBENCH_SINCE(1, 8) ? "s" : ""));
	return 0;
}

bool is_whole_number(const std::string &value)
{
	return !value.empty() && value.size() <= 6 &&
	       value.find_first_not_of("0123456789") == std::string::npos;
}

bool is_pair_list(const std::string &value)
{
	std::stringstream list(value);
	std::string pair;

	if (value.empty())
		return false;
	while (std::getline(list, pair, ','))
		if (pair.find('=') == std::string::npos || pair[0] == '=')
			return false;
	return true;
}

/* The library would end the process later when it cannot open the file. What is made here goes again: there may be no run. */
int take_file(struct cbench *bench, const std::string &value)
{
	const char *path = value.c_str();
	int fd = -1;

	if (!value.empty())
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		unlink(path);
	else if (!value.empty() && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(bench, value.empty() ? -EINVAL : -errno,
			    "'" + value + "' cannot be written");
	close(fd);
	return 0;
}

bool read_bool(const std::string &value, bool *ret_value)
{
	const std::string key = "|" + value + "|";

	*ret_value = std::strstr("||1|t|true|y|yes|on|", key.c_str()) != nullptr;
	return value.find('|') == std::string::npos &&
	       (*ret_value || std::strstr("|0|f|false|n|no|off|", key.c_str()));
}

bool value_fits(const Flag &flag, const std::string &value)
{
	std::string rest;
	double number;

	switch (flag.kind) {
	case FLAG_INT: return is_whole_number(value) && std::stoul(value) > 0;
	case FLAG_SECONDS: return read_double(value, &number, &rest) && rest.empty();
	case FLAG_CHOICE: return std::strstr(flag.choices, ("|" + value + "|").c_str()) != nullptr;
	case FLAG_PAIRS: return is_pair_list(value);
	default: return true;
	}
}

/* What concerns this side as well. */
void note_flag(struct cbench *bench, const Flag &flag, bool on)
{
	if (!std::strcmp(flag.name, "list_tests"))
		bench->wants_list = on;
	if (!std::strcmp(flag.name, "report_aggregates_only"))
		bench->file_aggregates_only = on;
	if (!std::strcmp(flag.name, "min_warmup_time"))
		bench->warms_up = true;
	if (!std::strcmp(flag.name, "format"))
		bench->wants_display = true;
}

int take_value(struct cbench *bench, const Flag &flag, const std::string &value)
{
	bool on = false;
	int rc = 0;

	/* For want of a PMU, of libpfm or of the name the library would end the process. */
	if (flag.kind == FLAG_REFUSED && !value.empty())
		return fail(bench, -EINVAL,
			    std::string(flag_prefix) + flag.name + " is not supported");
	if (flag.kind == FLAG_MIN_TIME)
		return take_min_time(bench, value);
	if ((flag.kind == FLAG_BOOL && !read_bool(value, &on)) || !value_fits(flag, value))
		return fail(bench, -EINVAL,
			    "'" + value + "' is no value for " + flag_prefix + flag.name);
	if (flag.kind == FLAG_REGEX) {
		bench->filter = value;
		return 0;
	}
	if (flag.kind == FLAG_FILE)
		rc = take_file(bench, value);
	if (rc)
		return rc;
	note_flag(bench, flag, on);
	if (std::strcmp(flag.name, "list_tests"))
		bench->library_flags.push_back(
			std::string(flag_prefix) + flag.name + "=" +
			(flag.kind == FLAG_BOOL ? (on ? "true" : "false") : value));
	return 0;
}

int take_flag(struct cbench *bench, const std::string &text)
{
	if (text.compare(0, std::strlen(flag_prefix), flag_prefix))
		return fail(bench, -EINVAL, "'" + text + "' is no " + flag_prefix + "* flag");

	size_t start = std::strlen(flag_prefix), equals = text.find('=');
	std::string name = text.substr(start, equals - start);

	for (const Flag &flag : flag_rows) {
		if (name != flag.name)
			continue;
		if (equals == std::string::npos && flag.kind != FLAG_BOOL)
			return fail(bench, -EINVAL, text + " needs a value: " + text + "=…");
		return take_value(bench, flag,
				  equals == std::string::npos ? "" : text.substr(equals + 1));
	}
	return fail(bench, -EINVAL,
		    "Google Benchmark " CBENCH_LIBRARY_VERSION_TEXT " has no flag " + text);
}

/* Gives the library every flag's reset value, then what was asked for. */
void give_flags(const struct cbench *bench)
{
	std::vector<std::string> texts;
	std::vector<char *> argv;

	texts.push_back(bench->program);
	for (const Flag &flag : flag_rows)
		if (flag.reset)
			texts.push_back(std::string(flag_prefix) + flag.name + "=" + flag.reset);
	texts.insert(texts.end(), bench->library_flags.begin(), bench->library_flags.end());
	for (std::string &text : texts)
		argv.push_back(&text[0]);
	/* The library keeps a pointer to the program's name. */
	argv[0] = const_cast<char *>(bench->program.c_str());

	int argc = static_cast<int>(argv.size());
	argv.push_back(nullptr);
	benchmark::Initialize(&argc, argv.data());
}

/* Registry */

/* What the library appends to a name; filters written for it may contain that. */
const char *suffix_of(const Definition &definition)
{
	if (definition.flags & CBENCH_MANUAL_TIME)
		return "/manual_time";
	return definition.flags & CBENCH_REAL_TIME ? "/real_time" : "";
}

/* The definitions that the filter lets through. As in the library: found anywhere, "all" and "" are all, a leading '-' turns it around. */
int select_definitions(struct cbench *bench, std::vector<Definition *> *ret_selected)
{
	std::string pattern = bench->filter;
	bool negative = !pattern.empty() && pattern[0] == '-';
	std::vector<Definition *> selected;

	if (negative)
		pattern.erase(0, 1);
	if (pattern.empty() || pattern == "all")
		pattern = ".";

	regex_t regex;
	int code = regcomp(&regex, pattern.c_str(), REG_EXTENDED | REG_NOSUB);
	if (code) {
		char reason[64];

		regerror(code, &regex, reason, sizeof(reason));
		return fail(bench, -EINVAL,
			    "'" + pattern.substr(0, 80) + "' is no regular expression: " + reason);
	}
	std::unique_ptr<regex_t, void (*)(regex_t *)> owner(&regex, regfree);

	for (const auto &definition : bench->definitions) {
		std::string suffixed = definition->name + suffix_of(*definition);
		bool match = !regexec(&regex, definition->name.c_str(), 0, nullptr, 0) ||
			     !regexec(&regex, suffixed.c_str(), 0, nullptr, 0);

		if (match != negative)
			selected.push_back(definition.get());
	}
	*ret_selected = selected;
	return static_cast<int>(selected.size());
}

void record(Definition &definition, cbench_status status, const char *reason)
{
	if (definition.status >= status)
		return;
	definition.status = status;
	definition.reason = reason && *reason ? reason : "no reason given";
}

/* Ends the loop. 1.7 has no skip: the difference is kept in the definition. */
void stop(struct cbench_state *state, cbench_status status, const char *reason)
{
	benchmark::State &library = state->state;
	Definition &definition = state->definition;
	int64_t left = library.max_iterations - library.iterations();

	record(definition, status, reason);
	if (state->stopped)
		return;
	/*
	 * The library aborts when repetitions, those that failed too, counted unlike numbers of
	 * iterations: what is left of them counts as done.
	 */
	if (!state->finished && definition.counted && left > 0) {
		cbench_resume(state);
		library.KeepRunningBatch(left + definition.counted - library.max_iterations);
	}
	state->finished = state->stopped = true;
	state->paused = false;
#if CBENCH_SINCE(1, 8)
	if (status == CBENCH_SKIPPED)
		library.SkipWithMessage(definition.reason);
	else
		library.SkipWithError(definition.reason);
#else
	library.SkipWithError(definition.reason.c_str());
#endif
}

/* For what no exception may cross. */
void stop_body(struct cbench_state *state, cbench_status status, const char *reason)
{
	try {
		stop(state, status, reason);
	} catch (...) {
		state->definition.status = CBENCH_ERROR;
	}
}

Call &begin_call(Definition &definition, int64_t wanted)
{
	if (definition.calls.empty() || definition.calls.back().wanted != wanted) {
		definition.calls.clear();
		definition.counted = 0;
		definition.nr_good = 0;
	}
	definition.calls.emplace_back();
	definition.calls.back().wanted = wanted;
	return definition.calls.back();
}

void call_body(const struct cbench *bench, benchmark::State &library_state, Definition &definition)
{
	struct cbench_state state = {library_state, definition,
				     begin_call(definition, library_state.max_iterations)};

	if (bench->ended) {
		stop(&state, CBENCH_SKIPPED, "ended early");
		return;
	}

	/*
	 * 1.7 takes its statistics from the first repetition, and from memory that was never
	 * written when that failed but two others did not. A warm-up is none.
	 */
	if (definition.status != CBENCH_OK && definition.nr_good <= bench->warms_up) {
		stop(&state, definition.status, definition.reason.c_str());
		return;
	}

	if (!definition.args.empty())
		library_state.SetComplexityN(definition.args[0]);

	int rc = definition.fn(&state, definition.arg);

	if (rc < 0 && !state.stopped)
		stop(&state, CBENCH_ERROR, std::strerror(-rc));
	/* The library would abort the process. */
	if (!state.stopped && !state.finished)
		stop(&state, CBENCH_ERROR, "returned before its loop ended");
	definition.nr_good += !state.stopped;
}

/* Whether two definitions of one name can be one family. */
bool alike(const Definition &a, const Definition &b)
{
	return a.complexity == b.complexity && a.flags == b.flags && a.iterations == b.iterations &&
	       a.arg_names == b.arg_names;
}

using Family = std::vector<Definition *>;

/* To the library, definitions of one name are one benchmark where their complexity is asked for. */
std::vector<Family> families_of(const std::vector<Definition *> &selected)
{
	std::vector<Family> families;

	for (Definition *definition : selected) {
		auto same = std::find_if(families.begin(), families.end(), [&](const Family &f) {
			return definition->complexity && f[0]->base == definition->base;
		});

		if (same != families.end())
			same->push_back(definition);
		else
			families.push_back({definition});
	}
	return families;
}

Definition &member_of(const Family &family, const benchmark::State &state)
{
	std::vector<int64_t> args;

	for (size_t i = 0; i < family[0]->args.size(); i++)
		args.push_back(state.range(i));
	return **std::find_if(family.begin(), family.end(),
			      [&](const Definition *d) { return d->args == args; });
}

void register_in_library(const struct cbench *bench, const Family &family)
{
	const Definition &first = *family[0];
	auto *entry = benchmark::RegisterBenchmark(
		first.base.c_str(), [bench, family](benchmark::State &state) {
			call_body(bench, state, member_of(family, state));
		});
	uint64_t iterations = first.iterations ? first.iterations : bench->iterations;

	if (!first.args.empty())
		entry->ArgNames(first.arg_names);
	for (Definition *definition : family) {
		definition->calls.clear();
		definition->points = {};
		definition->status = CBENCH_OK;
		definition->reason.clear();
		if (!definition->args.empty())
			entry->Args(definition->args);
	}
	if (first.flags & CBENCH_MANUAL_TIME)
		entry->UseManualTime();
	else if (first.flags & CBENCH_REAL_TIME)
		entry->UseRealTime();
	if (iterations)
		entry->Iterations(static_cast<int64_t>(iterations));
	if (first.complexity)
		entry->Complexity(complexities[first.complexity].library);
	/* The callback always gets every repetition, the library's file what its flag says. */
	entry->ReportAggregatesOnly(bench->file_aggregates_only);
	entry->DisplayAggregatesOnly(false);
}

/* Reports */

class Reporter : public benchmark::BenchmarkReporter
{
      public:
	Reporter(struct cbench *owner, cbench_result_fn *callback, void *callback_arg)
	    : bench(owner), on_result(callback), arg(callback_arg)
	{
		SetOutputStream(&text);
		SetErrorStream(&text);
		if (bench->wants_display)
			display = benchmark::CreateDefaultDisplayReporter();
	}

	bool ReportContext(const Context &context) override
	{
		return !display || display->ReportContext(context);
	}

	void ReportRuns(const std::vector<Run> &runs) override
	{
		if (display)
			display->ReportRuns(runs);
		for (const Run &run : runs)
			if (!result && (run.report_big_o || run.report_rms))
				report_fit(run);
			else if (!result)
				report(run);
	}

	void Finalize() override
	{
		if (display)
			display->Finalize();
	}

	int result = 0; /* what the callback returned */

      private:
	void report(const Run &run);
	void report_fit(const Run &run);
	void hand_out(const cbench_result &out)
	{
		result = on_result(&out, arg);
		bench->ended = result != 0;
	}
	static bool failed(const Run &run)
	{
#if CBENCH_SINCE(1, 8)
		return run.skipped != benchmark::internal::NotSkipped;
#else
		return run.error_occurred;
#endif
	}

	struct cbench *bench;
	cbench_result_fn *on_result;
	void *arg;
	std::stringstream text;
	benchmark::BenchmarkReporter *display = nullptr; /* the library's own, which it owns */
};

/* Counters without the two that have a field of their own. */
std::vector<cbench_counter> counters_of(const benchmark::BenchmarkReporter::Run &run,
					cbench_result *report)
{
	std::vector<cbench_counter> counters;

	for (const auto &entry : run.counters) {
		if (entry.first == "bytes_per_second")
			report->bytes_per_s = entry.second.value;
		else if (entry.first == "items_per_second")
			report->items_per_s = entry.second.value;
		else
			counters.push_back({entry.first.c_str(), entry.second.value});
	}
	return counters;
}

/* The last calls are the repetitions; what came before was the library's warm-up. */
const Call *call_of(const Definition &definition, const benchmark::BenchmarkReporter::Run &run)
{
	size_t count = definition.calls.size(),
	       repetitions = static_cast<size_t>(std::max<int64_t>(run.repetitions, 1));
	size_t index = static_cast<size_t>(std::max<int64_t>(run.repetition_index, 0));

	if (count < repetitions || index >= repetitions)
		return nullptr;
	return &definition.calls[count - repetitions + index];
}

void Reporter::report(const Run &run)
{
	std::string name = run.run_name.function_name +
			   (run.run_name.args.empty() ? "" : "/" + run.run_name.args);
	auto found = bench->by_name.find(name);
	cbench_result out = {};

	if (found == bench->by_name.end())
		return;

	Definition &definition = *found->second;
	bool aggregate = run.run_type == Run::RT_Aggregate;
	bool percentage = run.aggregate_unit == benchmark::kPercentage;
	double to_ns = 1e9 / benchmark::GetTimeUnitMultiplier(run.time_unit);

	out.name = name.c_str();
	out.aggregate = aggregate ? run.aggregate_name.c_str() : nullptr;
	out.arg = definition.arg;
	if (failed(run))
		out.status = definition.status == CBENCH_SKIPPED ? CBENCH_SKIPPED : CBENCH_ERROR;
	out.reason = failed(run) ? definition.reason.c_str() : "";
	out.curve = "";
	out.iterations = failed(run) ? 0 : static_cast<uint64_t>(run.iterations);
	out.repetition = static_cast<unsigned>(std::max<int64_t>(run.repetition_index, 0));
	out.repetitions = static_cast<unsigned>(std::max<int64_t>(run.repetitions, 1));
	if (!failed(run)) {
		out.real_ns =
			percentage ? run.real_accumulated_time : run.GetAdjustedRealTime() * to_ns;
		out.cpu_ns =
			percentage ? run.cpu_accumulated_time : run.GetAdjustedCPUTime() * to_ns;
	}

	std::vector<cbench_counter> counters = counters_of(run, &out);
	const Call *call = aggregate ? nullptr : call_of(definition, run);
	out.counters = counters.data();
	out.nr_counters = counters.size();
	if (call) {
		out.samples_ns = call->samples_ns.data();
		out.nr_samples = call->samples_ns.size();
		out.lost_samples = call->lost;
	}
	if (definition.complexity && !aggregate && !failed(run)) {
		definition.points.n.push_back(static_cast<double>(run.complexity_n));
		definition.points.real_ns.push_back(out.real_ns);
		definition.points.cpu_ns.push_back(out.cpu_ns);
	}
	hand_out(out);
}

/* The library's own fit is for its display and files: it may choose by a time that does not count. */
void Reporter::report_fit(const Run &run)
{
	const Definition *first = nullptr;
	std::vector<double> n, real, cpu;
	cbench_result out = {};

	for (const auto &definition : bench->definitions) {
		if (definition->base != run.run_name.function_name)
			continue;
		first = first ? first : definition.get();
		const Points &points = definition->points;
		n.insert(n.end(), points.n.begin(), points.n.end());
		real.insert(real.end(), points.real_ns.begin(), points.real_ns.end());
		cpu.insert(cpu.end(), points.cpu_ns.begin(), points.cpu_ns.end());
	}
	if (!first)
		return;
	out.name = first->base.c_str();
	out.aggregate = run.report_big_o ? "BigO" : "RMS";
	out.arg = first->arg;
	out.reason = "";
	out.repetitions = static_cast<unsigned>(std::max<int64_t>(run.repetitions, 1));
	out.complexity = first->complexity;
	if (out.complexity == CBENCH_O_AUTO)
		out.complexity = static_cast<cbench_complexity>(
			cbench_fit_best(n.data(), (first->flags ? real : cpu).data(), n.size()));
	out.curve = complexities[out.complexity].name;
	cbench_fit wall = cbench_fit_curve(out.complexity, n.data(), real.data(), n.size());
	cbench_fit busy = cbench_fit_curve(out.complexity, n.data(), cpu.data(), n.size());
	out.real_ns = run.report_big_o ? wall.factor : wall.rms;
	out.cpu_ns = run.report_big_o ? busy.factor : busy.rms;
	hand_out(out);
}

int run_selected(struct cbench *bench, const std::vector<Definition *> &selected,
		 cbench_result_fn *on_result, void *arg)
{
	bench->ended = false;
	give_flags(bench);
	benchmark::ClearRegisteredBenchmarks();
	for (const Family &family : families_of(selected))
		register_in_library(bench, family);

	Reporter reporter(bench, on_result, arg);
	benchmark::RunSpecifiedBenchmarks(&reporter, ".");
	benchmark::ClearRegisteredBenchmarks();
	return reporter.result ? reporter.result : static_cast<int>(selected.size());
}

} // namespace

extern "C" {

const char *cbench_version(void)
{
	return CBENCH_LIBRARY_VERSION_TEXT;
}

struct cbench *cbench_new(const char *program)
{
	try {
		auto bench = std::make_unique<struct cbench>();

		bench->program = program ? program : "cbench";
		return bench.release();
	} catch (...) {
		return nullptr;
	}
}

void cbench_free(struct cbench *bench)
{
	delete bench;
}

const char *cbench_error(const struct cbench *bench)
{
	return bench->error.c_str();
}

int cbench_flag(struct cbench *bench, const char *flag)
{
	return guarded(bench, [&] { return take_flag(bench, flag); });
}

int cbench_take_args(struct cbench *bench, int *argc, char **argv)
{
	int kept = *argc > 0 ? 1 : 0, rc = 0;

	for (int i = kept; i < *argc; i++) {
		if (std::strncmp(argv[i], flag_prefix, std::strlen(flag_prefix)))
			argv[kept++] = argv[i];
		else if (!rc)
			rc = cbench_flag(bench, argv[i]);
	}
	*argc = kept;
	argv[kept] = nullptr;
	return rc;
}

bool cbench_wants_list(const struct cbench *bench)
{
	return bench->wants_list;
}

bool cbench_wants_display(const struct cbench *bench)
{
	return bench->wants_display;
}

int cbench_register(struct cbench *bench, const struct cbench_def *def)
{
	return guarded(bench, [&] {
		auto definition = std::make_unique<Definition>();

		if (!def->name || !*def->name || !def->fn)
			return fail(bench, -EINVAL, "a benchmark needs a name and a function");
		definition->base = definition->name = def->name;
		definition->fn = def->fn;
		definition->arg = def->arg;
		definition->flags = def->flags;
		definition->iterations = def->iterations;
		definition->complexity = def->complexity;
		for (size_t i = 0; i < def->nr_args; i++) {
			definition->arg_names.push_back(def->arg_names[i]);
			definition->args.push_back(def->args[i]);
			definition->name +=
				"/" + definition->arg_names[i] + ":" + std::to_string(def->args[i]);
		}
		if (bench->by_name.count(definition->name))
			return fail(bench, -EEXIST,
				    "two benchmarks are called " + definition->name);
		for (const auto &other : bench->definitions)
			if (other->base == definition->base && !alike(*other, *definition) &&
			    (other->complexity || definition->complexity))
				return fail(bench, -EINVAL,
					    definition->name + " and " + other->name +
						    " make one complexity, and are not alike");
		bench->definitions.reserve(bench->definitions.size() + 1);
		bench->by_name[definition->name] = definition.get();
		bench->definitions.push_back(std::move(definition));
		return 0;
	});
}

int cbench_list(struct cbench *bench, cbench_name_fn *on_name, void *arg)
{
	return guarded(bench, [&] {
		std::vector<Definition *> selected;
		int count = select_definitions(bench, &selected);

		for (const Definition *definition : selected) {
			int rc = on_name(definition->name.c_str(), arg);
			if (rc)
				return rc;
		}
		return count;
	});
}

int cbench_run(struct cbench *bench, cbench_result_fn *on_result, void *arg)
{
	if (library_busy.test_and_set())
		return guarded(bench,
			       [&] { return fail(bench, -EBUSY, "another run is under way"); });

	int rc = guarded(bench, [&] {
		std::vector<Definition *> selected;
		int count = select_definitions(bench, &selected);

		return count > 0 ? run_selected(bench, selected, on_result, arg) : count;
	});
	library_busy.clear();
	return rc;
}

bool cbench_keep_running(struct cbench_state *state)
{
	return cbench_keep_running_batch(state, 1);
}

bool cbench_keep_running_batch(struct cbench_state *state, uint64_t n)
{
	benchmark::State &library = state->state;
	Definition &definition = state->definition;

	if (state->finished)
		return false;
	/* The library aborts when its clock is stopped at the end. */
	cbench_resume(state);
	state->started = true;
	state->batch = n ? n : 1;

	int64_t step = static_cast<int64_t>(state->batch), done = library.iterations();
	bool is_last = done < library.max_iterations && done + step >= library.max_iterations;

	/* The library would abort later. */
	if (is_last && definition.counted && done + step != definition.counted) {
		cbench_fail(state, "its repetitions went through unlike numbers of iterations");
		return false;
	}
	if (library.KeepRunningBatch(step))
		return true;
	state->finished = true;
	definition.counted = library.iterations();
	return false;
}

void cbench_pause(struct cbench_state *state)
{
	if (!state->started || state->finished || state->stopped || state->paused)
		return;
	state->paused = true;
	state->state.PauseTiming();
}

void cbench_resume(struct cbench_state *state)
{
	if (!state->paused)
		return;
	state->paused = false;
	state->state.ResumeTiming();
}

void cbench_set_time(struct cbench_state *state, double seconds)
{
	std::vector<double> &samples = state->call.samples_ns;

	state->state.SetIterationTime(seconds);
	if (samples.size() >= CBENCH_MAX_SAMPLES) {
		state->call.lost++;
		return;
	}
	try {
		samples.push_back(seconds * 1e9 / static_cast<double>(state->batch));
	} catch (...) {
		state->call.lost++;
	}
}

void cbench_set_bytes(struct cbench_state *state, uint64_t bytes)
{
	state->state.SetBytesProcessed(static_cast<int64_t>(bytes));
}

void cbench_set_items(struct cbench_state *state, uint64_t items)
{
	state->state.SetItemsProcessed(static_cast<int64_t>(items));
}

void cbench_set_n(struct cbench_state *state, uint64_t n)
{
	state->state.SetComplexityN(static_cast<int64_t>(n));
}

void cbench_set_counter(struct cbench_state *state, const char *name, double value,
			enum cbench_counter_kind kind)
{
	static const benchmark::Counter::Flags flags[] = {
		benchmark::Counter::kDefaults,
		benchmark::Counter::kIsRate,
		benchmark::Counter::kAvgIterations,
	};

	try {
		state->state.counters[name] = benchmark::Counter(value, flags[kind]);
	} catch (...) {
		cbench_fail(state, "out of memory");
	}
}

void cbench_fail(struct cbench_state *state, const char *reason)
{
	stop_body(state, CBENCH_ERROR, reason);
}

void cbench_skip(struct cbench_state *state, const char *reason)
{
	stop_body(state, CBENCH_SKIPPED, reason);
}

int64_t cbench_arg(const struct cbench_state *state, size_t index)
{
	return index < state->definition.args.size() ? state->definition.args[index] : 0;
}

uint64_t cbench_iterations(const struct cbench_state *state)
{
	return static_cast<uint64_t>(state->state.max_iterations);
}

} // extern "C"
