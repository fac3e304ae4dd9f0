// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
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
#include <utility>
#include <vector>

#include "core/files/file_transfers.h"

namespace kiln::testing {

// The test's thread as the loop, a scratch directory, and transfers.
class TransferLoop {
 public:
  TransferLoop() {
    std::string name = (std::filesystem::temp_directory_path() / "kiln-files-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    directory = name;
  }
  ~TransferLoop() {
    stop();
    std::filesystem::remove_all(directory);
  }
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  // The reply to a verb, waited for.
  template <class T>
  Result<T> ask(const std::function<void(Reply<T>)>& verb) {
    std::optional<Result<T>> answer;
    verb([&](Result<T> result) { answer = std::move(result); });
    REQUIRE_FALSE(answer);  // never from inside the call
    run_until([&] { return answer.has_value(); });
    return std::move(*answer);
  }
  Result<void> write(script::Transfer& transfer, std::string bytes) {
    return ask<void>([&](Reply<> reply) { transfer.write(std::move(bytes), std::move(reply)); });
  }
  Result<void> close(script::Transfer& transfer) {
    return ask<void>([&](Reply<> reply) { transfer.close(std::move(reply)); });
  }
  Result<void> unpack(script::Transfer& transfer) {
    return ask<void>([&](Reply<> reply) { transfer.unpack(std::move(reply)); });
  }
  Result<std::string> read(script::Transfer& transfer, std::size_t length) {
    return ask<std::string>([&](Reply<std::string> reply) { transfer.read(length, std::move(reply)); });
  }

  void run_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      std::unique_lock lock(mutex_);
      if (!posted_.wait_until(lock, deadline, [&] { return !queue_.empty(); })) FAIL("nothing happens any more");
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      work();
    }
  }
  // Everything that was asked for is done; the transfers cannot be used any more.
  void stop() {
    transfers.reset();
    while (!queue_.empty()) {
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      work();
    }
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
      found.push_back(entry.path().lexically_relative(directory).string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string content(const std::string& name) const {
    std::ifstream file(directory / name, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path directory;

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_

 public:
  std::unique_ptr<files::FileTransfers> transfers =
      std::make_unique<files::FileTransfers>([this](std::function<void()> work) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(std::move(work));
        posted_.notify_one();
      });
};

}  // namespace kiln::testing
