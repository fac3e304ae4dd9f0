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

// By a page of this server, of an allowed one, or not by a page at all.
bool Site::is_own_page(const Request& request) const {
  const std::string_view origin = request.header("origin");
  if (origin.empty()) return true;  // not a browser
  const std::string own = origin_of(origin);
  const std::size_t host = own.find("://");
  if (host != std::string::npos && std::string_view(own).substr(host + 3) == request.header("host")) return true;
  return is_allowed_origin(origin, needs_.api.config().get());
}

// As upstream asks: who may not see the masters hears of nothing (reference/rest.md section 7).
void Site::check_websocket(const Request& request, Reply<> reply) {
  if (!is_own_page(request)) {
    return reply(make_error(Errc::forbidden, "a page of another site may not open a websocket here"));
  }
  if (request.session == Request::Session::refused) {
    return reply(make_error(Errc::forbidden, "the session has ended: load the page again"));
  }
  needs_.authz.check({{"masters"}, "GET", {}, request.user}, std::move(reply));
}

// Who has no good session gets an anonymous one.
Respond Site::with_session(const Request& request, Respond respond) {
  if (request.session == Request::Session::good) return respond;
  return [this, respond = std::move(respond)](Response response) {
    sessions_.set_anonymous(response, needs_.api.config().get());
    respond(std::move(response));
  };
}

void Site::log_in(const std::shared_ptr<const Request>& request, const Respond& respond) {
  if (request->method == "POST") {
    // Otherwise another site could log a browser in as somebody.
    if (!is_own_page(*request) || !is_json_request(*request)) {
      return respond(make_response(400, "application/json", "{\"error\": \"log in by JSON from a page of this server\"}"));
    }
  } else if (request->method != "GET" && request->method != "HEAD") {
    return respond(method_not_allowed(*request));
  }
  login_.handle(request, needs_.api.config(), respond);
}

void Site::route(const std::shared_ptr<const Request>& request, const Respond& respond) {
  const script::ConfigPtr config = needs_.api.config();
  const std::string& first = request->path.front();
  const bool is_api = first == "api" && request->path.size() >= 2;
  if (is_api && (request->path[1] == "v2" || request->path[1] == "latest")) {
    return rest(request, with_session(*request, respond));
  }
  if (first == "change_hook") {
    return handle_change_hook(*request, config.get(), needs_.controls, respond);
  }
  if (first == "auth") return log_in(request, respond);
  if (request->method != "GET" && request->method != "HEAD") return respond(method_not_allowed(*request));
  if (first == "api" && request->path.size() == 1) return respond(api_versions(config.get()));
  if (is_api) return respond(not_found_page());
  if (first == "config" && request->path.size() == 1) {
    return with_session(*request, respond)(config_json(*request, config.get()));
  }
  if (first == "avatar" && request->path.size() == 1) return respond(avatar(*request, config.get()));
  if (first == "ws" && request->path.size() == 1) return respond(upgrade_required());
  const bool is_page = request->path.size() == 1 && (first.empty() || first == "index.html");
  (is_page ? with_session(*request, respond) : respond)(static_file(*request, config.get()));
}

}  // namespace kiln::http
