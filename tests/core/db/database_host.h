// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <ostream>
#include <vector>

#include "core/db/database.h"
#include "tests/support/journal_contract.h"
#include "tests/support/result_text.h"

namespace kiln::testing {

enum class Backend { sqlite_file, sqlite_memory, postgresql };
inline std::ostream& operator<<(std::ostream& out, Backend backend) {
  constexpr const char* names[] = {"sqlite file", "sqlite in memory", "postgresql"};
  return out << names[static_cast<int>(backend)];
}

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A loop thread's queue, run by the test itself.
class Loop {
 public:
  void post(std::function<void()> task);
  bool run_until(const std::function<bool()>& done);

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::vector<std::function<void()>> tasks_;
};

// A database of a master named "host:/base", on a loop.
class DatabaseHost : public JournalHost {
 public:
  explicit DatabaseHost(Backend backend);  // a fresh one
  explicit DatabaseHost(std::string url);  // one that may exist
  ~DatabaseHost() override;

  Journal& journal() override { return database_->journal(); }
  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done); }

  db::Database& database() { return *database_; }
  Snapshot& snapshot() { return snapshot_; }
  Loop& loop() { return loop_; }
  const std::string& url() const { return url_; }
  std::vector<std::string>& refused() { return refused_; }
  // Closes and opens the same database.
  void reopen(EpochSeconds now = 2000);

  template <class Query>
  auto read(Query&& query) {
    using R = typename std::invoke_result_t<Query, db::Connection&>::value_type;
    return database_->read_now<R>(std::forward<Query>(query)).value();
  }
  std::int64_t integer(const std::string& sql);
  // A further connection, to interfere.
  std::unique_ptr<db::Connection> connect();

 private:
  void open(EpochSeconds now);

  std::optional<TemporaryDirectory> directory_;  // of a fresh one
  std::string url_;
  Loop loop_;
  std::vector<std::string> refused_;
  std::unique_ptr<db::Database> database_;
  Snapshot snapshot_;
};

std::string fresh_url(Backend backend, const std::filesystem::path& directory);

}  // namespace kiln::testing
