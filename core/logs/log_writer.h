// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/logs/build_log.h"
#include "core/logs/klog_format.h"
#include "core/logs/sync_journal.h"

namespace kiln::logs {

// The thread that compresses and writes. Owned by the LogStore; its destructor writes everything that was noted.
class LogWriter {
 public:
  using Post = std::function<void(std::function<void()>)>;
  LogWriter(BuildLogs& logs, std::unique_ptr<SyncJournal> journal, Post post_to_loop);
  ~LogWriter();

  // Lines were appended: they are written within 100 ms, at once when there are many.
  void note(const BuildLogPtr& log, std::size_t unwritten);
  // On a full disk it waits for space: a step does not end before its logs are stored.
  void flush(BuildId build, Reply<> reply);
  void finish(BuildId build, Reply<> reply);

 private:
  struct Request {
    BuildLogPtr log;
    Reply<> reply;
  };
  struct Work {
    std::vector<BuildLogPtr> due;
    std::vector<Request> flushes;
    std::vector<Request> finishes;
    bool is_empty() const { return due.empty() && flushes.empty() && finishes.empty(); }
  };

  struct Dirty {
    BuildLogPtr log;
    SteadyTime due;
    bool has_failed = false;
  };

  void run();
  // Takes what can be done now; with `wait`, waits until there is something or the end has come.
  Work take(bool wait);
  void move_due(Work& work);
  void move_waiting(Work& work);
  void forget(const BuildLog& log);
  void write_and_flush(Work& work);
  void retry_later(const BuildLogPtr& log, const Error& error);
  bool is_to_wait(const Result<>& result);
  void wait_for_space(Request request, const Error& error);
  Result<> write_pending(BuildLog& log);
  void note_written(const BuildLog& log, std::uint64_t offset, std::string_view bytes);
  // What was written to the file survives a power failure. Many small files share the journal's commit.
  Result<> make_durable(const BuildLog& log);
  Result<> prepare(BuildLog& log);
  std::vector<Frame> make_records(BuildLog& log, const BuildLog::Batch& batch, std::uint64_t base, std::string& out);
  Result<> finish(BuildLog& log);
  Result<> add_index(BuildLog& log);
  Result<> replace_file(BuildLog& log);
  Result<Contents> rewrite(const BuildLog& log, const FilePtr& to);
  void answer(Request& request, Result<> result);

  BuildLogs& logs_;
  Post post_to_loop_;
  // The writer thread's own.
  RecordMaker records_;
  std::unique_ptr<SyncJournal> journal_;
  std::set<BuildId> failing_;   // the last write failed
  std::set<BuildId> unsynced_;  // written past what the journal takes
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<BuildId, Dirty> dirty_;
  std::vector<Request> flushes_;
  std::vector<Request> waiting_;  // flushes on a full disk: tried again when their build's entry in dirty_ is due
  std::vector<Request> finishes_;
  bool is_stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace kiln::logs
