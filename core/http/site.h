// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/data/api.h"
#include "core/data/authz.h"
#include "core/data/controls.h"
#include "core/http/login.h"
#include "core/http/message.h"
#include "core/http/response_cache.h"
#include "core/http/sessions.h"

namespace kiln::http {

// Everything a master serves over HTTP except websockets: decides by the path. Loop thread.
class Site {
 public:
  struct Needs {
    data::Api& api;
    data::Controls& controls;
    data::Authz& authz;
    std::string session_secret;
  };
  explicit Site(Needs needs) : needs_(std::move(needs)), sessions_(needs_.session_secret), login_(sessions_) {}

  // Finds out who asks; before the request is handled.
  void identify(Request& request) const { sessions_.identify(request); }

  // Never throws; responds exactly once, perhaps before it returns.
  void handle(std::shared_ptr<const Request> request, Respond respond);
  // Whether that user and a page of that origin may open a websocket here. Errors: forbidden, others.
  void check_websocket(const Request& request, Reply<> reply);

 private:
  void route(const std::shared_ptr<const Request>& request, const Respond& respond);
  bool is_own_page(const Request& request) const;
  void log_in(const std::shared_ptr<const Request>& request, const Respond& respond);
  Respond with_session(const Request& request, Respond respond);
  void rest(const std::shared_ptr<const Request>& request, const Respond& respond);
  void rest_get(const std::shared_ptr<const Request>& request, const Respond& respond);
  void rest_rpc(const std::shared_ptr<const Request>& request, const Respond& respond);
  void read(const std::shared_ptr<const Request>& request, const Respond& respond);

  Needs needs_;
  Sessions sessions_;
  Login login_;
  ResponseCache cache_;
};

}  // namespace kiln::http
