// SPDX-License-Identifier: MIT
#include "tests/core/db/database_host.h"

#include <stdlib.h>

#include <chrono>

#include "tests/core/db/postgres_cluster.h"

namespace kiln::testing {

TemporaryDirectory::TemporaryDirectory() {
  char pattern[] = "/tmp/kiln-db-XXXXXX";
  if (mkdtemp(pattern) == nullptr) throw std::runtime_error("cannot make a directory in /tmp");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  posted_.notify_all();
}

bool Loop::run_until(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    std::vector<std::function<void()>> tasks;
    {
      std::unique_lock lock(mutex_);
      if (!posted_.wait_until(lock, deadline, [&] { return !tasks_.empty(); })) return false;
      tasks.swap(tasks_);
    }
    for (const auto& task : tasks) task();
  }
  return true;
}

std::string fresh_url(Backend backend, const std::filesystem::path& directory) {
  switch (backend) {
    case Backend::sqlite_file: return "sqlite:///" + (directory / "state.sqlite").string();
    case Backend::sqlite_memory: return "sqlite://";
    case Backend::postgresql: return PostgresCluster::instance().new_database();
  }
  return {};
}

DatabaseHost::DatabaseHost(Backend backend) {
  directory_.emplace();
  url_ = fresh_url(backend, directory_->path());
  open(1000);
}
DatabaseHost::DatabaseHost(std::string url) : url_(std::move(url)) { open(1000); }
DatabaseHost::~DatabaseHost() = default;

void DatabaseHost::open(EpochSeconds now) {
  db::Database::Options options;
  options.url = url_;
  options.post_to_loop = [this](std::function<void()> task) { loop_.post(std::move(task)); };
  options.create = true;
  options.now = [] { return EpochSeconds(1500); };
  options.on_unit_refused = [this](const Error& error) { refused_.push_back(error.what); };
  database_ = db::Database::open(std::move(options)).value();
  snapshot_ = database_->start_master("host:/base", now).value();
}

void DatabaseHost::reopen(EpochSeconds now) {
  database_.reset();
  open(now);
}

std::int64_t DatabaseHost::integer(const std::string& sql) {
  return read([&](db::Connection& connection) { return connection.integer(sql); }).value_or(-1);
}

std::unique_ptr<db::Connection> DatabaseHost::connect() {
  return db::connect(db::parse_url(url_, "/").value(), db::Access::write).value();
}

}  // namespace kiln::testing
