// SPDX-License-Identifier: MIT
#include "core/http/ws_commands.h"

#include "core/base/json.h"

namespace kiln::http {
namespace {

constexpr std::size_t max_subscriptions = 1000;
constexpr std::size_t max_path = 500;

std::string ok(std::string_view text, const Json& id) {
  std::string out = "{\"msg\":";
  append_json_string(out, text);
  out += ",\"code\":200,\"_id\":" + dump_json(id) + "}";
  return out;
}

std::string error(std::string_view text, int code, const Json& id) {
  std::string out = "{\"error\":";
  append_json_string(out, text);
  out += ",\"code\":" + std::to_string(code) + ",\"_id\":" + dump_json(id) + "}";
  return out;
}

const Json& id_of(const JsonObject& command) {
  static const Json none;
  const Json* id = command.if_contains("_id");
  return id == nullptr ? none : *id;
}

// What Python says when a function gets an argument that it does not have, or lacks one.
std::string argument_error(std::string_view name, std::string_view what) {
  return "Invalid method argument 'WsProtocol.cmd_" + std::string(name) + "() " + std::string(what) + "'";
}

// Each key of a frame but these is an argument of the command.
std::string unexpected_argument(const JsonObject& command, bool takes_path) {
  for (const auto& pair : command) {
    const std::string_view key = pair.key();
    if (key == "cmd" || key == "type" || key == "_id" || (takes_path && key == "path")) continue;
    return "got an unexpected keyword argument '" + std::string(key) + "'";
  }
  return {};
}

std::string check_arguments(const JsonObject& command, std::string_view name, bool takes_path) {
  if (const std::string wrong = unexpected_argument(command, takes_path); !wrong.empty()) {
    return argument_error(name, wrong);
  }
  if (takes_path && !command.contains("path")) {
    return argument_error(name, "missing 1 required positional argument: 'path'");
  }
  if (!command.contains("_id")) return argument_error(name, "missing 1 required positional argument: '_id'");
  return {};
}

bool is_path(const Json& path) {
  if (!path.is_string()) return false;
  const std::string_view text = path.get_string();
  return !text.empty() && text.size() <= max_path;
}

}  // namespace

std::string WsCommands::answer(std::string_view frame) {
  const auto parsed = parse_json(frame);
  if (parsed.has_error() || !parsed->is_object()) return error("Invalid JSON in websocket frame", 400, Json());
  const JsonObject& command = parsed->get_object();
  if (!command.contains("_id") && !command.contains("type")) {
    return error("no '_id' or 'type' in websocket frame", 400, Json());
  }
  const Json* name_value = command.if_contains("cmd");
  if (name_value == nullptr) return error("no 'cmd' in websocket frame", 400, Json());
  const Json& id = id_of(command);
  const std::string name = name_value->is_string() ? std::string(name_value->get_string()) : dump_json(*name_value);
  if (name != "ping" && name != "startConsuming" && name != "stopConsuming") {
    return error("no such command type '" + name + "'", 404, id);
  }
  if (const std::string wrong = check_arguments(command, name, name != "ping"); !wrong.empty()) {
    return error(wrong, 400, id);
  }
  if (name == "ping") return ok("pong", id);
  return name == "startConsuming" ? start_consuming(id, command) : stop_consuming(id, command);
}

std::string WsCommands::start_consuming(const Json& id, const JsonObject& command) {
  const Json& path = command.at("path");
  if (!is_path(path)) return error("invalid path format '" + to_display_text(path) + "'", 400, id);
  std::string text(path.get_string());
  if (paths_.size() >= max_subscriptions && !paths_.contains(text)) {
    return error("too many subscriptions on one connection", 400, id);
  }
  bus_.subscribe(subscriber_, text);
  paths_.insert(std::move(text));
  return ok("OK", id);
}

std::string WsCommands::stop_consuming(const Json& id, const JsonObject& command) {
  const Json& path = command.at("path");
  if (!is_path(path)) return error("invalid path format '" + to_display_text(path) + "'", 400, id);
  const std::string text(path.get_string());
  if (paths_.erase(text) == 0) return error("path was not consumed '" + text + "'", 400, id);
  bus_.unsubscribe(subscriber_, text);
  return ok("OK", id);
}

}  // namespace kiln::http
