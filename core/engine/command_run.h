// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/engine/worker_link.h"
#include "core/script/step.h"

namespace kiln::engine {

// One command on a worker: routes its output to logs and gathers its outcome. Held by the link until it has ended and
// by the step that runs it. Loop thread.
class CommandRun : public CommandSink {
 public:
  // What it needs of its step.
  class Host {
   public:
    virtual ~Host() = default;
    virtual void command_output(LogId log, char stream, std::string_view text) = 0;
    // What may be shown of a command's whole output.
    virtual std::string shown(std::string text) const = 0;
    // Incomplete lines are ended.
    virtual void command_log_ends(LogId log) = 0;
    // Makes a log for a lazy log file.
    virtual void make_log(const std::string& name, Reply<Log> reply) = 0;
    // The connection is gone, before anybody else says so.
    virtual void command_lost() = 0;
  };

  CommandRun(Host& host, script::CommandRequest request, Reply<script::CommandOutcome> reply);

  void started(CommandId id) { id_ = id; }
  CommandId id() const { return id_; }
  bool is_over() const { return !reply_; }
  void set_interrupted() { interrupted_ = true; }
  // How long the worker may take to end it after an interrupt.
  std::chrono::seconds patience() const;
  // Ends it for the step without the worker; nothing is heard of it any more.
  void abandon(script::CommandOutcome::End end);
  // The same without a reply.
  void let_go();

  void on_output(char stream, std::string_view text) override;
  void on_log_file(std::string_view name, std::string_view text) override;
  void on_update(std::string_view key, const Json& value) override;
  void on_complete(std::optional<std::string> failure_text) override;
  void on_lost() override;

 private:
  struct LazyLog {
    std::string name;
    std::string early;  // text that came before its log was made
    bool is_wanted = false;
  };
  void log_made(const std::string& name, const Result<Log>& log);
  void finish(script::CommandOutcome::End end);
  void reply_when_ready();

  Host* host_;  // null: abandoned
  script::CommandRequest request_;
  Reply<script::CommandOutcome> reply_;
  script::CommandOutcome outcome_;
  CommandId id_ = 0;
  bool interrupted_ = false;
  bool ended_ = false;
  std::vector<LazyLog> lazy_logs_;
  std::size_t logs_being_made_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace kiln::engine
