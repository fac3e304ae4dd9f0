// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/data/api.h"
#include "core/data/authz.h"
#include "core/data/controls.h"
#include "core/data/event_bus.h"

namespace kiln::http {

// The web server of a master. Loop thread; owned by app/. Destroying it closes the port and all connections.
class Server {
 public:
  struct Needs {
    boost::asio::any_io_executor executor;
    data::Api& api;
    data::Controls& controls;
    data::Authz& authz;
    data::EventBus& events;
  };
  struct Options {
    std::filesystem::path access_log;  // <basedir>/http.log; empty: none
    std::size_t log_max_bytes = 10'000'000;
    int log_max_files = 10;
    std::string session_secret;          // signs the users' cookies; empty: one of its own
    std::size_t max_connections = 4096;  // websockets included
  };
  Server(Needs needs, Options options);
  ~Server();

  // Begins to serve; the port it got (0: a unix socket). `endpoint`: as in c['www']['port']. Again: moves there,
  // connections go on. Errors: conflict (address in use), bad_input, forbidden; then it serves where it did before.
  Result<std::uint16_t> start(const std::string& endpoint);
  // Stops taking requests, lets those in work finish for at most `patience`, then cuts; calls `done` once.
  void stop(std::chrono::milliseconds patience, std::function<void()> done);

  std::size_t connections() const;

 private:
  class Parts;
  std::shared_ptr<Parts> parts_;
};

}  // namespace kiln::http
