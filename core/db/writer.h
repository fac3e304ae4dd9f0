// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "core/db/connection.h"
#include "core/db/write_context.h"
#include "core/model/journal.h"

namespace kiln::db {

// The thread that owns the writing connection: everything queued becomes one transaction, then its effects one post.
class Writer : public Journal {
 public:
  struct Options {
    DatabaseUrl url;
    std::function<void(std::function<void()>)> post_to_loop;
    std::function<EpochSeconds()> now;
    // On the loop: a unit that the database refuses for good (a bug). Its effects do not run.
    std::function<void(const Error&)> on_unit_refused;
  };

  Writer(Options options, std::unique_ptr<Connection> connection);
  ~Writer() override;

  // Until start() the connection is the caller's.
  Connection& connection() { return *connection_; }
  void start(MasterId master);
  // Writes what is queued and ends the thread. What cannot be written within some seconds is logged and lost.
  void stop();

  void commit(Unit unit) override;
  void on_storage_lost(std::function<void(bool lost)> callback) override;

  // How often a batch had to be written again.
  std::uint64_t retries() const { return retries_.load(std::memory_order_relaxed); }
  std::uint64_t data_version() const { return data_version_.load(std::memory_order_acquire); }

 private:
  struct Outcome {
    Committed written;
    std::optional<Error> refused;
  };
  using Batch = std::vector<Unit>;
  using Outcomes = std::vector<Outcome>;

  void run();
  void run_batch(Batch batch);
  // Until it is committed, or the writer is stopped while the storage is lost.
  std::optional<Outcomes> write_until_done(const Batch& batch);
  Result<void> write_once(const Batch& batch, bool unit_by_unit, Outcomes& outcomes);
  // False: stopped for good.
  bool wait_until_usable(const Error& error);
  Result<Outcome> write_in_savepoint(const Unit& unit);
  Result<Committed> write_unit(const Unit& unit);
  Result<void> stamp_batch();
  bool was_committed();
  Result<void> reconnect();

  void announce(Batch batch, Outcomes outcomes);
  void set_storage_lost(bool lost, const std::string& why);
  // False: stopped for good.
  bool wait_before_retry(std::chrono::milliseconds delay);

  Options options_;
  std::unique_ptr<Connection> connection_;
  MasterId master_;
  std::string batch_uuid_;
  bool storage_lost_ = false;
  std::atomic<std::uint64_t> data_version_{1};
  std::atomic<std::uint64_t> retries_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point give_up_at_;
  // Read and called on the loop only; shared with what is posted, which may run after this is gone.
  std::shared_ptr<std::function<void(bool)>> storage_lost_callback_ = std::make_shared<std::function<void(bool)>>();
  std::thread thread_;
};

}  // namespace kiln::db
