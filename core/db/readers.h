// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/db/connection.h"

namespace kiln::db {

// One reading connection: opened when first needed, and again after it broke.
class Reader {
 public:
  explicit Reader(DatabaseUrl url) : url_(std::move(url)) {}

  // One consistent view for all statements of the query.
  template <class R>
  Result<R> read(const std::function<Result<R>(Connection&)>& query) {
    Result<R> answer = read_once<R>(query);
    if (answer.has_error() && answer.error().code == Errc::broken) {
      connection_.reset();
      return read_once<R>(query);
    }
    return answer;
  }

 private:
  template <class R>
  Result<R> read_once(const std::function<Result<R>(Connection&)>& query) {
    if (connection_ == nullptr) {
      KILN_TRY(connection_, connect(url_, Access::read));
    }
    // On PostgreSQL the two extra round trips cost more than a page whose parts differ by a commit.
    if (!connection_->is_sqlite()) return query(*connection_);
    KILN_TRY(Transaction view, Transaction::begin(*connection_, Access::read));
    return query(*connection_);
  }

  DatabaseUrl url_;
  std::unique_ptr<Connection> connection_;
};

// Threads that answer queries in the order they come.
class Readers {
 public:
  using Job = std::function<void(Reader&)>;

  Readers(const DatabaseUrl& url, int count);
  ~Readers();
  void add(Job job);
  // Answers what is queued and ends the threads.
  void stop();

 private:
  void run(Reader reader);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kiln::db
