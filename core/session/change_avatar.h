// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/session/client_host.h"
#include "core/session/connection.h"

namespace kiln::session {

// Somebody who sends changes. Loop thread.
class ChangeAvatar : public Avatar, public std::enable_shared_from_this<ChangeAvatar> {
 public:
  ChangeAvatar(ConnectionPtr connection, ClientHost& host, std::optional<std::string> prefix)
      : connection_(std::move(connection)), host_(host), prefix_(std::move(prefix)) {}

  void on_call(wire::Called&& call) override;
  void on_update(wire::CommandUpdated&& update) override;
  void on_input_end() override {}
  void on_lost(const Error&) override {}

 private:
  void add_change(const wire::Called& call);

  const ConnectionPtr connection_;
  ClientHost& host_;
  const std::optional<std::string> prefix_;
};

// What all clients have in common: references that came with a call are given back, and what they must not say is
// refused.
void release_arguments(Connection& connection, const wire::Called& call);
void refuse_call(Connection& connection, const wire::Called& call);
void refuse(Connection& connection, wire::PeerCall call, const Error& why);

}  // namespace kiln::session
