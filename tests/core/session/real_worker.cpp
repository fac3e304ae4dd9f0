// SPDX-License-Identifier: MIT
#include "tests/core/session/real_worker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace kiln::session {
namespace {

std::string worker_command() {
  const char* given = std::getenv("KILN_WORKER_CMD");
  std::string command = given != nullptr ? given : KILN_TEST_DATA "/../../.venv/bin/buildbot-worker";
  INFO("no buildbot-worker at \"" << command << "\": set KILN_WORKER_CMD or run scripts/test");
  REQUIRE(::access(command.c_str(), X_OK) == 0);
  return command;
}

}  // namespace

RealWorker::RealWorker(std::uint16_t port, const std::string& name, const std::string& password,
                       const std::string& protocol) {
  std::string pattern = (std::filesystem::temp_directory_path() / "kiln-worker-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  parent_ = pattern;
  basedir_ = parent_ / "w";
  const std::string command = worker_command();
  const std::string master = "127.0.0.1:" + std::to_string(port);
  const pid_t creation = spawn({command, "create-worker", "--maxdelay=1", "--allow-shutdown=file",
                                "--protocol=" + protocol, basedir_.string(), master, name, password});
  int status = -1;
  REQUIRE(::waitpid(creation, &status, 0) == creation);
  INFO(log());
  REQUIRE(status == 0);
  pid_ = spawn({command, "start", "--nodaemon", basedir_.string()});
}

RealWorker::~RealWorker() {
  if (!has_exited()) {
    // A group of its own: commands that it runs end with it.
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(parent_, ignored);
}

pid_t RealWorker::spawn(const std::vector<std::string>& args) const {
  std::vector<char*> argv;
  for (const auto& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  const std::string output = (parent_ / "output").string();
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid > 0) return pid;
  ::setpgid(0, 0);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

bool RealWorker::has_exited() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
  return pid_ < 0;
}

std::string RealWorker::log() const {
  std::string text;
  for (const auto& file : {parent_ / "output", basedir_ / "twistd.log"}) {
    std::ifstream in(file);
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text;
}

void RealWorker::touch_shutdown_file() { std::ofstream(basedir_ / "shutdown.stamp") << "now"; }

}  // namespace kiln::session
