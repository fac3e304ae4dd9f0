// SPDX-License-Identifier: MIT
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <csignal>
#include <fstream>
#include <mutex>

#include "core/app/config_trial.h"
#include "core/app/process_group.h"

using namespace kiln;
using namespace kiln::app;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

constexpr const char* good_report = R"(echo "{\"pid\": $$, \"good\": true, \"problems\": []}" >&3)";

// Tries a "configuration file" whose checkconfig is a shell script.
struct Trial {
  std::mutex mutex;
  std::condition_variable wake;
  std::function<void()> posted;

  static ConfigTrial::Order order(const std::string& script) {
    ConfigTrial::Order order;
    order.program = "/bin/sh";
    order.command = {"sh", "-c", script, "sh"};
    order.file = "/some/master.cfg";
    order.basedir = "/";
    order.limits = {30s, 300};
    return order;
  }

  ConfigTrial::Verdict judge(const ConfigTrial::Order& order) {
    ConfigTrial::Verdict verdict{"never called"};
    ConfigTrial trial(
        order,
        [this](std::function<void()> work) {
          const std::lock_guard lock(mutex);
          posted = std::move(work);
          wake.notify_one();
        },
        [&](ConfigTrial::Verdict answer) { verdict = std::move(answer); });
    std::unique_lock lock(mutex);
    REQUIRE(wake.wait_for(lock, 60s, [this] { return posted != nullptr; }));
    posted();
    return verdict;
  }
  std::string complaint(const ConfigTrial::Order& order) {
    const auto verdict = judge(order);
    REQUIRE(verdict.size() == 1);
    return verdict[0];
  }
  std::string complaint(const std::string& script) { return complaint(order(script)); }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a good file has no complaint") {
  CHECK(Trial().judge(Trial::order(good_report)).empty());
}

TEST_CASE("the child is told the file, the base directory and where to report") {
  CHECK(Trial().complaint(R"(echo "{\"pid\": $$, \"good\": false, \"problems\": [\"$*\"]}" >&3)") ==
        "checkconfig --report-fd 3 --memory 300 --basedir / -- /some/master.cfg");
}

TEST_CASE("an end without a report is a complaint, whatever the status") {
  CHECK(Trial().complaint("exit 0") == "/some/master.cfg: the file ended the process (exit status 0)");
  CHECK(Trial().complaint("exit 7") == "/some/master.cfg: the file ended the process (exit status 7)");
}

TEST_CASE("a report of another process does not count") {
  CHECK(contains(Trial().complaint(R"(echo '{"pid": 1, "good": true, "problems": []}' >&3)"), "ended the process"));
  CHECK(contains(Trial().complaint("echo nonsense >&3"), "ended the process"));
  CHECK(contains(Trial().complaint("echo '[1]' >&3"), "ended the process"));
}

TEST_CASE("a crash names the signal and the line of the traceback") {
  const std::string said = Trial().complaint(
      R"(echo 'Current thread (most recent call first):' >&2; echo '  File "/some/master.cfg", line 12 in f' >&2; kill -SEGV $$)");
  CHECK(contains(said, "/some/master.cfg:12: the file crashed the process: signal 11"));
}

TEST_CASE("a file that does not end is stopped, with everything it made") {
  auto order = Trial::order("trap '' ABRT; sleep 1000 & sleep 1000 & echo $$ > " +
                            (fs::temp_directory_path() / "kilnbot-trial-pid").string() + "; wait; wait; sleep 1000");
  order.limits.time = 1s;

  const std::string said = Trial().complaint(order);

  CHECK(contains(said, "did not end within 1 s"));
  pid_t group = 0;
  std::ifstream(fs::temp_directory_path() / "kilnbot-trial-pid") >> group;
  fs::remove(fs::temp_directory_path() / "kilnbot-trial-pid");
  REQUIRE(group > 0);
  // Killed they are, but only the group's first process is waited for.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (use_of_group(group).processes > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(use_of_group(group).processes == 0);
}

TEST_CASE("too many processes are stopped") {
  const std::string said =
      Trial().complaint("i=0; while [ $i -lt 150 ]; do sleep 1000 & i=$((i+1)); done; wait");
  CHECK(contains(said, "more than 100 processes"));
}

TEST_CASE("output without end does not hold the child up, nor fill the memory") {
  CHECK(Trial().judge(Trial::order(std::string("head -c 50000000 /dev/zero; ") + good_report)).empty());
}

TEST_CASE("a trial that is called off ends its child and tells nobody") {
  bool told = false;
  std::vector<std::function<void()>> posted;
  std::mutex mutex;
  const auto start = std::chrono::steady_clock::now();
  {
    const ConfigTrial trial(
        Trial::order("sleep 1000"),
        [&](std::function<void()> work) {
          const std::lock_guard lock(mutex);
          posted.push_back(std::move(work));
        },
        [&](const ConfigTrial::Verdict&) { told = true; });
  }
  for (const auto& work : posted) work();
  CHECK_FALSE(told);
  CHECK(std::chrono::steady_clock::now() - start < 20s);
}

TEST_CASE("a program that cannot be started is a complaint") {
  auto order = Trial::order("");
  order.program = "/no/such/program";
  CHECK(contains(Trial().complaint(order), "cannot be tried"));
}

TEST_CASE("what a process group uses is counted") {
  CHECK(use_of_group(::getpgrp()).processes >= 1);
  CHECK(use_of_group(::getpgrp()).resident_bytes > 1'000'000);
}
