// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/engine/worker_link.h"

namespace kiln::testing {

// A worker without a wire that behaves: it answers later, never from inside a call, runs one command a builder, and
// ends commands when it is interrupted, unless the test tells it otherwise.
class ScriptedWorker : public engine::WorkerLink, public std::enable_shared_from_this<ScriptedWorker> {
 public:
  struct Command {
    engine::CommandId id = 0;
    std::string builder;
    std::string name;
    JsonObject args;
    std::shared_ptr<engine::CommandSink> sink;
    script::TransferPtr transfer;

    void output(std::string_view text, char stream = 'o') const { sink->on_output(stream, text); }
    void finish(int rc) const {
      const auto keep = sink;
      keep->on_update("rc", Json(rc));
      keep->on_complete(std::nullopt);
    }
  };

  ScriptedWorker(Clock& clock, engine::WorkerGate& gate, std::string name) : clock_(clock), gate_(gate), name_(std::move(name)) {
    info_.basedir = "/w/" + name_;
    info_.system = "posix";
    info_.version = "4.3.0";
    info_.all = {{"admin", "me"}, {"host", "here"}, {"basedir", info_.basedir}, {"system", "posix"}, {"version", "4.3.0"}};
  }

  // What it does; a test changes these.
  bool answers_pings = true;
  bool refuses_builds = false;
  bool heeds_interrupts = true;
  bool answers_set_builders = true;
  std::function<void(const Command&)> on_command;  // null: the test finishes commands by itself
  std::vector<std::string> calls;                  // everything that was asked of it
  std::vector<engine::BuilderDir> builder_dirs;
  bool reading_paused = false;
  bool is_connected = false;

  void finish_all_with(int rc) {
    on_command = [this, rc](const Command& command) { finish(command.id, rc); };
  }
  void connect() {
    builder_dirs = gate_.builders(name_);
    is_connected = true;
    gate_.attach(name_, shared_from_this());
  }
  // The connection breaks.
  void lose() {
    if (!std::exchange(is_connected, false)) return;
    const auto keep = shared_from_this();
    timers_.clear();
    for (auto& [id, command] : std::exchange(commands_, {})) command.sink->on_lost();
    for (auto& [id, reply] : std::exchange(waiting_, {})) reply(make_error(Errc::peer_gone, "the connection ended"));
    gate_.detach(name_, keep);
  }

  // The master is gone without a word: nothing is told to anybody.
  void forget() {
    is_connected = false;
    timers_.clear();
    commands_.clear();
    waiting_.clear();
  }

  // The command that runs; the oldest one when there are several.
  const Command* running() const { return commands_.empty() ? nullptr : &commands_.begin()->second; }
  const Command* running(const std::string& builder) const {
    for (const auto& [id, command] : commands_) {
      if (command.builder == builder) return &command;
    }
    return nullptr;
  }
  void finish(int rc) { finish(commands_.begin()->first, rc); }
  void finish(engine::CommandId id, int rc) {
    const Command command = commands_.at(id);
    commands_.erase(id);
    command.finish(rc);
  }
  void fail(const std::string& text) {
    const Command command = commands_.begin()->second;
    commands_.erase(commands_.begin());
    command.sink->on_complete(text);
  }
  std::size_t count(std::string_view call) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
  }

  const engine::WorkerInfo& info() const override { return info_; }
  void set_builders(std::vector<engine::BuilderDir> builders, Reply<> reply) override {
    calls.emplace_back("set_builders");
    builder_dirs = std::move(builders);
    answer(answers_set_builders, std::move(reply));
  }
  void ping(Reply<> reply) override {
    calls.emplace_back("ping");
    answer(answers_pings, std::move(reply));
  }
  void start_build(const std::string& builder, Reply<> reply) override {
    calls.push_back("start_build " + builder);
    if (!refuses_builds) return answer(true, std::move(reply));
    later([reply = std::move(reply)] { reply(make_error(Errc::bad_input, "no such builder")); });
  }
  engine::CommandId start_command(const std::string& builder, const std::string& command, const JsonObject& args,
                                  std::shared_ptr<engine::CommandSink> sink, script::TransferPtr transfer) override {
    const engine::CommandId id = ++last_command_;
    calls.push_back("start " + command);
    commands_[id] = {id, builder, command, args, std::move(sink), std::move(transfer)};
    if (on_command) {
      later([this, id] {
        const auto found = commands_.find(id);
        if (found != commands_.end()) on_command(found->second);
      });
    }
    return id;
  }
  void interrupt_command(engine::CommandId id, const std::string& why) override {
    calls.push_back("interrupt " + why);
    if (!heeds_interrupts) return;
    later([this, id] {
      if (commands_.contains(id)) finish(id, -1);
    });
  }
  void shutdown(Reply<> reply) override {
    calls.emplace_back("shutdown");
    answer(true, std::move(reply));
    later([this] { lose(); });
  }
  void close(const std::string& why) override {
    calls.push_back("close " + why);
    later([this] { lose(); });
  }
  void pause_reading(bool paused) override { reading_paused = paused; }

 private:
  void later(std::function<void()> work) {
    timers_.push_back(clock_.call_after(std::chrono::milliseconds(0), std::move(work)));
  }
  void answer(bool now, Reply<> reply) {
    const int id = ++last_reply_;
    waiting_[id] = std::move(reply);
    if (!now) return;
    later([this, id] {
      const auto found = waiting_.find(id);
      if (found == waiting_.end()) return;
      const Reply<> answered = std::move(found->second);
      waiting_.erase(found);
      answered({});
    });
  }

  Clock& clock_;
  engine::WorkerGate& gate_;
  std::string name_;
  engine::WorkerInfo info_;
  std::map<engine::CommandId, Command> commands_;
  std::map<int, Reply<>> waiting_;
  int last_reply_ = 0;
  std::vector<std::unique_ptr<Timer>> timers_;
  engine::CommandId last_command_ = 0;
};

}  // namespace kiln::testing
