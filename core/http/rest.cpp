// SPDX-License-Identifier: MIT
#include <chrono>

#include "core/http/compress.h"
#include "core/http/origin.h"
#include "core/http/site.h"

// GET of /api/v2 (reference/rest.md section 2).
namespace kiln::http {
namespace {

constexpr std::size_t min_compressed_bytes = 1024;
constexpr std::string_view plain_text = "text/plain; charset=utf-8";

Response error_response(int status, std::string_view text) {
  std::string body = "{\"error\": ";
  append_json_string(body, text);
  body += '}';
  return make_response(status, plain_text, std::move(body));
}

Response error_response(const Error& error) {
  switch (error.code) {
    case Errc::not_found: return error_response(404, error.what);
    case Errc::bad_input: return error_response(400, error.what);
    case Errc::forbidden: return error_response(403, error.what);
    case Errc::busy:
    case Errc::broken:
    case Errc::cancelled: return error_response(503, error.what);
    default: return error_response(500, error.what);
  }
}

bool wants_json(const Request& request) {
  return request.header("accept").find("application/json") != std::string_view::npos;
}

std::string content_type(const data::Answer& answer, bool json) {
  if (!answer.content_type.empty()) return answer.content_type + "; charset=utf-8";
  return json ? "application/json; charset=utf-8" : std::string(plain_text);
}

void add_cache_headers(Response& response, const script::Config* config) {
  if (config == nullptr || config->www.json_cache_seconds <= 0) return;
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  response.headers.emplace_back("Expires", http_date(now.count() + config->www.json_cache_seconds));
  response.headers.emplace_back("Pragma", "no-cache");
}

// The answer's body is encoded already when `encoding` is not none.
Response to_response(data::Answer answer, bool json, Encoding encoding) {
  Response response;
  response.headers.emplace_back("Content-Type", content_type(answer, json));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (encoding != Encoding::none) {
    response.headers.emplace_back("Content-Encoding", to_string(encoding));
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (!answer.filename.empty()) {
    response.headers.emplace_back("Content-Disposition", "attachment; filename=" + answer.filename);
  }
  // A log may hold HTML that a build printed: it must not act as a page of this site.
  if (!answer.content_type.empty()) response.headers.emplace_back("Content-Security-Policy", "sandbox");
  response.body = std::make_shared<const std::string>(std::move(answer.body));
  return response;
}

}  // namespace

void Site::rest(const std::shared_ptr<const Request>& request, const Respond& respond) {
  const std::string_view origin = request->header("origin");
  const bool is_rpc = request->method == "POST";
  if (origin.empty()) {
    if (is_rpc) return rest_rpc(request, respond);
    if (request->method == "GET" || request->method == "HEAD") return rest_get(request, respond);
    return respond(error_response(400, "invalid HTTP method"));
  }
  if (!is_allowed_origin(origin, needs_.api.config().get())) {
    if (!is_rpc) return respond(error_response(400, "invalid origin"));
    return respond(make_response(400, "application/json", "{\"error\": {\"message\": \"invalid origin\"}}"));
  }
  const Respond with_cors = [respond, origin = std::string(origin)](Response response) {
    add_cors_headers(response, origin);
    respond(std::move(response));
  };
  if (is_rpc) return rest_rpc(request, with_cors);
  if (request->method == "GET" || request->method == "HEAD") return rest_get(request, with_cors);
  if (request->method != "OPTIONS") return respond(error_response(400, "invalid HTTP method"));
  const std::string_view wanted = request->header("access-control-request-method");
  if (wanted != "GET" && wanted != "POST" && wanted != "HEAD") return respond(error_response(400, "invalid method"));
  with_cors(make_response(200, "text/html", ""));
}

void Site::rest_get(const std::shared_ptr<const Request>& request, const Respond& respond) {
  std::vector<std::string> path(request->path.begin() + 2, request->path.end());
  needs_.authz.check({std::move(path), request->method, {}, request->user},
                     [this, request, respond](Result<void> allowed) {
                       if (allowed.has_error()) return respond(error_response(allowed.error()));
                       read(request, respond);
                     });
}

void Site::read(const std::shared_ptr<const Request>& request, const Respond& respond) {
  const bool json = wants_json(*request);
  const Encoding encoding = choose_encoding(request->header("accept-encoding"));
  const script::ConfigPtr config = needs_.api.config();
  const ResponseCache::Version version{needs_.api.data_version(), config};
  const std::string key = request->target + '\n' + (json ? 'j' : 't') + std::string(to_string(encoding));
  if (const Response* known = cache_.find(key, version)) {
    Response response = *known;
    add_cache_headers(response, config.get());
    return respond(std::move(response));
  }
  auto used = std::make_shared<Encoding>(Encoding::none);
  data::GetRequest get;
  get.path.assign(request->path.begin() + 2, request->path.end());
  get.args = parse_query(request->query);
  get.indent = !json;
  get.finish = [used, encoding](data::Answer& answer) {
    if (answer.rest != nullptr || answer.body.size() < min_compressed_bytes) return;
    answer.body = compress(answer.body, encoding);
    *used = encoding;
  };
  needs_.api.get(std::move(get), [this, respond, json, used, config, version, key](Result<data::Answer> answer) {
    if (answer.has_error()) return respond(error_response(answer.error()));
    const bool is_json = answer->content_type.empty();
    const bool is_cacheable = answer->is_cacheable;
    auto rest = answer->rest;
    Response response = to_response(*std::move(answer), json, *used);
    if (is_cacheable) cache_.add(key, version, response);
    if (is_json) add_cache_headers(response, config.get());
    if (rest != nullptr) {
      response.more = [this, rest](Reply<std::string> reply) { needs_.api.next_piece(rest, std::move(reply)); };
    }
    respond(std::move(response));
  });
}

}  // namespace kiln::http
