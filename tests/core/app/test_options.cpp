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
