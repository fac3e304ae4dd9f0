// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/script/transfer.h"

namespace kiln::session {

// A master's end that keeps a file in memory. Its replies come later, in order; while `holds` is set they wait for
// reply_next().
class FakeTransfer : public script::Transfer {
 public:
  struct State {
    std::string data;                // written, or to be read
    std::vector<std::string> calls;  // "write 3", "times 1 2.5", "unpack", "read 10", "close"
    std::deque<std::function<void()>> replies;  // those that are held; they keep the link alive, and so this transfer
    bool holds = false;
    bool is_dropped = false;
    std::string failure;  // when set, data is refused with this text

    void reply_next() {
      const auto reply = std::move(replies.front());
      replies.pop_front();
      reply();
    }
  };

  FakeTransfer(boost::asio::any_io_executor executor, std::shared_ptr<State> state)
      : executor_(std::move(executor)), state_(std::move(state)) {}
  ~FakeTransfer() override { state_->is_dropped = true; }

  void write(std::string bytes, Reply<> reply) override {
    state_->calls.push_back("write " + std::to_string(bytes.size()));
    state_->data += bytes;
    finish(std::move(reply), state_->failure);
  }
  void set_times(double accessed, double modified, Reply<> reply) override {
    state_->calls.push_back("times " + std::to_string(static_cast<int>(accessed)) + " " + std::to_string(modified));
    finish(std::move(reply));
  }
  void unpack(Reply<> reply) override {
    state_->calls.emplace_back("unpack");
    finish(std::move(reply));
  }
  void read(std::size_t length, Reply<std::string> reply) override {
    state_->calls.push_back("read " + std::to_string(length));
    std::string bytes = state_->data.substr(0, length);
    state_->data.erase(0, bytes.size());
    later([reply = std::move(reply), bytes, failure = state_->failure] {
      failure.empty() ? reply(bytes) : reply(make_error(Errc::bad_input, failure));
    });
  }
  void close(Reply<> reply) override {
    state_->calls.emplace_back("close");
    finish(std::move(reply));
  }

 private:
  void finish(Reply<> reply, const std::string& failure = {}) {
    later([reply = std::move(reply), failure] {
      failure.empty() ? reply({}) : reply(make_error(Errc::bad_input, failure));
    });
  }
  void later(std::function<void()> reply) {
    if (state_->holds) {
      state_->replies.push_back(std::move(reply));
    } else {
      boost::asio::post(executor_, std::move(reply));
    }
  }

  boost::asio::any_io_executor executor_;
  std::shared_ptr<State> state_;
};

}  // namespace kiln::session
