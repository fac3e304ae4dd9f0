// SPDX-License-Identifier: MIT
#include "core/app/check_config.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

namespace kiln::app {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool may_limit_addresses = false;  // sanitizers reserve terabytes
#else
constexpr bool may_limit_addresses = true;
#endif

int fail(const std::string& what) {
  fmt::print(stderr, "{}\n", what);
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

void limit_this_process(int memory_mib) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the master's end is its end
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if (!may_limit_addresses || memory_mib <= 0) return;
  const rlim_t bytes = static_cast<rlim_t>(memory_mib) << 20;
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
}

bool write_all(int fd, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

int check_config(const CheckConfig& options, script::Runtime& runtime) {
  const auto file = find_config(options.target, runtime);
  if (!file) return fail(file.error().what);
  std::error_code ignored;
  if (!fs::exists(*file, ignored)) return fail("configuration file '" + file->string() + "' does not exist");
  const fs::path absolute = fs::absolute(*file);
  const script::LoadOutcome outcome = runtime.load(absolute, absolute.parent_path());
  for (const script::ConfigProblem& problem : outcome.problems) fmt::print(stderr, "{}\n", to_text(problem));
  if (!outcome.config) return 1;
  for (const std::string& warning : outcome.config->warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (!options.quiet) fmt::print("Config file is good!\n");
  return 0;
}

int try_config(const CheckConfig& options, script::Runtime& runtime) {
  // Neither the file nor what it starts shall answer in this process's place.
  ::fcntl(options.report_fd, F_SETFD, FD_CLOEXEC);
  limit_this_process(options.memory_mib);
  const script::LoadOutcome outcome = runtime.load(options.target, options.basedir);
  JsonArray problems;
  for (const script::ConfigProblem& problem : outcome.problems) problems.emplace_back(to_text(problem));
  const JsonObject report{{"pid", ::getpid()}, {"good", outcome.config != nullptr}, {"problems", std::move(problems)}};
  write_all(options.report_fd, dump_json(report) + "\n");
  // Threads and exit handlers of the file's are not waited for.
  std::fflush(nullptr);
  ::_exit(outcome.config ? 0 : 1);
}

}  // namespace kiln::app
