// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/script/transfer.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {

// The worker's calls on the file transfer of one command, each carried out on the master's end. Loop thread; shared by
// its command and by replies that are under way. Workers wait for each answer before they call again: one that does not
// is refused before its data fills the memory.
class TransferCalls : public std::enable_shared_from_this<TransferCalls> {
 public:
  static constexpr std::size_t waiting_limit = 16;
  // What one answer holds at most; the longest string of Perspective Broker.
  static constexpr std::size_t longest_read = wire::banana_size_limit;

  explicit TransferCalls(script::TransferPtr transfer) : transfer_(std::move(transfer)) {}

  // What a read brought; nothing for other calls. Errors: busy, and as script::Transfer.
  using Answer = std::optional<std::string>;
  void carry_out(wire::TransferRequest request, Reply<Answer> reply);

 private:
  Reply<> nothing(Reply<Answer> reply);

  script::TransferPtr transfer_;
  std::size_t waiting_ = 0;
};

}  // namespace kiln::session
