// SPDX-License-Identifier: MIT
#include "core/app/run_master.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/app/check_config.h"
#include "core/app/create_master.h"
#include "core/app/options.h"
#include "core/app/reconfig_master.h"
#include "core/app/restart_master.h"
#include "core/app/start_master.h"
#include "core/app/stop_master.h"

namespace kiln::app {
namespace {

int report(const Result<void>& result) {
  if (result) return 0;
  fmt::print(stderr, "{}\n", result.error().what);
  return 1;
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
  if (const auto* restart = std::get_if<Restart>(&options.command)) {
    return restart_master(*restart, [&] { return make_runtime({options.python, true}); });
  }
  if (const auto* reconfig = std::get_if<Reconfig>(&options.command)) return report(reconfig_master(*reconfig));
  if (const auto* check = std::get_if<CheckConfig>(&options.command)) {
    return with_runtime(options, make_runtime, [&](script::Runtime& runtime) {
      return check->report_fd >= 0 ? try_config(*check, runtime) : check_config(*check, runtime);
    });
  }
  const auto& python = std::get<RunPython>(options.command);
  return with_runtime(options, make_runtime, [&](script::Runtime& runtime) { return runtime.run_script(python.args); });
}

}  // namespace kiln::app
