// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/script/transfer.h"

namespace kiln::testing {

// The master's ends of transfers in memory: answer later, never from inside a call.
class ScriptedTransfers : public script::Transfers {
 public:
  struct File {
    script::TransferPlan plan;
    std::string bytes;  // written, or still to read
    bool is_closed = false;
    bool is_dropped = false;
  };

  explicit ScriptedTransfers(Clock& clock) : clock_(clock) {}

  std::vector<std::shared_ptr<File>> opened;

  script::TransferPtr open(const script::TransferPlan& plan) override {
    auto file = std::make_shared<File>();
    file->plan = plan;
    file->bytes = plan.text;
    opened.push_back(file);
    return std::make_shared<End>(clock_, file);
  }

 private:
  class End : public script::Transfer {
   public:
    End(Clock& clock, std::shared_ptr<File> file) : clock_(clock), file_(std::move(file)) {}
    ~End() override { file_->is_dropped = true; }

    void write(std::string bytes, Reply<> reply) override {
      file_->bytes += bytes;
      later([reply = std::move(reply)] { reply({}); });
    }
    void set_times(double, double, Reply<> reply) override {
      later([reply = std::move(reply)] { reply({}); });
    }
    void unpack(Reply<> reply) override { close(std::move(reply)); }
    void read(std::size_t length, Reply<std::string> reply) override {
      std::string block = file_->bytes.substr(0, length);
      file_->bytes.erase(0, block.size());
      later([reply = std::move(reply), block = std::move(block)] { reply(block); });
    }
    void close(Reply<> reply) override {
      file_->is_closed = true;
      later([reply = std::move(reply)] { reply({}); });
    }

   private:
    void later(std::function<void()> work) {
      timers_.push_back(clock_.call_after(std::chrono::milliseconds(0), std::move(work)));
    }
    Clock& clock_;
    std::shared_ptr<File> file_;
    std::vector<std::unique_ptr<Timer>> timers_;
  };

  Clock& clock_;
};

}  // namespace kiln::testing
