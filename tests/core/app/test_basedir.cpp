// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "core/app/basedir.h"
#include "core/app/daemon.h"
#include "tests/support/result_text.h"

using namespace kiln;
using namespace kiln::app;
namespace fs = std::filesystem;

namespace {

struct Basedir {
  fs::path path = fs::temp_directory_path() / ("kilnbot-basedir-" + std::to_string(::getpid()));
  BasedirFiles files{path};
  Basedir() {
    fs::create_directories(path);
    std::ofstream(files.tac()) << "application = service.Application('buildmaster')\n";
  }
  ~Basedir() { fs::remove_all(path); }
};

// What the child's report makes of the waiting command: its exit status, and nothing of the child survives.
int daemon_status(const std::function<int(StartReport&)>& body) {
  const pid_t parent = ::getpid();
  const int status = run_as_daemon({.quiet = true, .timeout_s = 20}, body);
  if (::getpid() != parent) ::_exit(status);
  while (::waitpid(-1, nullptr, 0) > 0) {
  }
  return status;
}

}  // namespace

TEST_CASE("a directory without buildbot.tac is no base directory") {
  Basedir base;
  fs::remove(base.files.tac());

  CHECK(open_basedir(base.path).error().code == Errc::not_found);
  CHECK(open_basedir(base.path / "nowhere").error().code == Errc::not_found);
}

TEST_CASE("a worker's buildbot.tac is not a master's") {
  Basedir base;
  std::ofstream(base.files.tac()) << "application = service.Application('buildbot-worker')\n";

  CHECK(open_basedir(base.path).error().code == Errc::bad_input);
}

TEST_CASE("the pid file is there exactly as long as it is held") {
  Basedir base;
  {
    const auto held = PidFile::take(base.files);

    REQUIRE(held.has_value());
    std::ifstream in(base.files.pid());
    std::string text;
    in >> text;
    CHECK(text == std::to_string(::getpid()));
  }
  CHECK_FALSE(fs::exists(base.files.pid()));
}

TEST_CASE("a pid file of a process that has ended is taken over") {
  Basedir base;
  std::ofstream(base.files.pid()) << "999999999";

  CHECK_FALSE(running_master(base.files).has_value());
  CHECK(PidFile::take(base.files).has_value());
}

TEST_CASE("start succeeds when the daemon says that it runs, and fails when it says why not") {
  CHECK(daemon_status([](StartReport& report) {
          report.progress("loading");
          report.running("up");
          return 0;
        }) == 0);
  CHECK(daemon_status([](StartReport& report) {
          report.failed("");
          return 1;
        }) == 1);
}

TEST_CASE("start fails when the daemon ends without a word") {
  CHECK(daemon_status([](StartReport&) { return 3; }) == 1);
}
