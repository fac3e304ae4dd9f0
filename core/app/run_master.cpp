// SPDX-License-Identifier: MIT
#include "core/app/run_master.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/app/create_master.h"
#include "core/app/options.h"
#include "core/app/start_master.h"
#include "core/app/stop_master.h"

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

int report(const Result<void>& result) {
  if (result) return 0;
  fmt::print(stderr, "{}\n", result.error().what);
  return 1;
}

Result<fs::path> find_config(const fs::path& target, script::Runtime& runtime) {
  if (!fs::is_directory(target)) return target;
  const fs::path tac = target / "buildbot.tac";
  if (!fs::exists(tac)) return target / "master.cfg";
  const auto values = runtime.read_tac(fs::absolute(tac));
  if (!values) return values.error();
  const Json* name = values->as_object().if_contains("configfile");
  return target / (name != nullptr && name->is_string() ? std::string(name->get_string()) : "master.cfg");
}

int check_config(const CheckConfig& options, script::Runtime& runtime) {
  const auto file = find_config(options.target, runtime);
  if (!file) return report(file.error());
  std::error_code ignored;
  if (!fs::exists(*file, ignored)) {
    return report(make_error(Errc::not_found, "configuration file '" + file->string() + "' does not exist"));
  }
  const fs::path absolute = fs::absolute(*file);
  const script::LoadOutcome outcome = runtime.load(absolute, absolute.parent_path());
  for (const script::ConfigProblem& problem : outcome.problems) fmt::print(stderr, "{}\n", to_text(problem));
  if (!outcome.config) return 1;
  for (const std::string& warning : outcome.config->warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (!options.quiet) fmt::print("Config file is good!\n");
  return 0;
}

// Makes the interpreter and gives it to `body`.
template <class Body>
int with_runtime(const Options& options, const script::RuntimeFactory& make_runtime, Body body) {
  auto runtime = make_runtime({options.python});
  if (!runtime) return report(runtime.error());
  return body(**runtime);
}

}  // namespace

int run_master(int argc, char** argv, const script::RuntimeFactory& make_runtime) {
  const ParsedOptions parsed = parse_options(argc, argv);
  if (!parsed.options) return parsed.status;
  const Options& options = *parsed.options;
  if (std::holds_alternative<ShowVersion>(options.command)) {
    fmt::print("Kilnbot version: {}\n", KILN_VERSION);
    return 0;
  }
  if (const auto* create = std::get_if<CreateMaster>(&options.command)) return report(create_master(*create));
  if (const auto* stop = std::get_if<Stop>(&options.command)) return report(stop_master(*stop));
  if (const auto* start = std::get_if<Start>(&options.command)) {
    return start_master(*start, [&] { return make_runtime({options.python, true}); });
  }
  if (const auto* check = std::get_if<CheckConfig>(&options.command)) {
    return with_runtime(options, make_runtime, [&](script::Runtime& runtime) { return check_config(*check, runtime); });
  }
  const auto& python = std::get<RunPython>(options.command);
  return with_runtime(options, make_runtime, [&](script::Runtime& runtime) { return runtime.run_script(python.args); });
}

}  // namespace kiln::app
