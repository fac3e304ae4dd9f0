// SPDX-License-Identifier: MIT
#include "core/session/transfer_calls.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace kiln::session {

Reply<> TransferCalls::nothing(Reply<Answer> reply) {
  return [self = shared_from_this(), reply = std::move(reply)](Result<> done) {
    --self->waiting_;
    done ? reply(Answer()) : reply(done.error());
  };
}

void TransferCalls::carry_out(wire::TransferRequest request, Reply<Answer> reply) {
  if (waiting_ >= waiting_limit) return reply(make_error(Errc::busy, "too many calls before their answers"));
  ++waiting_;
  if (auto* write = std::get_if<wire::WriteRequest>(&request)) {
    transfer_->write(std::move(write->block), nothing(std::move(reply)));
  } else if (const auto* read = std::get_if<wire::ReadRequest>(&request)) {
    const auto take = [self = shared_from_this(), reply = std::move(reply)](Result<std::string> bytes) {
      --self->waiting_;
      bytes ? reply(Answer(std::move(*bytes))) : reply(bytes.error());
    };
    transfer_->read(std::min(read->longest, longest_read), take);
  } else if (const auto* utime = std::get_if<wire::UtimeRequest>(&request)) {
    transfer_->set_times(utime->accessed, utime->modified, nothing(std::move(reply)));
  } else if (std::holds_alternative<wire::UnpackRequest>(request)) {
    transfer_->unpack(nothing(std::move(reply)));
  } else {
    transfer_->close(nothing(std::move(reply)));
  }
}

}  // namespace kiln::session
