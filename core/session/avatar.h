// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/wire/broker.h"

namespace kiln::session {

class Connection;

// What a peer that has logged in talks to: a worker's link; later those of `change` and `try` users.
// Loop thread. The connection shares it until lost().
class Avatar {
 public:
  virtual ~Avatar() = default;
  // A call to an exported object; must be answered through the broker.
  virtual void on_call(wire::Called&& call) = 0;
  virtual void on_update(wire::CommandUpdated&& update) = 0;
  // All calls of one read have been reported.
  virtual void on_input_end() = 0;
  // The connection has ended. The last event.
  virtual void on_lost(const Error& why) = 0;
};

// A name that may log in: its password, and what becomes of a peer that knows it.
struct User {
  std::string password;
  std::function<void(const std::shared_ptr<Connection>&, const wire::LoginAnswered&)> admit;
};

}  // namespace kiln::session
