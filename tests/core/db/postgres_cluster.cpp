// SPDX-License-Identifier: MIT
#include "tests/core/db/postgres_cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/db/connection.h"

namespace kiln::testing {
namespace {

const std::filesystem::path binaries = "/usr/lib/postgresql/15/bin";

// The server refuses to run as root.
std::vector<std::string> as_server_user(std::vector<std::string> command) {
  std::vector<std::string> whole{"setpriv", "--pdeathsig", "INT"};
  if (geteuid() == 0) {
    const char* user = getpwnam("postgres") != nullptr ? "postgres" : "nobody";
    const passwd* entry = getpwnam(user);
    for (std::string part : {std::string("--reuid"), std::string(user), std::string("--regid"),
                             std::to_string(entry->pw_gid), std::string("--clear-groups")}) {
      whole.push_back(std::move(part));
    }
  }
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

int spawn(const std::vector<std::string>& command, const std::string& output) {
  std::vector<char*> argv;
  for (const std::string& part : command) argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error(fmt::format("cannot run {}: error {}", command.front(), error));
  return pid;
}

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace

PostgresCluster& PostgresCluster::instance() {
  static PostgresCluster cluster;
  return cluster;
}

PostgresCluster::PostgresCluster() {
  for (const char* name : {"initdb", "postgres"}) {
    if (!std::filesystem::exists(binaries / name)) {
      throw std::runtime_error(fmt::format("{} is missing: install the package postgresql-15", (binaries / name).string()));
    }
  }
  char pattern[] = "/tmp/kiln-pg-XXXXXX";
  if (mkdtemp(pattern) == nullptr) throw std::runtime_error("cannot make a directory in /tmp");
  directory_ = pattern;
  if (geteuid() == 0) {
    const passwd* entry = getpwnam(getpwnam("postgres") != nullptr ? "postgres" : "nobody");
    if (chown(pattern, entry->pw_uid, entry->pw_gid) != 0) throw std::runtime_error("cannot give away the directory");
  }
  const std::string log = directory_ + "/initdb.log";
  const int pid = spawn(as_server_user({binaries / "initdb", "-D", directory_ + "/data", "-A", "trust", "-U", "kiln",
                                        "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"}),
                        log);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) throw std::runtime_error("initdb failed: " + text_of(log));
  start_server();
  wait_until_ready();
}

void PostgresCluster::start_server() {
  server_pid_ = spawn(as_server_user({binaries / "postgres", "-D", directory_ + "/data", "-k", directory_, "-c",
                                      "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"}),
                      directory_ + "/server.log");
}

void PostgresCluster::wait_until_ready() {
  const auto url = db::parse_url(url_of("postgres"), "/").value();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (db::connect(url, db::Access::write).has_error()) {
    if (std::chrono::steady_clock::now() > deadline || waitpid(server_pid_, nullptr, WNOHANG) != 0) {
      throw std::runtime_error("postgres does not start: " + text_of(directory_ + "/server.log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

PostgresCluster::~PostgresCluster() {
  kill(server_pid_, SIGQUIT);
  waitpid(server_pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string PostgresCluster::url_of(const std::string& database) const {
  return fmt::format("postgresql+psycopg2://kiln@/{}?host={}", database, directory_);
}

std::string PostgresCluster::new_database() {
  const auto url = db::parse_url(url_of("postgres"), "/").value();
  const auto connection = db::connect(url, db::Access::write).value();
  const std::string name = fmt::format("test_{}", ++databases_);
  connection->script("CREATE DATABASE " + name).value();
  return url_of(name);
}

}  // namespace kiln::testing
