// SPDX-License-Identifier: MIT
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/logs/log_store.h"
#include "tests/support/result_text.h"

namespace kiln::logs {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kiln-logs-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The test's thread is the loop thread: it runs what was posted while it waits.
class Loop {
 public:
  std::function<void(std::function<void()>)> poster() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(work));
      wake_.notify_one();
    };
  }

  void run_until(const std::function<bool()>& is_done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::unique_lock lock(mutex_);
    while (!is_done()) {
      REQUIRE(wake_.wait_until(lock, deadline, [&] { return !posted_.empty(); }));
      auto work = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      work();
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> posted_;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// For what no reply tells: waits by asking again, with a deadline.
inline void wait_until(const std::function<bool()>& is_done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_done()) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
}

// A store on a directory of its own, and the verbs of a build's life.
class StoreFixture {
 public:
  StoreFixture() { reopen(); }

  void reopen() {
    store.reset();
    store = std::move(LogStore::open({directory.path() / "kiln-logs", loop.poster()}).value());
  }

  std::filesystem::path file() const {
    return directory.path() / "kiln-logs" / std::to_string(build.value / 1000) / (std::to_string(build.value) + ".klog");
  }

  void append(LogId log, std::int64_t first_line, std::string text, std::int64_t line_count = -1) {
    if (line_count < 0) line_count = std::count(text.begin(), text.end(), '\n');
    store->append(std::make_shared<const LogChunk>(LogChunk{build, log, first_line, line_count, std::move(text)}));
  }

  Result<> flush() {
    return wait([&](Reply<> reply) { store->flush(build, std::move(reply)); });
  }
  Result<> finish() {
    return wait([&](Reply<> reply) { store->finish_build(build, std::move(reply)); });
  }
  std::string text(LogId log, std::int64_t first = 0, std::int64_t count = -1) const {
    return store->read(build, log, first, count).value().text;
  }

  TemporaryDirectory directory;
  Loop loop;
  std::unique_ptr<LogStore> store;
  BuildId build{1234};
  LogId stdio{7};
  LogId other{8};

 private:
  Result<> wait(const std::function<void(Reply<>)>& ask) {
    std::optional<Result<>> answer;
    ask([&](Result<> result) { answer = result; });
    loop.run_until([&] { return answer.has_value(); });
    return *answer;
  }
};

}  // namespace kiln::logs
