// SPDX-License-Identifier: MIT
#include "core/base/log.h"
#include "core/http/log_text.h"
#include "core/http/site.h"

// POST of /api/v2: JSON-RPC 2.0 (reference/rest.md section 4).
namespace kiln::http {
namespace {

constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int invalid_params = -32602;
constexpr int internal_error = -32603;

Response rpc_error(int status, int code, Json message, const Json* id) {
  JsonObject error{{"jsonrpc", "2.0"}};
  if (id != nullptr) error["id"] = *id;
  error["error"] = JsonObject{{"code", code}, {"message", std::move(message)}};
  return make_response(status, "application/json", dump_json_spaced(Json(std::move(error))));
}

Response rpc_error(const Error& error, const Json& id) {
  switch (error.code) {
    case Errc::not_found: return rpc_error(404, invalid_request, Json(error.what), &id);
    case Errc::forbidden: return rpc_error(403, invalid_request, Json(error.what), &id);
    case Errc::not_supported: return rpc_error(501, method_not_found, Json(error.what), &id);
    case Errc::bad_input: {
      const auto fields = parse_json(error.what);
      return rpc_error(400, invalid_params, fields.has_value() ? *fields : Json(error.what), &id);
    }
    case Errc::busy:
    case Errc::storage_full: return rpc_error(503, internal_error, Json(error.what), &id);
    default: return rpc_error(500, internal_error, Json(error.what), &id);
  }
}

// Why the envelope is wrong; empty: it is right.
std::string envelope_error(const Json& root) {
  if (root.is_array()) return "JSONRPC batch requests are not supported";
  if (!root.is_object()) return "JSONRPC root object must be an object";
  const JsonObject& call = root.get_object();
  for (const char* key : {"method", "jsonrpc", "id", "params"}) {
    if (!call.contains(key)) return std::string("missing key '") + key + "'";
  }
  if (!call.at("jsonrpc").is_string()) return "'jsonrpc' must be a string";
  if (!call.at("method").is_string()) return "'method' must be a string";
  const Json& id = call.at("id");
  if (!id.is_string() && !id.is_int64() && !id.is_uint64() && !id.is_null()) {
    return "'id' must be a string, number, or null";
  }
  if (!call.at("params").is_object()) return "'params' must be an object";
  if (call.at("jsonrpc").get_string() != "2.0") return "only JSONRPC 2.0 is supported";
  return {};
}

// Who did what: for those who look into it later.
void log_control(const Request& request, const std::string& method, const Result<Json>& result) {
  const std::string outcome = result.has_value() ? "done" : "refused: " + result.error().what;
  log_info("{} {} by '{}' from {}: {}", log_text(method), log_text(request.target), log_text(request.user.owner()),
           request.peer, log_text(outcome));
}

// {"id":I,"jsonrpc":"2.0","result":R}
Response rpc_result(const Json& id, const Json& result) {
  const JsonObject answer{{"id", id}, {"jsonrpc", "2.0"}, {"result", result}};
  return make_response(200, "application/json", dump_json(Json(answer)));
}

}  // namespace

void Site::rest_rpc(const std::shared_ptr<const Request>& request, const Respond& respond) {
  if (!is_json_request(*request)) {
    return respond(rpc_error(400, invalid_request, "Invalid content-type (use application/json)", nullptr));
  }
  const auto root = parse_json(request->body);
  if (root.has_error()) {
    return respond(rpc_error(400, parse_error, Json("JSON parse error: " + root.error().what), nullptr));
  }
  if (const std::string wrong = envelope_error(*root); !wrong.empty()) {
    return respond(rpc_error(400, invalid_request, Json(wrong), nullptr));
  }
  const JsonObject& call = root->get_object();
  data::ControlRequest control;
  control.path.assign(request->path.begin() + 2, request->path.end());
  control.method = call.at("method").get_string().c_str();
  control.params = call.at("params").get_object();
  control.owner = request->user.owner();
  control.params.erase("owner");  // whoever asks cannot say who he is
  data::AuthzQuestion question{control.path, control.method, control.params, request->user};
  question.params["owner"] = control.owner;  // as rules of the user's own see it under upstream
  const Reply<Json> answer = [respond, request, method = control.method, id = call.at("id")](Result<Json> result) {
    log_control(*request, method, result);
    if (result.has_error()) return respond(rpc_error(result.error(), id));
    respond(rpc_result(id, *result));
  };
  needs_.authz.check(std::move(question), [this, control = std::move(control), answer](Result<void> allowed) mutable {
    if (allowed.has_error()) return answer(allowed.error());
    needs_.controls.control(std::move(control), answer);
  });
}

}  // namespace kiln::http
