// SPDX-License-Identifier: MIT
#include "core/files/file_transfers.h"

#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <utility>

#include "core/files/file_end.h"
#include "core/files/work_pool.h"

namespace kiln::files {
namespace {

constexpr std::size_t threads = 2;
// A worker waits for each reply, so more than a few blocks means that it does not.
constexpr std::size_t most_waiting = std::size_t{64} << 20;

using Post = std::function<void(std::function<void()>)>;

// What a transfer's work shares with it. `end` and `failure` belong to the lane.
struct State {
  script::TransferPlan plan;
  std::unique_ptr<FileEnd> end;
  std::optional<Error> failure;  // of the first verb that failed: all later ones fail too
  std::atomic<std::size_t> waiting{0};  // bytes that are not written yet
  std::atomic<bool> is_dropped{false};

  FileEnd* opened();
};

// The wall of the pool's threads: no memory for a block, or what a library throws.
template <class T>
Result<T> guarded(const std::function<Result<T>()>& work) {
  try {
    return work();
  } catch (const std::exception& thrown) {
    return make_error(Errc::fatal, fmt::format("the transfer failed on the master: {}", thrown.what()));
  }
}

FileEnd* State::opened() {
  if (end || failure) return end.get();
  auto opened = guarded<std::unique_ptr<FileEnd>>([this] { return open_file_end(plan); });
  if (opened) {
    end = std::move(*opened);
  } else {
    failure = opened.error();
  }
  return end.get();
}

class FileTransfer final : public script::Transfer {
 public:
  FileTransfer(script::TransferPlan plan, std::shared_ptr<WorkPool> pool, Post post)
      : lane_(std::move(pool)), post_(std::move(post)) {
    state_->plan = std::move(plan);
    // Uploads make their directories and find out what forbids them before the worker reads its file.
    lane_.post([state = state_] { state->opened(); });
  }
  ~FileTransfer() override {
    state_->is_dropped = true;
    lane_.post([state = state_] { state->end.reset(); });
  }
  FileTransfer(const FileTransfer&) = delete;
  FileTransfer& operator=(const FileTransfer&) = delete;

  void write(std::string bytes, Reply<> reply) override {
    const std::size_t size = bytes.size();
    if (state_->waiting.fetch_add(size) + size > most_waiting) bytes = {};
    const bool is_flood = bytes.size() != size;
    run<void>(std::move(reply), [state = state_, bytes = std::move(bytes), size, is_flood](FileEnd& end) -> Result<void> {
      state->waiting -= size;
      if (is_flood) return make_error(Errc::bad_input, "the worker does not wait until its blocks are written");
      return end.write(bytes);
    });
  }
  void set_times(double accessed, double modified, Reply<> reply) override {
    run<void>(std::move(reply), [=](FileEnd& end) { return end.set_times(accessed, modified); });
  }
  void unpack(Reply<> reply) override {
    run<void>(std::move(reply), [](FileEnd& end) { return end.unpack(); });
  }
  void read(std::size_t length, Reply<std::string> reply) override {
    run<std::string>(std::move(reply), [length](FileEnd& end) { return end.read(length); });
  }
  void close(Reply<> reply) override {
    run<void>(std::move(reply), [](FileEnd& end) { return end.close(); });
  }

 private:
  template <class T>
  void run(Reply<T> reply, std::function<Result<T>(FileEnd&)> work) {
    lane_.post([state = state_, post = post_, reply = std::move(reply), work = std::move(work)]() mutable {
      auto result = std::make_shared<Result<T>>(attempt<T>(*state, work));
      // The reply goes along and ends there: it may hold what belongs to the loop thread, even this transfer.
      post([reply = std::move(reply), result = std::move(result)] { reply(std::move(*result)); });
    });
  }

  template <class T>
  static Result<T> attempt(State& state, const std::function<Result<T>(FileEnd&)>& work) {
    if (state.is_dropped) return make_error(Errc::cancelled, "the transfer was called off");
    FileEnd* end = state.opened();
    if (end == nullptr || state.failure) return *state.failure;
    Result<T> result = guarded<T>([&] { return work(*end); });
    if (!result) state.failure = result.error();
    return result;
  }

  WorkPool::Lane lane_;
  Post post_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

FileTransfers::FileTransfers(Post post_to_loop)
    : post_to_loop_(std::move(post_to_loop)), pool_(std::make_shared<WorkPool>(threads)) {}

FileTransfers::~FileTransfers() { pool_->stop(); }

script::TransferPtr FileTransfers::open(const script::TransferPlan& plan) {
  return std::make_shared<FileTransfer>(plan, pool_, post_to_loop_);
}

}  // namespace kiln::files
