// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "core/db/readers.h"
#include "core/db/writer.h"
#include "core/model/journal.h"

namespace kiln::db {

// The database of one master: a journal for what changes, reader threads for what is asked.
class Database {
 public:
  struct Options {
    std::string url = "sqlite:///state.sqlite";  // as c['db_url']
    std::filesystem::path basedir;
    std::function<void(std::function<void()>)> post_to_loop;  // from any thread
    int reader_count = 2;
    bool create = false;                  // make a missing or empty database; in-memory ones always are
    std::function<EpochSeconds()> now;    // default: the system clock
    // On the loop: the database refused a unit for good, which is a bug; its effects will not run. It was logged.
    std::function<void(const Error&)> on_unit_refused;
  };

  // Errors: not_found (no database), not_supported (another version), storage_full (not writable), broken, bad_input.
  static Result<std::unique_ptr<Database>> open(Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Once, before the first commit is written: what was queued waits for it.
  Result<Snapshot> start_master(const std::string& master_name, EpochSeconds now);

  Journal& journal() { return writer_; }

  // Runs `query` on a reader thread, `reply` on the loop. Called from any thread.
  template <class R>
  void read(std::function<Result<R>(Connection&)> query, Reply<R> reply) {
    readers_.add([this, query = std::move(query), reply = std::move(reply)](Reader& reader) {
      auto answer = std::make_shared<Result<R>>(reader.read<R>(query));
      post_to_loop_([answer, reply] { reply(std::move(*answer)); });
    });
  }
  // Here and now: for start-up, command line verbs and tests.
  template <class R>
  Result<R> read_now(const std::function<Result<R>(Connection&)>& query) {
    const std::lock_guard lock(own_reader_mutex_);
    return own_reader_.read<R>(query);
  }

  // Changes with each commit of the journal: a key for caches. Any thread.
  std::uint64_t data_version() const { return writer_.data_version(); }

  // How often the journal had to write a batch again.
  std::uint64_t retries() const { return writer_.retries(); }

  // Writes what is queued, answers what was asked, ends the threads. Effects and replies are still posted.
  void shutdown();

 private:
  Database(Writer::Options options, std::unique_ptr<Connection> connection, int reader_count);

  std::function<void(std::function<void()>)> post_to_loop_;
  Writer writer_;
  Readers readers_;
  std::mutex own_reader_mutex_;
  Reader own_reader_;
};

// Makes the database with its tables where there is none; one of the right version is left as it is.
Result<void> create_database(const std::string& url, const std::filesystem::path& basedir);

}  // namespace kiln::db
