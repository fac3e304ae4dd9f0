// SPDX-License-Identifier: MIT
#include "core/app/start_master.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/app/basedir.h"
#include "core/app/daemon.h"
#include "core/app/master.h"
#include "core/base/log.h"

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

// What buildbot.tac says, with upstream's defaults.
struct TacValues {
  std::string config_file = "master.cfg";
  std::size_t log_size = 10'000'000;
  int log_count = 10;  // negative: all
};

Result<TacValues> read_tac(const BasedirFiles& files, script::Runtime& runtime) {
  const auto values = runtime.read_tac(files.tac());
  if (!values) return values.error();
  const JsonObject& set = values->as_object();
  TacValues tac;
  if (const Json* name = set.if_contains("configfile"); name != nullptr && name->is_string()) {
    tac.config_file = std::string(name->get_string());
  }
  if (const Json* size = set.if_contains("rotateLength"); size != nullptr && size->is_int64()) {
    tac.log_size = static_cast<std::size_t>(size->get_int64());
  }
  if (const Json* count = set.if_contains("maxRotatedFiles"); count != nullptr) {
    tac.log_count = count->is_int64() ? static_cast<int>(count->get_int64()) : -1;
  }
  if (const Json* umask = set.if_contains("umask"); umask != nullptr && umask->is_int64()) {
    ::umask(static_cast<mode_t>(umask->get_int64()));
  }
  return tac;
}

int fail(StartReport& report, const std::string& what) {
  log_error("BuildMaster startup failed: {}", what);
  report.failed(what);
  return 1;
}

std::string problems_text(const std::vector<script::ConfigProblem>& problems) {
  std::string text;
  for (const script::ConfigProblem& problem : problems) {
    if (!text.empty()) text += '\n';
    text += to_text(problem);
  }
  return text;
}

// From the loaded configuration to the end of the process.
int run(Master::Needs needs, StartReport& report) {
  const BasedirFiles files = needs.files;
  script::Runtime& runtime = needs.runtime;
  report.progress("opening the database");
  auto master = Master::open(std::move(needs));
  if (!master) return fail(report, master.error().what);
  report.progress("starting");
  int status = 0;
  (*master)->start(
      [&](const Result<void>& started) {
        if (started) {
          log_info("BuildMaster is running");
          report.running(fmt::format("the master in {} is running as process {}", files.dir.string(), ::getpid()));
        } else {
          status = fail(report, started.error().what);
        }
      },
      [&] { runtime.quit(); });
  runtime.run();
  master->reset();
  if (status != 0) {
    std::error_code ignored;
    fs::remove(files.logs(), ignored);  // only when it is empty: this start may have made it
  }
  log_info("the master has stopped");
  return status;
}

int run_here(const BasedirFiles& files, const MakeRuntime& make_runtime, StartReport& report) {
  auto pid_file = PidFile::take(files);
  if (!pid_file) {
    report.failed(pid_file.error().what);
    return 1;
  }
  if (::chdir(files.dir.c_str()) != 0) return fail(report, "cannot enter '" + files.dir.string() + "'");
  auto runtime = make_runtime();
  if (!runtime) return fail(report, runtime.error().what);
  const auto tac = read_tac(files, **runtime);
  if (!tac) return fail(report, tac.error().what);
  log_to_file(files.log(), tac->log_size, tac->log_count);
  log_info("Kilnbot {} starts in {}", KILN_VERSION, files.dir.string());
  report.progress("loading the configuration");
  const fs::path config_file = files.dir / tac->config_file;
  script::LoadOutcome outcome = (*runtime)->load(config_file, files.dir);
  if (!outcome.config) return fail(report, problems_text(outcome.problems));
  for (const std::string& warning : outcome.config->warnings) log_warning("{}", warning);
  return run({files, **runtime, std::move(outcome.config), config_file}, report);
}

}  // namespace

int start_master(const Start& options, const MakeRuntime& make_runtime) {
  const auto files = open_basedir(options.basedir);
  if (!files) {
    fmt::print(stderr, "{}\n", files.error().what);
    return 1;
  }
  if (const auto pid = running_master(*files)) {
    fmt::print(stderr, "a master runs already in '{}' as process {}: stop it first\n", files->dir.string(), *pid);
    return 1;
  }
  if (options.nodaemon) {
    StartReport report(-1);
    return run_here(*files, make_runtime, report);
  }
  const DaemonOptions daemon{options.quiet, options.start_timeout_s.value_or(10)};
  return run_as_daemon(daemon, [&](StartReport& report) { return run_here(*files, make_runtime, report); });
}

}  // namespace kiln::app
