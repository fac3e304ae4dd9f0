// SPDX-License-Identifier: MIT
#include "core/http/site.h"

#include "core/base/log.h"
#include "core/http/change_hook.h"
#include "core/http/origin.h"
#include "core/http/pages.h"

namespace kiln::http {

void Site::handle(std::shared_ptr<const Request> request, Respond respond) {
  // The wall for exceptions of handlers: a request that hits a bug is answered, the master goes on.
  try {
    route(request, respond);
  } catch (const std::exception& error) {
    log_error("the handler of {} {} failed: {}", request->method, request->target, error.what());
    respond(make_response(500, "text/plain; charset=utf-8", "internal error"));
  }
}

bool Site::allows_websocket(const Request& request) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return true;  // not a browser
  const std::string own = origin_of(origin);
  const std::size_t host = own.find("://");
  if (host != std::string::npos && std::string_view(own).substr(host + 3) == request.header("host")) return true;
  return is_allowed_origin(origin, needs_.api.config().get());
}

void Site::route(const std::shared_ptr<const Request>& request, const Respond& respond) {
  const script::ConfigPtr config = needs_.api.config();
  const std::string& first = request->path.front();
  const bool is_api = first == "api" && request->path.size() >= 2;
  if (is_api && (request->path[1] == "v2" || request->path[1] == "latest")) return rest(request, respond);
  if (first == "change_hook") {
    return handle_change_hook(*request, config.get(), needs_.controls, respond);
  }
  if (request->method != "GET" && request->method != "HEAD") return respond(method_not_allowed(*request));
  if (first == "api" && request->path.size() == 1) return respond(api_versions(config.get()));
  if (is_api) return respond(not_found_page());
  if (first == "config" && request->path.size() == 1) return respond(config_json(config.get()));
  if (first == "auth") return respond(auth_page(*request, config.get()));
  if (first == "avatar" && request->path.size() == 1) return respond(avatar(*request, config.get()));
  if (first == "ws" && request->path.size() == 1) return respond(upgrade_required());
  respond(static_file(*request, config.get()));
}

}  // namespace kiln::http
