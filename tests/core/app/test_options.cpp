// SPDX-License-Identifier: MIT
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "core/app/options.h"

using namespace kiln::app;

namespace {

Options parse(std::vector<const char*> words) {
  words.insert(words.begin(), "kilnbot");
  ParsedOptions parsed = parse_options(static_cast<int>(words.size()), const_cast<char**>(words.data()));
  REQUIRE(parsed.options.has_value());
  return *parsed.options;
}

}  // namespace

TEST_CASE("create-master takes upstream's flags") {
  const Options options =
      parse({"create-master", "-q", "-f", "-r", "-n", "-c", "my.cfg", "-s", "5", "-l", "None", "--db", "sqlite://", "dir"});

  const auto& create = std::get<CreateMaster>(options.command);
  CHECK((create.quiet && create.force && create.relocatable && create.no_logrotate));
  CHECK(create.config == "my.cfg");
  CHECK(create.log_size == 5);
  CHECK(create.log_count == "None");
  CHECK(create.db == "sqlite://");
  CHECK(create.basedir == "dir");
}

TEST_CASE("the base directory is the current one when none is named") {
  CHECK(std::get<Start>(parse({"start"}).command).basedir == ".");
  CHECK(std::get<Stop>(parse({"stop", "--clean", "--no-wait"}).command).clean);
  CHECK(std::get<CheckConfig>(parse({"checkconfig", "x.cfg"}).command).target == "x.cfg");
}

TEST_CASE("start waits as long as it is told") {
  const auto start = std::get<Start>(parse({"start", "--nodaemon", "--start_timeout", "90", "base"}).command);

  CHECK(start.nodaemon);
  CHECK(start.start_timeout_s == 90);
  CHECK(start.basedir == "base");
}

TEST_CASE("everything after python belongs to the script") {
  const Options options = parse({"--python", "/opt/py", "python", "script.py", "--version", "-q"});

  CHECK(std::get<RunPython>(options.command).args == std::vector<std::string>{"script.py", "--version", "-q"});
  CHECK(options.python == "/opt/py");
}

TEST_CASE("an unknown verb or flag ends with a message and a status") {
  std::vector<const char*> words{"kilnbot", "start", "--fly"};

  const ParsedOptions parsed = parse_options(static_cast<int>(words.size()), const_cast<char**>(words.data()));

  CHECK_FALSE(parsed.options.has_value());
  CHECK(parsed.status != 0);
}

TEST_CASE("reconfig and sighup are one verb") {
  for (const char* verb : {"reconfig", "sighup"}) {
    const auto reconfig = std::get<Reconfig>(parse({verb, "-q", "--progress_timeout", "7", "base"}).command);
    CHECK(reconfig.quiet);
    CHECK(reconfig.progress_timeout_s == 7);
    CHECK(reconfig.basedir == "base");
  }
  CHECK(std::get<Reconfig>(parse({"reconfig"}).command).progress_timeout_s == std::nullopt);
}

TEST_CASE("restart takes the options of start, and --clean") {
  const auto restart = std::get<Restart>(parse({"restart", "-q", "-c", "--nodaemon", "--start_timeout", "5", "base"}).command);

  CHECK((restart.clean && restart.start.quiet && restart.start.nodaemon));
  CHECK(restart.start.start_timeout_s == 5);
  CHECK(restart.start.basedir == "base");
}

TEST_CASE("a clean stop can be called off, but not in one command") {
  CHECK(std::get<Stop>(parse({"stop", "--cancel"}).command).cancel);
  std::vector<const char*> both{"kilnbot", "stop", "--cancel", "--clean"};
  CHECK(parse_options(4, const_cast<char**>(both.data())).status != 0);
}

TEST_CASE("a trial of a configuration says where to report") {
  const auto check = std::get<CheckConfig>(
      parse({"checkconfig", "--report-fd", "3", "--memory", "400", "--basedir", "/base", "--", "/base/master.cfg"}).command);

  CHECK((check.report_fd == 3 && check.memory_mib == 400));
  CHECK((check.basedir == "/base" && check.target == "/base/master.cfg"));
}
