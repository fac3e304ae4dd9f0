// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/data/api.h"
#include "core/data/controls.h"
#include "core/http/message.h"
#include "core/http/response_cache.h"

namespace kiln::http {

// Everything a master serves over HTTP except websockets: decides by the path. Loop thread.
class Site {
 public:
  struct Needs {
    data::Api& api;
    data::Controls& controls;
  };
  explicit Site(Needs needs) : needs_(needs) {}

  // Never throws; responds exactly once, perhaps before it returns.
  void handle(std::shared_ptr<const Request> request, Respond respond);
  // Whether a page of that origin may open a websocket here.
  bool allows_websocket(const Request& request) const;

 private:
  void route(const std::shared_ptr<const Request>& request, const Respond& respond);
  void rest(const std::shared_ptr<const Request>& request, const Respond& respond);
  void rest_get(const std::shared_ptr<const Request>& request, const Respond& respond);
  void rest_rpc(const std::shared_ptr<const Request>& request, const Respond& respond);

  Needs needs_;
  ResponseCache cache_;
};

}  // namespace kiln::http
