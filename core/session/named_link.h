// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "core/engine/worker_link.h"
#include "core/net/stream.h"

namespace kiln::session {

class Port;

// A worker's link as the port's list of names knows it, from the right password to the end of the connection: each name
// has one, whatever protocols its connections speak. Loop thread.
class NamedLink : public engine::WorkerLink {
 public:
  virtual const std::string& worker() const = 0;
  virtual bool is_alive() const = 0;
  virtual bool is_paused() const = 0;
  // Lets the worker write `message` into its log; an answer shows that it lives.
  virtual void print(const std::string& message, Reply<> reply) = 0;
  // The name is this link's from now on.
  virtual void on_claimed() = 0;
  virtual void end(const Error& why) = 0;
};

// Makes the link the only one of its name. False: another one lives, and this one must go.
net::Task<bool> claim_name(std::shared_ptr<Port> port, std::shared_ptr<NamedLink> link);

}  // namespace kiln::session
