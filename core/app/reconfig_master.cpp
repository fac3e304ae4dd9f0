// SPDX-License-Identifier: MIT
#include "core/app/reconfig_master.h"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/app/basedir.h"
#include "core/app/control_socket.h"

namespace kiln::app {
namespace {

std::string text_of(const JsonObject& answer, const char* key) {
  const Json* value = answer.if_contains(key);
  return value == nullptr ? std::string() : to_display_text(*value);
}

Result<void> judge(const Json& answer, bool quiet) {
  if (!answer.is_object()) return make_error(Errc::fatal, "the master's answer cannot be read");
  const JsonObject& fields = answer.get_object();
  const std::string line = text_of(fields, "line");
  if (text_of(fields, "outcome") == "complete") {
    if (!quiet) fmt::print("{}\nthe master runs with the new configuration\n", line);
    return {};
  }
  std::string text;
  if (const Json* problems = fields.if_contains("problems"); problems != nullptr && problems->is_array()) {
    for (const Json& problem : problems->get_array()) text += to_display_text(problem) + "\n";
  }
  return make_error(Errc::bad_input, text + line + "\ncorrect the file and reconfigure again");
}

}  // namespace

Result<void> reconfig_master(const Reconfig& options) {
  const auto files = open_basedir(options.basedir);
  if (!files) return files.error();
  const auto pid = running_master(*files);
  if (!pid) return make_error(Errc::not_found, fmt::format("no master runs in {}", files->dir.string()));
  if (!options.quiet) fmt::print("reconfiguring process {}\n", *pid);
  std::fflush(stdout);
  const auto answer = ask_master(files->dir, {{"verb", "reconfig"}},
                                 {.patience = std::chrono::seconds(options.progress_timeout_s.value_or(0)),
                                  .on_progress = [&](const std::string& text) {
                                    if (!options.quiet) fmt::print("{}\n", text);
                                    std::fflush(stdout);
                                  }});
  if (answer) return judge(*answer, options.quiet);
  if (answer.error().code != Errc::not_found) {
    return make_error(answer.error().code,
                      fmt::format("{}: see {}", answer.error().what, files->log().string()));
  }
  // Buildbot's own master, or one that is still starting.
  if (::kill(*pid, SIGHUP) != 0) {
    return make_error(Errc::fatal, fmt::format("cannot signal process {}: {}", *pid, std::strerror(errno)));
  }
  return make_error(Errc::not_supported, fmt::format("process {} was sent SIGHUP, but does not answer: see {}", *pid,
                                                     files->log().string()));
}

}  // namespace kiln::app
