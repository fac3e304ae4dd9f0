// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace kiln::app {

struct CreateMaster {
  std::filesystem::path basedir = ".";
  bool quiet = false;
  bool force = false;         // rewrite buildbot.tac when it differs
  bool relocatable = false;   // buildbot.tac finds its base directory itself
  bool develop = false;       // accepted: upstream's web development option
  bool no_logrotate = false;
  std::string config = "master.cfg";
  std::size_t log_size = 10'000'000;
  std::string log_count = "10";  // a number, or None
  std::string db = "sqlite:///state.sqlite";
};

struct Start {
  std::filesystem::path basedir = ".";
  bool quiet = false;
  bool nodaemon = false;
  std::optional<int> start_timeout_s;
};

struct Stop {
  std::filesystem::path basedir = ".";
  bool quiet = false;
  bool clean = false;
  bool no_wait = false;
  bool cancel = false;  // calls a clean stop off
};

struct Restart {
  Start start;
  bool clean = false;
};

struct Reconfig {
  std::filesystem::path basedir = ".";
  bool quiet = false;
  std::optional<int> progress_timeout_s;  // none: as long as the master lives
};

struct CheckConfig {
  std::filesystem::path target = ".";  // a base directory or a configuration file
  bool quiet = false;
  // When a running master tries a file in a child process; not for people.
  int report_fd = -1;
  int memory_mib = 0;
  std::filesystem::path basedir;
};

struct RunPython {
  std::vector<std::string> args;
};

struct ShowVersion {};

struct Options {
  std::variant<ShowVersion, CreateMaster, Start, Stop, Restart, Reconfig, CheckConfig, RunPython> command;
  std::string python;  // --python
  bool verbose = false;
};

// What parsing the command line gave: options, or a text to print and the exit status.
struct ParsedOptions {
  std::optional<Options> options;
  int status = 0;
};
ParsedOptions parse_options(int argc, char** argv);

}  // namespace kiln::app
