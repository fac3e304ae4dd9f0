// SPDX-License-Identifier: MIT
#include "core/session/change_avatar.h"

#include <fmt/format.h>

#include "core/base/log.h"
#include "core/session/sent_change.h"
#include "core/wire/client_messages.h"
#include "core/wire/worker_messages.h"

namespace kiln::session {

void release_arguments(Connection& connection, const wire::Called& call) {
  for (const auto& arg : call.args) connection.release(arg);
  for (const auto& [name, value] : call.kwargs) connection.release(value);
}

void refuse_call(Connection& connection, const wire::Called& call) {
  const std::string what = fmt::format("there is no method {}", call.method.substr(0, 100));
  connection.broker().error(call.call, wire::make_failure(wire::attribute_error_type, what));
}

void refuse(Connection& connection, wire::PeerCall call, const Error& why) {
  connection.broker().error(call, wire::make_failure(wire::runtime_error_type, why.what));
  connection.flush_soon();
}

void ChangeAvatar::on_call(wire::Called&& call) {
  if (std::holds_alternative<wire::Perspective>(call.target) && call.method == "addChange") {
    add_change(call);
  } else {
    refuse_call(*connection_, call);
  }
  release_arguments(*connection_, call);
}

void ChangeAvatar::on_update(wire::CommandUpdated&& update) {
  refuse(*connection_, update.call, make_error(Errc::bad_input, "there is no command"));
}

// The answer comes when the change is stored.
void ChangeAvatar::add_change(const wire::Called& call) {
  const auto sent = wire::read_change(call);
  if (!sent) return refuse(*connection_, call.call, sent.error());
  auto draft = to_change(*sent, prefix_);
  if (!draft) return refuse(*connection_, call.call, draft.error());
  host_.add_change(*std::move(draft), [self = shared_from_this(), id = call.call](const Result<ChangeId>& added) {
    if (!self->connection_->is_alive()) return;
    if (!added) {
      log_error("cannot add a change from {}: {}", self->connection_->peer(), added.error().what);
      return refuse(*self->connection_, id, added.error());
    }
    wire::answer_none(self->connection_->broker(), id).value();
    self->connection_->flush_soon();
  });
}

}  // namespace kiln::session
