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
#include "core/session/avatar.h"
#include "core/session/client_host.h"
#include "core/session/named_link.h"
#include "core/session/peer.h"
#include "core/session/worker_port.h"

namespace kiln::session {

// What the connections of a WorkerPort share. Loop thread.
class Port : public std::enable_shared_from_this<Port> {
 public:
  Port(boost::asio::any_io_executor executor, engine::WorkerGate& gate, WorkerPortOptions options);

  void accept(net::Socket socket, const net::TlsContext& tls, WorkerProtocol protocol, const std::string& door);
  // The dispatcher: all kinds of users share a door, each name is one user.
  std::optional<User> find_user(const std::string& name, const std::string& door);
  void set_clients(ClientHost& host, std::vector<script::PbClient> clients, std::set<std::string> worker_doors);
  void close_all(const Error& why);

  // Called by connections.
  void logged_in(const PeerPtr& connection);
  void ended(const PeerPtr& connection);
  // True once per peer and minute.
  bool may_complain(const std::string& peer);

  // Links by worker name, from the password to the end of the connection.
  std::shared_ptr<NamedLink> link(const std::string& worker) const;
  void add_link(std::shared_ptr<NamedLink> link);
  void remove_link(const NamedLink& link);
  engine::CommandId next_command() { return next_command_++; }

  engine::WorkerGate& gate() { return gate_; }
  const WorkerPortOptions& options() const { return options_; }
  net::TaskGroup& tasks() { return tasks_; }
  Clock& clock() { return clock_; }
  std::vector<char>& scratch() { return scratch_; }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  void admit_client(const script::PbClient& client, const std::shared_ptr<Connection>& connection,
                    const wire::LoginAnswered& login);
  template <class Connected>
  void welcome(std::shared_ptr<Connected> connection);

  boost::asio::any_io_executor executor_;
  engine::WorkerGate& gate_;
  const WorkerPortOptions options_;
  net::AsioClock clock_;
  net::TaskGroup tasks_;
  std::vector<char> scratch_;
  std::set<PeerPtr> connections_;
  std::list<PeerPtr> strangers_;  // oldest first
  std::map<std::string, std::shared_ptr<NamedLink>> links_;
  std::map<std::string, std::chrono::microseconds> complaints_;
  engine::CommandId next_command_ = 0;
  ClientHost* host_ = nullptr;
  std::vector<script::PbClient> clients_;
  std::set<std::string> worker_doors_{""};  // workers may log in there
};

}  // namespace kiln::session
