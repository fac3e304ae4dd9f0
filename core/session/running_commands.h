// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/engine/worker_link.h"
#include "core/session/transfer_calls.h"
#include "core/wire/updates.h"

namespace kiln::session {

// The commands of one connection that have not ended, and the text that waits to be given to one of them: pieces that
// follow each other in one read are joined.
class RunningCommands {
 public:
  void add(engine::CommandId id, std::string builder, std::shared_ptr<engine::CommandSink> sink,
           script::TransferPtr transfer = nullptr);
  // Null when it has ended.
  const std::string* builder_of(engine::CommandId id) const;

  // Texts in `updates` may be kept as views until flush().
  void update(engine::CommandId id, const wire::Updates& updates);
  void flush();
  // A call of the worker on the command's file transfer. Errors: also not_found, not_supported.
  void transfer(engine::CommandId id, wire::TransferRequest request, Reply<TransferCalls::Answer> reply);
  // Ignored when the command has ended already.
  void complete(engine::CommandId id, std::optional<std::string> failure_text);
  void lose_all();

 private:
  struct Running {
    std::string builder;
    std::shared_ptr<engine::CommandSink> sink;
    std::shared_ptr<TransferCalls> transfer;  // null: it has none
  };
  static constexpr char log_file_stream = 'l';

  void hold(engine::CommandId id, char stream, std::string_view name, std::string_view text);
  void give(engine::CommandId id, std::string_view key, const Json& value);
  std::shared_ptr<engine::CommandSink> sink_of(engine::CommandId id) const;

  std::map<engine::CommandId, Running> running_;
  // What is held; stream 0: nothing.
  engine::CommandId held_command_ = 0;
  char held_stream_ = 0;
  std::string held_name_;
  std::string_view held_view_;  // the first piece
  std::string held_text_;       // all pieces, from the second one on
};

}  // namespace kiln::session
