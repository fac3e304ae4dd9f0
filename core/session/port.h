// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/engine/worker_link.h"
#include "core/net/asio_clock.h"
#include "core/net/task_group.h"
#include "core/session/connection.h"
#include "core/session/worker_port.h"

namespace kiln::session {

class PbLink;

// What the connections of a WorkerPort share. Loop thread.
class Port : public std::enable_shared_from_this<Port> {
 public:
  Port(boost::asio::any_io_executor executor, engine::WorkerGate& gate, WorkerPortOptions options);

  void accept(net::Socket socket, const net::TlsContext& tls);
  // The dispatcher: all kinds of users share the port, each name is one user.
  std::optional<User> find_user(const std::string& name);
  void close_all(const Error& why);

  // Called by connections.
  void logged_in(const ConnectionPtr& connection);
  void ended(const ConnectionPtr& connection);
  // True once per peer and minute.
  bool may_complain(const std::string& peer);

  // Links by worker name, from the password to the end of the connection.
  std::shared_ptr<PbLink> link(const std::string& worker) const;
  void add_link(const std::string& worker, std::shared_ptr<PbLink> link);
  void remove_link(const std::string& worker, const PbLink* link);
  engine::CommandId next_command() { return next_command_++; }

  engine::WorkerGate& gate() { return gate_; }
  const WorkerPortOptions& options() const { return options_; }
  net::TaskGroup& tasks() { return tasks_; }
  Clock& clock() { return clock_; }
  std::vector<char>& scratch() { return scratch_; }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  boost::asio::any_io_executor executor_;
  engine::WorkerGate& gate_;
  const WorkerPortOptions options_;
  net::AsioClock clock_;
  net::TaskGroup tasks_;
  std::vector<char> scratch_;
  std::set<ConnectionPtr> connections_;
  std::list<ConnectionPtr> strangers_;  // oldest first
  std::map<std::string, std::shared_ptr<PbLink>> links_;
  std::map<std::string, std::chrono::microseconds> complaints_;
  engine::CommandId next_command_ = 0;
};

}  // namespace kiln::session
