// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/worker_link.h"
#include "core/net/endpoint.h"
#include "core/script/config.h"

namespace kiln::session {

struct WorkerPortOptions {
  std::chrono::milliseconds keepalive_interval = std::chrono::hours(1);  // a `print` of the master
  std::chrono::milliseconds login_limit = std::chrono::seconds(30);      // from the connection to the password
  std::chrono::milliseconds attach_limit = std::chrono::minutes(2);      // for each call of the attach sequence
  std::chrono::milliseconds duplicate_limit = std::chrono::seconds(10);  // for the old connection's sign of life
  std::size_t stranger_limit = 1000;  // connections that have not logged in; the oldest one has to go
};

enum class WorkerProtocol { pb, msgpack };

class ClientHost;

// Where workers dial in, with Perspective Broker or with msgpack over websockets, and those who send changes or try
// jobs. Loop thread. Owned by app/; the gate and the host must outlive it. Destroying it ends all connections: the gate
// has then been told of each detach.
class WorkerPort {
 public:
  using Options = WorkerPortOptions;
  WorkerPort(boost::asio::any_io_executor executor, engine::WorkerGate& gate, Options options = {});
  ~WorkerPort();
  WorkerPort(const WorkerPort&) = delete;
  WorkerPort& operator=(const WorkerPort&) = delete;

  // May be called for several endpoints. Returns the endpoint as bound. `door`: how set_clients() calls it; workers are
  // let in at the door without a name until that says otherwise. Errors: as net::Listener::open().
  Result<net::Endpoint> start(const net::Endpoint& endpoint, WorkerProtocol protocol = WorkerProtocol::pb,
                              const std::string& door = {});
  // From now on these may log in, each at the door that is its `port`, and workers at `worker_doors`. Who is logged in
  // stays.
  void set_clients(ClientHost& host, std::vector<script::PbClient> clients, std::set<std::string> worker_doors);
  // Stops accepting, on all endpoints or on one as start() returned it; connections go on.
  void stop_listening();
  void stop_listening(const net::Endpoint& endpoint);
  // Ends all connections, and replies when the last has written what was sent before, or the time is over.
  void stop(std::chrono::milliseconds patience, std::function<void()> done);

  std::size_t connection_count() const;

 private:
  struct Listeners;
  std::shared_ptr<class Port> port_;
  std::unique_ptr<Listeners> listeners_;
};

}  // namespace kiln::session
