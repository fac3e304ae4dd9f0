// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/app/client_bridge.h"
#include "core/app/try_jobdirs.h"
#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/data/api.h"
#include "core/data/authz.h"
#include "core/data/controls.h"
#include "core/data/event_bus.h"
#include "core/engine/engine.h"
#include "core/http/server.h"
#include "core/net/endpoint.h"
#include "core/script/config.h"
#include "core/session/worker_port.h"

namespace kiln::app {

// What comes from outside: the ports of a master, for workers, for clients and for browsers, and the folders of try jobs.
// Loop thread.
class Listeners {
 public:
  struct Needs {
    boost::asio::any_io_executor executor;
    Clock& clock;
    engine::Engine& engine;
    data::Api& api;
    data::Controls& controls;
    data::Authz& authz;
    data::EventBus& events;
    std::filesystem::path basedir;
    std::filesystem::path http_log;
    std::string session_secret;
  };
  explicit Listeners(Needs needs);
  ~Listeners();

  // Opens what `config` asks for beside what is open. On an error everything is as before. Clients and jobs are those of
  // the engine's configuration.
  Result<void> open(const script::Config& config);
  // The engine has taken the configuration of the last open(): closes the ports that it did not ask for. Worker
  // connections go on.
  void close_others();

 private:
  // The protocol, and the text of the configuration.
  using WorkerPort = std::pair<session::WorkerProtocol, std::string>;

  void let_in(const script::Config& config);
  Result<void> open_for_workers(const std::set<WorkerPort>& wanted);
  Result<void> open_for_workers(const WorkerPort& port, const std::set<WorkerPort>& wanted);
  Result<void> open_for_browsers(const std::string& port);
  void close_for_workers(const std::set<WorkerPort>& kept);

  Needs needs_;
  ClientBridge clients_;
  TryJobdirs jobdirs_;
  std::unique_ptr<session::WorkerPort> workers_;
  std::map<WorkerPort, net::Endpoint> worker_ports_;  // open ones
  std::set<WorkerPort> wanted_worker_ports_;
  std::unique_ptr<http::Server> http_;
  std::optional<std::string> http_port_, wanted_http_port_;
};

}  // namespace kiln::app
